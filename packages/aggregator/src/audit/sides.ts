/**
 * Who can be compared: an agent, by what it answers, and a complete history, by folding it. Enters: a client, or a
 * source. Leaves: the questions of diff.ts, answered. Not here: what is asked.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentClient } from "@quorate/client";
import {
  type Address,
  buildRewardsTree,
  type EpochTotals,
  isQuorateError,
  type KeccakMany,
  type LedgerLine,
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

const WAITS = ["RATE_LIMITED", "LEDGER_BUSY", "ANSWER_TIMED_OUT"] as const;

/** Times a busy agent is asked again, and the milliseconds between. */
const PATIENCE = 60;
const PATIENCE_MS = 1_000;

/**
 * Waits as long as the agent says, or a little while it is busy: a fold that took too long to answer goes on, and is
 * kept.
 */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries > PATIENCE || !isQuorateError(error, ...WAITS)) throw error;
      const { waitMs } = error.values;
      await sleep(typeof waitMs === "number" ? waitMs + 10 : PATIENCE_MS);
    }
  }
}

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

export interface Explained {
  readonly lines: readonly LedgerLine[];
  readonly amount: bigint;
  /** The last epoch of the lines. */
  readonly epoch: number;
}

/**
 * All lines of an amount, page by page, added up as they come.
 * @throws LEDGER_LINES_DISAGREE when they do not add up, or do not follow on
 */
export async function explainByAgent(
  client: AgentClient,
  recipient: Address,
  epoch: number | null,
  onProgress: (epoch: number) => void = () => {},
): Promise<Explained> {
  const lines: LedgerLine[] = [];
  let amount = 0n;
  // Fixed at first: another epoch may close while pages come.
  const to = epoch ?? (await patiently(() => client.ledgerEpochs(0, 1))).closedEpoch;
  if (to === null) throw quorateError("EPOCH_NOT_CLOSED", { epoch: 0 });
  for (let from = 0; ; ) {
    const page = await patiently(() => client.ledgerPage(recipient, from, to));
    const sum = page.lines.reduce((total, line) => total + line.amount, page.before);
    const follows = page.from === from && page.to >= from && page.before === amount && page.recipient === recipient;
    if (!follows || sum !== page.after || (page.next !== null && page.next !== page.to + 1)) {
      const { before, after } = page;
      throw quorateError("LEDGER_LINES_DISAGREE", { recipient, from, before, expected: amount, sum, after });
    }
    lines.push(...page.lines);
    amount = page.after;
    onProgress(page.to);
    if (page.next === null) return { lines, amount, epoch: page.to };
    from = page.next;
  }
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
