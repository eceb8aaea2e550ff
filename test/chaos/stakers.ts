/**
 * Stakers in a chaos run: they ask agents at random for claims, all the time, and follow each to its end. In: a
 * network. Out: every claim with what was answered and what became of it. Not its job: paying, judging.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Address,
  type Bundle,
  type ClaimView,
  isQuorateError,
  type NodeId,
  type RoundKey,
  roundKey,
} from "@quorate/common";
import { claimRound } from "../../packages/aggregator/src/core/kinds/rewardClaim.ts";
import type { LocalNetwork } from "../harness/network.ts";
import { epochOf, type Promises } from "../harness/promises.ts";
import type { Random } from "../sim/random.ts";

export type ClaimEnd = "ready" | "failed" | "refused" | "unanswered" | "gone" | "open";

/** One request of a staker to one agent. */
export interface Claim {
  readonly asker: NodeId;
  readonly recipient: Address;
  readonly askedAtMs: number;
  epoch: number | null;
  amount: bigint | null;
  end: ClaimEnd;
  endedAtMs: number | null;
  /** Of a refusal: the agent's code. */
  code: string | null;
  /** Of a claim that failed: who had not signed, and what they said. */
  missing: readonly NodeId[];
  reasons: readonly string[];
  /** Whether it was asked for after everything had healed. */
  readonly isAfter: boolean;
}

export interface StakerModules {
  readonly network: LocalNetwork;
  readonly promises: Promises;
  readonly recipients: readonly Address[];
  readonly nowMs: () => number;
  readonly note: (what: string) => void;
  readonly onBundle: (recipient: Address, bundle: Bundle) => void;
}

const POLL_MS = 1_000;
/** Of the five that are signed (P-70); two behind the last one leave a claim time to be collected. */
const EPOCHS_ASKED = 2;

export class Stakers {
  readonly claims: Claim[] = [];
  readonly #modules: StakerModules;
  readonly #following = new Set<Promise<void>>();
  #closedEpoch = 0;

  constructor(modules: StakerModules) {
    this.#modules = modules;
  }

  async askSteadily(signal: AbortSignal, gapMs: number, random: Random): Promise<void> {
    while (!signal.aborted) {
      const { agents } = this.#modules.network;
      if (agents.length > 0) {
        const { id } = random.pick(agents);
        const recipient = random.pick(this.#modules.recipients);
        const back = random.below(EPOCHS_ASKED);
        const epoch = back === 0 || this.#closedEpoch < back ? undefined : this.#closedEpoch - back;
        void this.ask(id, recipient, epoch, false);
      }
      await sleep(gapMs);
    }
  }

  /** Asks, and follows the claim to its end. */
  ask(asker: NodeId, recipient: Address, epoch: number | undefined, isAfter: boolean): Promise<Claim> {
    const { nowMs } = this.#modules;
    const claim: Claim = {
      ...{ asker, recipient, epoch: epoch ?? null, askedAtMs: nowMs(), amount: null, end: "open", endedAtMs: null },
      ...{ code: null, missing: [], reasons: [], isAfter },
    };
    this.claims.push(claim);
    const following = this.#askAndFollow(claim, epoch).finally(() => this.#following.delete(following));
    this.#following.add(following);
    return following.then(() => claim);
  }

  /** Every claim that was taken has ended. */
  async settled(): Promise<void> {
    while (this.#following.size > 0) await Promise.all(this.#following);
  }

  async #askAndFollow(claim: Claim, epoch: number | undefined): Promise<void> {
    let view: ClaimView;
    try {
      view = await this.#modules.network.agent(claim.asker).client.requestClaim(claim.recipient, epoch);
    } catch (error) {
      this.#refused(claim, error);
      return;
    }
    claim.epoch = view.epoch;
    claim.amount = view.amount;
    this.#closedEpoch = Math.max(this.#closedEpoch, view.epoch);
    const round = roundKey(claimRound(claim.recipient, view.epoch));
    this.#modules.promises.tookClaim(claim.asker, round, view);
    while (view.status === "collecting") {
      await sleep(POLL_MS);
      const answer = await this.#look(claim, round);
      if (answer === "gone") return;
      if (answer !== null) view = answer;
    }
    this.#ended(claim, round, view);
  }

  /** The claim as it stands; null while its agent is away; "gone" when its epoch has left the window. */
  async #look(claim: Claim, round: RoundKey): Promise<ClaimView | "gone" | null> {
    const { network, promises } = this.#modules;
    const agent = network.agents.find(({ id }) => id === claim.asker);
    if (agent === undefined) return null;
    try {
      return await agent.client.claim(claim.recipient, epochOf(round));
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      if (error.code !== "CLAIM_NOT_FOUND") return null;
      const status = await agent.client.status().catch(() => null);
      if (status === null) return null;
      // Five are kept, and this one is among the last four still.
      if (epochOf(round) > (status.closedEpoch ?? 0) - 4) promises.lost(claim.asker, round, `it says ${error.code}`);
      this.#end(claim, "gone", `epoch ${epochOf(round)} has left the window`);
      return "gone";
    }
  }

  #refused(claim: Claim, error: unknown): void {
    // An agent that is not there answers nothing.
    const code = isQuorateError(error) ? error.code : "AGENT_UNREACHABLE";
    claim.code = code;
    this.#end(claim, code === "AGENT_UNREACHABLE" ? "unanswered" : "refused", code);
  }

  #ended(claim: Claim, round: RoundKey, view: ClaimView): void {
    claim.missing = view.missing;
    claim.reasons = view.reasons.map(({ nodeId, code }) => `${nodeId}: ${code}`);
    if (view.bundle === null) {
      this.#end(claim, "failed", `missing ${view.missing.join(" ")} (${claim.reasons.join(", ")})`);
      return;
    }
    this.#modules.promises.servedBundle(claim.asker, round);
    this.#modules.onBundle(claim.recipient, view.bundle);
    this.#end(claim, "ready", `quorum after ${view.quorumAfterMs} ms`);
  }

  #end(claim: Claim, end: ClaimEnd, why: string): void {
    claim.end = end;
    claim.endedAtMs = this.#modules.nowMs();
    this.#modules.note(
      `claim of ${claim.recipient.slice(0, 8)}… epoch ${claim.epoch ?? "last"} at agent ${claim.asker}: ${end}, ${why}`,
    );
  }
}
