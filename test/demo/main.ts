/**
 * `npx -y pnpm@12 demo`: the entry point. In: flags, signals, the end of the command that started us. Out: exit status,
 * and with `--json` the one line on standard output. Everything that was started ends here, whatever happens. What the
 * demo does is `demo.ts`.
 */
import { isQuorateError } from "@quorate/common";
import { Cleanup } from "../harness/cleanup.ts";
import { endProcess } from "../harness/endProcess.ts";
import { EXIT_INTERRUPTED, watchForInterruption } from "../harness/interruption.ts";
import { DEADLINE_MS, runDemo } from "./demo.ts";
import { type DemoOptions, HELP, parseFlags } from "./flags.ts";
import { createProgress } from "./progress.ts";
import { type DemoResult, emptyResult, summarise } from "./result.ts";

const EXIT_PAID = 0;
const EXIT_NOT_PAID = 1;
const EXIT_WRONG_FLAG = 2;
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

function describe(error: unknown): { code: string; message: string } {
  if (isQuorateError(error)) return { code: error.code, message: error.message };
  return { code: "UNEXPECTED", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function printJson(result: DemoResult): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

process.exitCode = await main(process.argv.slice(2));
endProcess();
