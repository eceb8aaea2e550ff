/**
 * What the submitter says of itself: the last outcome of each key, what is in the way, the balance. Enters: what
 * happened. Leaves: a status.
 */
import type { ErrorCode } from "@quorate/common";
import type { Logger } from "../../driver/ports.ts";
import type { Flight } from "./flights.ts";
import type { AtFault, Clock, InTheWay, SubmitOutcome, SubmitterStatus } from "./interface.ts";
import { OUTCOMES_MAX } from "./limits.ts";

export class Board {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #outcomes = new Map<string, { readonly outcome: SubmitOutcome; readonly atMs: number }>();
  #inTheWay: InTheWay | null = null;
  #said: InTheWay | null = null;
  balanceWei: bigint | null = null;
  reorganised = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  get inTheWay(): InTheWay | null {
    return this.#inTheWay;
  }

  get outcomes(): SubmitterStatus["outcomes"] {
    return [...this.#outcomes].map(([key, entry]) => ({ key, ...entry }));
  }

  record(key: string, outcome: SubmitOutcome): void {
    this.#logger.info({ key, ...outcome }, "SUBMIT_OUTCOME");
    // Set anew, it is the newest.
    this.#outcomes.delete(key);
    this.#outcomes.set(key, { outcome, atMs: this.#clock.nowMs() });
    for (const oldest of this.#outcomes.keys()) {
      if (this.#outcomes.size <= OUTCOMES_MAX) break;
      this.#outcomes.delete(oldest);
    }
  }

  /** The end of what was wanted: remembered by the flight, told to all who wait. */
  settle(flight: Flight, outcome: SubmitOutcome): void {
    flight.outcome = outcome;
    this.record(flight.key, outcome);
    for (const tell of flight.waiters.splice(0)) tell(outcome);
  }

  /** Says what is in the way in this look; logged when it is new. */
  block(code: ErrorCode, atFault: AtFault, detail: string): void {
    this.#said = { code, atFault, detail };
    if (this.#inTheWay?.code !== code) this.#logger.warn({ atFault, detail }, code);
    this.#inTheWay = this.#said;
  }

  /** What was in the way is so no longer, unless it is said again until `endLook`. */
  beginLook(): void {
    this.#said = null;
  }

  endLook(): void {
    this.#inTheWay = this.#said;
  }
}
