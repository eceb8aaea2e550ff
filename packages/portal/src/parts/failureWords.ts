/**
 * An error in parts. Enters: whatever was thrown. Leaves: what happened, its values, the remedy, the code; each once.
 */
import { ERROR_CODES, isQuorateError } from "@quorate/common";

export interface FailureWords {
  readonly what: string;
  /** `name: value` each. */
  readonly values: readonly string[];
  readonly remedy: string | null;
  readonly code: string | null;
}

export function failureWords(error: unknown): FailureWords {
  if (!isQuorateError(error)) return { what: String(error), values: [], remedy: null, code: null };
  const { code, remedy } = error;
  const values = Object.entries(error.values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : String(value)}`);
  return { what: ERROR_CODES[code]?.summary ?? error.message, values, remedy, code };
}
