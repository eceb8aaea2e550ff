/**
 * What a recipient has: earned, recorded, paid, payable now, and how (P-25, P-26, P-41). Enters: agents and the chain.
 * Leaves: amounts of the chain, which are so, and what an agent's ledger says, which is so once it is proved or signed.
 */
import type { Address } from "@quorate/common";
import type { AgentLeft, AgentPool } from "./agentPool.ts";
import { type ClaimOptions, earnedFrom, type Found, proofFrom } from "./claiming.ts";
import type { Refusal, RewardsContract } from "./rewardsContract.ts";

/** Amounts in atomic units. */
export interface Balance {
  readonly recipient: Address;
  /** Lifetime: up to the close of an epoch, in the ledger of the agent named. Null when no agent could say. */
  readonly earned: { readonly amount: bigint; readonly epoch: number; readonly agent: string } | null;
  /** Of it, what the chain has recorded. */
  readonly recorded: bigint;
  /** Of that, what was paid. */
  readonly paid: bigint;
  /** What the way named next pays. */
  readonly payable: bigint;
  /** The same, or nothing while the contract refuses. */
  readonly payableNow: bigint;
  /** The proof that pays, held against a root of the chain; null where none does. */
  readonly proof: { readonly epoch: number; readonly agent: string } | null;
  readonly how: "proof" | "bundle" | "recorded" | "nothing";
  /** Why this way, in a sentence. */
  readonly why: string;
  /** Why the contract would refuse it now. */
  readonly refusal: Refusal | null;
}

/** @throws CHAIN_PROVIDER_FAILED; that no agent answers is none */
export async function balanceOf(
  pool: AgentPool,
  contract: RewardsContract,
  recipient: Address,
  options: Pick<ClaimOptions, "onProgress" | "signal"> = {},
): Promise<Balance> {
  const { lifetime: recorded, claimed: paid } = await contract.recipient(recipient);
  const asked = await askAgents(pool, contract, recipient, options);
  const { proof, earned, why } = asked;
  const known = { recipient, earned, recorded, paid, proof: null };
  if (proof !== null) {
    const { amount, epoch } = proof.content;
    const { refusal } = await contract.proofStanding(proof.content);
    const because = `the root of epoch ${epoch} is payable and holds the recipient: no signatures are needed`;
    const found = { epoch, agent: proof.url };
    return { ...known, ...pays(amount - paid, refusal), proof: found, how: "proof", why: because };
  }
  if (earned !== null && earned.amount > recorded) {
    const refusal = await contract.payoutObstacle(earned.amount - paid);
    return { ...known, ...pays(earned.amount - paid, refusal), how: "bundle", why: `${why}: the stake has to sign` };
  }
  if (recorded > paid) {
    const { refusal } = await contract.recordedStanding(recipient);
    const because = "the chain has recorded it already: no agent is needed";
    return { ...known, ...pays(recorded - paid, refusal), how: "recorded", why: because };
  }
  const because = earned === null ? why : "everything up to the last closed epoch was paid";
  return { ...known, ...pays(0n, null), how: "nothing", why: because };
}

function pays(payable: bigint, refusal: Refusal | null): Pick<Balance, "payable" | "payableNow" | "refusal"> {
  return { payable, payableNow: refusal === null ? payable : 0n, refusal };
}

interface Asked {
  readonly proof: Extract<Found, { kind: "proof" }> | null;
  readonly earned: Balance["earned"];
  readonly why: string;
}

async function askAgents(
  pool: AgentPool,
  contract: RewardsContract,
  recipient: Address,
  { onProgress, signal }: Pick<ClaimOptions, "onProgress" | "signal">,
): Promise<Asked> {
  const left: AgentLeft[] = [];
  const options: ClaimOptions = {
    signal,
    onProgress(progress) {
      if (progress.step === "left") left.push(progress);
      onProgress?.(progress);
    },
  };
  try {
    const said = await earnedFrom(pool, recipient, options);
    const earned = said === null ? null : { amount: said.amount, epoch: said.epoch, agent: said.url };
    if (earned === null) return { proof: null, earned, why: "the agents know of no rewards for this recipient" };
    const proof = await proofFrom(pool, contract, recipient, options);
    return "why" in proof ? { proof: null, earned, why: proof.why } : { proof, earned, why: "" };
  } catch (error) {
    // The chain alone still says what it has; its own trouble is no agent's.
    if (left.length === 0) throw error;
    return { proof: null, earned: null, why: `no agent answers: ${left.map(({ url }) => url).join(", ")}` };
  }
}
