// What the tests of this package share: reading coded errors, of ours and of the contracts.
import { isQuorateError } from "@quorate/common";
import type { Contract, ErrorDescription } from "ethers";

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

/** The custom error that a call or transaction of `contract` reverts with, as `Name(value,...)`. */
export async function revertOf(contract: Contract, promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    const data = (error as { data?: unknown }).data;
    const parsed: ErrorDescription | null = typeof data === "string" ? contract.interface.parseError(data) : null;
    if (parsed === null) throw error;
    return `${parsed.name}(${parsed.args.join(",")})`;
  }
  throw new Error("nothing was reverted");
}

function codeOf(error: unknown): string {
  if (isQuorateError(error)) return error.code;
  throw error;
}
