/**
 * Why a contract refused a call. Enters: a provider's error, or the data of a revert. Leaves: the contract's own error, by
 * the ABIs of @quorate/common.
 */
import {
  type Hex,
  rewardRatePoolAbi,
  rewardsDistributorAbi,
  serviceNodeRewardsAbi,
  sessionTokenAbi,
} from "@quorate/common";
import { type ErrorDescription, Interface } from "ethers";

const ERROR_INTERFACES: readonly Interface[] = [
  serviceNodeRewardsAbi,
  rewardsDistributorAbi,
  rewardRatePoolAbi,
  sessionTokenAbi,
].map((abi) => new Interface(abi));

/**
 * Any of the contracts' errors: a call to one reverts with another's when that is called in turn. Null for what none of
 * them has.
 */
export function parseRevert(data: string | null | undefined): ErrorDescription | null {
  // A bare revert has no data, and ethers cannot look four bytes up in none.
  if (data == null || data.length < 10) return null;
  for (const abi of ERROR_INTERFACES) {
    const found = abi.parseError(data);
    if (found !== null) return found;
  }
  return null;
}

/**
 * The data of a revert in a provider's error: clients put it into `data`, into `data.data`, or behind a word. Null when
 * there is none: the question failed then, which says nothing about the call.
 */
export function revertDataIn(error: unknown): Hex | null {
  let data: unknown = (error as { readonly data?: unknown } | null | undefined)?.data;
  for (let depth = 0; depth < 3 && typeof data === "object" && data !== null; depth++) {
    data = (data as { readonly data?: unknown }).data;
  }
  const hex = typeof data === "string" ? /^(?:Reverted )?(0x[0-9a-f]*)$/i.exec(data)?.[1] : undefined;
  return hex === undefined || hex.length % 2 === 1 ? null : (hex.toLowerCase() as Hex);
}

/** `QuorumNotReached(1200, 2400, 9500)` */
export function revertText(revert: { readonly name: string; readonly args: Iterable<unknown> } | null): string {
  return revert === null ? "unknown" : `${revert.name}(${[...revert.args].map(String).join(", ")})`;
}
