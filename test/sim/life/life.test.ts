import { describe, expect, it } from "vitest";
import { REPORT_BEHAVIOURS } from "../byzantine/behaviour.ts";
import { type FaultOptions, LIFE_FAULTS, type LifeOptions, NO_FAULTS } from "../options.ts";
import { type LifeConfig, runLife } from "./run.ts";

const NODES = 24;

function options(seed: number, faults: Partial<FaultOptions>, life: Partial<LifeOptions> = {}): LifeConfig {
  const lived = { epochs: 7, dead: 0, turns: 0, idle: 0, ...life };
  return { seed, nodes: NODES, claims: 1, faults: { ...NO_FAULTS, ...faults }, life: lived };
}

describe("each fault alone: the network lives, and heals", () => {
  const alone: readonly (readonly [Partial<FaultOptions>, Partial<LifeOptions>])[] = [
    [{}, { idle: 0.05 }],
    [{ silent: 0.08 }, { epochs: 9 }],
    [{ crash: 0.5 }, {}],
    [{ unhealthy: 0.3 }, {}],
    [{ partition: 0.2 }, {}],
    [{ loss: 0.1, duplicate: 0.3, delay: 0.1 }, {}],
    [{}, { dead: 0.12, epochs: 9 }],
  ];
  it.each(alone)("%j %j", (faults, life) => {
    const { violations, perEpoch } = runLife(options(5, faults, life));
    expect(violations).toEqual([]);
    expect(perEpoch.at(-1)?.payableAfter).toBeLessThan(100);
  });

  it("nodes that are absent from every other report are decommissioned, contest after 12 reports, and come back (P-95)", () => {
    const { violations, perEpoch, perNode } = runLife({ ...options(5, {}, { turns: 0.25, epochs: 34 }), nodes: 8 });
    expect(violations).toEqual([]);
    expect(perEpoch.reduce((sum, { contests }) => sum + contests, 0)).toBeGreaterThan(0);
    const turning = perNode.filter(({ fate }) => fate === "turns").map(({ epochs }) => epochs.join(""));
    expect(turning).toHaveLength(2);
    for (const letters of turning) expect(letters).toMatch(/^(MP|PM){2}.*v.*\^P+$/);
  });

  it("whoever is silent for 48 reports is dropped from the floor, once (P-95, P-110)", () => {
    const { violations, perEpoch } = runLife({ ...options(5, { silent: 0.1 }, { epochs: 56 }), nodes: 4 });
    expect(violations).toEqual([]);
    expect(perEpoch.reduce((sum, { drops }) => sum + drops, 0)).toBe(1);
  });
});

describe("each way of lying about reports alone: no harm but the liar's own absence", () => {
  it.each(REPORT_BEHAVIOURS)("%s", (behaviour) => {
    const { violations, fates, perNode } = runLife({ ...options(6, { byzantine: 0.04 }), behaviours: [behaviour] });
    expect(violations).toEqual([]);
    expect(fates[behaviour]).toBe(1);
    const { epochs = [] } = perNode.find(({ fate }) => fate === behaviour) ?? {};
    expect(epochs.some((letters) => letters.startsWith("M"))).toBe(
      ["hoarder", "false-root", "overlapper"].includes(behaviour),
    );
  });

  it("a hider and two that overlap: everyone left out of a record is shown all the same (P-93)", () => {
    const liars = ["hider", "overlapper", "overlapper"] as const;
    const { violations, perEpoch } = runLife({ ...options(8, { byzantine: 0.12 }), behaviours: liars });
    expect(violations).toEqual([]);
    expect(perEpoch.some(({ showings }) => showings.length > 2)).toBe(true);
  });
});

describe("all faults together", () => {
  it.each([11])("seed %i", (seed) => {
    const life = { epochs: 10, dead: 0.04, turns: 0.04, idle: 0.04 };
    const { violations, perEpoch, claims } = runLife(options(seed, LIFE_FAULTS, life));
    expect(violations).toEqual([]);
    expect(perEpoch.filter(({ payableAfter }) => payableAfter !== null).length).toBeGreaterThan(4);
    expect(claims.asked).toBe(10);
    expect(claims.bundles).toBeGreaterThan(3);
  });

  it("the same seed gives the same life, to the last bit of the trace", () => {
    const all = options(13, LIFE_FAULTS, { epochs: 6, dead: 0.04, turns: 0.04, idle: 0.04 });
    const first = runLife({ ...all, nodes: 12 });
    expect(runLife({ ...all, nodes: 12 })).toEqual(first);
  });
});
