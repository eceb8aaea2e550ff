/**
 * Two-faced aggregators, enumerated: the small spaces, what is left out for symmetry, and promises that can fail.
 */
import type { NodeId } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { SubnetCast } from "./cast.ts";
import {
  allFaceSpaces,
  apart,
  FACES,
  type FaceSchedule,
  honestOf,
  partsOf,
  scheduleOf,
  smallFaceSpaces,
} from "./faces.ts";
import { FacePlay, type RoundEnd } from "./play.ts";
import { brokenPromises } from "./promises.ts";
import { runFaces } from "./run.ts";

const PARTS = partsOf(4);
const cast = new SubnetCast(PARTS, "equal");
const peers = honestOf(PARTS);

function play(faces: readonly number[]): { readonly schedule: FaceSchedule; readonly ends: RoundEnd[] } {
  const schedule = scheduleOf(peers, faces, 1);
  return { schedule, ends: new FacePlay(cast, true).run(schedule)[0] as RoundEnd[] };
}

/** All ways to show each of so many peers one of the faces. */
function labelled(count: number): number[][] {
  if (count === 0) return [[]];
  return labelled(count - 1).flatMap((rest) => FACES.map((_, face) => [...rest, face]));
}

describe("the spaces", () => {
  it("up to 7 nodes and 3 rounds, each with as many schedules as the formula says", () => {
    const all = allFaceSpaces();
    const sizes = new Set(all.map(({ parts }) => honestOf(parts).length + 1));
    expect([...sizes]).toEqual([4, 5, 6, 7]);
    expect(Math.max(...all.map(({ rounds }) => rounds))).toBe(3);
    for (const { schedules, count } of all) {
      const told = new Set([...schedules()].map((schedule) => JSON.stringify(schedule.map((faces) => [...faces]))));
      expect(told.size).toBe(count);
    }
  });

  it("P-134: the sets have subnets, and the liar is in the victim's", () => {
    for (const { parts } of allFaceSpaces()) {
      const { subnet, signers } = new SubnetCast(parts, "light").shown(0, "true") ?? {};
      expect(subnet?.bits).toBeGreaterThan(0);
      expect(signers?.ids()).toEqual([parts.victim, ...parts.mates, parts.liar]);
      expect(parts.others.some((id) => id % 2 ** (subnet?.bits ?? 0) === subnet?.index)).toBe(false);
    }
  });

  it("what is left out for symmetry ends like what is run in its place", () => {
    const ends = new Map<string, string>();
    for (const faces of labelled(peers.length)) {
      const told = play(faces).ends.map(({ claim, blamed }) => `${claim?.status} ${claim?.signers} ${blamed.length}`);
      const [ofVictim, ...ofOthers] = faces.map((face, i) => `${face} ${told[i]}`);
      const [victim, ...others] = faces;
      const key = `${victim} ${others.sort()}`;
      const end = `${ofVictim} ${ofOthers.sort()}`;
      expect(end).toBe(ends.get(key) ?? end);
      ends.set(key, end);
    }
    expect(ends.size).toBe(apart(4, 1, "equal", true).count);
  });
});

describe("two-faced aggregators, every schedule", () => {
  it.each(smallFaceSpaces().map((space) => ({ ...space, nodes: honestOf(space.parts).length + 1, space })))(
    "$name, $nodes nodes, $rounds rounds, $weights stakes, heard $isHeard: every promise holds (P-79, P-135, P-137)",
    ({ space, count }) => {
      expect(runFaces(space)).toMatchObject({ schedules: count, broken: null });
    },
  );
});

describe("the promises", () => {
  const TRUE = [0, 0, 0];
  /** One peer is shown a wrong sum. */
  const LIED = [0, 2, 0];
  const told = play(TRUE);
  const lied = play(LIED);
  const brokenWith = ({ schedule, ends }: typeof told, id: NodeId, change: (end: RoundEnd) => RoundEnd): string =>
    brokenPromises(cast, "equal", schedule, [ends.map((end) => (end.id === id ? change(end) : end))]).join();
  const [victim, second] = peers as [NodeId, NodeId];

  it("hold where nothing is changed", () => {
    expect(brokenWith(told, victim, (end) => end)).toBe("");
    expect(brokenWith(lied, victim, (end) => end)).toBe("");
    expect(told.ends.map(({ claim }) => claim?.status)).toEqual(["ready", "ready", "ready"]);
  });

  it("see an honest share suppressed, and a claim that lacks more than the liar", () => {
    const broken = brokenWith(told, second, ({ claim, ...end }) => {
      if (claim === null) throw new Error("there is a claim");
      const signers = claim.signers.filter((id) => id !== victim);
      return { ...end, claim: { ...claim, status: "collecting", signers, missing: [victim] } };
    });
    expect(broken).toMatch(/P-137: honest 2 are suppressed/);
    expect(broken).toMatch(/P-86: collecting/);
    expect(broken).toMatch(/P-89: collecting, and missing are 2, not the liar alone/);
  });

  it("see honest peers blamed, the liar blamed for nothing, and a wrong sum that nobody is blamed for", () => {
    const honest = { blamed: [cast.peerOf(second)] };
    expect(brokenWith(told, victim, (end) => ({ ...end, ...honest }))).toMatch(/P-79: honest \d are blamed/);
    const liar = { blamed: [cast.peerOf(PARTS.liar)] };
    expect(brokenWith(told, victim, (end) => ({ ...end, ...liar }))).toMatch(/P-79: the liar is blamed for what/);
    expect(brokenWith(lied, second, (end) => ({ ...end, blamed: [] }))).toMatch(/P-135: a sum that does not verify/);
  });

  it("see a bundle of another amount, below quorum, or with another signature", () => {
    const broken = brokenWith(told, victim, (end) => {
      const [bundle] = end.bundles;
      if (bundle === undefined) throw new Error("there is a bundle");
      return { ...end, bundles: [{ ...bundle, message: { ...bundle.message, amount: "1" }, signers: "0x02" }] };
    });
    expect(broken).toMatch(/P-70: a bundle of 1, and \d+ is right/);
    expect(broken).toMatch(/P-86: a bundle of 2500 basis points/);
    expect(broken).toMatch(/P-109/);
  });
});
