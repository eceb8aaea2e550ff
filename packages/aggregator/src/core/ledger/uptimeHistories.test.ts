/**
 * What honest nodes, groups and silent ones come to in random histories of records and showings (P-56, P-59 to P-62).
 */
import type { NodeId } from "@quorate/common";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ledgerOf } from "../../../test/support/ledgerDisk.ts";
import { address, admit, endOf, headAt, type Lists, ReportChain, startOf } from "../../../test/support/reportChain.ts";
import { type LedgerRecord, restoreLedger, takeRecord } from "./checkpoint.ts";
import { advanceLedger, amountAt, emptyLedger } from "./ledger.ts";
import { reportLists } from "./uptime.ts";

const range = (from: NodeId, to: NodeId): NodeId[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** What happens in one epoch of a random history. */
interface Step {
  readonly absent: readonly NodeId[];
  readonly isRecorded: boolean;
  readonly isPayable: boolean;
  /** Of those absent, who are shown, in these sets. */
  readonly shown: readonly (readonly NodeId[])[];
  readonly event: "none" | "register" | "exit" | "leave" | "emergency" | "fund";
  readonly id: NodeId;
  readonly after: number;
}

const NODES = 8;
const anyId = fc.integer({ min: 1, max: NODES + 2 });
const step: fc.Arbitrary<Step> = fc.record({
  absent: fc.uniqueArray(anyId, { maxLength: 5 }),
  isRecorded: fc.constantFrom(true, true, true, true, false),
  isPayable: fc.boolean(),
  shown: fc.array(fc.uniqueArray(anyId, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
  event: fc.constantFrom<Step["event"][]>("none", "none", "register", "exit", "leave", "emergency", "fund"),
  id: anyId,
  after: fc.integer({ min: 3, max: 90 }),
});
const steps = fc.array(step, { minLength: 3, maxLength: 30 });

interface Cast {
  /** Never absent, and nothing but reports happens to them. */
  readonly isHonest?: (id: NodeId) => boolean;
  /** Epochs in each of which a node registers that never signs. */
  readonly silentIn?: readonly number[];
}

/** Plays a history by what the ledger lists: reports carry its lists, and the chain applies them. */
function play(history: readonly Step[], { isHonest = () => false, silentIn = [] }: Cast = {}) {
  const chain = new ReportChain(NODES);
  const state = emptyLedger();
  const lists: Lists[] = [];
  let read = 0;
  const advance = (until: number): void => {
    advanceLedger(state, chain.events.slice(read), headAt(until), admit);
    read = chain.events.length;
  };
  const unlocks = new Map<NodeId, number>();
  const silent = new Set<NodeId>();
  const known = (id: NodeId): boolean => chain.states.has(id) && chain.states.get(id) !== "exited";
  for (const [epoch, { absent, isRecorded, isPayable, shown, event, id, after }] of history.entries()) {
    // The record of the epoch before stands at most at 2 s of this one.
    chain.now = Math.max(chain.now, startOf(epoch) + after);
    for (const one of silentIn) if (one === epoch) silent.add(chain.register());
    if (event === "register" && chain.states.size < NODES + 2) chain.register();
    if (event === "fund") chain.fund(10n ** 12n);
    if (known(id) && !isHonest(id)) {
      if (event === "exit") chain.exit(id);
      if (event === "emergency") chain.decommission([id]);
      if (event === "leave") {
        unlocks.set(id, unlocks.get(id) ?? chain.now + 300);
        chain.leave(id, unlocks.get(id) as number);
      }
    }
    advance(endOf(epoch));
    const own = reportLists(state, epoch) as Lists;
    lists.push(own);
    if (!isRecorded) continue;
    chain.now = endOf(epoch);
    const present = [...chain.states.keys()].filter(
      (one) => known(one) && !silent.has(one) && (!absent.includes(one) || isHonest(one)),
    );
    if (present.length === 0) continue;
    chain.record(epoch, present, { isPayable, lists: own });
    chain.now += 1;
    for (const set of shown) if (set.some(known) && set.every((one) => chain.states.has(one))) chain.show(epoch, set);
    if (epoch > 0 && chain.isRecorded(epoch - 1) && !chain.isPayable(epoch - 1)) chain.record(epoch - 1, present);
  }
  advance(endOf(history.length));
  return { chain, state, lists };
}

describe("random histories", () => {
  it("P-50, P-56, P-59: folding by event, in chunks, over a checkpoint or as a whole gives the same", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), (history, size) => {
        const { chain, state } = play(history);
        const until = endOf(history.length);
        expect(chain.fold(until)).toEqual(state);
        const records: LedgerRecord[] = [];
        let chunked = restoreLedger(null);
        for (let i = 0; i < chain.events.length; i += size) {
          const chunk = chain.events.slice(i, i + size);
          advanceLedger(chunked, chunk, headAt(chunk.at(-1)?.timestamp ?? 0), admit);
          records.push(takeRecord(chunked));
          chunked = restoreLedger(ledgerOf(records));
        }
        advanceLedger(chunked, [], headAt(until), admit);
        expect({ ...chunked, journal: null }).toEqual(state);
      }),
      { numRuns: 60 },
    );
  });

  it("P-60, P-62: who is present in every judged epoch is never listed for decommission", () => {
    const seen = { listed: 0, activated: 0 };
    fc.assert(
      fc.property(steps, (history) => {
        const isHonest = (id: NodeId): boolean => id <= 3;
        const { chain, lists } = play(history, { isHonest });
        for (const { activate, decommission } of lists) {
          expect(decommission.filter(isHonest)).toEqual([]);
          seen.listed += decommission.length;
          seen.activated += activate.length;
        }
        for (const id of range(1, 3)) expect(chain.states.get(id)).toBe("active");
      }),
      { numRuns: 100 },
    );
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(20);
  });

  it("P-60: two groups that take turns at being absent are caught, all of them", () => {
    const turns = fc.record({ period: fc.integer({ min: 1, max: 12 }), offset: fc.nat({ max: 11 }) });
    fc.assert(
      fc.property(turns, ({ period, offset }) => {
        const groups = [
          [3, 4],
          [5, 6],
        ];
        const history = Array.from({ length: 80 }, (_, epoch): Step => {
          const absent = groups[Math.floor((epoch + offset) / period) % 2] as NodeId[];
          return { absent, isRecorded: true, isPayable: false, shown: [], event: "none", id: 1, after: 3 };
        });
        const caught = new Set(play(history).lists.flatMap(({ decommission }) => decommission));
        expect([...caught].sort()).toEqual([3, 4, 5, 6]);
      }),
      { numRuns: 40 },
    );
  });

  it("P-59, P-62: nodes that register and stay silent change nothing for the others", () => {
    const ours = range(1, NODES);
    const isOurs = (id: NodeId): boolean => id <= NODES;
    // Without the registrations that the steps draw, whose ids would follow on the silent ones'.
    const withoutNewcomers = steps.map((history) =>
      history.map((one): Step => {
        const shown = one.shown.map((set) => set.filter(isOurs));
        return { ...one, shown, event: one.event === "register" || !isOurs(one.id) ? "none" : one.event };
      }),
    );
    fc.assert(
      fc.property(
        withoutNewcomers,
        fc.array(fc.nat({ max: 29 }), { minLength: 1, maxLength: 6 }),
        (history, silentIn) => {
          const [plain, crowded] = [play(history), play(history, { silentIn })];
          expect(crowded.lists).toEqual(plain.lists);
          const last = history.length;
          for (const id of ours) {
            expect(crowded.state.uptime.nodes.get(id)).toEqual(plain.state.uptime.nodes.get(id));
            expect(amountAt(crowded.state, last, address(id))).toBe(amountAt(plain.state, last, address(id)));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
