/**
 * How a command's process ends, in real processes that run only that: pipes, signals, faults, what is left open
 * (P-106).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { describe, expect, it } from "vitest";

const COMMAND_LINE = import.meta.resolve("@quorate/common/command-line");
const ERRORS = new URL("./errors.ts", COMMAND_LINE).href;
const HASH = `0x${"ab".repeat(32)}`;

/** A command whose work is `body`, with a transaction under way where it says `open()`. */
function start(body: string, options: { stdout?: number | "pipe"; debug?: boolean } = {}): ChildProcess {
  const source = `
    import { createServer } from "node:net";
    import { CommandLine } from ${JSON.stringify(COMMAND_LINE)};
    import { quorateError } from ${JSON.stringify(ERRORS)};
    const commandLine = new CommandLine(process);
    const open = () => commandLine.opened({ hash: "${HASH}", what: "approve" });
    const close = () => commandLine.closed({ hash: "${HASH}", what: "approve" });
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    await commandLine.run(async () => { ${body} });`;
  return spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", source], {
    stdio: ["ignore", options.stdout ?? "pipe", "pipe"],
    env: { ...process.env, NODE_DEBUG: options.debug === true ? "quorate" : "" },
  });
}

async function ended(child: ChildProcess): Promise<{ status: number | null; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr?.on("data", (chunk) => (stderr += String(chunk)));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, stdout, stderr };
}

const endOf = (body: string, options?: Parameters<typeof start>[1]) => ended(start(body, options));

describe("a command's process (P-106)", () => {
  it("ends with one status a meaning, and the coded error on standard error", async () => {
    const statuses = {
      FLAG_INVALID: 2,
      QUORUM_NOT_REACHED: 3,
      TRANSACTION_PENDING: 4,
      AGENT_UNREACHABLE: 5,
      BUNDLE_USED: 1,
    };
    const ends = Object.entries(statuses).map(async ([code, status]) => {
      const { stderr, ...end } = await endOf(`throw quorateError("${code}");`);
      expect([code, end.status, stderr.split(":")[0]]).toEqual([code, status, code]);
    });
    await Promise.all(ends);
  });

  it("an unexpected error is one line and a hint; its stack only for who asks", async () => {
    const fault = `null.gone;`;
    const { status, stderr } = await endOf(fault);
    expect([status, stderr.split("\n").length]).toEqual([70, 3]);
    expect(stderr).toMatch(/^INTERNAL_ERROR: .*null.*\n {2}what to do: .*NODE_DEBUG=quorate/);
    expect((await endOf(fault, { debug: true })).stderr).toMatch(/\n {4}at /);
  });

  it.each([
    ["an error", "throw new Error('x');", 70],
    ["a rejection that nobody catches", "void Promise.reject(new Error('x')); await sleep(60_000);", 70],
    ["an exception in a timer", "setTimeout(() => { throw new Error('x'); }, 1); await sleep(60_000);", 70],
  ])("a transaction under way is named when %s ends it", async (_name, body, expected) => {
    const { status, stderr } = await endOf(`open(); ${body}`);
    expect(status).toBe(expected);
    expect(stderr).toContain(`transaction ${HASH} (approve) was sent`);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s while waiting leaves the hash on the screen", async (signal, expected) => {
    const child = start("open(); process.stdout.write('waiting'); await sleep(60_000);");
    child.stdout?.once("data", () => child.kill(signal));
    const { status, stderr } = await ended(child);
    expect(status).toBe(expected);
    expect(stderr).toContain(HASH);
  });

  it("a signal does what it always does when nothing is under way any more", async () => {
    const child = start("open(); close(); process.stdout.write('working'); await sleep(60_000);");
    child.stdout?.once("data", () => child.kill("SIGINT"));
    const [, signal] = (await once(child, "close")) as [null, string];
    expect(signal).toBe("SIGINT");
  });

  it("a reader that is gone is no error, and the work is done to its end: standard output, error, or both", async () => {
    const body =
      "for (let i = 0; i < 20; i++) { process.stdout.write('x'.repeat(99_999)); process.stderr.write('y'); await " +
      "sleep(1); }" +
      "process.exitCode = 9;";
    for (const gone of [["stdout"], ["stderr"], ["stdout", "stderr"]] as const) {
      const child = start(body);
      for (const stream of gone) child[stream]?.destroy();
      const { status, stderr } = await ended(child);
      expect([gone.join(), status]).toEqual([gone.join(), 9]);
      expect(stderr).toMatch(/^y*$/);
    }
  });

  it("error: OUTPUT_FAILED when standard output is a full disk", async () => {
    const { status, stderr } = await endOf("process.stdout.write('x');", { stdout: openSync("/dev/full", "w") });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^OUTPUT_FAILED: .*\n {2}reason: ENOSPC/)]);
  });

  it("what a library leaves open does not keep it", async () => {
    expect((await endOf("createServer().listen(0); setInterval(() => {}, 1_000);")).status).toBe(0);
  });
});
