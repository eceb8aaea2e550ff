/** Two ledgers compared: the first epoch and the first recipients that differ, whoever the sides are. */
import { type Address, nobleKeccakMany } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { address, EPOCH_SECONDS, GENESIS, headAt, network } from "../../test/support/ledgerHistory.ts";
import type { ChainEvent } from "../core/ledger/events.ts";
import { compareLedgers, type LedgerSide } from "./diff.ts";
import type { LedgerSource } from "./recompute.ts";
import { FoldedSide } from "./sides.ts";

const EPOCHS = 60;
const RECIPIENTS = 40 * 5;

function sourceOf(events: readonly ChainEvent[], epochs = EPOCHS): LedgerSource {
  const domain = { chainId: 1n, verifyingContract: address(1) };
  return { domain, head: headAt(GENESIS + epochs * EPOCH_SECONDS), events: () => events };
}

const sideOf = (events: readonly ChainEvent[], epochs = EPOCHS) =>
  new FoldedSide("a history", sourceOf(events, epochs), nobleKeccakMany);

/** Node 7 asked to leave and earns nothing from the middle of this epoch on, as only one of two histories has it. */
function leavingIn(epoch: number): ChainEvent[] {
  const at = GENESIS + epoch * EPOCH_SECONDS + 50;
  return [
    ...network(40, 5),
    { type: "leave-requested", id: 7, unlocksAt: at, blockNumber: at - 1, logIndex: 0, timestamp: at - 1 },
  ];
}

/** A side that counts what it is asked, and may know no roots. */
function counted(side: LedgerSide, knowsRoots: boolean) {
  const asked = { totals: 0, ranges: 0 };
  const wrapped: LedgerSide = {
    name: side.name,
    lastEpoch: () => side.lastEpoch(),
    async totals(epoch) {
      asked.totals += 1;
      const totals = await side.totals(epoch);
      return knowsRoots ? totals : { ...totals, root: null };
    },
    ranges(epoch, prefix) {
      asked.ranges += 1;
      return side.ranges(epoch, prefix);
    },
  };
  return { side: wrapped, asked };
}

describe("two ledgers", () => {
  it("that are the same: nothing differs, up to the last epoch that both have closed", async () => {
    const events = network(4, 2);
    expect(await compareLedgers([sideOf(events), sideOf(events, 9)])).toEqual({ comparedTo: 8, difference: null });
    expect(await compareLedgers([sideOf(events), sideOf(events, 0)])).toEqual({ comparedTo: -1, difference: null });
  });

  it.each([0, 1, 29, 58, 59])("that part in epoch %i are found to, whatever the snapshots", async (epoch) => {
    const { comparedTo, difference } = await compareLedgers([sideOf(network(40, 5)), sideOf(leavingIn(epoch))]);
    expect([comparedTo, difference?.epoch]).toEqual([EPOCHS - 1, epoch]);
    const [first] = difference?.recipients ?? [];
    // What node 7 does not earn, all others do: the first recipient of all differs.
    expect(first?.recipient).toBe(address(1));
    expect(first?.amounts[1]).toBeGreaterThan(first?.amounts[0] ?? 0n);
    expect(difference?.recipients.length).toBeLessThanOrEqual(RECIPIENTS);
  });

  it("that differ for one recipient: it is named with both amounts by few questions, also without roots", async () => {
    const moved: ChainEvent[] = network(40, 5).map((event) => {
      if (event.type !== "node-registered" || event.id !== 23) return event;
      const [first, ...rest] = event.contributors;
      return { ...event, contributors: [{ ...first, beneficiary: address(0xabcd) } as never, ...rest] };
    });
    const recipient: Address = address(1 + 22 * 5);
    for (const knowsRoots of [true, false]) {
      const [one, other] = [counted(sideOf(network(40, 5)), knowsRoots), counted(sideOf(moved), true)];
      const { difference } = await compareLedgers([one.side, other.side]);
      // Sums are the same in every epoch; who has them is not.
      expect(difference?.totals[0].totalOwed).toBe(difference?.totals[1].totalOwed);
      expect(difference?.epoch).toBe(0);
      expect(difference?.recipients).toEqual([{ recipient, amounts: [expect.any(BigInt), 0n] }]);
      expect(one.asked.totals).toBeLessThan(10);
      expect(one.asked.ranges).toBeLessThan(knowsRoots ? 6 : 14);
    }
  });
});
