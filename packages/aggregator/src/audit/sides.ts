/**
 * Who can be compared: an agent, by what it answers, and a complete history, by folding it. Enters: a client, or a
 * source. Leaves: the questions of diff.ts, answered. Not here: what is asked.
 */
import { type AgentClient, patiently } from "@quorate/client";
import {
  buildRewardsTree,
  type EpochTotals,
  type KeccakMany,
  quorateError,
  type RangesPage,
  type RewardsEntry,
  rangesOf,
} from "@quorate/common";
import { copyLedger, foldHistory } from "../core/ledger/history.ts";
import { emptyLedger, type LedgerState } from "../core/ledger/ledger.ts";
import { nodeUnchecked } from "../core/ledger/nodes.ts";
import type { LedgerSide } from "./diff.ts";
import { sortedAmounts } from "./explain.ts";
import { type LedgerSource, lastClosedAt } from "./recompute.ts";

export function agentSide(name: string, client: AgentClient): LedgerSide {
  return {
    name,
    lastEpoch: async () => (await patiently(() => client.ledgerEpochs(0, 1))).closedEpoch ?? -1,
    async totals(epoch) {
      const { epochs } = await patiently(() => client.ledgerEpochs(epoch, 1));
      const found = epochs.find((one) => one.epoch === epoch);
      if (found === undefined) throw quorateError("EPOCH_NOT_CLOSED", { epoch, agent: name });
      return found;
    },
    ranges: (epoch, prefix) => patiently(() => client.ledgerRanges(epoch, prefix)),
  };
}

/** Copies of the state kept on the first pass: any epoch is then a fold of a sixteenth of the history away. */
const SNAPSHOTS = 16;

interface Snapshot {
  readonly epoch: number;
  /** Events folded until then. */
  readonly events: number;
  readonly state: LedgerState;
}

/** A history, folded once at first, and in parts for what is asked. */
export class FoldedSide implements LedgerSide {
  readonly name: string;
  readonly #source: LedgerSource;
  readonly #keccakMany: KeccakMany;
  readonly #totals: bigint[] = [];
  readonly #snapshots: Snapshot[] = [{ epoch: -1, events: 0, state: emptyLedger() }];
  readonly #roots = new Map<number, EpochTotals>();
  #amounts: { readonly epoch: number; readonly sorted: readonly RewardsEntry[] } | null = null;

  /** @throws CHAIN_EVENT_INVALID */
  constructor(name: string, source: LedgerSource, keccakMany: KeccakMany) {
    this.name = name;
    this.#source = source;
    this.#keccakMany = keccakMany;
    const state = emptyLedger();
    for (const { closed, events } of foldHistory(state, source.events(), source.head, { admit: nodeUnchecked })) {
      if (closed === null) continue;
      this.#totals.push(state.totalOwed);
      const every = Math.max(1, Math.ceil((lastClosedAt(state, source.head) + 1) / SNAPSHOTS));
      if (closed % every === every - 1) this.#snapshots.push({ epoch: closed, events, state: copyLedger(state) });
    }
  }

  async lastEpoch(): Promise<number> {
    return this.#totals.length - 1;
  }

  async totals(epoch: number): Promise<EpochTotals> {
    const known = this.#roots.get(epoch);
    if (known !== undefined) return known;
    const { root } = buildRewardsTree(this.#amountsAt(epoch), this.#keccakMany);
    const totals = { epoch, root, totalOwed: this.#totals[epoch] as bigint };
    this.#roots.set(epoch, totals);
    return totals;
  }

  async ranges(epoch: number, prefix: string): Promise<RangesPage> {
    return rangesOf(epoch, this.#amountsAt(epoch), prefix);
  }

  #amountsAt(epoch: number): readonly RewardsEntry[] {
    if (this.#amounts?.epoch === epoch) return this.#amounts.sorted;
    const sorted = this.#fold(epoch);
    this.#amounts = { epoch, sorted };
    return sorted;
  }

  #fold(epoch: number): RewardsEntry[] {
    const from = this.#snapshots.filter((snapshot) => snapshot.epoch <= epoch).at(-1) as Snapshot;
    if (from.epoch === epoch) return sortedAmounts(from.state);
    const state = copyLedger(from.state);
    const events = after(this.#source.events(), from.events);
    for (const { closed } of foldHistory(state, events, this.#source.head, { admit: nodeUnchecked }))
      if (closed === epoch) return sortedAmounts(state);
    throw quorateError("EPOCH_NOT_CLOSED", { epoch, openEpoch: this.#totals.length });
  }
}

function* after<T>(items: Iterable<T>, skip: number): Generator<T> {
  let i = 0;
  for (const item of items) if (i++ >= skip) yield item;
}
