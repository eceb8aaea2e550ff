/**
 * Runs one `quorate` command to its end. In: its arguments. Out: what it printed; an error when it did not exit with 0.
 * The command is the built one, as operators have it, and of the sources as they are now.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { quorateError } from "@quorate/common";
import { ensureBundle } from "../../packages/aggregator/scripts/bundle.ts";
import { logTail, REPOSITORY, startChild } from "./child.ts";

/** `QUORATE_FROM=sources` in the environment runs the TypeScript itself: for stacks that name its lines. */
const SOURCES = join(REPOSITORY, "packages/aggregator/src/cli/main.ts");

let command: Promise<string> | undefined;

/** The module that is `quorate`, built if need be. */
export function quorateCommand(): Promise<string> {
  command ??= process.env["QUORATE_FROM"] === "sources" ? Promise.resolve(SOURCES) : ensureBundle();
  return command;
}

export interface CliOptions {
  readonly args: readonly string[];
  /** Gets what the command prints; read back as the result. Use a file for each command. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** @throws QuorateError `CHILD_ENDED` with the end of its output, when it fails */
export async function runCli(options: CliOptions): Promise<string> {
  const { args, logFile, env, signal } = options;
  const module = await quorateCommand();
  const name = `quorate ${args[0]}`;
  const child = startChild({
    name,
    module,
    args,
    logFile,
    endsWithParent: true,
    ...(env === undefined ? {} : { env }),
  });
  const stop = (): void => void child.kill();
  signal?.addEventListener("abort", stop, { once: true });
  const exit = await child.exited;
  signal?.removeEventListener("abort", stop);
  if (exit.code !== 0) throw quorateError("CHILD_ENDED", { name, ...exit, log: logTail(logFile) });
  return readFileSync(logFile, "utf8");
}
