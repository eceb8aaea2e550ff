/**
 * The ledger for the store and back: a record of what changed, and the state again from the rows the store keeps of all
 * records. One version at a time: rows of another version are refused, and the fold starts anew from the chain. Not
 * here: when a record is taken (agent.ts), how rows are written (adapters/sqlite).
 */
import { type Address, fromHex, type NodeId, quorateError } from "@quorate/common";
import { z } from "zod";
import { amount, hex, integer } from "./checkpointFields.ts";
import type { ChainEvent } from "./events.ts";
import { addAmounts, type ClosedEpoch, emptyJournal, takeNotes } from "./journal.ts";
import { emptyLedger, type FoldedNode, type LedgerState } from "./ledger.ts";
import { plainUptime, uptimeSchema } from "./uptimeCheckpoint.ts";

/** Raised with any change of the fold's rules or of this form. */
const CHECKPOINT_VERSION = 4;

/**
 * What one or more advances changed. All of it is immutable and may be written over several turns of the event loop; it
 * counts when the head is written, which comes last. Values are plain data of strings, numbers, bigints, byte arrays
 * and null.
 */
export interface LedgerRecord {
  readonly type: "ledger";
  /** Everything but nodes, amounts and events: small, replaces the former one. */
  readonly head: Readonly<Record<string, unknown>>;
  /**
   * Which rows the head stands for: events up to this block, epochs below `openEpoch`. Epochs below `firstEpoch` have
   * left the window.
   */
  readonly covers: { readonly block: number; readonly firstEpoch: number; readonly openEpoch: number };
  /** Nodes that changed. */
  readonly nodes: readonly FoldedNode[];
  /**
   * Epochs that closed, oldest first; credits of those that have left the window stand together with the newest of
   * them.
   */
  readonly epochs: readonly ClosedEpoch[];
  /** Events folded, in order. */
  readonly events: readonly ChainEvent[];
}

/** What the store kept of all records, byte arrays as hex. */
export interface LedgerRows {
  readonly head: unknown;
  /** In id order. */
  readonly nodes: readonly unknown[];
  /** What epochs credited that have left the window, by recipient. */
  readonly owed: ReadonlyMap<Address, bigint>;
  /** The window, oldest first. */
  readonly epochs: readonly ClosedEpoch[];
}

const headSchema = z.strictObject({
  version: z.literal(CHECKPOINT_VERSION),
  head: z.strictObject({ number: integer, hash: hex, timestamp: integer }).nullable(),
  genesis: integer.nullable(),
  epochSeconds: integer.nullable(),
  pool: z.strictObject({ balance: amount, time: integer, totalReleased: amount }).nullable(),
  openEpoch: integer,
  releasedAtOpen: amount,
  carry: amount,
  totalOwed: amount,
  uptime: uptimeSchema,
});

const nodeSchema = z.strictObject({
  activeSince: integer.nullable(),
  activeSeconds: integer,
  earnsUntil: integer.nullable(),
  node: z.strictObject({
    id: integer,
    operator: hex,
    state: z.enum(["pending", "active", "decommissioned", "exited"]),
    silent: z.boolean(),
    stake: amount,
    blsKey: hex.transform((value) => fromHex(value)),
    identityKey: hex,
    identityValid: z.boolean(),
    feeBps: integer,
    contributors: z.array(z.strictObject({ addr: hex, beneficiary: hex, stake: amount })),
  }),
});

/** Takes what the journal has noted; afterwards it is empty. The state must have one (`restoreLedger`). */
export function takeRecord(state: LedgerState): LedgerRecord {
  const { owed: _owed, nodes, closed, journal, uptime, ...rest } = state;
  if (journal === null) throw new Error("a ledger that is not stored has no record");
  const changed: FoldedNode[] = [];
  for (const [id, folded] of nodes) {
    if (journal.recorded.get(id) === folded) continue;
    journal.recorded.set(id, folded);
    changed.push(folded);
  }
  return {
    type: "ledger",
    head: { version: CHECKPOINT_VERSION, ...rest, uptime: plainUptime(uptime) },
    covers: {
      block: state.head?.number ?? -1,
      firstEpoch: closed[0]?.epoch ?? 0,
      openEpoch: state.openEpoch,
    },
    nodes: changed,
    ...takeNotes(journal),
  };
}

/**
 * The state that the rows are of, or an empty one; it notes from here on what changes. @throws STORE_CORRUPT when they
 * are not of this version, or their sum is not the head's
 */
export function restoreLedger(rows: LedgerRows | null): LedgerState {
  if (rows === null) return { ...emptyLedger(), journal: emptyJournal() };
  const { version: _version, ...head } = parsed(headSchema, rows.head);
  const nodes = new Map(
    rows.nodes.map((row): [NodeId, FoldedNode] => {
      const folded = parsed(nodeSchema, row);
      return [folded.node.id, folded];
    }),
  );
  const owed = new Map(rows.owed);
  for (const { credits } of rows.epochs) addAmounts(owed, credits);
  const state = { ...head, nodes, owed, closed: [...rows.epochs], journal: emptyJournal() };
  for (const [id, folded] of nodes) state.journal.recorded.set(id, folded);
  checkSums(state);
  return state;
}

function checkSums({ owed, totalOwed, closed, openEpoch }: LedgerState): void {
  let sum = 0n;
  for (const value of owed.values()) sum += value;
  if (sum !== totalOwed) throw corrupt(`amounts add up to ${sum}, the head says ${totalOwed}`);
  const [first] = closed;
  const gap = closed.findIndex(({ epoch }, i) => epoch !== openEpoch - closed.length + i);
  if (gap !== -1 || (first === undefined && openEpoch > 0)) {
    throw corrupt(`epochs ${closed.map(({ epoch }) => epoch).join()} are not the last before ${openEpoch}`);
  }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw corrupt(z.prettifyError(result.error));
  return result.data;
}

function corrupt(detail: string): Error {
  return quorateError("STORE_CORRUPT", { part: "ledger", detail });
}
