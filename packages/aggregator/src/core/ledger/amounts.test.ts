import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EPOCH_SECONDS, foldAll, histories, lastTimestamp } from "../../../test/support/ledgerHistory.ts";
import { amountsAt, changesOf, totalOwedAt } from "./amounts.ts";
import { amountAt } from "./ledger.ts";

describe("amounts for a tree (P-41)", () => {
  it("property: everyone's at an epoch's close, those that changed in it, and their sum", () => {
    fc.assert(
      fc.property(histories, (events) => {
        const state = foldAll(events, lastTimestamp(events) + 3 * EPOCH_SECONDS);
        for (const { epoch } of state.closed) {
          const amounts = new Map(amountsAt(state, epoch));
          for (const recipient of state.owed.keys()) {
            expect(amounts.get(recipient) ?? 0n).toBe(amountAt(state, epoch, recipient));
          }
          expect([...amounts.values()].reduce((sum, amount) => sum + amount, 0n)).toBe(totalOwedAt(state, epoch));
          const before = new Map(epoch > (state.closed[0]?.epoch ?? 0) ? amountsAt(state, epoch - 1) : []);
          for (const [recipient, amount] of changesOf(state, epoch)) before.set(recipient, amount);
          if (before.size > 0 && epoch > (state.closed[0]?.epoch ?? 0)) expect(before).toEqual(amounts);
        }
        expect(totalOwedAt(state, 1_000)).toBeNull();
        expect(changesOf(state, 1_000)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
