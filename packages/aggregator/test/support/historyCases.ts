/**
 * The histories behind `packages/common/vectors/histories` (docs/histories.md): each is there for a few rules. Enters:
 * nothing. Leaves: events in order. Not here: what they come to (histories.ts).
 */
import type { NodeId } from "@quorate/common";
import { advanceLedger, emptyLedger, type LedgerState } from "../../src/core/ledger/ledger.ts";
import { reportLists } from "../../src/core/ledger/uptime.ts";
import { address, admit, endOf, headAt, type Lists, ReportChain, startOf } from "./reportChain.ts";

export interface HistoryCase {
  readonly name: string;
  /** What it is there for, with rule ids. */
  readonly about: string;
  readonly chain: ReportChain;
  /** Seconds: where the history ends. */
  readonly until: number;
}

/** A pool of contributors with parts that do not divide evenly. */
const parts = (first: number, ...stakes: readonly bigint[]) =>
  stakes.map((stake, i) => ({ addr: address(first + i), beneficiary: address(100 + ((first + i) % 7)), stake }));

/**
 * Folds as far as the chain has come, and says the lists of an epoch's report: the chain applies them, without the caps
 * of P-38.
 */
class Reporting {
  readonly chain: ReportChain;
  readonly #state: LedgerState = emptyLedger();
  #read = 0;

  constructor(chain: ReportChain) {
    this.chain = chain;
  }

  listsOf(epoch: number): Lists {
    advanceLedger(this.#state, this.chain.events.slice(this.#read), headAt(endOf(epoch)), admit);
    this.#read = this.chain.events.length;
    return reportLists(this.#state, epoch) as Lists;
  }

  /** The epoch's first record, a second after its end, by all that have not exited but these. */
  record(epoch: number, absent: readonly NodeId[] = [], more: { isPayable?: boolean; by?: number } = {}): void {
    const lists = this.listsOf(epoch);
    this.chain.now = Math.max(this.chain.now, endOf(epoch) + 1);
    const signers = [...this.chain.states].filter(([id, state]) => state !== "exited" && !absent.includes(id));
    this.chain.record(
      epoch,
      signers.map(([id]) => id),
      { ...more, lists },
    );
  }
}

function seeded(): HistoryCase {
  const chain = new ReportChain((before) => {
    before.register(true, { feeBps: 0, contributors: parts(1, 25_000_000_000_001n) });
    before.register(true, { feeBps: 333, contributors: parts(3, 7_000_000_000_003n, 5_000_000_000_000n, 13n) });
    before.register(true, { feeBps: 10_000, contributors: parts(6, 10n ** 12n, 3n * 10n ** 12n) });
  });
  const about =
    "P-51 to P-55: unequal stakes, fees of 0, 333 and 10000 bps, shared beneficiaries, dust; no report at all";
  return { name: "seeded", about, chain, until: endOf(6) + 40 };
}

function nobodyActive(): HistoryCase {
  const chain = new ReportChain(0);
  chain.now = startOf(1) + 30;
  const id = chain.register(false, { feeBps: 500, contributors: parts(1, 600n, 400n) });
  chain.now = startOf(3) + 60;
  chain.activate([id]);
  chain.now = startOf(4) + 1;
  chain.decommission([id]);
  const about = "P-53: with nobody active everything is carried, and the first node to earn takes all of it";
  return { name: "nobody-active", about, chain, until: endOf(6) };
}

function registrations(): HistoryCase {
  const chain = new ReportChain(2);
  const all = new Reporting(chain);
  chain.now = endOf(0) - 1;
  chain.register(false, { feeBps: 1_000, contributors: parts(10, 9n * 10n ** 12n, 16n * 10n ** 12n) });
  chain.now = endOf(0);
  chain.register(false, { feeBps: 250, contributors: parts(20, 25n * 10n ** 12n) });
  for (let epoch = 0; epoch < 10; epoch++) if (epoch !== 2) all.record(epoch, epoch === 4 ? [4] : []);
  const about =
    "P-59, P-61, P-62: nodes registered in the last second of an epoch and in the first of the next; runs of " +
    "presences over an epoch without record";
  return { name: "registrations", about, chain, until: endOf(10) };
}

function leaving(): HistoryCase {
  const chain = new ReportChain(5);
  const all = new Reporting(chain);
  all.record(0);
  chain.now = startOf(2) - 20;
  chain.leave(1, startOf(3) + 50);
  chain.leave(2, endOf(4));
  chain.now = startOf(2) + 20;
  chain.leave(1, startOf(3) + 50);
  for (let epoch = 2; epoch < 8; epoch++) {
    all.record(epoch, [2, 3]);
    if (epoch === 4) chain.exit(1);
    if (epoch === 5) chain.exit(4);
  }
  chain.now = endOf(8) - 1;
  chain.exit(3);
  chain.now = endOf(8);
  chain.exit(2);
  const about =
    "P-33, P-34, P-53, P-62: nothing is earned from the unlock time of the first request on, nor listed; exits " +
    "of active and decommissioned nodes, one a second before an epoch's end and one at it";
  return { name: "leaving", about, chain, until: endOf(11) };
}

function deposits(): HistoryCase {
  const chain = new ReportChain(3);
  for (const [at, amount] of [
    [startOf(0) + 1, 10n ** 15n],
    [endOf(0), 7n],
    [endOf(0), 10n ** 12n + 1n],
    [endOf(1) - 1, 1n],
    [startOf(4) + 50, 10n ** 17n],
  ] as const) {
    chain.now = at;
    chain.fund(amount);
  }
  const about = "P-31, P-52, P-55: deposits in, at the end of, and two in one block of an epoch; emission telescopes";
  return { name: "deposits", about, chain, until: endOf(7) };
}

function absences(): HistoryCase {
  const chain = new ReportChain(5);
  const all = new Reporting(chain);
  const absent: readonly (readonly NodeId[])[] = [
    ...[[5], [5, 4], [5], [5, 4], [4], [5, 4], [5], [], [], [], [], [3], [5, 3], [3, 5], [], [], [], []],
  ];
  for (const [epoch, ids] of absent.entries()) if (epoch !== 9) all.record(epoch, ids);
  const about =
    "P-60, P-62: levels rise by 24 and fall by 1, above 48 a node is listed, a decommission sets 48 and it is " +
    "kept on return; an epoch without record judges nobody";
  return { name: "absences", about, chain, until: endOf(absent.length + 1) };
}

function showings(): HistoryCase {
  const chain = new ReportChain(8);
  const all = new Reporting(chain);
  chain.now = endOf(0) - 1;
  chain.exit(8);
  all.record(0, [3, 4, 5, 6, 7]);
  chain.now += 1;
  const late = chain.register();
  chain.show(0, [3]);
  // Part of a block, so it counts for nobody; then whole blocks with one more; then somebody whom the epoch does not
  // judge.
  chain.show(0, [1, 4]);
  chain.show(0, [1, 2, 3, 4]);
  chain.show(0, [5, 8]);
  chain.show(0, [5, late]);
  chain.show(0, [3, 4]);
  chain.now = endOf(0) + 60;
  chain.exit(7);
  chain.show(0, [6, 7]);
  chain.now = endOf(1) - 1;
  chain.show(0, [5]);
  for (let epoch = 1; epoch < 4; epoch++) all.record(epoch, [5]);
  const about =
    "P-39, P-56, P-59: showings singly, of whole blocks with more, of part of a block, of nodes that the epoch " +
    "does not judge, of one that exited since, and in the last second";
  return { name: "showings", about, chain, until: endOf(5) };
}

function laterPayable(): HistoryCase {
  const chain = new ReportChain(4);
  const all = new Reporting(chain);
  all.record(0, [3, 4], { by: 901 });
  chain.now += 5;
  chain.record(0, [1, 2, 3], { by: 902 });
  all.record(1, [4], { by: 901, isPayable: true });
  all.record(2, [2, 4], { by: 903 });
  all.record(3, [], { by: 901 });
  chain.now += 1;
  chain.record(2, [1, 2, 3, 4], { by: 901 });
  chain.now = endOf(4) - 1;
  chain.record(3, [1, 2, 3], { by: 902 });
  for (let epoch = 4; epoch < 8; epoch++) all.record(epoch, [4], { by: 1, isPayable: epoch % 2 === 0 });
  const about =
    "P-37, P-39, P-40, P-56, P-63: first records that are payable at once, later ones an epoch after, who is " +
    "present by them, and the bounties of all, one to a node's own beneficiary";
  return { name: "later-payable", about, chain, until: endOf(9) };
}

function silence(): HistoryCase {
  const chain = new ReportChain(4);
  const all = new Reporting(chain);
  for (let epoch = 0; epoch < 9; epoch++) {
    all.record(epoch, [3, 4]);
    if (epoch === 5) chain.emit({ type: "nodes-dropped", ids: [3, 4] });
    if (epoch === 6) {
      chain.emit({ type: "nodes-restored", ids: [3] });
      chain.emit({ type: "nodes-heard", ids: [3] });
    }
    if (epoch === 7) chain.show(epoch, [4]);
  }
  chain.now = startOf(9) + 70;
  chain.exit(4);
  const about =
    "P-110 to P-112: decommissioned nodes are dropped from the floor, contest, are shown, and one is liquidated";
  return { name: "silence", about, chain, until: endOf(11) };
}

function emergency(): HistoryCase {
  const chain = new ReportChain(6);
  const all = new Reporting(chain);
  const pending = chain.register(false, { feeBps: 42, contributors: parts(30, 1n, 2n, 3n) });
  all.record(0);
  chain.now = startOf(4) + 10;
  chain.decommission([1, 2, 3, 4, 5, 6]);
  chain.activate([pending, 2]);
  for (let epoch = 5; epoch < 11; epoch++) all.record(epoch, [3]);
  const about = "P-42: after epochs without record everybody is decommissioned and others are activated, without caps";
  return { name: "emergency", about, chain, until: endOf(12) };
}

function many(): HistoryCase {
  const chain = new ReportChain(1);
  const all = new Reporting(chain);
  for (let i = 0; i < 70; i++) chain.register(false, { feeBps: i, contributors: parts(i, BigInt(1_000 + i)) });
  for (let epoch = 0; epoch < 5; epoch++) all.record(epoch, epoch === 4 ? [70, 71] : []);
  const about = "P-62: seventy nodes have three presences, and a list ends after 64 ids; the others are listed next";
  return { name: "many", about, chain, until: endOf(6) };
}

/** Everything at once, drawn by a small generator that is written here so that nothing else can change it. */
function drawn(seed: number): HistoryCase {
  let value = seed;
  const below = (n: number): number => {
    value = (value * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((value / 2_147_483_648) * n);
  };
  const chain = new ReportChain((before) => {
    for (let i = 0; i < 6; i++) {
      const stakes = Array.from({ length: 1 + below(5) }, () => BigInt(1 + below(1_000_000)) * 1_000_003n);
      before.register(true, { feeBps: below(10_001), contributors: parts(1 + 5 * i, ...stakes) });
    }
  });
  const all = new Reporting(chain);
  const unlocks = new Map<NodeId, number>();
  const epochs = 24;
  for (let epoch = 0; epoch < epochs; epoch++) {
    chain.now = Math.max(chain.now, startOf(epoch) + 20 + below(60));
    const id = 1 + below(chain.states.size);
    const state = chain.states.get(id);
    const what = below(8);
    if (what === 0) chain.fund(BigInt(below(1_000_000)) * 10n ** 9n);
    if (what === 1)
      chain.register(false, { feeBps: below(3_000), contributors: parts(60 + epoch, BigInt(1 + below(9))) });
    if (what === 2 && state !== "exited") {
      unlocks.set(id, unlocks.get(id) ?? chain.now + 150);
      chain.leave(id, unlocks.get(id) as number);
    }
    if (what === 3 && id > 3) chain.exit(id);
    if (below(5) === 0) continue;
    const absent = [...chain.states.keys()].filter((one) => one > 1 && below(4) === 0);
    all.record(epoch, absent, { isPayable: below(3) === 0, by: 900 + below(3) });
    chain.now += 1 + below(10);
    const shown = absent.filter(() => below(2) === 0);
    if (shown.some((one) => chain.states.get(one) !== "exited")) chain.show(epoch, shown);
    if (chain.isRecorded(epoch - 1) && !chain.isPayable(epoch - 1) && below(2) === 0)
      chain.record(
        epoch - 1,
        [1, 2, 3].filter((one) => chain.states.get(one) !== "exited"),
      );
  }
  return { name: `drawn-${seed}`, about: "everything at once, drawn at random", chain, until: endOf(epochs + 1) };
}

export function historyCases(): HistoryCase[] {
  const named = [seeded, nobodyActive, registrations, leaving, deposits, absences, showings, laterPayable, silence];
  return [...named, emergency, many].map((make) => make()).concat([1, 2, 3, 4].map(drawn));
}
