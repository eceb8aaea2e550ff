import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Agent } from "../../packages/aggregator/src/core/io.ts";
import { DEFAULT_FAULTS, NO_FAULTS, type SimOptions } from "./options.ts";
import { type RunConfig, run } from "./run.ts";
import { readScenario, scenarioJson, scenarioOf } from "./scenario.ts";
import { appendLine, type LedgerLine, nextRun, readLedger, summarise } from "./swarm/ledger.ts";
import { shrink } from "./swarm/shrink.ts";
import { guarded, type SwarmOptions, summaryText, swarm } from "./swarm.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-swarm-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const OPTIONS: SimOptions = {
  seed: 6,
  nodes: 8,
  claims: 2,
  faults: { ...DEFAULT_FAULTS, crash: 0.6, byzantine: 0, unhealthy: 0.1 },
};
const FOREVER = { triesMax: 1_000, goOn: () => true };

/** Forgets claims and bundles when it crashes. */
const careless = (agent: Agent): Agent => ({
  ...agent,
  handle: (input, nowMs) =>
    agent.handle(input, nowMs).map((effect) => {
      if (effect.type !== "persist") return effect;
      return { ...effect, records: effect.records.filter(({ type }) => type !== "claim" && type !== "bundle") };
    }),
});
const runCareless = (config: RunConfig) => run({ ...config, mutate: careless });

describe("a run that is given instead of drawn", () => {
  it("is the same, to the last bit of the trace, also by way of a file", () => {
    const options = { ...OPTIONS, nodes: 8, claims: 1, floodMax: 4 };
    const { traceHash } = run(options);
    const scenario = scenarioOf(options);
    expect(run({ ...options, scenario }).traceHash).toBe(traceHash);
    const path = join(folder, "scenario.json");
    writeFileSync(path, scenarioJson(scenario));
    const read = readScenario(path);
    expect(run({ ...read.options, scenario: read }).traceHash).toBe(traceHash);
  });

  it.each([
    ["[]", /no number/],
    ["{", /JSON/],
    ['{"seed":1,"nodes":4,"healMs":1,"faults":{}}', /latencyMs/],
    [
      '{"seed":1,"nodes":4,"healMs":1,"faults":{"loss":0,"duplicate":0,"delay":0,"latencyMs":{"min":1,"max":2}}}',
      /asks/,
    ],
  ])("error: a file that says no such thing: %s", (text, problem) => {
    const path = join(folder, "wrong.json");
    writeFileSync(path, text);
    expect(() => readScenario(path)).toThrow(problem);
  });
});

describe("shrinking", () => {
  it("a core that forgets its claims: one claim, one crash, of the agent that was asked, and nothing else", () => {
    let tries = 0;
    const fails = (scenario: ReturnType<typeof scenarioOf>): boolean => {
      tries += 1;
      const { violations } = runCareless({ ...scenario.options, scenario });
      return violations.some((violation) => violation.startsWith("liveness"));
    };
    const drawn = scenarioOf(OPTIONS);
    const first = { ...drawn, plan: { ...drawn.plan, byzantine: new Map([[8, "withholder" as const]]) } };
    const shrunk = shrink(first, fails, FOREVER);
    const { options, plan, asks } = shrunk.scenario;
    expect(shrunk).toMatchObject({ isSmallest: true, tries });
    expect(asks).toHaveLength(1);
    expect([...plan.crashes.keys()]).toEqual([asks[0]?.askedOf]);
    expect([plan.silent.size, plan.byzantine.size, plan.unhealthy.size, plan.partitions.length]).toEqual([0, 0, 0, 0]);
    expect(options).toMatchObject({ nodes: 4, claims: 1, faults: NO_FAULTS });
    expect(plan.healMs).toBeLessThan(first.plan.healMs);
    // As small as it says, and it fails.
    expect(fails(shrunk.scenario)).toBe(true);
  });

  it("is bounded by tries and by time, and says so", () => {
    const scenario = scenarioOf(OPTIONS);
    expect(shrink(scenario, () => false, { triesMax: 3, goOn: () => true })).toEqual({
      ...{ scenario, tries: 3, isSmallest: false },
    });
    expect(shrink(scenario, () => true, { triesMax: 100, goOn: () => false })).toMatchObject({ tries: 0 });
  });

  it("ends wherever nothing smaller fails, and at the smallest network when everything does", () => {
    expect(shrink(scenarioOf(OPTIONS), () => false, FOREVER)).toMatchObject({ isSmallest: true });
    const { scenario } = shrink(scenarioOf(OPTIONS), () => true, FOREVER);
    expect(scenario.options).toMatchObject({ nodes: 4, claims: 1, faults: NO_FAULTS });
    expect(scenario.plan.ids).toEqual([1, 2, 3, 4]);
  });
});

describe("the swarm", () => {
  const swarmOptions = (changed: Partial<SwarmOptions> = {}): SwarmOptions => ({
    ...{ series: 7, firstRun: 0, runs: 2, nodesMax: 6, ledger: join(folder, "swarm.jsonl"), commit: "c1" },
    ...{ shrinkRuns: 8, shrinkMs: 60_000, goOn: () => true, ...changed },
  });
  const fine = { ok: true, violations: [], claims: { bundles: 2, failed: 1, refused: 0 } };

  it("notes its runs, and goes on where the last of this commit ended", () => {
    const path = swarmOptions().ledger;
    expect(
      swarm(
        swarmOptions(),
        () => {},
        () => fine,
      ),
    ).toMatchObject({ runs: 2, bundles: 4, failed: 2 });
    expect(readLedger(path)).toMatchObject([{ commit: "c1", series: 7, from: 0, to: 2, nodesMax: 6, bundles: 4 }]);
    expect(nextRun(readLedger(path), "c1", 6)).toEqual({ series: 7, run: 2 });
    expect(nextRun(readLedger(path), "c2", 6)).toBeNull();
    expect(nextRun(readLedger(path), "c1", 60)).toBeNull();
    swarm(
      swarmOptions({ firstRun: 2, runs: 41 }),
      () => {},
      () => fine,
    );
    expect(readLedger(path).map(({ from, to }) => [from, to])).toEqual([
      [0, 2],
      [2, 22],
      [22, 42],
      [42, 43],
    ]);
    // The last line torn by a crash: read over, and those after it are whole.
    writeFileSync(path, readFileSync(path, "utf8").slice(0, -9));
    expect(nextRun(readLedger(path), "c1", 6)).toEqual({ series: 7, run: 42 });
    swarm(
      swarmOptions({ firstRun: 42, runs: 1 }),
      () => {},
      () => fine,
    );
    expect(readLedger(path).map(({ from, to }) => [from, to])).toEqual([
      [0, 2],
      [2, 22],
      [22, 42],
      [42, 43],
    ]);
    expect(summaryText(readLedger(path))).toMatch(/^c1 .*\n {2}43 runs, .*claims: 86 bundles, 43 failed/);
  });

  it("shrinks what fails, and gives the command that runs the small one", () => {
    const path = join(folder, "failing.jsonl");
    const told: string[] = [];
    const wrong = { ...fine, ok: false, violations: ["bounds, at 1.000 s: too much"] };
    const { failures } = swarm(
      swarmOptions({ ledger: path, runs: 1, shrinkRuns: 500 }),
      (text) => told.push(text),
      () => wrong,
    );
    const [, file = ""] = / sim --plan (.*)$/.exec(failures[0]?.shrunk ?? "") ?? [];
    expect(told.join("")).toContain(`sim --plan ${file}`);
    expect(told.join("")).toMatch(/the smallest that fails alike, after \d+ runs: 4 nodes, 1 claims, 0 silent/);
    expect(readScenario(file).options).toMatchObject({ nodes: 4, claims: 1 });
    expect(readLedger(path)).toMatchObject([{ to: 1, failures: [{ violation: wrong.violations[0] }] }]);
    expect(summaryText(readLedger(path))).toMatch(/1 failures\n {4}bounds, at 1.000 s: too much\n.* sim --plan /);
  });

  it("a run that throws has failed, and the swarm goes on", () => {
    const throwing = guarded(() => {
      throw new Error("no such node");
    });
    const seen = swarm(swarmOptions({ ledger: join(folder, "t.jsonl"), shrinkRuns: 0 }), () => {}, throwing);
    expect(seen.runs).toBe(2);
    expect(seen.failures.map(({ violation }) => violation)).toEqual(Array(2).fill("throws, in the run: no such node"));
  });
});

describe("the ledger's sums", () => {
  const line = (changed: Partial<LedgerLine>): LedgerLine => ({
    ...{ at: "2026-01-01T00:00:00.000Z", commit: "a", series: 1, from: 0, to: 10, nodesMax: 60 },
    ...{ bundles: 3, failed: 0, refused: 0, subnets: 5, failures: [], ...changed },
  });

  it("are per commit, and a run made twice counts once", () => {
    const lines = [line({}), line({ from: 10, to: 30 }), line({}), line({ nodesMax: 6 }), line({ commit: "b" })];
    expect(summarise(lines)).toMatchObject([
      { commit: "a", runs: 40, bundles: 9, subnets: 15 },
      { commit: "b", runs: 10, bundles: 3 },
    ]);
  });

  it("an absent file is empty, and what is no line of the ledger is read over", () => {
    const path = join(folder, "deep", "er", "ledger.jsonl");
    expect(readLedger(path)).toEqual([]);
    appendLine(path, line({}));
    appendFileSync(path, '{"commit":1}\n\nnull\n{"commit":"a","from"');
    appendLine(path, line({ from: 10, to: 11 }));
    expect(readLedger(path).map(({ to }) => to)).toEqual([10, 11]);
  });
});
