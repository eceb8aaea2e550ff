/**
 * The command: one run. In: flags (options.ts). Out: progress and a summary for people, or with `--json` one line with
 * one object; the exit status. A run that fails gives its seed and the command that replays it.
 */
import { writeFileSync } from "node:fs";
import { isQuorateError } from "@quorate/common";
import { lifeSummaryOf } from "./life/report.ts";
import { type LifeConfig, runLife } from "./life/run.ts";
import { HELP, parseFlags, replayCommand, type SimFlags } from "./options.ts";
import { plotSvg } from "./plot.ts";
import { summaryOf } from "./report.ts";
import { type RunConfig, type RunResult, run } from "./run.ts";
import { planCommand, readScenario } from "./scenario.ts";

export interface Terminal {
  out(text: string): void;
  progress(text: string): void;
}

/** @param runOne what runs; tests give it faults */
export function simCommand(
  argv: readonly string[],
  terminal: Terminal,
  runOne: (config: RunConfig) => RunResult = run,
): number {
  let flags: SimFlags;
  try {
    flags = parseFlags(argv);
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    terminal.progress(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (flags.help) {
    terminal.out(HELP);
    return 0;
  }
  if (flags.life !== undefined) return lifeCommand({ ...flags, life: flags.life }, terminal);
  try {
    return claimsCommand(flags, terminal, runOne);
  } catch (error) {
    if (!isQuorateError(error, "FLAG_INVALID")) throw error;
    terminal.progress(`${error.message}\n`);
    return 2;
  }
}

function claimsCommand(flags: SimFlags, terminal: Terminal, runOne: (config: RunConfig) => RunResult): number {
  const scenario = flags.plan === undefined ? undefined : readScenario(flags.plan);
  const options = scenario?.options ?? flags;
  const startedMs = performance.now();
  const onProgress = (line: string): void => terminal.progress(`${line}\n`);
  const result = runOne({ ...options, ...(scenario === undefined ? {} : { scenario }), onProgress });
  const wallMs = Math.round(performance.now() - startedMs);
  const command = flags.plan === undefined ? replayCommand(flags) : planCommand(flags.plan);
  if (flags.plot !== undefined) {
    writeFileSync(flags.plot, plotSvg(result, command));
    terminal.progress(`plot written to ${flags.plot}\n`);
  }
  const { bundles: _bundles, story, ...numbers } = result;
  const told = { perClaim: story.claims.map(({ held: _held, ...claim }) => claim), perLiar: story.liars };
  const measured = { network: story.network, ...told, wallMs, peakRssMb: peakRssMb(), command };
  if (flags.json) terminal.out(`${JSON.stringify({ ...numbers, ...measured })}\n`);
  else terminal.out(summaryOf(options, result, wallMs));
  return statusOf(result, command, terminal);
}

function lifeCommand(flags: SimFlags & LifeConfig, terminal: Terminal): number {
  const startedMs = performance.now();
  const result = runLife({ ...flags, onProgress: (line) => terminal.progress(`${line}\n`) });
  const wallMs = Math.round(performance.now() - startedMs);
  const command = replayCommand(flags);
  if (flags.json) terminal.out(`${JSON.stringify({ ...result, wallMs, peakRssMb: peakRssMb(), command })}\n`);
  else terminal.out(lifeSummaryOf(result, wallMs));
  return statusOf(result, command, terminal);
}

/** The most memory the process has held. */
function peakRssMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1_024);
}

function statusOf(
  result: { readonly ok: boolean; readonly seed: number },
  command: string,
  terminal: Terminal,
): number {
  if (!result.ok) terminal.progress(`seed ${result.seed} failed; the same run again:\n  ${command}\n`);
  return result.ok ? 0 : 1;
}
