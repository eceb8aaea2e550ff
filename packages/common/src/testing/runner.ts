/**
 * What a conformance suite needs of Vitest, handed in by the test file, so that suites run in the caller's own copy of
 * it.
 */

import { type ErrorCode, isQuorateError } from "../errors.ts";

export type Runner = Pick<typeof import("vitest"), "describe" | "it" | "expect">;

/** The code `run` throws; undefined when it throws nothing. Any error without a code is a failure of its own. */
export function thrownCode(run: () => unknown): ErrorCode | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (isQuorateError(error)) return error.code;
    throw error;
  }
}
