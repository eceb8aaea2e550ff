/**
 * The parts of `test`, as processes. In: stages of parts; those of one stage run beside each other, the next stage when
 * all have ended, whether or not one failed. Out: how each ended and what its test runner counted. Each part is a
 * process group, so that what it started ends with it.
 */
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { type Counts, countsOf, failuresOf } from "./counts.ts";

export interface Part {
  readonly name: string;
  /** A JavaScript or TypeScript module and its arguments. */
  readonly module: string;
  readonly args: readonly string[];
  readonly directory: string;
  /** What a person types to run this part alone. */
  readonly again: string;
}

export interface PartResult extends Counts {
  readonly name: string;
  readonly again: string;
  /** Null when it passed, else how it failed. */
  readonly failure: string | null;
  /** The tests that failed and why, in a few lines. */
  readonly failures: readonly string[];
  readonly seconds: number;
}

export interface RunOptions {
  /** Takes each line that a part prints. */
  readonly print: (line: string) => void;
  /** When it aborts, what runs is ended and nothing is started any more. */
  readonly signal: AbortSignal;
  /** How long a part may take to end after SIGTERM, before SIGKILL. Agents and chains need a second or two. */
  readonly graceMs?: number;
}

const END_GROUP_WITH_PARENT = new URL("./endGroupWithParent.ts", import.meta.url).href;
/** Windows has no process groups, and gives a detached process a console of its own. */
const GROUPS = process.platform !== "win32";
const GRACE_MS = 10_000;

/** The part that runs a script of a package.json: a command of a package there or `node`, and plain words behind it. */
export function scriptPart(name: string, directory: string, script: string, again: string): Part {
  const { scripts } = readJson(join(directory, "package.json")) as { scripts: Record<string, string> };
  const [command = "", ...args] = (scripts[script] ?? "").split(" ");
  if (command === "node")
    return { name, module: join(directory, args[0] ?? ""), args: args.slice(1), directory, again };
  const manifest = createRequire(join(directory, "package.json")).resolve(`${command}/package.json`);
  const { bin } = readJson(manifest) as { bin: Record<string, string> };
  return { name, module: join(dirname(manifest), bin[command] ?? ""), args, directory, again };
}

/** Runs every part, and never rejects because of one. */
export async function runStages(stages: readonly (readonly Part[])[], options: RunOptions): Promise<PartResult[]> {
  const results: PartResult[] = [];
  for (const parts of stages) {
    const running = parts.map((part) => {
      // A part that runs alone keeps its lines as they are, for whoever reads the summary of its test runner.
      const print = parts.length === 1 ? options.print : (line: string) => options.print(`${part.name} │ ${line}`);
      return runPart(part, { ...options, print });
    });
    results.push(...(await Promise.all(running)));
  }
  return results;
}

async function runPart(part: Part, { print, signal, graceMs = GRACE_MS }: RunOptions): Promise<PartResult> {
  const { name, again } = part;
  if (signal.aborted) return { name, again, failure: "not run", failures: [], seconds: 0, passed: 0, failed: 0 };
  const startedAtMs = performance.now();
  const child = fork(part.module, [...part.args], {
    cwd: part.directory,
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}) },
    execArgv: ["--import", END_GROUP_WITH_PARENT],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: GROUPS,
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      print(line);
    });
  }
  let killer: NodeJS.Timeout | undefined;
  const end = (): void => {
    killGroup(child, "SIGTERM");
    killer = setTimeout(() => killGroup(child, "SIGKILL"), graceMs);
  };
  signal.addEventListener("abort", end, { once: true });
  const failure = await endOf(child);
  signal.removeEventListener("abort", end);
  clearTimeout(killer);
  const counts = countsOf(lines);
  // What failed before a test ran (a file that does not load, a killed runner) is one failure too.
  const failed = failure !== null && counts.failed === 0 ? 1 : counts.failed;
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return {
    name,
    again,
    failure: signal.aborted ? "ended early" : failure,
    failures: failure === null ? [] : failuresOf(lines),
    seconds,
    passed: counts.passed,
    failed,
  };
}

/** Null for exit status 0, else what ended the process. Waits for all of its output. */
function endOf(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    let failure: string | null = null;
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (status, signal) => {
      failure = signal === null ? (status === 0 ? null : `exit status ${status}`) : `killed by ${signal}`;
      // What it has left behind would hold the output open, and would be there beside the next part.
      killGroup(child, "SIGKILL");
    });
    child.once("close", () => resolve(failure));
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (GROUPS) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch (error) {
    // Nobody is left in the group.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
