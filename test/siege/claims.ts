/**
 * Honest stakers. In: a network and its recipients. Out: claims, each a round that nobody asked for before, through
 * one agent after the other, and how long each took from the request to its bundle.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Address, isQuorateError } from "@quorate/common";
import type { AgentProcess } from "../harness/network.ts";
import type { SiegeNetwork } from "./network.ts";

export interface Claimed {
  /** A bundle came within the claim's deadline. */
  readonly ready: boolean;
  readonly ms: number;
  /** Why not, for whoever mends it. */
  readonly reason: string;
}

/** Of the five that are signed: the oldest may leave the window while it is collected. */
const EPOCHS_ASKED = 2;
/** A staker whose agent refuses or does not answer tries it once more; then the claim has failed. */
const TRIES = 2;
const RETRY_MS = 1_000;
/** Agents close an epoch within a poll of each other; a claim asked in between would wait for the last of them. */
const SETTLED_MS = 3_000;

export class Stakers {
  readonly #siege: SiegeNetwork;
  readonly #used = new Set<string>();
  #next = 0;
  #seen = { epoch: -1, atMs: 0 };

  constructor(siege: SiegeNetwork) {
    this.#siege = siege;
  }

  /** @param through agents in turn */
  async claim(through: readonly AgentProcess[]): Promise<Claimed> {
    const agent = through[this.#next % through.length] as AgentProcess;
    const { recipient, epoch } = await this.#freshRound();
    const startedMs = performance.now();
    let reason = "";
    for (let attempt = 0; attempt < TRIES; attempt++) {
      if (attempt > 0) await sleep(RETRY_MS);
      try {
        let claim = await agent.client.requestClaim(recipient, epoch);
        for await (const view of agent.client.watchClaim(recipient, epoch)) claim = view;
        if (claim.status === "ready") return { ready: true, ms: performance.now() - startedMs, reason: "" };
        reason = `agent ${agent.id}: ${claim.status}, missing ${claim.missing.join(", ")}`;
        break;
      } catch (error) {
        reason = `agent ${agent.id}: ${isQuorateError(error) ? `${error.code} ${error.message}` : String(error)}`;
      }
    }
    return { ready: false, ms: performance.now() - startedMs, reason: reason.slice(0, 200) };
  }

  /** A round asked for before has its shares already, and would look fast. */
  async #freshRound(): Promise<{ recipient: Address; epoch: number }> {
    const { honestRecipients } = this.#siege;
    for (;;) {
      const recipient = honestRecipients[(this.#next++ * 7) % honestRecipients.length] as Address;
      const closed = await this.#settledEpoch();
      for (let epoch = closed; epoch >= 0 && epoch > closed - EPOCHS_ASKED; epoch--) {
        const round = `${recipient}@${epoch}`;
        if (this.#used.has(round)) continue;
        this.#used.add(round);
        return { recipient, epoch };
      }
      await sleep(200);
    }
  }

  /** By whichever agent answers first. */
  async #settledEpoch(): Promise<number> {
    const answers = this.#siege.network.agents.map(({ client }) => client.status());
    const status = await Promise.any(answers).catch(() => null);
    const closed = status?.closedEpoch ?? this.#seen.epoch;
    if (closed > this.#seen.epoch) this.#seen = { epoch: closed, atMs: performance.now() };
    return performance.now() - this.#seen.atMs < SETTLED_MS ? this.#seen.epoch - 1 : this.#seen.epoch;
  }
}
