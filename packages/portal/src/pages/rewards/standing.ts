/** Whether a claim can be sent now, and if not, why: the first thing that stands in its way. */
import type { CallCost, ClaimLimit, Refusal } from "@quorate/client";
import type { Address } from "@quorate/common";
import { blocksBehind, payableOf, type Rewards } from "./rewards.ts";

export type Standing =
  /** Nobody can be asked what was paid already. */
  | { readonly kind: "no-chain" }
  | { readonly kind: "chain-failed"; readonly error: unknown }
  | { readonly kind: "behind"; readonly blocks: number }
  | { readonly kind: "nothing" }
  /** All of it is above what the cycle leaves. `part`: how a claim of what is left stands; null where nothing is. */
  | { readonly kind: "limit"; readonly limit: ClaimLimit; readonly pays: bigint; readonly part: Standing | null }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "no-wallet" }
  | { readonly kind: "not-yours"; readonly account: Address }
  | { readonly kind: "wrong-chain"; readonly have: bigint }
  | { readonly kind: "no-gas"; readonly cost: CallCost }
  | { readonly kind: "ready" };

export interface Sender {
  readonly account: Address;
  readonly chainId: bigint;
}

/** Blocks that a provider may be behind the agents' finalised one before its answers are old. */
const BEHIND_BLOCKS = 2;

/** @param cost null while it is not known */
export function standingOf(rewards: Rewards, sender: Sender | null, chainId: string, cost: CallCost | null): Standing {
  const { chain } = rewards;
  if (chain === null) return { kind: "no-chain" };
  if ("error" in chain) return { kind: "chain-failed", error: chain.error };
  const blocks = blocksBehind(rewards);
  if (blocks > BEHIND_BLOCKS) return { kind: "behind", blocks };
  const { balance, limit } = chain.value;
  const pays = payableOf(rewards)?.amount ?? 0n;
  if (balance.how === "nothing" || pays === 0n) return { kind: "nothing" };
  if (pays > limit.left) {
    const refusal = balance.refusal?.error.startsWith("ClaimLimitExceeded") ? null : balance.refusal;
    const part = limit.left === 0n ? null : sendable(rewards, refusal, sender, chainId, cost);
    return { kind: "limit", limit, pays, part };
  }
  return sendable(rewards, balance.refusal, sender, chainId, cost);
}

/** Of an amount that the cycle leaves. */
function sendable(
  rewards: Rewards,
  refusal: Refusal | null,
  sender: Sender | null,
  chainId: string,
  cost: CallCost | null,
): Standing {
  if (refusal !== null) return { kind: "refused", refusal };
  if (sender === null) return { kind: "no-wallet" };
  if (sender.account !== rewards.recipient) return { kind: "not-yours", account: sender.account };
  if (String(sender.chainId) !== chainId) return { kind: "wrong-chain", have: sender.chainId };
  if (cost !== null && !cost.suffices) return { kind: "no-gas", cost };
  return { kind: "ready" };
}
