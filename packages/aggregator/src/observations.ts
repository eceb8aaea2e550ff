/**
 * What an operator wants counted of the agent's work, for metrics. Enters: the core's effects as the driver carries
 * them out, and the checks of signatures. Leaves: counts since the start. Nothing depends on them.
 */
import { Durations } from "@quorate/common";
import type { Effect } from "./core/io.ts";
import type { BlsVerifier, ObservedView } from "./driver/ports.ts";

/** A claim is collected for 30 seconds by default; a healthy network needs less than two. */
const QUORUM_BOUNDS_SECONDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32];
/** A group of signatures takes some milliseconds alone, and waits for those before it. */
const VERIFY_BOUNDS_SECONDS = [0.005, 0.02, 0.08, 0.32, 1.28, 5.12];

type Observe = Extract<Effect, { readonly type: "observe" }>;

export class Observations {
  readonly #codes = new Map<string, number>();
  readonly #claims = { ready: 0, failed: 0, refused: 0 };
  readonly #quorum = new Durations(QUORUM_BOUNDS_SECONDS);
  readonly #verify = new Durations(VERIFY_BOUNDS_SECONDS);
  readonly #nowMs: () => number;

  /** @param nowMs milliseconds, never going back */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  effect(effect: Effect): void {
    if (effect.type === "observe") this.#observe(effect);
    if (effect.type !== "claim-reply" || effect.reply.ok) return;
    // Without budget it waits for its turn and is asked for again.
    if (effect.reply.refusal.code !== "BUDGET_EXCEEDED") this.#claims.refused += 1;
  }

  /** The verifier itself, with the time from each question to its answer. */
  timed(verifier: BlsVerifier): BlsVerifier {
    return {
      verify: async (groups) => {
        const startedMs = this.#nowMs();
        try {
          return await verifier.verify(groups);
        } finally {
          this.#verify.add(this.#nowMs() - startedMs);
        }
      },
      close: () => verifier.close(),
    };
  }

  view(): ObservedView {
    return {
      codes: Object.fromEntries(this.#codes),
      claims: { ...this.#claims },
      quorum: this.#quorum.view(),
      verify: this.#verify.view(),
    };
  }

  /** The codes are the catalogue's, so that there are never many. */
  #observe({ code, values }: Observe): void {
    this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    if (code === "CLAIM_READY") {
      this.#claims.ready += 1;
      this.#quorum.add(Number(values["quorumAfterMs"]));
    }
    // P-86, P-109: both end a claim without a bundle; of a report it has no round's name.
    const isClaimsEnd = code === "QUORUM_NOT_REACHED" || (code === "AGGREGATE_INVALID" && "missing" in values);
    if (isClaimsEnd) this.#claims.failed += 1;
  }
}
