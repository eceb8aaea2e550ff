/**
 * Coded errors. In: a code of the catalogue and the values that disagreed. Out: a `QuorateError` whose message says
 * what happened, with which values, and what to do. The catalogue itself is `errorCodes.ts`.
 */

import { ERROR_CODES, type ErrorCode, type ErrorEntry } from "./errorCodes.ts";

export { ERROR_CODES, type ErrorCode, type ErrorEntry };

/** What may be printed beside an error. Never a secret: these values reach logs and answers. */
export type ErrorValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | readonly (string | number | bigint | boolean)[];

/** The values that disagreed, by name; undefined ones are left out of the message. */
export type ErrorValues = Readonly<Record<string, ErrorValue>>;

export interface QuorateErrorOptions {
  /** Replaces the catalogue's remedy where the place of the failure knows a better one. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** Every error thrown on purpose. `code` is stable; `message` is for people. */
export class QuorateError extends Error {
  override readonly name = "QuorateError";
  readonly code: ErrorCode;
  readonly values: ErrorValues;
  readonly remedy: string;

  constructor(code: ErrorCode, values: ErrorValues, options: QuorateErrorOptions = {}) {
    const remedy = options.remedy ?? ERROR_CODES[code].remedy;
    super(errorMessage(code, values, remedy), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.values = values;
    this.remedy = remedy;
  }
}

/** The error of `code` with the values that disagreed. */
export function quorateError(
  code: ErrorCode,
  values: ErrorValues = {},
  options: QuorateErrorOptions = {},
): QuorateError {
  return new QuorateError(code, values, options);
}

/**
 * Whether `error` is a coded error, and one of `codes` where any are given. Told by its name, because a process may
 * hold this package twice: within the built `quorate`, and beside it for whoever embeds an agent.
 */
export function isQuorateError(error: unknown, ...codes: ErrorCode[]): error is QuorateError {
  return (
    error instanceof Error &&
    error.name === "QuorateError" &&
    (codes.length === 0 || codes.includes((error as QuorateError).code))
  );
}

/** The Markdown table of `docs/errors.md`, sorted by code so that it does not change with the catalogue's order. */
export function renderErrorTable(): string {
  const rows = Object.entries<ErrorEntry>(ERROR_CODES)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, entry]) => `| \`${code}\` | ${entry.summary} | ${entry.remedy} | ${entry.where} |`);
  return ["| code | what happened | what to do | where |", "|---|---|---|---|", ...rows, ""].join("\n");
}

/**
 * One line of summary, one indented line a value, one line of remedy: short enough for a log, whole enough for a
 * person.
 */
function errorMessage(code: ErrorCode, values: ErrorValues, remedy: string): string {
  const lines = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name}: ${Array.isArray(value) ? value.join(", ") : String(value)}`);
  return [`${code}: ${ERROR_CODES[code].summary}`, ...lines, `  what to do: ${remedy}`].join("\n");
}
