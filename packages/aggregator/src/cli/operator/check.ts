/** One thing that `quorate doctor` has looked at, and how it looks. */
export interface Check {
  /** Of all checks: `chain`, `contracts`, `keys` and so on. */
  readonly area: string;
  /** `bad`: the agent cannot do its work. `warn`: it can, and something will be missed. */
  readonly state: "ok" | "warn" | "bad";
  /** What was found, with its values. */
  readonly found: string;
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null;
}

export const ok = (area: string, found: string): Check => ({ area, state: "ok", found, remedy: null });
export const warn = (area: string, found: string, remedy: string): Check => ({ area, state: "warn", found, remedy });
export const bad = (area: string, found: string, remedy: string): Check => ({ area, state: "bad", found, remedy });

/** What an error says of itself, on one line. */
export function saidBy(error: unknown): string {
  const { code, values } = error as { code?: unknown; values?: Record<string, unknown> };
  if (typeof code !== "string") return (error as Error).message ?? String(error);
  const reason = values?.["reason"] ?? values?.["meaning"] ?? values?.["error"];
  return reason === undefined ? code : `${code} (${String(reason)})`;
}
