/**
 * `pnpm bench portal`: the page in Debian's Chromium. In: how many nodes. Out: the compressed size of the first load,
 * when the first page can be used, and the longest time of script in a frame while the network's page loads, scrolls,
 * sorts and is filtered, and while a year's half of lines is read, held against a second agent's and drawn. The page
 * asks real HTTP servers; there is no chain, so that the page alone is measured.
 */
import type { EntryType } from "node:perf_hooks";
import { quorateError } from "@quorate/common";
import type { Browser, Page } from "playwright-core";
import { buildPortal, PORTAL } from "../../packages/portal/scripts/portal.ts";
import { missingBrowser, openBrowser } from "../harness/browser.ts";
import { median } from "./figures.ts";
import { EARNER, EARNER_LINES, startPortalAgents } from "./portalAgents.ts";

export const PORTAL_NODES = 2_000;
/** Milliseconds of script in one frame at most. */
export const FRAME_SCRIPT_MAX_MS = 100;
/** Milliseconds to a page that can be used. */
export const INTERACTIVE_MAX_MS = 1_000;

const LOADS = 5;
const STEPS = 40;
/** Milliseconds: a machine that others load takes ten times as long. */
const LIST_TIMEOUT_MS = 60_000;

export interface PortalResult {
  readonly portal: {
    readonly nodes: number;
    readonly firstLoadBytes: number;
    /** Milliseconds from the navigation to a page whose menu can be used and whose last long task is over. */
    readonly interactiveMs: { readonly median: number; readonly max: number };
    /** Milliseconds of the page's thread in the task that took most: script, styles and layout of one frame. */
    readonly frameScriptMs: {
      readonly loading: number;
      readonly scrolling: number;
      readonly filtering: number;
      readonly explaining: number;
    };
    /** Milliseconds until all nodes were listed. */
    readonly listedMs: number;
    /** Milliseconds until a recipient's lines were there by one agent, and by two. */
    readonly explainedMs: { readonly first: number; readonly both: number };
    readonly ok: boolean;
  };
}

export async function benchPortal({ nodes }: { readonly nodes: number }): Promise<PortalResult> {
  if (missingBrowser !== null) {
    throw quorateError("FLAG_INVALID", { flag: "portal", reason: `this machine lacks ${missingBrowser}` });
  }
  const firstLoadBytes = (await buildPortal()).reduce((sum, { bytes }) => sum + bytes, 0);
  const agents = await startPortalAgents(PORTAL, nodes);
  const browser = await openBrowser();
  try {
    const times: number[] = [];
    for (let load = 0; load < LOADS; load++) times.push(await interactiveMs(browser, agents.url));
    const { listedMs, ...network } = await framesOf(browser, agents.url, nodes);
    const { explaining, ...explainedMs } = await explainedBy(browser, agents.url);
    const frameScriptMs = { ...network, explaining };
    const slowest = Math.max(...Object.values(frameScriptMs));
    const interactive = { median: Math.round(median(times)), max: Math.round(Math.max(...times)) };
    const ok = slowest <= FRAME_SCRIPT_MAX_MS && interactive.median <= INTERACTIVE_MAX_MS;
    return { portal: { nodes, firstLoadBytes, interactiveMs: interactive, frameScriptMs, listedMs, explainedMs, ok } };
  } finally {
    await browser.close();
    await agents.close();
  }
}

export function printPortal({
  portal: { nodes, firstLoadBytes, interactiveMs, frameScriptMs, listedMs, explainedMs },
}: PortalResult) {
  const { loading, scrolling, filtering, explaining } = frameScriptMs;
  return [
    `first load                 ${(firstLoadBytes / 1_000).toFixed(1)} kB compressed`,
    `interactive                ${interactiveMs.median} ms, at most ${interactiveMs.max} ms (${LOADS} loads, of at ` +
      `most ${INTERACTIVE_MAX_MS})`,
    `${nodes} nodes listed after  ${listedMs} ms`,
    `${EARNER_LINES} lines after         ${explainedMs.first} ms by one agent, ${explainedMs.both} ms by two`,
    `most script in a frame     ${loading} ms loading, ${scrolling} ms scrolling, ${filtering} ms filtering and ` +
      `sorting, ${explaining} ms with lines (of at most ${FRAME_SCRIPT_MAX_MS})`,
    "",
  ].join("\n");
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly tid: number;
  readonly pid: number;
  /** Microseconds: from the trace's begin, of the clock, of the thread's own time. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string; readonly data?: { readonly url?: string } };
}

/**
 * In the thread of the page, which is that whose events name its address: the browser's own menus are pages too, whose
 * first task takes 0.1 s. A frame's script is part of one task; its own time counts, not that of other programs. */
async function tasksDuring(browser: Browser, page: Page, act: () => Promise<void>): Promise<readonly TraceEvent[]> {
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline", "__metadata"] });
  await act();
  await page.waitForTimeout(SETTLE_MS);
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: readonly TraceEvent[] };
  const { origin } = new URL(page.url());
  const pids = new Set(
    trace.traceEvents.filter(({ args }) => args.data?.url?.startsWith(`${origin}/`)).map(({ pid }) => pid),
  );
  const mains = new Set(
    trace.traceEvents
      .filter(({ name, args, pid }) => name === "thread_name" && args.name === "CrRendererMain" && pids.has(pid))
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  return trace.traceEvents.filter(
    ({ name, ph, pid, tid }) => ph === "X" && name === "ThreadControllerImpl::RunTask" && mains.has(`${pid} ${tid}`),
  );
}

/** Milliseconds of the thread's own time in the task that took most of it. */
async function longest(browser: Browser, page: Page, act: () => Promise<void>): Promise<number> {
  const tasks = await tasksDuring(browser, page, act);
  if (tasks.length === 0) throw new Error("the trace has no task of the page");
  return Math.round(Math.max(...tasks.map(({ tdur, dur }) => tdur ?? dur ?? 0)) / 1_000);
}

/** Until what was done is painted. */
const SETTLE_MS = 300;

/** In the page: when the last task of 50 ms and more ended. */
function observe(): void {
  const seen = { tasksEnd: 0 };
  Object.assign(globalThis, { seen });
  const type = "longtask" as string as EntryType;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      seen.tasksEnd = Math.max(seen.tasksEnd, startTime + duration);
  }).observe({ type, buffered: true });
}

async function interactiveMs(browser: Browser, url: string): Promise<number> {
  const page = await opened(browser);
  await page.addInitScript(observe);
  await page.goto(url);
  await page.waitForSelector("main h1");
  const shownMs = await page.evaluate(() => performance.now());
  await page.waitForTimeout(SETTLE_MS);
  const busyUntilMs = await page.evaluate(
    () => (globalThis as unknown as { seen: { tasksEnd: number } }).seen.tasksEnd,
  );
  await page.context().close();
  return Math.max(shownMs, busyUntilMs);
}

async function framesOf(browser: Browser, url: string, nodes: number) {
  const page = await opened(browser);
  let listedMs = 0;
  const loading = await longest(browser, page, async () => {
    await page.goto(`${url}/#/network`);
    await page.getByText(`${nodes} nodes`).first().waitFor({ timeout: LIST_TIMEOUT_MS });
    listedMs = Math.round(await page.evaluate(() => performance.now()));
  });
  const scrolling = await longest(browser, page, async () => {
    for (const selector of [".rows-scroller", ".heat-scroller"]) {
      await page.hover(selector);
      for (let step = 0; step < STEPS; step++) await page.mouse.wheel(0, step % 2 === 0 ? 3_000 : 700);
    }
  });
  const filtering = await longest(browser, page, async () => {
    await page.fill("input[type=search]", "ab");
    for (const name of ["Present", "Stake", "Operator", "Node"])
      await page.click(`.rows th button:has-text("${name}")`);
    await page.selectOption(".filters select", "decommissioned");
    await page.fill("input[type=search]", "");
    await page.selectOption(".filters select", "all");
  });
  await page.context().close();
  return { listedMs, loading, scrolling, filtering };
}

/** "Why this amount" of somebody with lines of ten nodes in every epoch. */
async function explainedBy(browser: Browser, url: string) {
  const page = await opened(browser);
  await page.goto(`${url}/#/of/${EARNER}`);
  const open = page.getByRole("button", { name: "Show every epoch" });
  await open.waitFor({ timeout: LIST_TIMEOUT_MS });
  const startedMs = performance.now();
  const since = () => Math.round(performance.now() - startedMs);
  let [first, both] = [0, 0];
  const explaining = await longest(browser, page, async () => {
    await open.click();
    await page.getByText("Another agent is asked").or(page.getByText("The lines are those of")).first().waitFor({
      timeout: LIST_TIMEOUT_MS,
    });
    first = since();
    await page.getByText("The lines are those of").waitFor({ timeout: LIST_TIMEOUT_MS });
    both = since();
  });
  await page.context().close();
  return { explaining, first, both };
}

async function opened(browser: Browser): Promise<Page> {
  return (await browser.newContext()).newPage();
}
