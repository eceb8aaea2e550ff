/**
 * Preloaded (`node --import`) into an agent that is measured. In: `{type: "loop-begin"}` and `{type: "loop-end"}` over
 * IPC. Out: how late its event loop was between the two, how long its own work held it, and the processor time it took.
 * Where others use the processor too, only the second is the agent's. To `{type: "heap"}` it says what its heap holds
 * when garbage is gone; collecting it does not count as late.
 */
import { createHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Milliseconds between looks: what the histogram shows of a loop that is never late. */
const RESOLUTION_MS = 10;

export interface LoopFigures {
  readonly type: "loop";
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Processor time of the main thread between two looks. */
  readonly heldP99Ms: number;
  readonly heldMaxMs: number;
  readonly cpuMs: number;
}

export interface HeapFigures {
  readonly type: "heap";
  readonly bytes: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const held = createHistogram();
let cpu = process.cpuUsage();
let threadUs = 0;

function look(): void {
  const { user, system } = process.threadCpuUsage();
  const nowUs = user + system;
  held.record(Math.max(1, Math.round(nowUs - threadUs)));
  threadUs = nowUs;
}

function liveHeap(): HeapFigures {
  delay.disable();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  // The histogram would count the collection when the loop goes on.
  setTimeout(() => delay.enable(), 0);
  return { type: "heap", bytes: heapUsed + arrayBuffers };
}

process.on("message", ({ type }: { readonly type: string }) => {
  if (type === "heap") process.send?.(liveHeap());
  if (type === "loop-begin") {
    cpu = process.cpuUsage();
    delay.reset();
    delay.enable();
    look();
    held.reset();
    setInterval(look, RESOLUTION_MS).unref();
  }
  if (type !== "loop-end") return;
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  const { user, system } = process.cpuUsage(cpu);
  const figures: LoopFigures = {
    type: "loop",
    p50Ms: late(delay.percentile(50)),
    p99Ms: late(delay.percentile(99)),
    maxMs: late(delay.max),
    heldP99Ms: held.percentile(99) / 1_000,
    heldMaxMs: held.max / 1_000,
    cpuMs: (user + system) / 1_000,
  };
  process.send?.(figures);
});
// Listening must not keep an agent alive that has stopped.
process.channel?.unref();
