import { setTimeout as sleep } from "node:timers/promises";
import { quorateError } from "@quorate/common";

export interface WaitOptions {
  /** What is waited for, in words that fit "timed out: …". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly pollMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Polls until `probe` gives something that is not null, and returns it. An error of the probe ends the wait.
 * @throws QuorateError `STEP_TIMED_OUT`, with what the last probe reported as `last`
 */
export async function waitFor<T>(
  options: WaitOptions,
  probe: (report: (last: string) => void) => Promise<T | null> | T | null,
): Promise<T> {
  const deadlineMs = performance.now() + options.timeoutMs;
  let last = "";
  for (;;) {
    options.signal?.throwIfAborted();
    const result = await probe((text) => {
      last = text;
    });
    if (result !== null) return result;
    if (performance.now() > deadlineMs) {
      throw quorateError("STEP_TIMED_OUT", { step: options.what, timeoutMs: options.timeoutMs, last });
    }
    await sleep(options.pollMs ?? 250, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}
