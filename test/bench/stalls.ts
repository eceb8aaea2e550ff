/**
 * How long the main thread was held at a stretch. In: when to look. Out: the longest stretch, and its processor time.
 */

export interface Stall {
  readonly ms: number;
  readonly cpuMs: number;
}

/** A timer every millisecond: how much longer than that it ever took is how long a socket had to wait. */
export function watchStalls(): { start(): void; pause(): void; stop(): Stall } {
  const INTERVAL_MS = 1;
  let last = { ms: 0, cpuMs: 0 };
  let longest: Stall = { ms: 0, cpuMs: 0 };
  let timer: NodeJS.Timeout | undefined;
  const now = () => {
    const { user, system } = process.threadCpuUsage();
    return { ms: performance.now(), cpuMs: (user + system) / 1_000 };
  };
  const look = () => {
    const { ms, cpuMs } = now();
    longest = {
      ms: Math.max(longest.ms, ms - last.ms - INTERVAL_MS),
      cpuMs: Math.max(longest.cpuMs, cpuMs - last.cpuMs),
    };
    last = { ms, cpuMs };
  };
  return {
    start() {
      last = now();
      timer = setInterval(look, INTERVAL_MS);
    },
    /** Until the next start nothing counts. */
    pause() {
      clearInterval(timer);
      look();
    },
    stop() {
      this.pause();
      return longest;
    },
  };
}
