/**
 * Preloaded (`node --import`) into an agent that is measured. In: `{type: "loop-begin"}` and `{type: "loop-end"}` over IPC. Out: how
 * late its event loop was between the two, and the processor time it took.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";

/** Milliseconds between looks: what the histogram shows of a loop that is never late. */
const RESOLUTION_MS = 10;

export interface LoopFigures {
  readonly type: "loop";
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly cpuMs: number;
}

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let cpu = process.cpuUsage();

process.on("message", ({ type }: { readonly type: string }) => {
  if (type === "loop-begin") {
    cpu = process.cpuUsage();
    delay.reset();
    delay.enable();
  }
  if (type !== "loop-end") return;
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  const { user, system } = process.cpuUsage(cpu);
  const figures: LoopFigures = {
    type: "loop",
    p50Ms: late(delay.percentile(50)),
    p99Ms: late(delay.percentile(99)),
    maxMs: late(delay.max),
    cpuMs: (user + system) / 1_000,
  };
  process.send?.(figures);
});
// Listening must not keep an agent alive that has stopped.
process.channel?.unref();
