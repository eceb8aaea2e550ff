// What the tests of this package share: reading coded errors, of ours and of the contracts.
import { isQuorateError } from "@quorate/common";
import { type Contract, type ErrorDescription, toBeHex } from "ethers";

/** The code of the error that `action` throws; fails when it throws none. */
export function errorCode(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return codeOf(error);
  }
  throw new Error("nothing was thrown");
}

/** As `errorCode`, of a promise. */
export async function rejectionCode(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => Promise.reject(new Error("nothing was thrown")),
    (error: unknown) => codeOf(error),
  );
}

/**
 * The custom error that a call or transaction of a contract reverts with, as `Name(value,...)`; its own, or that of
 * another it calls in turn, where several are given.
 */
export async function revertOf(contracts: Contract | readonly Contract[], promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    const data = dataOf(error as Failed);
    const parsed = typeof data === "string" ? parseAny([contracts].flat(), data) : undefined;
    if (parsed === undefined) throw error;
    return `${parsed.name}(${parsed.args.join(",")})`;
  }
  throw new Error("nothing was reverted");
}

/** Creation code that leaves `code`, after opcodes (hex without 0x) that a compiled constructor does not run. */
export function creationCode(code: string, before = ""): string {
  const length = toBeHex((code.length - 2) / 2, 2).slice(2);
  const offset = toBeHex(before.length / 2 + 12, 1).slice(2);
  return `0x${before}61${length}8060${offset}6000396000f3${code.slice(2)}`;
}

interface Failed {
  readonly data?: unknown;
  readonly info?: { readonly error?: { readonly data?: { readonly data?: unknown } } };
}

/** Where Hardhat cannot say which line reverted, it puts the data where ethers does not look. */
function dataOf(error: Failed): unknown {
  return error.data ?? error.info?.error?.data?.data;
}

function parseAny(contracts: readonly Contract[], data: string): ErrorDescription | undefined {
  return contracts.map((contract) => contract.interface.parseError(data)).find((found) => found !== null) ?? undefined;
}

function codeOf(error: unknown): string {
  if (isQuorateError(error)) return error.code;
  throw error;
}
