/**
 * What one address has: asked of several agents and of the chain (P-25, P-26, P-41). Leaves: each amount with how far
 * it can be believed. What could not be asked is an error of its own, and no zero.
 */
import type { Balance, ClaimLimit } from "@quorate/client";
import { type Address, isQuorateError } from "@quorate/common";
import type { RewardsAnswer } from "@quorate/common/http";
import type { Connection } from "../../network/connection.ts";
import type { Belief } from "../../parts/parts.tsx";
import { type Compared, heldByChain, wholeKey } from "../../truth/compare.ts";
import { type Panel, panelOf } from "../../truth/panel.ts";
import { ChainClock, type Schedule, scheduleOf } from "./schedule.ts";

export type Earned = Pick<RewardsAnswer, "epoch" | "amount">;

/** What an amount is, and how far it can be believed. Atomic units. */
export interface Believed {
  readonly amount: bigint;
  readonly belief: Belief;
}

export interface OnChain {
  readonly balance: Balance;
  readonly limit: ClaimLimit;
  /** Of the newest block that the provider has. */
  readonly blockNumber: number;
  readonly clock: ChainClock;
}

/** What agents say of the network. */
export interface Told {
  readonly schedule: Schedule | null;
  /** Finalised height in the view of the agent that is furthest. */
  readonly finalised: number;
  /** Of that head; null where none was told. */
  readonly clock: ChainClock | null;
}

export type Answered<T> = { readonly value: T } | { readonly error: unknown };

export interface Rewards {
  readonly recipient: Address;
  /** Lifetime amount up to the close of an epoch. */
  readonly earned: Answered<Compared<Earned>>;
  readonly told: Answered<Told>;
  /** Null where no chain can be asked. */
  readonly chain: Answered<OnChain> | null;
}

const EARNED = { keyOf: wholeKey, momentOf: ({ epoch }: Earned) => epoch };
/** Before the first close nobody has earned anything. */
const NOTHING_YET: Earned = { epoch: -1, amount: 0n };

export async function loadRewards(connection: Connection, recipient: Address, signal: AbortSignal): Promise<Rewards> {
  const panel = panelOf(connection);
  const [earned, told, chain] = await Promise.all([
    answered(askEarned(panel, recipient, signal)),
    answered(askNetwork(panel, signal)),
    connection.chain === null ? null : answered(askChain(connection, recipient, signal)),
  ]);
  signal.throwIfAborted();
  return { recipient, earned: heldByProof(earned, chain), told, chain };
}

async function answered<T>(asked: Promise<T>): Promise<Answered<T>> {
  try {
    return { value: await asked };
  } catch (error) {
    return { error };
  }
}

function askEarned(panel: Panel, recipient: Address, signal: AbortSignal): Promise<Compared<Earned>> {
  return panel.ask({
    ...EARNED,
    signal,
    async ask(agent) {
      try {
        const { epoch, amount } = await agent.rewards(recipient);
        return { epoch, amount };
      } catch (error) {
        if (isQuorateError(error, "EPOCH_NOT_CLOSED")) return NOTHING_YET;
        throw error;
      }
    },
  });
}

async function askNetwork(panel: Panel, signal: AbortSignal): Promise<Told> {
  const heads: { number: number; timestamp: number }[] = [];
  const { value } = await panel.ask({
    signal,
    async ask(agent) {
      const { genesis, epochSeconds, head } = await agent.status();
      if (head !== null) heads.push(head);
      return { genesis, epochSeconds };
    },
    keyOf: wholeKey,
  });
  // The lower of two: one agent alone does not make the page doubt its provider.
  const [last] = heads.sort((a, b) => b.number - a.number).slice(1, 2);
  const clock = last === undefined ? null : new ChainClock(last.timestamp);
  return { schedule: scheduleOf(value), finalised: last?.number ?? 0, clock };
}

async function askChain({ client }: Connection, recipient: Address, signal: AbortSignal): Promise<OnChain> {
  const contract = await client.contract();
  const [balance, limit, block] = await Promise.all([
    client.balance(recipient, { signal }),
    contract.claimLimit(),
    contract.chain.getBlock("latest"),
  ]);
  return { balance, limit, blockNumber: block?.number ?? 0, clock: new ChainClock(block?.timestamp ?? 0) };
}

/** A proof that this page verified makes the amount of its epoch verified, whoever says something else. */
function heldByProof(earned: Answered<Compared<Earned>>, chain: Rewards["chain"]): Rewards["earned"] {
  if ("error" in earned || chain === null || "error" in chain) return earned;
  const proven = provenIn(chain.value.balance);
  if (proven === null || proven.epoch !== earned.value.value.epoch) return earned;
  return { value: heldByChain(proven, earned.value, EARNED) };
}

/** What a proof that was held against the chain says. */
export function provenIn({ how, proof, paid, payable }: Balance): Earned | null {
  return how === "proof" && proof !== null ? { epoch: proof.epoch, amount: paid + payable } : null;
}

/** What a claim would pay now, and how far that is believed. Null where no chain can be asked. */
export function payableOf({ chain, earned }: Rewards): Believed | null {
  if (chain === null || "error" in chain) return null;
  const { how, payable, paid } = chain.value.balance;
  if (how !== "bundle") return { amount: payable, belief: { by: "chain" } };
  if ("error" in earned) return { amount: payable, belief: { by: "agents", count: 1 } };
  const { value, belief } = earned.value;
  return { amount: value.amount > paid ? value.amount - paid : 0n, belief };
}

/** What the cycle leaves of a claim (P-29); null where it leaves all of it, or no chain can be asked. */
export function inCycleOf(rewards: Rewards): bigint | null {
  const { chain } = rewards;
  if (chain === null || "error" in chain) return null;
  const { left } = chain.value.limit;
  return (payableOf(rewards)?.amount ?? 0n) > left ? left : null;
}

/** A part that can be claimed now although all of it cannot (P-147); null where there is none. */
export function partOf(rewards: Rewards): bigint | null {
  const left = inCycleOf(rewards);
  return left === 0n ? null : left;
}

/** What was earned beyond what a claim would pay now: the next proof, or a signature, has it. */
export function laterOf(rewards: Rewards): bigint {
  const { chain, earned } = rewards;
  if (chain === null || "error" in chain || "error" in earned) return 0n;
  const rest = earned.value.value.amount - chain.value.balance.paid - (payableOf(rewards)?.amount ?? 0n);
  return rest > 0n ? rest : 0n;
}

/** Blocks by which the page's provider is behind what two agents have seen finalised; 0 when it is not. */
export function blocksBehind({ chain, told }: Rewards): number {
  if (chain === null || "error" in chain || "error" in told) return 0;
  return Math.max(0, told.value.finalised - chain.value.blockNumber);
}

/** By the chain's clock; without a chain by that of agents. */
export function clockOf({ chain, told }: Rewards): ChainClock | null {
  if (chain !== null && "value" in chain) return chain.value.clock;
  return "value" in told ? told.value.clock : null;
}
