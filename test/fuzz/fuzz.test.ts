/**
 * The short profile of `pnpm fuzz`: the same targets, the seed of all property tests; a failure prints the seed and the
 * smallest input.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyMove } from "./agent.ts";
import { Life } from "./life.ts";
import { runsOf } from "./targets.ts";

/** Some seconds of one core. */
const CASES = 20_000;
/** Set for every test file (harness/propertySeed.ts). */
const seed = fc.readConfigureGlobal().seed as number;

describe("hostile input breaks no rule (P-82, P-88)", () => {
  it.each(runsOf(CASES))("$target.name", async ({ target, numRuns }) => {
    await target.run({ numRuns, seed });
  });

  it("lives of the agent get past the first checks: every verdict, signings, bundles, blame, all kinds of work", () => {
    const reached = new Map<string, number>();
    for (const moves of fc.sample(fc.array(anyMove, { minLength: 400, maxLength: 400, size: "max" }), {
      numRuns: 30,
      seed: 1,
    })) {
      const life = new Life();
      for (const move of moves) life.do(move);
      life.end();
      for (const [what, times] of life.reached) reached.set(what, (reached.get(what) ?? 0) + times);
    }
    expect([...reached.keys()].sort()).toEqual(
      expect.arrayContaining([
        ...["accept", "SHARE_BAD_SIGNATURE", "SHARE_TOO_MANY_MESSAGES", "SHARE_UNKNOWN_NODE", "EPOCH_TOO_OLD"],
        ...["EPOCH_TOO_FAR", "WIRE_MALFORMED", "WIRE_NOT_CANONICAL", "NO_REWARDS", "IDENTITY_BAD_SIGNATURE"],
        ...["persist signing", "persist claim", "persist bundle", "sign", "verify", "publish", "blame", "inquire"],
        ...["catch-up-ask", "catch-up-reply", "inquiry-reply", "claim-reply", "claim-changed"],
      ]),
    );
  });

  it("the long profile makes at least as many cases as it is told", () => {
    const made = runsOf(1_000_000).reduce((sum, { target, numRuns }) => sum + numRuns * (target.casesPerRun ?? 1), 0);
    expect(made).toBeGreaterThanOrEqual(1_000_000);
  });
});
