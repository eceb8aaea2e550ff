/**
 * What the fold has changed since the store last took a record of it. Enters: closed epochs and folded events.
 * Not here: the record itself (checkpoint.ts), when one is taken (agent.ts).
 */
import type { Address, NodeId } from "@quorate/common";
import { SIGNING_WINDOW_EPOCHS } from "../limits.ts";
import type { ChainEvent } from "./events.ts";

/** One closed epoch: what it added to lifetime amounts, and their sum at its close. Never changed once it is there. */
export interface ClosedEpoch {
  readonly epoch: number;
  readonly totalOwed: bigint;
  /** What the epoch credited, by recipient; nobody is listed with zero. */
  readonly credits: ReadonlyMap<Address, bigint>;
}

export interface Journal {
  events: ChainEvent[];
  /** Epochs closed since, oldest first. */
  epochs: ClosedEpoch[];
  /** Credits of those of `epochs` that have left the window since: only their sum still matters. */
  left: Map<Address, bigint>;
  /** Each node's object in the last record: folded nodes are never changed in place, so another object is a change. */
  readonly recorded: Map<NodeId, unknown>;
}

export function emptyJournal(): Journal {
  return { events: [], epochs: [], left: new Map(), recorded: new Map() };
}

const NOBODY: ReadonlyMap<Address, bigint> = new Map();

/** Keeps the credits of at most a window of epochs apart, however many close before the next record. */
export function noteClosed(journal: Journal, closed: ClosedEpoch): void {
  journal.epochs.push(closed);
  const at = journal.epochs.length - 1 - SIGNING_WINDOW_EPOCHS;
  const leaving = journal.epochs[at];
  if (leaving === undefined) return;
  addAmounts(journal.left, leaving.credits);
  journal.epochs[at] = { ...leaving, credits: NOBODY };
}

/**
 * What was noted, oldest epoch first; credits that left the window stand with the newest epoch that did. The journal is
 * empty afterwards.
 */
export function takeNotes(journal: Journal): { readonly events: ChainEvent[]; readonly epochs: ClosedEpoch[] } {
  const { events, epochs, left } = journal;
  const newestLeft = epochs[epochs.length - 1 - SIGNING_WINDOW_EPOCHS];
  if (newestLeft !== undefined) epochs[epochs.length - 1 - SIGNING_WINDOW_EPOCHS] = { ...newestLeft, credits: left };
  journal.events = [];
  journal.epochs = [];
  journal.left = new Map();
  return { events, epochs };
}

/** Adds amounts by recipient, in place. */
export function addAmounts(to: Map<Address, bigint>, amounts: Iterable<readonly [Address, bigint]>): void {
  for (const [recipient, amount] of amounts) {
    const before = to.get(recipient);
    to.set(recipient, before === undefined ? amount : before + amount);
  }
}
