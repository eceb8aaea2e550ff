/**
 * `npx -y pnpm@12 demo`: the entry point. In: flags, signals, the end of the command that started us. Out: exit status, and with
 * `--json` the one line on standard output. Everything that was started ends here, whatever happens. What the demo does is
 * `demo.ts`.
 */
import { isQuorateError, quorateError } from "@quorate/common";
import { launcherChain, watchLaunchers } from "../../packages/aggregator/src/cli/launchers.ts";
import { Cleanup } from "../harness/cleanup.ts";
import { DEADLINE_MS, runDemo } from "./demo.ts";
import { type DemoOptions, HELP, parseFlags } from "./flags.ts";
import { createProgress } from "./progress.ts";
import { type DemoResult, emptyResult, summarise } from "./result.ts";

const EXIT_PAID = 0;
const EXIT_NOT_PAID = 1;
const EXIT_WRONG_FLAG = 2;
/** The shell's convention for a program ended by Ctrl-C: 128 + SIGINT. */
const EXIT_INTERRUPTED = 130;

/** Ctrl-C arrives up to three times: from the terminal, and passed on by npm and by pnpm. A person is slower. */
const SECOND_INTERRUPT_AFTER_MS = 500;

async function main(argv: readonly string[]): Promise<number> {
  let options: DemoOptions;
  try {
    options = parseFlags(argv);
  } catch (error) {
    if (!isQuorateError(error, "FLAG_INVALID")) throw error;
    console.error(`${error.message}\n\n${HELP}`);
    if (argv.includes("--json")) printJson({ ...emptyResult(0, 0, DEADLINE_MS), error: describe(error) });
    return EXIT_WRONG_FLAG;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT_PAID;
  }
  return run(options);
}

async function run(options: DemoOptions): Promise<number> {
  const startedAtMs = performance.now();
  const progress = createProgress(options.json ? process.stderr : process.stdout);
  const cleanup = new Cleanup();
  const interruption = watchForInterruption();
  let result: DemoResult = emptyResult(options.nodes, options.offline, DEADLINE_MS);
  const learn = (facts: Partial<DemoResult>): void => {
    result = { ...result, ...facts };
  };
  try {
    await Promise.race([
      runDemo(options, { progress, cleanup, learn, result: () => result, signal: interruption.signal }),
      interruption.happened,
    ]);
  } catch (error) {
    learn({ ok: false, error: describe(error) });
  }
  progress.close();
  await cleanup.run();
  interruption.stop();
  const elapsedMs = Math.round(performance.now() - startedAtMs);
  learn({ elapsedMs, seconds: Math.round(elapsedMs / 1_000) });
  progress.print(`\n${summarise(result, progress.style)}\n`);
  if (options.json) printJson(result);
  if (interruption.signal.aborted) return EXIT_INTERRUPTED;
  return result.ok ? EXIT_PAID : EXIT_NOT_PAID;
}

interface Interruption {
  readonly signal: AbortSignal;
  /** Rejects when it happens; never resolves. */
  readonly happened: Promise<never>;
  stop(): void;
}

/** Ctrl-C, a polite kill, a closed terminal or pipe, or the end of the npx that started us: all mean the same. */
function watchForInterruption(): Interruption {
  const controller = new AbortController();
  const happened = new Promise<never>((_, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
  });
  happened.catch(() => {});
  let interruptedAtMs = 0;
  const interrupt = (by: string): void => {
    if (controller.signal.aborted) {
      // Whoever presses Ctrl-C again does not want to wait: our children end when their channel to us closes.
      if (performance.now() - interruptedAtMs > SECOND_INTERRUPT_AFTER_MS) process.exit(EXIT_INTERRUPTED);
      return;
    }
    interruptedAtMs = performance.now();
    controller.abort(quorateError("INTERRUPTED", { by }));
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => interrupt(name));
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => {
      if (!controller.signal.aborted) interrupt("a closed output");
    });
  }
  const stopWatching = watchLaunchers(launcherChain(process.pid), (link) =>
    interrupt(`the end of process ${link.parentPid}`),
  );
  return { signal: controller.signal, happened, stop: stopWatching };
}

function describe(error: unknown): { code: string; message: string } {
  if (isQuorateError(error)) return { code: error.code, message: error.message };
  return { code: "UNEXPECTED", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function printJson(result: DemoResult): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

process.exitCode = await main(process.argv.slice(2));
// Nothing of ours is left to wait for; a socket that a library keeps open must not hold the prompt back.
process.stdout.write("", () => process.exit());
