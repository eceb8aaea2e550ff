/**
 * A part of what is owed (P-26, P-147): for who is owed more than the cycle leaves (P-29). Enters: an amount, what
 * raises the recipient's lifetime amount where the chain has recorded too little. Leaves: the transactions, tried
 * together. Not its job: asking agents, sending.
 */
import {
  type Address,
  type BundleContent,
  deriveIdLists,
  type ProofContent,
  type QuorateError,
  quorateError,
} from "@quorate/common";
import { claimPartCall, type ReadyCall, raiseByBundleCall, raiseByProofCall } from "./readyCall.ts";
import type { Refusal } from "./refusal.ts";
import type { ClaimLimit, RewardsContract } from "./rewardsContract.ts";
import { simulateCalls, simulatedRefusal } from "./simulate.ts";

/**
 * Gas of a claim behind another call, where it cannot be tried; measured 147,000 where the pool has to pay out first.
 */
const CLAIM_PART_GAS = 250_000n;

/** Percent added to what a simulated call took: it is executed some blocks later, in a changed state. */
const GAS_MARGIN_PERCENT = 20n;

/** Amounts in atomic units. */
export interface PartStanding {
  /** What is recorded once the transactions are mined. */
  readonly lifetime: bigint;
  readonly claimed: bigint;
  /** Why the contract would refuse one of them now. */
  readonly refusal: Refusal | null;
  /** Whether all of them were simulated; otherwise only the first was, and the second held against pause and limit. */
  readonly isTried: boolean;
  /** What records, where that is needed; then what pays. */
  readonly transactions: readonly ReadyCall[];
}

/** Before anybody signs anything. @throws CLAIM_AMOUNT_ZERO, CLAIM_ABOVE_LIMIT, CHAIN_PROVIDER_FAILED */
export async function requirePart(contract: RewardsContract, amount: bigint): Promise<void> {
  if (amount <= 0n) throw quorateError("CLAIM_AMOUNT_ZERO", { amount });
  const limit = await contract.claimLimit();
  if (amount > limit.left) throw aboveLimit(amount, limit);
}

/** CLAIM_ABOVE_LIMIT with what is left, and when the next cycle begins by the chain's clock (P-29). */
export function aboveLimit(amount: bigint, { left, limit, resetsAt }: ClaimLimit, remedy?: string): QuorateError {
  const values = { amount, left, limit, resetsAt: new Date(resetsAt * 1_000).toISOString() };
  return quorateError("CLAIM_ABOVE_LIMIT", values, remedy === undefined ? {} : { remedy });
}

/** Whether the chain has recorded enough to pay it: then no agent is needed. */
export async function isRecorded(contract: RewardsContract, recipient: Address, amount: bigint): Promise<boolean> {
  const { lifetime, claimed } = await contract.recipient(recipient);
  return lifetime - claimed >= amount;
}

/**
 * What pays the part now. Id lists of a bundle are derived here, so it is asked again right before sending (P-102).
 * @param content null where only the chain's own record is used
 * @throws CLAIM_AMOUNT_ZERO, CLAIM_ABOVE_LIMIT, CLAIM_ABOVE_OWED, CHAIN_PROVIDER_FAILED
 */
export async function partStanding(
  contract: RewardsContract,
  recipient: Address,
  content: ProofContent | BundleContent | null,
  amount: bigint,
): Promise<PartStanding> {
  await requirePart(contract, amount);
  const { lifetime: recorded, claimed } = await contract.recipient(recipient);
  const lifetime = content !== null && amountOf(content) > recorded ? amountOf(content) : recorded;
  const owed = lifetime - claimed;
  if (amount > owed) throw quorateError("CLAIM_ABOVE_OWED", { recipient, amount, owed });
  const distributor = await contract.distributor();
  if (content === null || recorded - claimed >= amount) {
    const call = claimPartCall(distributor, recipient, amount);
    const refusal = await contract.refusal(recipient, call);
    return { lifetime, claimed, refusal, isTried: true, transactions: [call] };
  }
  const raise = await raiseCall(contract, distributor, content);
  const pay = claimPartCall(distributor, recipient, amount, CLAIM_PART_GAS);
  return { lifetime, claimed, ...(await tried(contract, recipient, raise, pay, amount)) };
}

async function tried(
  contract: RewardsContract,
  recipient: Address,
  raise: ReadyCall,
  pay: ReadyCall,
  amount: bigint,
): Promise<Pick<PartStanding, "refusal" | "isTried" | "transactions">> {
  const simulated = await simulateCalls(contract.chain, recipient, [raise, pay]);
  const [first, second] = simulated ?? [];
  if (first === undefined || second === undefined) {
    const refusal = (await contract.refusal(recipient, raise)) ?? (await contract.payoutObstacle(amount));
    return { refusal, isTried: false, transactions: [raise, pay] };
  }
  const refusal = simulatedRefusal(first) ?? simulatedRefusal(second);
  const used = BigInt(second.gasUsed);
  const gas = refusal === null ? used + (used * GAS_MARGIN_PERCENT) / 100n : CLAIM_PART_GAS;
  return { refusal, isTried: true, transactions: [raise, { ...pay, gas }] };
}

async function raiseCall(
  contract: RewardsContract,
  distributor: Address,
  content: ProofContent | BundleContent,
): Promise<ReadyCall> {
  if (!("signers" in content)) return raiseByProofCall(distributor, content);
  const { message, signature, signers } = content;
  const lists = deriveIdLists(signers, (await contract.nodeSet()).nodes);
  return raiseByBundleCall(contract.domain.verifyingContract, message, signature, lists);
}

function amountOf(content: ProofContent | BundleContent): bigint {
  return "signers" in content ? content.message.amount : content.amount;
}
