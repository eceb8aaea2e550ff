/**
 * What the checkers of a life run share: as checker.ts, with the chain.
 */

import type { Calendar } from "../life/calendar.ts";
import type { LifeChain } from "../life/chain.ts";
import type { LifePlan } from "../life/plan.ts";
import type { Checker, Truth } from "./checker.ts";

export interface LifeChecker extends Omit<Checker, "finish"> {
  /** The run is over. */
  finishLife?(): void;
}

export interface LifeTruth extends Truth {
  readonly plan: LifePlan;
  readonly chain: LifeChain;
  readonly calendar: Calendar;
  /** Epochs whose reports are looked at: from 0 to one less. */
  readonly epochs: number;
}
