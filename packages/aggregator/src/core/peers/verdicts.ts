/**
 * What becomes of a gossip message, and one answer for a message of several shares (P-158). Enters: what became of each
 * of its parts. Leaves: the verdict for gossip, when the last part has one. Pure. Not here: what is said of a part.
 */
import type { ErrorCode } from "@quorate/common";

/** `accept`: it is good and goes on. `keep`: it is good, and others forward it, or it brought nothing new. */
export type Verdict =
  | { readonly verdict: "accept" | "keep"; readonly code: "OK" }
  | { readonly verdict: "ignore" | "reject"; readonly code: ErrorCode };

export const ACCEPTED: Verdict = { verdict: "accept", code: "OK" };
export const KEPT: Verdict = { verdict: "keep", code: "OK" };
export const ignore = (code: ErrorCode): Verdict => ({ verdict: "ignore", code });
export const reject = (code: ErrorCode): Verdict => ({ verdict: "reject", code });

/**
 * Of two parts the verdict that stands earlier here decides. What was ignored was perhaps not checked, and whoever
 * passes on what is bad is blamed (P-83): it goes no further, however good the rest is.
 */
const ORDER: readonly Verdict["verdict"][] = ["reject", "ignore", "accept", "keep"];

interface Open {
  parts: number;
  /** Whether it goes on, if it is good. */
  readonly passes: boolean;
  verdict: Verdict | null;
}

export class MessageVerdicts {
  /** Messages with a part that has no verdict yet: it waits to be checked, and what waits is bounded. */
  readonly #open = new Map<number, Open>();

  /** A message of so many parts came, which this agent would forward or not (P-153). */
  open(handle: number, parts: number, passes: boolean): void {
    this.#open.set(handle, { parts, passes, verdict: null });
  }

  /** One part has its verdict. Returns that of the message, or null while others have none. */
  settle(handle: number, part: Verdict): Verdict | null {
    const message = this.#open.get(handle);
    if (message === undefined) return part;
    const { verdict, passes } = message;
    const isFirst = verdict === null || ORDER.indexOf(part.verdict) < ORDER.indexOf(verdict.verdict);
    if (isFirst) message.verdict = part.verdict === "accept" && !passes ? KEPT : part;
    message.parts -= 1;
    if (message.parts > 0) return null;
    this.#open.delete(handle);
    return message.verdict;
  }
}
