/**
 * From a recipient to something that pays it (P-41, P-86). Enters: agents, and the chain that their answers are held
 * against. Leaves: a proof where a payable root pays, else a bundle that the stake signs while one agent after the
 * other is asked, else nothing. Not its job: sending it.
 */
import {
  type Address,
  type Bundle,
  type BundleContent,
  type ClaimView,
  hasMoneyQuorum,
  isQuorateError,
  MONEY_QUORUM_BPS,
  type ProofContent,
  type ProofFile,
  parseBundle,
  type QuorateError,
  quorateError,
} from "@quorate/common";
import type { RewardsAnswer } from "@quorate/common/http";
import type { AgentClient } from "./agentClient.ts";
import type { AgentLeft, AgentPool } from "./agentPool.ts";
import { FAILED_CLAIMS_MAX, NOES_MAX } from "./limits.ts";
import { whyNotSigned } from "./notSigned.ts";
import { askProof, holdProof } from "./proof.ts";
import type { RewardsContract } from "./rewardsContract.ts";

/** What happens while a claim is asked for, in its order. */
export type ClaimProgress =
  /** An agent was left, for the reason named; the next is asked. */
  | ({ readonly step: "left" } & AgentLeft)
  /** No proof pays: the stake is asked to sign. */
  | { readonly step: "no-proof"; readonly why: string }
  /** No agent is any help: only what the chain has recorded can be paid. */
  | { readonly step: "recorded-only"; readonly error: QuorateError }
  /** How far the signing is at an agent, with its deadline; again at each change. */
  | { readonly step: "signing"; readonly url: string; readonly claim: ClaimView };

export interface ClaimOptions {
  /** `cheapest` is a proof where one pays, else a bundle; `bundle` has the last closed epoch. Default `cheapest`. */
  readonly way?: "cheapest" | "proof" | "bundle" | undefined;
  /** One of the last five closed epochs: a bundle of it. Default the last. */
  readonly epoch?: number | undefined;
  /**
   * A part of what is owed, in atomic units; default all of it. What the chain has recorded already is used first,
   * unless a bundle is asked for.
   */
  readonly amount?: bigint | undefined;
  readonly onProgress?: ((progress: ClaimProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What pays, checked as far as that can be, and the agent that gave it. */
export type Found =
  | { readonly kind: "proof"; readonly url: string; readonly file: ProofFile; readonly content: ProofContent }
  | {
      readonly kind: "bundle";
      readonly url: string;
      readonly file: Bundle;
      readonly content: BundleContent;
      readonly claim: ClaimView;
    };

/**
 * Null when the chain has all that the agents know of already. Without a contract only the form of answers is held
 * against anything.
 * @throws QUORUM_NOT_REACHED with who is missing, CLAIM_NOT_ENDED, AGENT_UNREACHABLE, and the agents' refusals;
 * CHAIN_PROVIDER_FAILED; PROOF_NOT_FOUND where only a proof is wanted
 */
export async function findWhatPays(
  pool: AgentPool,
  contract: RewardsContract | null,
  recipient: Address,
  options: ClaimOptions = {},
): Promise<Found | null> {
  const { epoch, way = epoch === undefined ? "cheapest" : "bundle" } = options;
  if (way !== "bundle") {
    const proof = await proofFrom(pool, contract, recipient, options);
    if (!("why" in proof)) return proof;
    if (way === "proof") throw quorateError("PROOF_NOT_FOUND", { recipient, reason: proof.why });
    options.onProgress?.({ step: "no-proof", why: proof.why });
    if (contract !== null && (await earnsNothingNew(pool, contract, recipient, options))) return null;
  }
  return bundleFrom(pool, contract, recipient, epoch, options);
}

/**
 * As `findWhatPays`, held against the chain; where no agent is any help, null if the chain has something to pay anyway.
 * @throws as `findWhatPays`
 */
export async function findCheapest(
  pool: AgentPool,
  contract: RewardsContract,
  recipient: Address,
  options: ClaimOptions = {},
): Promise<Found | null> {
  try {
    return await findWhatPays(pool, contract, recipient, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    const { epoch, way = "cheapest" } = options;
    if (!isQuorateError(error) || way !== "cheapest" || epoch !== undefined) throw error;
    const { lifetime, claimed } = await contract.recipient(recipient);
    if (lifetime - claimed < (options.amount ?? 1n)) throw error;
    options.onProgress?.({ step: "recorded-only", error });
    return null;
  }
}

/** What an agent's ledger has for the recipient at the last closed epoch; null where none knows of anything. */
export function earnedFrom(
  pool: AgentPool,
  recipient: Address,
  { onProgress, signal }: Pick<ClaimOptions, "onProgress" | "signal">,
  isEnough: (earned: RewardsAnswer) => boolean = () => true,
): Promise<(RewardsAnswer & { readonly url: string }) | null> {
  return pool.first({
    ask: async (agent) => agent.rewards(recipient).catch(nullWhenTooYoung),
    check: async (answer, url) => (answer !== null && isEnough(answer) ? { ...answer, url } : null),
    noesMax: NOES_MAX,
    onLeft: (left) => onProgress?.({ step: "left", ...left }),
    signal,
  });
}

async function earnsNothingNew(
  pool: AgentPool,
  contract: RewardsContract,
  recipient: Address,
  options: ClaimOptions,
): Promise<boolean> {
  const { lifetime } = await contract.recipient(recipient);
  return (await earnedFrom(pool, recipient, options, ({ amount }) => amount > lifetime)) === null;
}

export async function proofFrom(
  pool: AgentPool,
  contract: RewardsContract | null,
  recipient: Address,
  { onProgress, signal }: ClaimOptions,
): Promise<Extract<Found, { kind: "proof" }> | { readonly why: string }> {
  if (contract !== null && (await contract.payableRootCount()) === 0) return { why: "no root is payable yet" };
  let why = "no agent has one";
  let hasRefused = false;
  const asking = {
    ask: (agent: AgentClient) => askProof(agent, recipient),
    async check(said: Awaited<ReturnType<typeof askProof>>, url: string) {
      const held = await holdProof(said, recipient, contract);
      if (!("why" in held)) return { kind: "proof", url, ...held } as const;
      why = held.why;
      return null;
    },
    noesMax: NOES_MAX,
    onLeft(left: AgentLeft) {
      hasRefused ||= !isQuorateError(left.error, "AGENT_UNREACHABLE", "AGENT_ANSWER_INVALID", "PROOF_INVALID");
      onProgress?.({ step: "left", ...left });
    },
    signal,
  };
  try {
    return (await pool.first(asking)) ?? { why };
  } catch (error) {
    // An agent may have no proofs to give and sign claims all the same.
    if (hasRefused && isQuorateError(error)) return { why: error.code };
    throw error;
  }
}

async function bundleFrom(
  pool: AgentPool,
  contract: RewardsContract | null,
  recipient: Address,
  epoch: number | undefined,
  { onProgress, signal }: ClaimOptions,
): Promise<Extract<Found, { kind: "bundle" }> | null> {
  return pool.first({
    async ask(agent) {
      const first = await agent.requestClaim(recipient, epoch);
      let last = first;
      for await (const claim of agent.watchClaim(recipient, first.epoch, signal)) {
        last = claim;
        onProgress?.({ step: "signing", url: agent.url, claim });
      }
      if (last.bundle === null) throw notReached(last);
      return last;
    },
    async check(claim, url) {
      const file = claim.bundle as Bundle;
      const content = parseBundle(file);
      await holdBundle(contract, content, recipient);
      return { kind: "bundle", url, file, content, claim } as const;
    },
    failedMax: FAILED_CLAIMS_MAX,
    onLeft: (left) => onProgress?.({ step: "left", ...left }),
    signal,
  });
}

/** The contract itself checks the signature, with lists derived from its own node set (P-101). */
async function holdBundle(
  contract: RewardsContract | null,
  { domain, message, signature, signers }: BundleContent,
  recipient: Address,
): Promise<void> {
  if (message.recipient !== recipient) {
    throw quorateError("BUNDLE_INCONSISTENT", { part: "recipient", given: message.recipient, expected: recipient });
  }
  if (contract === null) return;
  const { chainId, verifyingContract } = contract.domain;
  if (BigInt(domain.chainId) !== BigInt(chainId) || domain.verifyingContract !== verifyingContract) {
    const given = `${domain.verifyingContract} on chain ${domain.chainId}`;
    throw quorateError("BUNDLE_INCONSISTENT", { part: "domain", given, asked: `${verifyingContract} on ${chainId}` });
  }
  const { stake, block } = await contract.verifyClaim(message, signature, signers);
  if (hasMoneyQuorum(stake)) return;
  const { signedActive, activeStake } = stake;
  throw quorateError("BUNDLE_BELOW_QUORUM", { signedActive, activeStake, atBlock: block.number });
}

function notReached(claim: ClaimView): Error {
  const { recipient, epoch, signedBps, missing } = claim;
  const why = whyNotSigned(claim);
  return quorateError("QUORUM_NOT_REACHED", {
    recipient,
    epoch,
    signedBps,
    neededBps: Number(MONEY_QUORUM_BPS),
    missing,
    why,
  });
}

/** A network whose first epoch runs owes nobody anything yet. */
function nullWhenTooYoung(error: unknown): null {
  if (isQuorateError(error, "EPOCH_NOT_CLOSED")) return null;
  throw error;
}
