/**
 * A payment: what the recipient is paid now, in one transaction, or a part of it in up to two (P-24 to P-26, P-41,
 * P-147). Enters: a proof or a bundle that was held against the chain, or the chain alone. Leaves: amounts, the call,
 * and why the contract would refuse it where it would. Id lists are derived right before the call is made (P-102).
 */
import {
  type Address,
  type Bundle,
  type BundleContent,
  deriveIdLists,
  distributorInterface,
  type ProofContent,
  type ProofFile,
  parseAddress,
  quorateError,
} from "@quorate/common";
import type { TransactionReceipt } from "ethers";
import type { Found } from "./claiming.ts";
import { partStanding } from "./part.ts";
import { claimRewardsCall, proofCall, type ReadyCall, updateAndClaimCall } from "./readyCall.ts";
import type { Refusal, RewardsContract, Standing } from "./rewardsContract.ts";

/** Amounts in atomic units. */
export interface Payment {
  /**
   * By a proof against a payable root; by a bundle that the stake signed; or `recorded`: the chain has all of it
   * already, and no agent is needed.
   */
  readonly kind: "proof" | "bundle" | "recorded";
  readonly recipient: Address;
  /** The epoch up to whose close it pays; null when recorded. */
  readonly epoch: number | null;
  /** Everything that the recipient has earned up to there, paid or not. */
  readonly lifetime: bigint;
  /** Of it, what was paid before. */
  readonly paid: bigint;
  /** What it pays: all that is owed, or the part that was asked for. */
  readonly pays: bigint;
  /** What stays owed after it: above 0 for a part only. */
  readonly rest: bigint;
  /** What it would pay if it were sent now: nothing where the contract would refuse. */
  readonly paysNow: bigint;
  readonly refusal: Refusal | null;
  /**
   * One call that records and pays at once. Of a part: first what records, where the chain has recorded too little,
   * then what pays (P-147). What pays has to come from the recipient.
   */
  readonly transactions: readonly ReadyCall[];
  /**
   * Whether all of them were simulated. False for a part where no provider simulates calls that build on each other:
   * the second was held against pause and limit, and is simulated when the first is mined.
   */
  readonly isTried: boolean;
  /** The proof or bundle as a file, for `verify` and for others to keep; null when recorded. */
  readonly file: ProofFile | Bundle | null;
  /** The agent that it came from; null when recorded. */
  readonly agent: string | null;
  /** What the call is made from again at submission. */
  readonly content: ProofContent | BundleContent | null;
}

/**
 * @param amount a part of what is owed, in atomic units; without it, or where it is all, one transaction pays all
 * @throws NOTHING_OWED, CHAIN_PROVIDER_FAILED, and of a part CLAIM_AMOUNT_ZERO, CLAIM_ABOVE_LIMIT, CLAIM_ABOVE_OWED
 */
export async function paymentOf(
  contract: RewardsContract,
  recipient: Address,
  found: Found | null,
  amount?: bigint,
): Promise<Payment> {
  const whole = await wholeOf(contract, recipient, found);
  return amount === undefined || amount === whole.pays ? whole : partOf(contract, whole, amount);
}

async function wholeOf(contract: RewardsContract, recipient: Address, found: Found | null): Promise<Payment> {
  if (found === null) return recorded(contract, recipient);
  const { kind, url, file } = found;
  if (kind === "proof") {
    const { content } = found;
    const standing = await contract.proofStanding(content);
    const call = proofCall(await contract.distributor(), content);
    return made({ kind, recipient, epoch: content.epoch, file, agent: url, content }, content.amount, standing, call);
  }
  const { content } = found;
  const { message, signature, signers, epoch } = content;
  const standing = await contract.verifyClaim(message, signature, signers);
  const call = updateAndClaimCall(contract.domain.verifyingContract, message, signature, standing.lists);
  return made({ kind, recipient, epoch, file, agent: url, content }, message.amount, standing, call);
}

async function partOf(contract: RewardsContract, whole: Payment, amount: bigint): Promise<Payment> {
  const { recipient, content } = whole;
  const { lifetime, claimed, refusal, isTried, transactions } = await partStanding(
    contract,
    recipient,
    content,
    amount,
  );
  const rest = lifetime - claimed - amount;
  const pays = { pays: amount, rest, paysNow: refusal === null ? amount : 0n };
  return { ...whole, lifetime, paid: claimed, ...pays, refusal, isTried, transactions };
}

/**
 * The calls as they have to be now: id lists follow from the node set of this moment (P-102), and of a part only those
 * that are still needed, if none of them would be refused.
 * @throws CHAIN_PROVIDER_FAILED, and of a part TRANSACTION_REVERTED, CLAIM_ABOVE_LIMIT, CLAIM_ABOVE_OWED
 */
export async function freshCalls(contract: RewardsContract, payment: Payment): Promise<readonly ReadyCall[]> {
  const { content, recipient, pays, rest } = payment;
  if (rest > 0n) {
    const { refusal, transactions } = await partStanding(contract, recipient, content, pays);
    if (refusal === null) return transactions;
    const { error, meaning } = refusal;
    throw quorateError("TRANSACTION_REVERTED", { call: "claimRewards", error, meaning: meaning ?? undefined });
  }
  if (content === null || !("signers" in content)) return payment.transactions;
  const { message, signature, signers } = content;
  const { nodes } = await contract.nodeSet();
  const lists = deriveIdLists(signers, nodes);
  return [updateAndClaimCall(contract.domain.verifyingContract, message, signature, lists)];
}

/** What a payment's transaction has paid. */
export interface Paid {
  /** Atomic units. */
  readonly amount: bigint;
  readonly receipt: TransactionReceipt;
}

/** What a payment has paid, with the receipts of all its transactions; the last of them paid. */
export interface PaidInAll extends Paid {
  readonly receipts: readonly TransactionReceipt[];
}

/** By the event of the receipt itself. @throws TRANSACTION_WITHOUT_EVENT */
export function paidIn(receipt: TransactionReceipt, distributor: Address, recipient: Address): Paid {
  for (const log of receipt.logs) {
    if (log.address.toLowerCase() !== distributor) continue;
    const event = distributorInterface().parseLog(log);
    if (event?.name !== "RewardsClaimed" || parseAddress(event.args["recipient"]) !== recipient) continue;
    return { amount: event.args["amount"] as bigint, receipt };
  }
  const values = { transaction: receipt.hash, event: "RewardsClaimed", contract: distributor, recipient };
  throw quorateError("TRANSACTION_WITHOUT_EVENT", values);
}

async function recorded(contract: RewardsContract, recipient: Address): Promise<Payment> {
  const standing = await contract.recordedStanding(recipient);
  const call = claimRewardsCall(await contract.distributor(), recipient);
  const parts = { kind: "recorded", recipient, epoch: null, file: null, agent: null, content: null } as const;
  return made(parts, standing.lifetime, standing, call);
}

function made(
  parts: Pick<Payment, "kind" | "recipient" | "epoch" | "file" | "agent" | "content">,
  amount: bigint,
  { lifetime: onChain, claimed, payoutRefusal }: Standing,
  call: ReadyCall,
): Payment {
  const lifetime = amount > onChain ? amount : onChain;
  const pays = lifetime - claimed;
  if (pays === 0n) throw quorateError("NOTHING_OWED", { recipient: parts.recipient, lifetime, paid: claimed });
  const paysNow = payoutRefusal === null ? pays : 0n;
  const tried = { refusal: payoutRefusal, isTried: true, transactions: [call] };
  return { ...parts, lifetime, paid: claimed, pays, rest: 0n, paysNow, ...tried };
}
