/**
 * Why a contract refused a call. Enters: the data of a revert. Leaves: the contract's own error, by the ABIs of
 * @quorate/common.
 */
import { rewardRatePoolAbi, rewardsDistributorAbi, serviceNodeRewardsAbi, sessionTokenAbi } from "@quorate/common";
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

/** `QuorumNotReached(1200, 2400, 9500)` */
export function revertText(revert: { readonly name: string; readonly args: Iterable<unknown> } | null): string {
  return revert === null ? "unknown" : `${revert.name}(${[...revert.args].map(String).join(", ")})`;
}
