/**
 * Why a contract refused a call. Enters: the data of a revert. Leaves: the contract's own error, by the ABIs of this
 * package, and for those a person may meet what they mean in plain words.
 */
import type { ErrorDescription, Interface } from "ethers";
import { formatAmount } from "../amount.ts";
import {
  builtInErrors,
  contributionFactoryInterface,
  contributionInterface,
  distributorInterface,
  poolInterface,
  rewardsInterface,
  tokenInterface,
} from "../interfaces.ts";

const ERROR_INTERFACES: readonly (() => Interface)[] = [
  rewardsInterface,
  distributorInterface,
  poolInterface,
  tokenInterface,
  contributionInterface,
  contributionFactoryInterface,
  builtInErrors,
];

/**
 * Any of the contracts' errors: a call to one reverts with another's when that is called in turn. Null for what none of
 * them has.
 */
export function parseRevert(data: string | null | undefined): ErrorDescription | null {
  // A bare revert has no data, and ethers cannot look four bytes up in none.
  if (data == null || data.length < 10) return null;
  for (const abi of ERROR_INTERFACES) {
    const found = abi().parseError(data);
    if (found !== null) return found;
  }
  return null;
}

/** `QuorumNotReached(1200, 2400, 9500)` */
export function revertText(revert: { readonly name: string; readonly args: Iterable<unknown> } | null): string {
  return revert === null ? "unknown" : `${revert.name}(${[...revert.args].map(String).join(", ")})`;
}

/** Seconds since 1970 as a date. */
function date(seconds: bigint): string {
  return new Date(Number(seconds) * 1_000).toISOString();
}

const MEANINGS: Readonly<Record<string, (...args: bigint[]) => string>> = {
  EnforcedPause: (until = 0n) => `registrations, reports and payouts are paused until ${date(until)}; nothing is lost`,
  ClaimLimitExceeded: (amount = 0n, left = 0n) =>
    `all claims together may take ${formatAmount(left)} more in this cycle, and this one wants ` +
    `${formatAmount(amount)}; ` +
    "claim a part, or all of it in the next cycle",
  AmountNotRaised: (amount = 0n, lifetime = 0n) =>
    `the chain has ${formatAmount(lifetime)} for the recipient already, and this says ${formatAmount(amount)}`,
  NothingToClaim: () => "all that the chain has for the recipient was paid",
  RewardsShort: (available = 0n, amount = 0n) =>
    `the contract and its pool hold ${formatAmount(available)} now, and ${formatAmount(amount)} are asked for; the ` +
    "pool goes on releasing",
  QuorumNotReached: (signed = 0n, active = 0n) =>
    `${formatAmount(signed)} of ${formatAmount(active)} active stake have signed, and 95% are needed`,
  FloorNotReached: (signed = 0n, total = 0n) =>
    `${formatAmount(signed)} of ${formatAmount(total)} active and decommissioned stake have signed, and 75% are needed`,
  KeyInUse: (id = 0n) => `this BLS key is registered already, as node ${id}`,
  TooManyRegistrations: (limit = 0n) => `this block takes no more than ${limit} registrations; try again in the next`,
  NodeExited: (id = 0n) => `node ${id} has left the set already`,
  NodeNotExited: (id = 0n) => `node ${id} is still in the set: its principal is free after its exit`,
  NodeLocked: (id = 0n, unlocksAt = 0n) => `node ${id} is locked until ${date(unlocksAt)}`,
  NodeUnlocked: (id = 0n, unlocksAt = 0n) => `node ${id} may be exited since ${date(unlocksAt)}, and nothing else`,
  LeaveNotRequested: (id = 0n) => `nobody has asked for node ${id} to leave; \`quorate leave\` does`,
  LeaveRequestTooEarly: (id = 0n, allowedAt = 0n) => `node ${id} may be asked to leave from ${date(allowedAt)} on`,
  NotContributor: () => "the account has no stake in it; give the account that staked",
  NotOperator: () => "only the operator's account may send this",
  CallerNotOperator: () => "only the operator's account may send this",
  PrincipalWithdrawn: (id = 0n) => `the principal in node ${id} was paid back already`,
  NodeNotDecommissioned: (id = 0n) => `node ${id} is not decommissioned, so there is nothing to contest`,
  NotStarted: () => "the network has not started yet",
};

/** What an error means, for those with something to say; undefined for the others, whose names say it. */
export function revertMeaning(revert: ErrorDescription | null): string | undefined {
  if (revert === null) return undefined;
  return MEANINGS[revert.name]?.(...[...revert.args].filter((arg): arg is bigint => typeof arg === "bigint"));
}
