import { describe, expect, it } from "vitest";
import type { PeerKey } from "../../core/io.ts";
import {
  VISIT_ANSWER_MS,
  VISIT_IDLE_MS,
  VISIT_WAIT_MS,
  VISITS_BURST,
  VISITS_KEPT,
  VISITS_MAX,
  VISITS_PER_SECOND,
  VISITS_WAITING_MAX,
} from "./limits.ts";
import { Visits } from "./visits.ts";

const peers = (count: number): PeerKey[] => Array.from({ length: count }, (_, i) => `0x${i}` as const);

/** Visits with a clock of their own. What each peer was told is in `told`. */
class Asking {
  nowMs = 0;
  readonly told = new Map<PeerKey, boolean[]>();
  readonly visits: Visits;
  #later: { readonly atMs: number; readonly then: () => void }[] = [];

  constructor() {
    this.visits = new Visits({
      now: () => this.nowMs,
      after: (delayMs, then) => this.#later.push({ atMs: this.nowMs + delayMs, then }),
    });
  }

  ask(all: readonly PeerKey[]): void {
    for (const peer of all) {
      this.visits.begin(peer, (mayDial) => this.told.set(peer, [...(this.told.get(peer) ?? []), mayDial]));
    }
  }

  /** All that may be dialled are up. */
  make(): void {
    for (const peer of this.dialled()) this.visits.made(peer);
  }

  until(atMs: number): void {
    for (const next of this.#later) {
      if (next.atMs > atMs) continue;
      this.#later = this.#later.filter((other) => other !== next);
      this.nowMs = next.atMs;
      next.then();
      return this.until(atMs);
    }
    this.nowMs = atMs;
  }

  dialled(): PeerKey[] {
    return [...this.told].flatMap(([peer, [mayDial]]) => (mayDial === true ? [peer] : []));
  }

  refused(): PeerKey[] {
    return [...this.told].flatMap(([peer, [mayDial]]) => (mayDial === false ? [peer] : []));
  }
}

describe("connections for one question (P-131)", () => {
  it("a few are dialled at once, and the others in their order as dials end, whatever came of them", () => {
    const asking = new Asking();
    const all = peers(VISITS_MAX + 2);
    asking.ask(all);
    expect(asking.dialled()).toEqual(all.slice(0, VISITS_MAX));
    asking.visits.made("0x3");
    expect(asking.dialled()).toEqual(all.slice(0, VISITS_MAX + 1));
    asking.visits.end("0x5");
    expect(asking.dialled()).toEqual(all);
    expect(asking.visits.has("0x3")).toBe(true);
    expect(asking.visits.has("0x5")).toBe(false);
  });

  it("begin in a burst and then at a rate; who waits too long is told so, as all are when it stops", () => {
    const asking = new Asking();
    const all = peers(VISITS_BURST + VISITS_PER_SECOND + 200);
    asking.ask(all);
    for (let done = 0; done < VISITS_BURST; done += VISITS_MAX) asking.make();
    expect(asking.dialled()).toEqual(all.slice(0, VISITS_BURST));
    asking.until(1_000);
    expect(asking.dialled()).toEqual(all.slice(0, VISITS_BURST + VISITS_PER_SECOND));
    expect(asking.refused()).toEqual([]);
    asking.until(VISIT_WAIT_MS);
    asking.make();
    asking.until(VISIT_WAIT_MS + 1_000);
    const late = asking.refused();
    expect(late.length).toBeGreaterThan(100);
    expect(asking.dialled().length + late.length).toBe(all.length);
    // What ended early has given its place to those that came afterwards.
    asking.ask(["0xa1", "0xa2"]);
    asking.visits.stop();
    expect([...asking.told.values()].every((told) => told.length === 1)).toBe(true);
  });

  it("two questions to one peer are one dial; so many wait, and no more", () => {
    const asking = new Asking();
    const all = peers(VISITS_MAX);
    asking.ask([...all, "0xb0", "0xb0", "0x1"]);
    expect(asking.told.get("0x1")).toEqual([true, true]);
    asking.visits.end("0x7");
    expect(asking.told.get("0xb0")).toEqual([true, true]);
    asking.ask(Array.from({ length: VISITS_WAITING_MAX }, (_, i) => `0xc${i}` as const));
    expect(asking.refused()).toEqual([]);
    asking.ask(["0xd0"]);
    expect(asking.refused()).toEqual(["0xd0"]);
  });

  it("go when they are idle; of more than are kept those idle longest, once an answer has had its time", () => {
    const asking = new Asking();
    const all = peers(VISITS_MAX + VISITS_KEPT);
    asking.ask(all);
    asking.make();
    asking.make();
    expect(asking.visits.idle()).toEqual([]);
    asking.until(VISIT_ANSWER_MS);
    asking.visits.used("0x0");
    expect(asking.visits.idle()).toEqual(all.slice(1, 1 + VISITS_MAX));
    asking.until(VISIT_IDLE_MS);
    expect(asking.visits.idle()).toEqual(all.slice(1));
  });
});
