import { describe, expect, it } from "vitest";
import { NO_FAULTS, type SimOptions } from "./options.ts";
import { plotSvg } from "./plot.ts";
import { summaryOf } from "./report.ts";
import { run } from "./run.ts";

const OPTIONS: SimOptions = {
  seed: 3,
  nodes: 24,
  claims: 2,
  faults: { ...NO_FAULTS, silent: 0.09, byzantine: 0.04, partition: 0.1 },
};
const result = run({ ...OPTIONS, behaviours: ["garbler"] });
const { story } = result;

describe("the story of a run", () => {
  it("tells for each claim when it was heard of, when stake came, and how it ended, in that order", () => {
    expect(story.claims).toHaveLength(2);
    for (const { heard, stake, responsive, end, held, signers, missing } of story.claims) {
      const { half, most, all } = heard;
      const times = [0, half, most, all];
      expect(times).not.toContain(null);
      expect(times).toEqual([...times].sort((a, b) => Number(a) - Number(b)));
      // Two silent of 24: no 95%.
      expect([stake[5_000], stake[7_500], stake[9_000], stake[9_500], end]).toEqual([
        ...[expect.any(Number), expect.any(Number), expect.any(Number), null, "failed"],
      ]);
      expect(responsive).toBeGreaterThanOrEqual(stake[7_500] as number);
      expect(held.map(([, bps]) => bps)).toEqual(held.map(([, bps]) => bps).sort((a, b) => a - b));
      expect(signers).toBeGreaterThanOrEqual(21);
      expect(missing.map(({ why }) => why)).toEqual(expect.arrayContaining(["silent", "silent"]));
    }
  });

  it("says what came of the liar, and what the network cost", () => {
    expect(story.liars).toMatchObject([{ way: "garbler", claims: 2 }]);
    expect(story.liars[0]?.bannedBy).toBeGreaterThan(5);
    const { bytes, pairings, busyMs } = story.network;
    for (const { mean, most } of [bytes, pairings, busyMs]) expect(most).toBeGreaterThanOrEqual(mean);
    expect(bytes.mean).toBeGreaterThan(10_000);
    // The samples add up to what was sent: nothing is counted twice or lost.
    let fromMs = 0;
    let sum = 0;
    for (const { atMs, meanBytes } of story.samples) {
      sum += (meanBytes * (atMs - fromMs)) / 1_000;
      fromMs = atMs;
    }
    expect(sum / bytes.mean).toBeGreaterThan(0.99);
    expect(sum / bytes.mean).toBeLessThanOrEqual(1.001);
  });

  it("is printed in at most 100 columns", () => {
    const lines = summaryOf(OPTIONS, result, 1_234).split("\n");
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(lines).toContain("ok: no violations");
    expect(lines.filter((line) => /^ {4}[12] +\d+\.\d{3} .*failed/.test(line))).toHaveLength(2);
    expect(lines.join("\n")).toMatch(/without a share in claim 1: .*\d+ \d+ \(silent\)/);
    expect(lines.join("\n")).toMatch(/garbler +share in \d of 2 claims; banned by \d+; \d+ WIRE_MALFORMED/);
  });
});

/** Names of the elements of an XML text, checked to be balanced and free of stray characters. */
function elementsOf(xml: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const rest = xml.replace(
    /<(\/?)(\w+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g,
    (_tag, close, name, _attributes, empty) => {
      if (close === "/") expect(open.pop()).toBe(name);
      else names.push(name);
      if (close === "" && empty === "") open.push(name);
      return "";
    },
  );
  expect(open).toEqual([]);
  expect(rest.replace(/&(amp|lt|gt);/g, "")).not.toMatch(/[<>&]/);
  return names;
}

describe("the plot of a run", () => {
  const svg = plotSvg(result, "sim --x <1> & more");

  it("is well-formed, whatever the command says", () => {
    const names = elementsOf(svg);
    expect(names[0]).toBe("svg");
    // A line for each claim, and mean and busiest of traffic and processor.
    expect(names.filter((name) => name === "polyline")).toHaveLength(2 + 4);
    expect(svg).toContain("sim --x &lt;1&gt; &amp; more");
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("shows what the run said: each claim's stake at the end, and the 95% of those that answer", () => {
    const heights = [...svg.matchAll(/<polyline points="([^"]*)"/g)].slice(0, 2).map(([, points = ""]) => {
      return Number(points.split(" ").at(-1)?.split(",")[1]);
    });
    // The first panel: 250 high from 90 down, 0 to 100%.
    const expected = story.claims.map(({ held }) => 90 + 250 * (1 - (held.at(-1)?.[1] as number) / 10_000));
    for (const [i, height] of heights.entries()) expect(height).toBeCloseTo(expected[i] as number, 0);
    for (const [i, { agent }] of story.claims.entries())
      expect(svg).toMatch(new RegExp(`claim ${i + 1}, agent ${agent}: failed`));
    expect(svg).toContain("95% of those not silent");
    for (const unit of ["% of active stake", "kB/s", "% of one core", "virtual time, s"]) expect(svg).toContain(unit);
  });
});
