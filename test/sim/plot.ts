/**
 * `--plot FILE.svg`: the run as a picture. In: a result. Out: SVG text with three panels over one time axis: the stake
 * each claim holds, traffic and processor of the agents. Not here: text for a terminal (report.ts).
 */
import type { ClaimTold } from "./claimStory.ts";
import { type Panel, panelSvg, type Series, xmlText } from "./plotPanel.ts";
import type { RunResult } from "./run.ts";

const WIDTH = 1000;
const LEFT = 70;
const RIGHT = 220;
const PANELS = [
  { top: 90, height: 250 },
  { top: 405, height: 150 },
  { top: 620, height: 150 },
] as const;
const HEIGHT = 850;

/** Told apart also by those who see few colours (Okabe and Ito). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const MEAN = "#0072b2";
const MOST = "#d55e00";

const FOOT_COLUMNS = 130;

/** A legend of more lines than this is no help. */
const LEGEND_MAX = 12;

/** @param command what gives the same run again; stands at the foot */
export function plotSvg(result: RunResult, command: string): string {
  const { story, nodes, seed, virtualMs } = result;
  const faults = `${result.faulty.silent} silent, ${story.liars.length} liars`;
  const title = `${nodes} nodes, seed ${seed}: ${story.claims.length} claims, ${faults}`;
  const verdict = result.ok ? "ok: no violations" : `${result.violations.length} violations`;
  const bytes = unitOf(Math.max(1, ...story.samples.map(({ mostBytes }) => mostBytes)));
  const area = (i: 0 | 1 | 2) => ({ ...PANELS[i], left: LEFT, width: WIDTH - LEFT - RIGHT, endMs: virtualMs });
  const panels: Panel[] = [
    {
      ...area(0),
      title: "Stake held by the agent that was asked",
      unit: "% of active stake",
      max: 100,
      ...stake(result),
    },
    {
      ...area(1),
      title: "Traffic of a node, sent",
      unit: bytes.name,
      max: null,
      marks: [],
      series: meanAndMost(result, ({ meanBytes, mostBytes }) => [meanBytes / bytes.scale, mostBytes / bytes.scale]),
    },
    {
      ...area(2),
      title: "Processor of a node",
      unit: "% of one core",
      max: null,
      marks: [],
      series: meanAndMost(result, ({ meanBusy, mostBusy }) => [meanBusy * 100, mostBusy * 100]),
    },
  ];
  const healed = { atMs: story.plan.healMs, label: "faults end" };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`,
    ` font-family="DejaVu Sans, Verdana, Arial, sans-serif" font-size="12" fill="#222222">`,
    `<title>${xmlText(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="24" font-size="17" font-weight="bold">${xmlText(title)}</text>`,
    `<text x="${LEFT}" y="43" fill="#555555">${xmlText(`${outcomes(result)}; ${verdict}`)}</text>`,
    ...panels.map((panel, i) => panelSvg(panel, i === 0 ? healed : { ...healed, label: "" })),
    ...footLines(command),
    "</svg>\n",
  ].join("\n");
}

/** The command, in lines that fit. */
function footLines(command: string): string[] {
  const lines = [""];
  for (const word of command.split(" ")) {
    const last = lines.length - 1;
    if ((lines[last] as string).length + word.length > FOOT_COLUMNS) lines.push(word);
    else lines[last] = `${lines[last]} ${word}`.trim();
  }
  return lines.map((line, i) => {
    const y = HEIGHT - 8 - 14 * (lines.length - 1 - i);
    return `<text x="${LEFT}" y="${y}" font-size="10" fill="#777777">${xmlText(line)}</text>`;
  });
}

function outcomes({ claims, virtualMsToQuorum }: RunResult): string {
  const { median, max } = virtualMsToQuorum;
  const times = median === null ? "" : `; 95% of those not silent after ${median} ms in the median, ${max} ms at most`;
  return `${claims.bundles} with a bundle, ${claims.failed} without a quorum, ${claims.refused} refused${times}`;
}

function stake({ story, virtualMs }: RunResult): Pick<Panel, "series" | "marks"> {
  const series = story.claims.map((claim, i): Series => {
    const points = claim.held.map(([atMs, bps]) => [atMs, bps / 100] as const);
    const last = points.at(-1)?.[1] ?? 0;
    return {
      colour: COLOURS[i % COLOURS.length] as string,
      label: i < LEGEND_MAX ? legendOf(claim, i) : null,
      steps: true,
      points: [[claim.askedMs, 0], ...points, [virtualMs, last]],
    };
  });
  const marks = [{ value: 95, label: "95% of all", dash: "7 4" }];
  const responsive = story.responsiveBps / 100;
  if (responsive < 95) marks.push({ value: responsive, label: "95% of those not silent", dash: "2 3" });
  return { series, marks };
}

function legendOf({ agent, end, endAfter }: ClaimTold, i: number): string {
  const after = endAfter === null ? "" : ` ${(endAfter / 1_000).toFixed(2)} s`;
  return `claim ${i + 1}, agent ${agent}: ${end === "open" ? "no end" : end}${after}`;
}

function meanAndMost(
  { story }: RunResult,
  values: (sample: RunResult["story"]["samples"][number]) => readonly [number, number],
): Series[] {
  const series = (i: 0 | 1, label: string, colour: string): Series => {
    const points = story.samples.map((sample) => [sample.atMs, values(sample)[i]] as const);
    return { label, colour, steps: false, points };
  };
  return [series(1, "busiest honest node at the time", MOST), series(0, "mean of honest nodes", MEAN)];
}

function unitOf(most: number): { readonly name: string; readonly scale: number } {
  if (most >= 2e6) return { name: "MB/s", scale: 1e6 };
  return { name: "kB/s", scale: 1e3 };
}
