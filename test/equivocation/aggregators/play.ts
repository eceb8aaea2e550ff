/**
 * One schedule with a two-faced aggregator, from boot to end, in virtual time. Enters: a cast and what the liar shows
 * to whom. Leaves: at the end of each round what every honest agent has. The honest are production cores, connected to
 * each other and to the liar; a message takes one hop. Not here: what must hold then (promises.ts).
 */
import { type Address, type Bundle, type ClaimView, encodeCatchUpResponse, type NodeId } from "@quorate/common";
import type { Agent, Effect, Input, PeerKey, TimerName } from "../../../packages/aggregator/src/core/io.ts";
import { IMPROVE_MS, TICK_MS } from "../../../packages/aggregator/src/core/limits.ts";
import { SUPPRESSED_MAX_MS } from "../../sim/checkers/suppression.ts";
import { partialIn } from "../../sim/messages.ts";
import { Scheduler } from "../../sim/scheduler.ts";
import { scheme } from "../cast.ts";
import type { SubnetCast } from "./cast.ts";
import type { Face, FaceSchedule } from "./faces.ts";

const HOP_MS = 20;
/** The liar has its mates' shares by then, and honest aggregators still wait for company (P-135). */
const LIAR_SPEAKS_MS = 100;
/** No share is held up for longer: the time that the simulation's checker states, and some hops. */
const ROUND_MAX_MS: number = SUPPRESSED_MAX_MS + 10 * HOP_MS + 2 * TICK_MS;
/** From when on a round whose claims are all ready may end: bundles are improved no more. */
const IMPROVED_MS: number = IMPROVE_MS + 2 * TICK_MS;

/** One honest agent at the end of a round. */
export interface RoundEnd {
  readonly id: NodeId;
  readonly claim: ClaimView | null;
  /** Every bundle of the round that it kept. */
  readonly bundles: readonly Bundle[];
  /** Whom it has blamed, since the beginning. */
  readonly blamed: readonly PeerKey[];
  /** Milliseconds until its claim was ready; null if it is not. */
  readonly readyMs: number | null;
}

class Honest {
  readonly id: NodeId;
  readonly agent: Agent;
  readonly bundles: Bundle[] = [];
  readonly blamed: PeerKey[] = [];
  readonly answers = new Map<number, (data: Uint8Array) => void>();
  readonly timers = new Map<TimerName, number>();

  constructor(id: NodeId, agent: Agent) {
    this.id = id;
    this.agent = agent;
  }
}

export class FacePlay {
  /** Calls of production cores. */
  steps = 0;
  readonly #cast: SubnetCast;
  readonly #isHeard: boolean;
  readonly #scheduler = new Scheduler();
  readonly #agents: ReadonlyMap<NodeId, Honest>;
  #handle = 0;
  #round = 0;
  #faces: ReadonlyMap<NodeId, Face> = new Map();

  /** @param isHeard whether partials of honest aggregators arrive */
  constructor(cast: SubnetCast, isHeard: boolean) {
    this.#cast = cast;
    this.#isHeard = isHeard;
    this.#agents = new Map(cast.honest.map((id) => [id, new Honest(id, cast.agent(id))]));
    for (const honest of this.#agents.values()) this.#setTimer(honest, "tick", TICK_MS);
  }

  run(schedule: FaceSchedule): RoundEnd[][] {
    return schedule.map((faces, round) => {
      this.#round = round;
      this.#faces = faces;
      return this.#play();
    });
  }

  #play(): RoundEnd[] {
    const recipient = this.#cast.recipient(this.#round);
    const beganMs = this.#scheduler.nowMs;
    for (const honest of this.#agents.values()) {
      const input: Input = { type: "claim", handle: ++this.#handle, recipient, epoch: 0 };
      this.#scheduler.at(beganMs, () => this.#feed(honest, input));
      this.#scheduler.at(beganMs + LIAR_SPEAKS_MS, () => this.#liarSpeaks(honest));
    }
    for (let untilMs = beganMs + IMPROVED_MS; untilMs <= beganMs + ROUND_MAX_MS; untilMs += TICK_MS) {
      while (this.#scheduler.step(untilMs)) {
        // Until then.
      }
      if (this.#isOver(recipient)) break;
    }
    return [...this.#agents.values()].map((honest) => endOf(honest, recipient, this.#scheduler.nowMs));
  }

  /** Everyone has everything that it could have. */
  #isOver(recipient: Address): boolean {
    const { nowMs } = this.#scheduler;
    return [...this.#agents.values()].every(({ agent }) => agent.claim(recipient, 0, nowMs)?.missing.length === 0);
  }

  #liarSpeaks(to: Honest): void {
    const data = this.#cast.bytes(this.#round, this.#faces.get(to.id) ?? "nothing");
    const from = this.#cast.peerOf(this.#cast.parts.liar);
    if (data !== null) this.#feed(to, { type: "direct", from, data });
  }

  #feed(honest: Honest, input: Input): void {
    this.steps += 1;
    for (const effect of honest.agent.handle(input, this.#scheduler.nowMs)) this.#carryOut(honest, effect);
  }

  #carryOut(honest: Honest, effect: Effect): void {
    switch (effect.type) {
      case "sign":
        return this.#feed(honest, {
          ...{ type: "signed", job: effect.job },
          signature: this.#cast.sign(honest.id, effect.digest),
        });
      case "verify": {
        const results = effect.groups.map(({ digest, items }) =>
          items.map(({ publicKey, signature }) => scheme.verify(publicKey, digest, signature)),
        );
        return this.#feed(honest, { type: "verified", job: effect.job, results });
      }
      case "set-timer":
        return this.#setTimer(honest, effect.timer, effect.atMs);
      case "publish":
        for (const to of this.#agents.values()) if (to !== honest) this.#gossip(honest, to, effect.data);
        return;
      case "direct":
        return this.#direct(honest, effect.peers, effect.data);
      case "catch-up-ask":
        return this.#catchUp(honest, effect.peer, effect.data);
      case "inquire":
        return this.#inquire(honest, effect.job, effect.peer, effect.data);
      case "catch-up-reply":
      case "inquiry-reply":
        honest.answers.get(effect.handle)?.(effect.data);
        honest.answers.delete(effect.handle);
        return;
      case "persist":
        for (const record of effect.records) if (record.type === "bundle") honest.bundles.push(record.bundle);
        return;
      case "blame":
        honest.blamed.push(effect.peer);
        return;
      default:
        return;
    }
  }

  #setTimer(honest: Honest, timer: TimerName, atMs: number): void {
    const turn = (honest.timers.get(timer) ?? 0) + 1;
    honest.timers.set(timer, turn);
    this.#scheduler.at(atMs, () => {
      if (honest.timers.get(timer) === turn) this.#feed(honest, { type: "timer", timer });
    });
  }

  #after(run: () => void): void {
    this.#scheduler.after(HOP_MS, run);
  }

  #gossip(from: Honest, to: Honest, data: Uint8Array): void {
    const handle = ++this.#handle;
    this.#after(() => this.#feed(to, { type: "gossip", handle, from: this.#cast.peerOf(from.id), data }));
  }

  #direct(from: Honest, peers: readonly PeerKey[], data: Uint8Array): void {
    if (!this.#isHeard && partialIn(data) !== null) return;
    for (const peer of peers) {
      const to = this.#agents.get(this.#cast.idOf(peer));
      const input: Input = { type: "direct", from: this.#cast.peerOf(from.id), data };
      if (to !== undefined) this.#after(() => this.#feed(to, input));
    }
  }

  /** There and back; the liar answers with the face that it shows the asker, or not at all. */
  #catchUp(asker: Honest, peer: PeerKey, data: Uint8Array): void {
    const answered = (answer: Uint8Array): void =>
      this.#after(() => this.#feed(asker, { type: "catch-up-answered", from: peer, data: answer }));
    const asked = this.#agents.get(this.#cast.idOf(peer));
    if (asked !== undefined) return this.#ask(asked, "catch-up-asked", asker, data, answered);
    const partial = this.#cast.shown(this.#round, this.#faces.get(asker.id) ?? "nothing");
    if (partial === null) return;
    this.#after(() =>
      answered(encodeCatchUpResponse({ requests: [], shares: [], partials: [partial], differs: false })),
    );
  }

  /** The liar gives no reason. */
  #inquire(asker: Honest, job: number, peer: PeerKey, data: Uint8Array): void {
    const asked = this.#agents.get(this.#cast.idOf(peer));
    const failed: Input = { type: "inquiry-failed", job, code: "NETWORK_REQUEST_TIMEOUT" };
    if (asked === undefined) return this.#after(() => this.#feed(asker, failed));
    this.#ask(asked, "inquiry-asked", asker, data, (answer) =>
      this.#after(() => this.#feed(asker, { type: "inquiry-answered", job, data: answer })),
    );
  }

  #ask(
    asked: Honest,
    type: "catch-up-asked" | "inquiry-asked",
    asker: Honest,
    data: Uint8Array,
    answered: (answer: Uint8Array) => void,
  ): void {
    const handle = ++this.#handle;
    asked.answers.set(handle, answered);
    this.#after(() => this.#feed(asked, { type, handle, from: this.#cast.peerOf(asker.id), data }));
  }
}

function endOf({ id, agent, bundles, blamed }: Honest, recipient: Address, nowMs: number): RoundEnd {
  const claim = agent.claim(recipient, 0, nowMs);
  return {
    ...{ id, claim, blamed: [...blamed], readyMs: claim?.quorumAfterMs ?? null },
    bundles: bundles.filter(({ message }) => message.recipient === recipient),
  };
}
