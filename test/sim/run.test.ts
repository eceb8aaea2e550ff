import { describe, expect, it } from "vitest";
import { BEHAVIOURS, type FLOODS, SUBNET_BEHAVIOURS } from "./byzantine/behaviour.ts";
import { DEFAULT_FAULTS, type FaultOptions, NO_FAULTS, type SimOptions } from "./options.ts";
import { run } from "./run.ts";

const NODES = 24;
const options = (seed: number, faults: Partial<FaultOptions>): SimOptions => ({
  seed,
  nodes: NODES,
  claims: 2,
  faults: { ...NO_FAULTS, ...faults },
});

describe("each fault alone: every claim ends with a bundle", () => {
  const alone: readonly Partial<FaultOptions>[] = [
    {},
    { silent: 0.04 },
    { crash: 0.5 },
    { unhealthy: 0.3 },
    { partition: 0.2 },
    { loss: 0.15 },
    { duplicate: 0.5 },
    { delay: 0.2 },
    { latencyMs: { min: 5, max: 900 } },
    { regions: true, latencyMs: { min: 0, max: 200 }, bandwidth: "spread", churn: 0.3 },
  ];
  it.each(alone.flatMap((faults) => [1, 2].map((seed) => ({ faults, seed }))))(
    "$faults, seed $seed",
    ({ faults, seed }) => {
      const { violations, claims, honestQuorum, faulty } = run(options(seed, faults));
      expect(violations).toEqual([]);
      expect(honestQuorum).toBe(true);
      // All that were planned.
      expect(faulty.crashes).toBe(faults.crash === undefined ? 0 : NODES / 2);
      expect(claims).toEqual({ bundles: 2, failed: 0, refused: 0 });
    },
  );
});

describe("the time to quorum", () => {
  it("is that of the nodes that answer, also where 95% of all is out of reach", () => {
    const { violations, claims, virtualMsToQuorum, honestQuorum } = run(options(3, { silent: 0.1 }));
    expect(violations).toEqual([]);
    expect({ honestQuorum, ...claims }).toEqual({ honestQuorum: false, bundles: 0, failed: 2, refused: 0 });
    expect(virtualMsToQuorum.median).toBeGreaterThan(0);
    expect(virtualMsToQuorum.max).toBeLessThan(5_000);
  });

  it("and a run without anything to heal ends soon after its last claim", () => {
    const { virtualMs, claims } = run(options(3, {}));
    expect(claims.bundles).toBe(2);
    expect(virtualMs).toBeLessThan(20_000);
  });
});

describe("each way of lying alone: no harm but the liar's own share", () => {
  /**
   * What these do is no offence: signing nothing, giving nothing, or valid messages that nobody wants. The others are
   * blamed.
   */
  const BLAMELESS: readonly string[] = ["refuser", "withholder", "flooder", "equivocator"];

  // Lies about partials need subnets: aggregators.test.ts.
  it.each(BEHAVIOURS.filter((name) => !SUBNET_BEHAVIOURS.has(name)))("%s", (behaviour) => {
    const { violations, claims, faulty, blames } = run({ ...options(6, { byzantine: 0.04 }), behaviours: [behaviour] });
    expect(violations).toEqual([]);
    expect(faulty.byzantine).toEqual({ [behaviour]: 1 });
    expect(claims).toEqual({ bundles: 2, failed: 0, refused: 0 });
    expect(Object.keys(blames).length === 0).toBe(BLAMELESS.includes(behaviour));
  });
});

describe("floods: honest claims end as soon as without them", () => {
  /** Twice the time of the same run without a liar, to its slowest claim. */
  function atMostTwice(behaviour: (typeof FLOODS)[number]): ReturnType<typeof run> {
    const calm = run(options(8, {}));
    const result = run({ ...options(8, { byzantine: 0.04 }), behaviours: [behaviour] });
    expect(result.violations).toEqual([]);
    expect(result.faulty.byzantine).toEqual({ [behaviour]: 1 });
    expect(result.claims).toEqual({ bundles: 2, failed: 0, refused: 0 });
    expect(result.virtualMsToQuorum.max).toBeLessThanOrEqual(2 * (calm.virtualMsToQuorum.max ?? 0));
    return result;
  }

  it("P-77: 256 valid requests of one node at once, again and again: nobody is blamed for them", () => {
    expect(atMostTwice("asker").blames).toEqual({});
  });

  it("P-97: 2,000 valid shares of one node over other amounts: ten blames from each peer, and no more", () => {
    const { blames } = atMostTwice("amounts-flooder");
    expect(Object.keys(blames)).toEqual(["SHARE_TOO_MANY_MESSAGES"]);
    expect(blames["SHARE_TOO_MANY_MESSAGES"]).toBeLessThanOrEqual(10 * NODES);
  });
});

describe("all faults together", () => {
  it.each([11, 12, 13, 14])("seed %i", (seed) => {
    const { violations, claims } = run({ ...options(seed, DEFAULT_FAULTS), nodes: 40, claims: 3 });
    expect(violations).toEqual([]);
    expect(claims).toEqual({ bundles: 3, failed: 0, refused: 0 });
  });

  it("more silence than a quorum allows: no bundle, and the missing are named (P-86)", () => {
    const { violations, claims, honestQuorum, virtualMsToQuorum } = run(
      options(3, { ...DEFAULT_FAULTS, silent: 0.15 }),
    );
    expect(violations).toEqual([]);
    expect(honestQuorum).toBe(false);
    expect(claims).toEqual({ bundles: 0, failed: 2, refused: 0 });
    expect(virtualMsToQuorum.median).toBeGreaterThan(0);
  });
});

describe("determinism", () => {
  const all = options(21, DEFAULT_FAULTS);

  it("the same seed gives the same result, to the last bit of the trace", () => {
    expect(run(all)).toEqual(run(all));
  });

  it("another seed, or one fault more, gives another trace", () => {
    const { traceHash } = run(all);
    expect(run({ ...all, seed: 22 }).traceHash).not.toBe(traceHash);
    expect(run({ ...all, faults: { ...all.faults, loss: 0.03 } }).traceHash).not.toBe(traceHash);
  });
});
