/**
 * What `test` does. In: stages of parts. Out: their output, the report, an exit status. Ctrl-C, a polite kill and the
 * end of the npx that started us end what runs, children included; the report then says which parts did not run to
 * their end.
 */
import { constants } from "node:os";
import { launcherChain, watchLaunchers } from "../../packages/aggregator/src/cli/launchers.ts";
import { type Part, runStages } from "./parts.ts";
import { report } from "./report.ts";

/** Exit status: 0 when all passed, 1 when any failed, 128 + the signal when interrupted. */
export async function runTests(stages: readonly (readonly Part[])[], graceMs?: number): Promise<number> {
  const interruption = new AbortController();
  let interrupted: NodeJS.Signals | null = null;
  const interrupt = (by: NodeJS.Signals): void => {
    interrupted ??= by;
    interruption.abort();
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, interrupt);
  const stopWatching = watchLaunchers(launcherChain(process.pid), () => interrupt("SIGHUP"));
  const results = await runStages(stages, {
    print: (line) => void process.stdout.write(`${line}\n`),
    signal: interruption.signal,
    ...(graceMs === undefined ? {} : { graceMs }),
  });
  stopWatching();
  process.stdout.write(report(results));
  if (interrupted !== null) return 128 + constants.signals[interrupted as NodeJS.Signals];
  return results.every(({ failure }) => failure === null) ? 0 : 1;
}
