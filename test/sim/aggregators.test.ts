import { describe, expect, it } from "vitest";
import { SUBNET_BEHAVIOURS } from "./byzantine/behaviour.ts";
import { DEFAULT_FAULTS, type FaultOptions, NO_FAULTS, type SimOptions } from "./options.ts";
import { run } from "./run.ts";

/** Eight subnets of five nodes. */
const options = (seed: number, faults: Partial<FaultOptions>): SimOptions => ({
  ...{ seed, nodes: 40, claims: 2, floodMax: 8 },
  faults: { ...NO_FAULTS, ...faults },
});

describe("P-131 to P-134: each lie about partials alone does no harm but to the liar", () => {
  /** Blamed are those whose sums are wrong; what the others do cannot be told from bad luck. */
  const BLAMED: readonly string[] = ["false-summer", "inventor"];

  it.each([...SUBNET_BEHAVIOURS] as never[])("%s", (behaviour) => {
    // Four liars of forty: in most subnets, and so many that some are aggregators of every claim.
    const { violations, claims, blames, faulty } = run({ ...options(5, { byzantine: 0.1 }), behaviours: [behaviour] });
    expect(violations).toEqual([]);
    expect(faulty.byzantine).toEqual({ [behaviour]: 4 });
    expect(claims).toEqual({ bundles: 2, failed: 0, refused: 0 });
    expect(Object.keys(blames)).toEqual(BLAMED.includes(behaviour) ? ["SHARE_BAD_SIGNATURE"] : []);
  });
});

describe("P-134: nobody's share is kept away for good", () => {
  it("a sixth of all nodes conspire, more are silent than a quorum allows: every honest share is there at the end", () => {
    const faults = { byzantine: 0.15, silent: 0.1 };
    const { violations, claims, story, excuses } = run({ ...options(4, faults), behaviours: ["conspirer"] });
    expect(violations).toEqual([]);
    expect(claims).toEqual({ bundles: 0, failed: 2, refused: 0 });
    for (const { missing } of story.claims) expect(missing.map(({ why }) => why)).toEqual(Array(4).fill("silent"));
    expect(excuses).toEqual({});
  });
});

describe("P-131: subnets under all faults together", () => {
  it.each([21, 22])("seed %i", (seed) => {
    const { violations, claims } = run({ ...options(seed, DEFAULT_FAULTS), claims: 3 });
    expect(violations).toEqual([]);
    expect(claims).toEqual({ bundles: 3, failed: 0, refused: 0 });
  });
});
