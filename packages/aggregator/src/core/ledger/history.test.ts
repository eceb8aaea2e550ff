/** A whole history, epoch by epoch, and the lines that add up to an amount. */
import type { Address, LedgerLine } from "@quorate/common";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  address,
  admit,
  EPOCH_SECONDS,
  foldAll,
  folded,
  headAt,
  histories,
  lastTimestamp,
} from "../../../test/support/ledgerHistory.ts";
import { endOf, ReportChain } from "../../../test/support/reportChain.ts";
import type { ChainEvent } from "./events.ts";
import { copyLedger, foldHistory } from "./history.ts";
import { amountAt, emptyLedger, type LedgerState } from "./ledger.ts";
import { LineCollector } from "./lines.ts";

/** What one recipient is credited, line by line, and the state at the end. */
function explained(events: readonly ChainEvent[], until: number, recipient: Address, only: Address | null = null) {
  const state = emptyLedger();
  const collector = new LineCollector(recipient);
  const closed: number[] = [];
  const observer = { observe: collector.observe, only };
  for (const step of foldHistory(state, events, headAt(until), { admit, observer }))
    if (step.closed !== null) closed.push(step.closed);
  return { state, closed, lines: collector.take() };
}

const sumOf = (lines: readonly LedgerLine[]): bigint => lines.reduce((sum, { amount }) => sum + amount, 0n);
const owedTo = (state: LedgerState, to: Address): bigint => state.owed.get(to) ?? 0n;

/** Three nodes, of which the third is shown late and decommissioned; the records' submitter owns no node. */
function reported(): ReportChain {
  const chain = new ReportChain(3);
  for (let epoch = 0; epoch < 8; epoch++) {
    chain.now = endOf(epoch) + 1;
    chain.record(epoch, [1, 2], { by: 900 + (epoch % 2), isPayable: epoch === 3 });
    if (epoch === 5) chain.decommission([3]);
  }
  return chain;
}

describe("P-50: a history folded epoch by epoch", () => {
  it("property: is the history folded at once, and stops at every close, in order", () => {
    fc.assert(
      fc.property(histories, fc.nat({ max: 3 }), (events, further) => {
        const until = lastTimestamp(events) + further * EPOCH_SECONDS;
        const { state, closed } = explained(events, until, address(1));
        expect(folded(state)).toEqual(folded(foldAll(events, until)));
        expect(closed).toEqual(Array.from({ length: state.openEpoch }, (_, epoch) => epoch));
      }),
      { numRuns: 60 },
    );
  });

  it("property: folded for one recipient it has the same lines, and all but verdicts and the others' amounts is the same", () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(1, 50, 55, 61, 999), (events, number) => {
        const [until, recipient] = [lastTimestamp(events) + EPOCH_SECONDS, address(number)];
        const all = explained(events, until, recipient);
        const one = explained(events, until, recipient, recipient);
        expect(one.lines).toEqual(all.lines);
        expect([...one.state.owed]).toEqual([...all.state.owed].filter(([to]) => to === recipient));
        const rest = ({ totalOwed, carry, nodes, openEpoch, uptime }: LedgerState) => {
          const { nodes: _judged, lists: _lists, ...reports } = uptime;
          return { totalOwed, carry, nodes, openEpoch, reports };
        };
        expect(rest(one.state)).toEqual(rest(all.state));
      }),
      { numRuns: 60 },
    );
  });

  it("a copy stays as it is while the original is folded on", () => {
    const { events } = reported();
    const state = emptyLedger();
    const copies: LedgerState[] = [];
    for (const { closed } of foldHistory(state, events, headAt(endOf(9)), { admit }))
      if (closed !== null) copies.push(copyLedger(state));
    expect(copies).toHaveLength(10);
    for (const [epoch, copy] of copies.entries()) {
      const before = events.filter(({ timestamp }) => timestamp < endOf(epoch));
      const { head: _head, ...expected } = folded(foldAll(before, endOf(epoch)));
      const { head: _other, ...found } = folded(copy);
      expect(found).toEqual(expected);
    }
  });
});

describe("P-53, P-54, P-63: the lines of an amount", () => {
  it("property: add up to the amount of every recipient at every close, to the unit", () => {
    let lines = 0;
    fc.assert(
      fc.property(histories, (events) => {
        const until = lastTimestamp(events) + 2 * EPOCH_SECONDS;
        const whole = foldAll(events, until);
        for (const [recipient, amount] of whole.owed) {
          const found = explained(events, until, recipient);
          expect(sumOf(found.lines)).toBe(amount);
          for (const { epoch } of whole.closed)
            expect(sumOf(found.lines.filter((line) => line.epoch <= epoch))).toBe(amountAt(whole, epoch, recipient));
          for (const { node, fee, share, dust, bounty, amount: all } of found.lines)
            expect([node === null, fee + share + dust + bounty]).toEqual([false, all]);
          lines += found.lines.length;
        }
      }),
      { numRuns: 40 },
    );
    expect(lines).toBeGreaterThan(500);
  });

  it("P-63 a submitter's are its bounties, two for a record that is both", () => {
    const { events } = reported();
    const { lines, state } = explained(events, endOf(9), address(901));
    expect(lines.map(({ epoch, node }) => [epoch, node])).toEqual([2, 4, 6, 8].map((epoch) => [epoch, null]));
    expect(lines.every(({ amount, bounty }) => amount === bounty && bounty > 0n)).toBe(true);
    expect((lines[1] as LedgerLine).bounty / (lines[0] as LedgerLine).bounty).toBe(1n);
    expect(sumOf(lines)).toBe(owedTo(state, address(901)));
  });

  it("P-53 a node's say for how many seconds it was active, and what it earned then", () => {
    const { events } = reported();
    const { lines } = explained(events, endOf(9), address(3));
    expect(lines.map(({ epoch, node, activeSeconds }) => [epoch, node, activeSeconds])).toEqual([
      ...[0, 1, 2, 3, 4, 5].map((epoch) => [epoch, 3, EPOCH_SECONDS]),
      [6, 3, 1],
    ]);
    expect(lines.every(({ nodeReward, share, dust }) => share + dust === nodeReward)).toBe(true);
  });
});
