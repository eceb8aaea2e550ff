/**
 * The demo as its users start it: `npx -y pnpm@12 demo` in processes of its own. What it promises in text, JSON, exit
 * status and in leaving nothing behind.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { REPOSITORY } from "../harness/child.ts";
import { type MarkedProcess, processesMarked } from "../harness/processTable.ts";
import { waitFor } from "../harness/waitFor.ts";

const MARK = "E2E_MARK";

interface Run {
  readonly process: ChildProcess;
  readonly mark: string;
  readonly finished: Promise<{ status: number | null; stdout: string; stderr: string }>;
}

const runs: Run[] = [];

/** What a killed demo leaves on disk goes with the tests. */
const temporary = mkdtempSync(join(tmpdir(), "quorate-demo-test-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }));
const leftOnDisk = (): string[] => readdirSync(temporary).filter((name) => name.startsWith("quorate-demo-"));

function startDemo(...flags: string[]): Run {
  const mark = randomUUID();
  const child = spawn("npx", ["-y", "pnpm@12", "demo", ...flags], {
    cwd: REPOSITORY,
    // The package manager is in npm's cache: whoever runs the tests came through it.
    env: { ...process.env, [MARK]: mark, TMPDIR: temporary, npm_config_prefer_offline: "true", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const finished = new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once("close", (status) => resolve({ status, ...output }));
  });
  const run = { process: child, mark, finished };
  runs.push(run);
  return run;
}

afterEach(() => {
  for (const { mark } of runs.splice(0)) {
    for (const { pid } of processesMarked(MARK, mark)) process.kill(pid, "SIGKILL");
  }
});

const agentsOf = (run: Run): MarkedProcess[] =>
  processesMarked(MARK, run.mark).filter(({ commandLine }) => / run --config /.test(commandLine));

async function untilNothingIsLeft(run: Run): Promise<void> {
  await waitFor({ what: "all processes of the demo to end", timeoutMs: 60_000 }, (report) => {
    const left = processesMarked(MARK, run.mark);
    report(left.map(({ pid, commandLine }) => `${pid} ${commandLine}`).join("\n"));
    return left.length === 0 ? true : null;
  });
}

describe("demo", () => {
  it("24 nodes, one silent: 95% of the stake signs and the tokens arrive", async () => {
    const run = startDemo("--json");
    const { status, stdout, stderr } = await run.finished;
    expect(status, stderr).toBe(0);
    expect(stdout.match(/\n/g)).toHaveLength(1);
    const shown = stderr.slice(stderr.indexOf("  Quorate"));
    expect(shown.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(shown).toContain("npx -y pnpm@12 devnet");
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ ok: true, nodes: 24, offline: 1, signedStakeBps: 9583, missing: [], error: null });
    expect(result.nonSigners).toHaveLength(1);
    expect(result.signers).toHaveLength(23);
    expect(result.timeToQuorumMs).toBeGreaterThan(0);
    expect(result.timeToQuorumMs).toBeLessThan(result.deadlineMs);
    expect(result.gasUsed).toBeGreaterThan(150_000);
    // The first payment of all: the pool's first release is in it.
    expect(result.gasUsed).toBeLessThanOrEqual(350_000);
    expect(result.recipient).toMatch(/^0x[0-9a-fA-F]{40}$/);
    expect(result.amountAtomic).toMatch(/^[1-9]\d*$/);
    expect(BigInt(result.balanceAfterAtomic) - BigInt(result.balanceBeforeAtomic)).toBe(BigInt(result.amountAtomic));
    expect(result.pendingNode).toBe(25);
    await untilNothingIsLeft(run);
    expect(leftOnDisk()).toEqual([]);
  });

  it("too many silent: says who is missing before the deadline, and gives no bundle (P-86)", async () => {
    // 24 nodes take a minute to start; a quorum is missed as well by two of eight.
    const run = startDemo("--nodes", "8", "--offline", "2", "--json");
    const { status, stdout, stderr } = await run.finished;
    expect(status, stderr).toBe(1);
    expect(stdout.match(/\n/g)).toHaveLength(1);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ ok: false, nodes: 8, offline: 2, signedStakeBps: 7500 });
    expect(result.missing).toHaveLength(2);
    expect(result.answeredAfterMs).toBeLessThan(result.deadlineMs);
    expect(result).toMatchObject({
      gasUsed: null,
      timeToQuorumMs: null,
      balanceAfterAtomic: result.balanceBeforeAtomic,
    });
    expect(stderr).toContain("Too little stake has signed");
    expect(stderr).toContain(`nodes ${result.missing.join(", ")}`);
    await untilNothingIsLeft(run);
  });

  it("error: a flag out of range is refused with its code, in text and in JSON", async () => {
    const { status, stdout, stderr } = await startDemo("--nodes", "24", "--offline", "25", "--json").finished;
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: "FLAG_INVALID" } });
    expect(stderr).toContain("allowed: 0 to 23");
  });
});

describe.skipIf(process.platform !== "linux")("behaviour: nothing outlives the demo", () => {
  it.each([
    ["npx is killed with SIGKILL", "SIGKILL", (run: Run) => run.process.pid],
    ["the demo itself is killed with SIGKILL", "SIGKILL", (run: Run) => demoOf(run)],
    ["the demo is interrupted", "SIGINT", (run: Run) => demoOf(run)],
  ] as const)("when %s", async (_name, signal, victim) => {
    const run = startDemo("--nodes", "4", "--json");
    await waitFor({ what: "agents", timeoutMs: 120_000 }, () => (agentsOf(run).length >= 2 ? true : null));
    process.kill(victim(run) ?? 0, signal);
    await untilNothingIsLeft(run);
    if (signal === "SIGKILL") return;
    const { stdout } = await run.finished;
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: "INTERRUPTED" } });
    // What the killed ones had left on disk went with the next start.
    expect(leftOnDisk()).toEqual([]);
  });
});

function demoOf(run: Run): number | undefined {
  return processesMarked(MARK, run.mark).find(({ commandLine }) => /^\S*node test\/demo\/main\.ts/.test(commandLine))
    ?.pid;
}
