/**
 * An honest staker: asks one agent, waits, asks again when refused, unheard or without a quorum, and ends with a bundle
 * or with the reason why there is none. Not here: whether the reason is good (checkers/liveness.ts).
 */
import type { Address, Bundle, ClaimReply, ClaimView, ErrorCode, NodeId } from "@quorate/common";
import type { Effect } from "../../packages/aggregator/src/core/io.ts";
import type { Observer, SimAgent } from "./agent.ts";
import type { Scheduler } from "./scheduler.ts";

/** How long a staker waits for a reply, and between two questions. */
const PATIENCE_MS = 3_000;
const LOOK_EVERY_MS = 500;

/** A claim accepted by an agent that is up, and unknown to it at so many looks in a row, is lost. */
const LOOKS_UNTIL_LOST = 3;

/** Refusals are final so long after the faults have healed: slow providers have caught up. */
const SETTLED_AFTER_HEALING_MS = 8_000;

export type Outcome =
  | { readonly kind: "bundle"; readonly bundle: Bundle; readonly afterMs: number }
  | { readonly kind: "failed"; readonly missing: readonly NodeId[]; readonly startedMs: number }
  | { readonly kind: "refused"; readonly code: ErrorCode };

export class Staker implements Observer {
  readonly recipient: Address;
  readonly agent: SimAgent;
  readonly askedMs: number;
  /** Times the agent forgot a claim it had accepted. */
  lost = 0;
  outcome: Outcome | null = null;
  epoch: number | null = null;
  readonly #scheduler: Scheduler;
  readonly #healMs: number;
  readonly #secondChance: boolean;
  #attempt = 0;
  #startedMs: number;
  #accepted = false;
  #unknownLooks = 0;

  /** @param secondChance whether a claim that found no quorum while faults went on is worth asking for again */
  constructor(
    claim: { readonly recipient: Address; readonly agent: SimAgent; readonly askAtMs: number },
    scheduler: Scheduler,
    healMs: number,
    secondChance: boolean,
  ) {
    this.recipient = claim.recipient;
    this.agent = claim.agent;
    this.askedMs = claim.askAtMs;
    this.#startedMs = claim.askAtMs;
    this.#scheduler = scheduler;
    this.#healMs = healMs;
    this.#secondChance = secondChance;
    scheduler.at(claim.askAtMs, () => this.#ask());
    scheduler.at(claim.askAtMs + LOOK_EVERY_MS, () => this.#look());
  }

  onEffect(id: NodeId, effect: Effect): void {
    if (effect.type === "claim-changed" && id === this.agent.node.id) this.#see(effect.claim);
  }

  #ask(): void {
    if (this.outcome !== null || this.#accepted) return;
    const attempt = ++this.#attempt;
    this.agent.ask(this.recipient, this.epoch, (reply) => {
      if (attempt === this.#attempt) this.#hear(reply);
    });
    this.#scheduler.after(PATIENCE_MS, () => {
      if (attempt === this.#attempt) this.#ask();
    });
  }

  #hear(reply: ClaimReply): void {
    if (reply.ok) {
      this.#accepted = true;
      this.#unknownLooks = 0;
      this.epoch = reply.claim.epoch;
      this.#startedMs = this.#scheduler.nowMs;
      this.#see(reply.claim);
    } else if (this.#scheduler.nowMs >= this.#healMs + SETTLED_AFTER_HEALING_MS) {
      this.outcome = { kind: "refused", code: reply.refusal.code };
    }
  }

  #see(claim: ClaimView): void {
    if (this.outcome !== null || !this.#accepted) return;
    if (claim.recipient !== this.recipient || claim.epoch !== this.epoch) return;
    if (claim.status === "ready" && claim.bundle !== null) {
      this.outcome = { kind: "bundle", bundle: claim.bundle, afterMs: this.#scheduler.nowMs - this.askedMs };
    } else if (claim.status === "failed") {
      this.#fail(claim.missing);
    }
  }

  #fail(missing: readonly NodeId[]): void {
    if (this.#startedMs >= this.#healMs || !this.#secondChance) {
      this.outcome = { kind: "failed", missing, startedMs: this.#startedMs };
      return;
    }
    this.#accepted = false;
    this.#scheduler.after(LOOK_EVERY_MS, () => this.#ask());
  }

  /** A bundle restored after a crash is not announced: the staker looks. */
  #look(): void {
    if (this.outcome !== null) return;
    this.#scheduler.after(LOOK_EVERY_MS, () => this.#look());
    const core = this.agent.core;
    if (core === null || !this.#accepted) return;
    const claim = core.claim(this.recipient, this.epoch, this.#scheduler.nowMs);
    this.#unknownLooks = claim === null ? this.#unknownLooks + 1 : 0;
    if (claim !== null) this.#see(claim);
    if (this.#unknownLooks < LOOKS_UNTIL_LOST) return;
    this.lost += 1;
    this.#accepted = false;
    this.#ask();
  }
}
