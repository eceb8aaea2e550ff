/**
 * The ledger from nothing, for anybody: what an epoch's report must say, whether the chain says the same, and every
 * line of one amount. Enters: a complete history (of a chain, a file or a store). Leaves: figures. Not here: reading
 * it, showing them (cli).
 */
import {
  type Address,
  buildRewardsTree,
  type ChainHead,
  digestOf,
  type Hex,
  type KeccakMany,
  type LedgerLine,
  type NodeId,
  type NodeState,
  quorateError,
  type SigningDomain,
  toHex,
} from "@quorate/common";
import type { ChainEvent } from "../core/ledger/events.ts";
import { foldHistory } from "../core/ledger/history.ts";
import { emptyLedger, type LedgerState } from "../core/ledger/ledger.ts";
import { LineCollector } from "../core/ledger/lines.ts";
import { nodeUnchecked } from "../core/ledger/nodes.ts";
import { reportLists } from "../core/ledger/uptime.ts";

/** A history that is complete up to its head. */
export interface LedgerSource {
  readonly domain: SigningDomain;
  readonly head: ChainHead;
  /** From the first event on, each time anew. */
  events(): Iterable<ChainEvent>;
}

/** One closed epoch, recomputed; amounts in atomic units. */
export interface EpochFigures {
  readonly epoch: number;
  readonly root: Hex;
  readonly totalOwed: bigint;
  readonly carry: bigint;
  /** Recipients with an amount: the leaves of the tree. */
  readonly recipients: number;
  readonly nodes: Readonly<Record<NodeState, number>>;
  readonly activate: readonly NodeId[];
  readonly decommission: readonly NodeId[];
  /**
   * The digest that the chain has recorded for the epoch, and whether it is of these figures; null without a record.
   */
  readonly recorded: { readonly digest: Hex; readonly agrees: boolean } | null;
  /** The root that the chain has made payable, and whether it is this one; null when it has made none. */
  readonly payable: {
    readonly rootIndex: number;
    readonly root: Hex;
    readonly totalOwed: bigint;
    readonly agrees: boolean;
  } | null;
}

export interface Recomputed {
  readonly figures: EpochFigures;
  /**
   * Lifetime amount of the recipient at the epoch's close, and the lines it is the sum of; empty without a recipient.
   */
  readonly amount: bigint;
  readonly lines: readonly LedgerLine[];
}

export interface RecomputeOptions {
  /** Null: the last closed one. */
  readonly epoch: number | null;
  readonly recipient: Address | null;
  readonly keccakMany: KeccakMany;
  readonly onProgress?: (events: number, epoch: number) => void;
}

type Recorded = Extract<ChainEvent, { type: "report-recorded" }>;
type Payable = Extract<ChainEvent, { type: "root-payable" }>;

/** @throws CHAIN_EVENT_INVALID, EPOCH_NOT_CLOSED */
export function recompute(source: LedgerSource, options: RecomputeOptions): Recomputed {
  const { recipient, keccakMany, onProgress } = options;
  const state = emptyLedger();
  const collector = recipient === null ? null : new LineCollector(recipient);
  const records = new Map<number, Recorded>();
  const payables = new Map<number, Payable>();
  let found: Recomputed | null = null;
  const history = watching(source.events(), records, payables);
  const modules = { admit: nodeUnchecked, observer: collector };
  for (const { closed, events } of foldHistory(state, history, source.head, modules)) {
    onProgress?.(events, state.openEpoch);
    if (closed === null || closed !== (options.epoch ?? lastClosedAt(state, source.head))) continue;
    const figures = { ...figuresOf(state, closed, keccakMany), recorded: null, payable: null };
    const amount = recipient === null ? 0n : (state.owed.get(recipient) ?? 0n);
    found = { figures, amount, lines: collector?.take() ?? [] };
  }
  if (found === null) throw notClosed(options.epoch, state);
  return { ...found, figures: compared(found.figures, source.domain, records, payables) };
}

/** Totals and root of one epoch, as its tree and the ledger have them at its close. */
function figuresOf(state: LedgerState, epoch: number, keccakMany: KeccakMany) {
  const nodes: Record<NodeState, number> = { pending: 0, active: 0, decommissioned: 0, exited: 0 };
  for (const { node } of state.nodes.values()) nodes[node.state] += 1;
  const entries = [...state.owed].filter(([, amount]) => amount > 0n);
  const { root } = buildRewardsTree(entries, keccakMany);
  const { activate, decommission } = reportLists(state, epoch) ?? { activate: [], decommission: [] };
  const { totalOwed, carry } = state;
  return { epoch, root, totalOwed, carry, recipients: entries.length, nodes, activate, decommission };
}

function compared(
  figures: EpochFigures,
  domain: SigningDomain,
  records: ReadonlyMap<number, Recorded>,
  payables: ReadonlyMap<number, Payable>,
): EpochFigures {
  const { epoch, root, totalOwed, activate, decommission } = figures;
  const record = records.get(epoch);
  const payable = payables.get(epoch);
  const own = toHex(digestOf(domain, "EpochReport", { epoch, rewardsRoot: root, totalOwed, activate, decommission }));
  return {
    ...figures,
    recorded: record === undefined ? null : { digest: record.digest, agrees: record.digest === own },
    payable:
      payable === undefined
        ? null
        : {
            rootIndex: payable.rootIndex,
            root: payable.rewardsRoot,
            totalOwed: payable.totalOwed,
            agrees: payable.rewardsRoot === root && payable.totalOwed === totalOwed,
          },
  };
}

/** The events as they are, with what the chain says of reports kept aside: it comes after the epoch has closed. */
function* watching(
  events: Iterable<ChainEvent>,
  records: Map<number, Recorded>,
  payables: Map<number, Payable>,
): Generator<ChainEvent> {
  for (const event of events) {
    if (event.type === "report-recorded" && event.isFirst) records.set(event.epoch, event);
    if (event.type === "root-payable") payables.set(event.epoch, event);
    yield event;
  }
}

/** The last epoch that closes by the head's time. */
export function lastClosedAt({ genesis, epochSeconds }: LedgerState, head: ChainHead): number {
  if (genesis === null || epochSeconds === null) return -1;
  return Math.floor((head.timestamp - genesis) / epochSeconds) - 1;
}

function notClosed(epoch: number | null, { openEpoch, head }: LedgerState): Error {
  return quorateError("EPOCH_NOT_CLOSED", { epoch: epoch ?? 0, openEpoch, head: head?.number ?? "none" });
}
