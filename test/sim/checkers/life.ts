/**
 * What the checkers of a life run share: as checker.ts, with the chain.
 */
import type { NodeId } from "@quorate/common";
import type { ChainEvent } from "../../../packages/aggregator/src/core/ledger/events.ts";
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

/** Who was active before the first event for which `isLater`. */
export function activeBefore(log: readonly ChainEvent[], isLater: (event: ChainEvent) => boolean): Set<NodeId> {
  const active = new Set<NodeId>();
  for (const event of log) {
    if (isLater(event)) break;
    if (event.type === "node-registered" && event.seeded) active.add(event.id);
    if (event.type === "nodes-activated") for (const id of event.ids) active.add(id);
    if (event.type === "nodes-decommissioned") for (const id of event.ids) active.delete(id);
  }
  return active;
}
