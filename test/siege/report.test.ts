// The verdicts of a siege: each bound of "it must hold", and the attack that did nothing.
import { describe, expect, it } from "vitest";
import { ATTACKS, attackNamed } from "./attacks.ts";
import { type AttackResult, combine, type Judged, judge, printReport, worthAnother } from "./report.ts";

const HELD: Judged = {
  figures: {
    name: "a-flood",
    claims: 10,
    failed: 0,
    baselineMs: 200,
    baselineBeforeMs: 190,
    baselineAfterMs: 210,
    medianMs: 400,
    medianRatio: 2,
    honestBanned: 0,
    peakRssMb: 512,
    healthzMaxMs: 2_000,
    restartMs: 10_000,
    attacked: 3,
    attackerCutOff: 3,
    cutOffAfterMs: 15_000,
    attackerCpuMs: 900,
    attackerCounts: { messages: 5, dials: 20 },
    durationMs: 60_000,
    tries: 1,
  },
  cutOff: true,
  bounds: { dials: 20 },
  does: ["messages"],
  details: { bans: [], failures: [], error: null },
};

const withFigures = (figures: Partial<Judged["figures"]>): AttackResult =>
  judge({ ...HELD, figures: { ...HELD.figures, ...figures } });

describe("judge", () => {
  it("what is at every bound has held", () => expect(judge(HELD)).toMatchObject({ ok: true, broken: [] }));

  it.each([
    [{ failed: 1 }, "1 of 10 claims failed"],
    [{ medianRatio: 2.01 }, "median 2.01 times"],
    [{ medianRatio: Number.NaN }, "median NaN times"],
    [{ healthzMaxMs: 2_001 }, "/healthz"],
    [{ peakRssMb: 513 }, "memory"],
    [{ restartMs: 10_001 }, "restarted agent"],
    [{ attackerCutOff: 2 }, "2 of 3 cut off"],
    [{ cutOffAfterMs: 15_001 }, "after 15001 ms"],
    [{ attackerCounts: { messages: 5, dials: 21 } }, "dials: 21"],
    [{ attackerCounts: { messages: 0 } }, "did nothing"],
  ])("%o is broken", (figures, words) => {
    const result = withFigures(figures);
    expect(result.ok).toBe(false);
    expect(result.broken).toEqual([expect.stringContaining(words)]);
  });

  it("an honest node that was banned, and an attack that broke, are named", () => {
    const details = { bans: ["agent 1 banned agent 2"], failures: [], error: "no route" };
    expect(judge({ ...HELD, details }).broken).toEqual(["agent 1 banned agent 2", "the attack itself broke: no route"]);
  });

  it("strangers and those who cannot be known need not be cut off", () => {
    const figures = { ...HELD.figures, attacked: null, attackerCutOff: null, cutOffAfterMs: null };
    expect(judge({ ...HELD, cutOff: false, figures }).ok).toBe(true);
  });
});

describe("two runs of one attack", () => {
  const run = (figures: Partial<Judged["figures"]>): Judged => ({ ...HELD, figures: { ...HELD.figures, ...figures } });

  it("times are the better ones, each by itself; failures, bans and memory the worse", () => {
    const first = run({
      medianMs: 900,
      baselineMs: 400,
      healthzMaxMs: 3_000,
      failed: 1,
      peakRssMb: 300,
      restartMs: null,
    });
    const second = run({ medianMs: 500, baselineMs: 450, healthzMaxMs: 100, peakRssMb: 400, honestBanned: 2 });
    expect(combine(first, second).figures).toMatchObject({
      ...{ medianMs: 500, baselineMs: 400, medianRatio: 1.25, healthzMaxMs: 100, restartMs: 10_000 },
      ...{ claims: 20, failed: 1, honestBanned: 2, peakRssMb: 400, tries: 2 },
    });
  });

  it("another run is for times alone: failed claims and bans stand", () => {
    const slow = run({ medianRatio: 5 });
    expect(worthAnother(slow, judge(slow))).toBe(true);
    for (const judged of [run({ failed: 1 }), { ...slow, details: { ...HELD.details, bans: ["a ban"] } }, HELD]) {
      expect(worthAnother(judged, judge(judged))).toBe(false);
    }
  });
});

describe("printReport", () => {
  it("a line an attack with its verdict, what broke, and the command that does it again", () => {
    const text = printReport({ ok: false, seed: 3, nodes: 10, attacks: [judge(HELD), withFigures({ failed: 2 })] });
    expect(text).toMatch(/a-flood .* 2\.00 .* 3\/3 +held\n/);
    expect(text).toContain("2 of 10 claims failed");
    expect(text).toContain("1 of 2 attacks held");
    expect(text).toContain("--attack a-flood --seed 3");
  });
});

describe("the attacks", () => {
  it("have names of their own, by which they are found", () => {
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
    for (const attack of ATTACKS) expect(attackNamed(attack.name)).toBe(attack);
  });

  it("error: FLAG_INVALID for a name that is none, with those there are", () => {
    expect(() => attackNamed("siege-engine")).toThrow("silent-sockets");
  });
});
