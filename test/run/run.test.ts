import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { REPOSITORY } from "../harness/child.ts";
import { processesMarked } from "../harness/processTable.ts";
import { waitFor } from "../harness/waitFor.ts";
import { countsOf, failuresOf } from "./counts.ts";
import { type Part, type PartResult, runStages, scriptPart } from "./parts.ts";
import { report } from "./report.ts";

const MARK = "RUN_MARK";
const directory = mkdtempSync(join(tmpdir(), "quorate-run-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const marks: string[] = [];
afterEach(() => {
  for (const mark of marks.splice(0)) {
    for (const { pid } of processesMarked(MARK, mark)) process.kill(pid, "SIGKILL");
  }
});

/** A part that is this code. */
function part(name: string, code: string): Part {
  const module = join(directory, `${name}.mjs`);
  writeFileSync(module, code);
  return { name, module, args: [], directory, again: `pnpm ${name}` };
}

async function run(stages: readonly Part[][]): Promise<{ results: PartResult[]; lines: string[] }> {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const results = await runStages(stages, { print, signal: new AbortController().signal });
  return { results, lines };
}

const passes = (name: string) => part(name, `console.log("      Tests  20 passed | 1 skipped (21)");`);
const fails = (name: string) => part(name, `console.log("  5 passing\\n  2 failing"); process.exitCode = 1;`);
const isKilled = (name: string) => part(name, `process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1_000);`);

describe("runStages", () => {
  it("runs every part, though others fail, are killed or cannot be loaded, and says how each ended", async () => {
    const stages = [
      [isKilled("one")],
      [fails("two"), passes("three")],
      [part("four", "import './absent.mjs'")],
      [passes("five")],
    ];
    const { results } = await run(stages);
    expect(results).toMatchObject([
      { name: "one", failure: "killed by SIGKILL", passed: 0, failed: 1 },
      { name: "two", failure: "exit status 1", passed: 5, failed: 2 },
      { name: "three", failure: null, passed: 20, failed: 0 },
      { name: "four", failure: "exit status 1", passed: 0, failed: 1 },
      { name: "five", failure: null, passed: 20, failed: 0 },
    ]);
  });

  it("starts the next stage only when all parts before have ended", async () => {
    const slow = part("slow", `setTimeout(() => console.log("slow has ended"), 700);`);
    const { lines } = await run([[slow, passes("quick")], [part("next", `console.log("next");`)]]);
    expect(lines.toSorted()).toEqual([
      "next",
      "quick │       Tests  20 passed | 1 skipped (21)",
      "slow │ slow has ended",
    ]);
    expect(lines.at(-1)).toBe("next");
  });

  it("ends what a part leaves behind", async () => {
    const mark = randomUUID();
    marks.push(mark);
    const code = `import { spawn } from "node:child_process";
      const env = { ...process.env, ${MARK}: "${mark}" };
      spawn(process.execPath, ["-e", "setInterval(() => {}, 1_000)"], { stdio: "inherit", env }).unref();`;
    const { results } = await run([[part("litter", code)]]);
    expect(results).toMatchObject([{ failure: null }]);
    if (process.platform === "linux") expect(processesMarked(MARK, mark)).toEqual([]);
  });
});

describe.skipIf(process.platform !== "linux")("the command", () => {
  /** `runTests` in a process of its own, with two parts that start a process each, none of which ends at SIGTERM. */
  function start(): {
    process: ChildProcess;
    mark: string;
    finished: Promise<{ status: number | null; output: string }>;
  } {
    const mark = randomUUID();
    marks.push(mark);
    const stubborn = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1_000);`;
    const code = `import { spawn } from "node:child_process";
      spawn(process.execPath, ["-e", ${JSON.stringify(stubborn)}], { stdio: "inherit" }); ${stubborn}`;
    const stages = [[part("first", code), part("beside", code)], [passes("never")]];
    const main = join(directory, "main.ts");
    const runner = new URL("./run.ts", import.meta.url).href;
    writeFileSync(
      main,
      `const { runTests } = await import(${JSON.stringify(runner)});
       process.exitCode = await runTests(${JSON.stringify(stages)}, 300);`,
    );
    const child = spawn(process.execPath, [main], {
      env: { ...process.env, [MARK]: mark },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const finished = new Promise<{ status: number | null; output: string }>((resolve) => {
      child.once("close", (status) => resolve({ status, output }));
    });
    return { process: child, mark, finished };
  }

  const untilCount = (mark: string, count: number) =>
    waitFor({ what: `${count} processes`, timeoutMs: 60_000 }, (seen) => {
      const left = processesMarked(MARK, mark);
      seen(left.map(({ commandLine }) => commandLine).join("\n"));
      return left.length === count ? true : null;
    });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends all processes at %s, reports, and exits with %i", async (signal, status) => {
    const { process: child, mark, finished } = start();
    await untilCount(mark, 5);
    child.kill(signal);
    const ended = await finished;
    expect(ended.status, ended.output).toBe(status);
    expect(ended.output).toMatch(/FAILED {2}first .*ended early/);
    expect(ended.output).toMatch(/FAILED {2}never .*not run/);
    expect(processesMarked(MARK, mark)).toEqual([]);
  });

  it("takes all processes along when it is killed itself", async () => {
    const { process: child, mark } = start();
    await untilCount(mark, 5);
    child.kill("SIGKILL");
    await untilCount(mark, 0);
  });
});

describe("the report", () => {
  it("has a line for each part and a closing line that sums up", () => {
    const results: PartResult[] = [
      {
        name: "unit",
        failure: "exit status 1",
        failures: ["FAIL a.test.ts > it holds", "  Error: it does not"],
        seconds: 61.26,
        passed: 20,
        failed: 3,
        again: "pnpm test:unit",
      },
      { name: "e2e", failure: null, failures: [], seconds: 5, passed: 4, failed: 0, again: "pnpm test:e2e" },
    ];
    expect(report(results)).toBe(
      `
FAILED  unit  20 passed, 3 failed  61.3 s  exit status 1  again: pnpm test:unit
passed  e2e   4 passed, 0 failed   5.0 s                  again: pnpm test:e2e

unit │ FAIL a.test.ts > it holds
unit │   Error: it does not

24 passed, 3 failed
`,
    );
  });

  it("counts what vitest and Hardhat print, in colour or not, and nothing else", () => {
    const coloured =
      "\u001b[2m      Tests \u001b[22m \u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m | \u001b[32m20 " +
      "passed\u001b[39m (21)";
    expect(countsOf([" Test Files  2 failed | 7 passed (9)", coloured])).toEqual({ passed: 20, failed: 1 });
    expect(countsOf(["  301 passing", "  2 failing", "  1 skipped"])).toEqual({ passed: 301, failed: 2 });
    expect(countsOf(["✓ Tests 3 passed in theory", "12 passing by"])).toEqual({ passed: 0, failed: 0 });
  });
});

describe("what failed", () => {
  it("is named with the first line of its error, as vitest and Hardhat print it", () => {
    const vitest = [
      " ❯ a.test.ts (2 tests | 2 failed)",
      "\u001b[41m FAIL \u001b[49m  a.test.ts > suite > one",
      " FAIL  a.test.ts > suite > two",
      "AssertionError: expected 1 to be 2",
      "",
      " ❯ a.test.ts:3:1",
    ];
    const failure = ["FAIL a.test.ts > suite > one", "FAIL a.test.ts > suite > two"];
    expect(failuresOf(vitest)).toEqual([...failure, "  AssertionError: expected 1 to be 2"]);
    const hardhat = [
      "  ✔ testOne()",
      "    1) testTwo()",
      "",
      "  3 passing",
      "  1 failing",
      "",
      "  1) A#testTwo",
      "    Error: no",
    ];
    expect(failuresOf(hardhat)).toEqual(["  1) A#testTwo", "  Error: no"]);
  });

  it("is the last lines where no test is named, and never more than a few lines of bounded length", () => {
    const lines = Array.from({ length: 50 }, (_, i) => `${i} ${"x".repeat(1_000)}`);
    expect(failuresOf(lines).map((line) => line.length)).toEqual([220, 220, 220, 220, 220]);
    expect(failuresOf(lines.map((line) => ` FAIL  ${line}`))).toHaveLength(6);
  });

  it.skipIf(process.platform === "win32")("is what vitest itself prints, run over a test that fails", async () => {
    const file = join(directory, "fails.test.mjs");
    writeFileSync(
      file,
      `import { it } from ${JSON.stringify(join(REPOSITORY, "node_modules/vitest/dist/index.js"))};
       it("holds", () => { throw new Error("it does not"); });`,
    );
    const module = join(REPOSITORY, "node_modules/vitest/vitest.mjs");
    const args = ["run", "--root", directory, file];
    const { results } = await run([[{ name: "own", module, args, directory, again: "" }]]);
    expect(results[0]?.failures).toEqual(["FAIL fails.test.mjs > holds", "  Error: it does not"]);
  });
});

describe("scriptPart", () => {
  it("runs what the package's script says", () => {
    const unit = scriptPart("unit", REPOSITORY, "test:unit", "again");
    expect(unit.module).toMatch(/vitest\.mjs$/);
    expect(unit.args).toEqual(["run", "--project", "unit"]);
    const contracts = join(REPOSITORY, "packages/contracts");
    expect(scriptPart("build", contracts, "build", "again").module).toBe(join(contracts, "scripts/build.ts"));
    const solidity = scriptPart("solidity", contracts, "test:solidity", "again");
    expect(solidity.module).toMatch(/cli\.js$/);
    expect(solidity.args).toEqual(["test", "solidity"]);
  });
});
