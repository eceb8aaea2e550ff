/**
 * When a tool of this folder is to end early. In: signals, closed outputs, the end of the command that started us. Out:
 * one abort signal. Not its job: what is undone then.
 */
import { quorateError } from "@quorate/common";
import { launcherChain, watchLaunchers } from "../../packages/aggregator/src/cli/launchers.ts";

/** The shell's convention for a program ended by Ctrl-C: 128 + SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** Ctrl-C arrives up to three times: from the terminal, and passed on by npm and by pnpm. A person is slower. */
const SECOND_INTERRUPT_AFTER_MS = 500;

export interface Interruption {
  readonly signal: AbortSignal;
  /** Rejects when it happens; never resolves. */
  readonly happened: Promise<never>;
  stop(): void;
}

/** Ctrl-C, a polite kill, a closed terminal or pipe, or the end of the npx that started us: all mean the same. */
export function watchForInterruption(): Interruption {
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
