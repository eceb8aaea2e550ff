import { setTimeout as sleep } from "node:timers/promises";

/** Resolves as soon as `condition` holds; rejects after the timeout. */
export async function until(condition: () => boolean, timeoutMs = 60_000): Promise<void> {
  // Tests may set the wall clock.
  const deadlineMs = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${condition}`);
    await sleep(10);
  }
}
