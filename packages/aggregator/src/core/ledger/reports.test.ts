/** Bounties (P-63) and payable roots (P-40) as the ledger keeps them. */
import { describe, expect, it } from "vitest";
import { address, endOf, ReportChain, startOf } from "../../../test/support/reportChain.ts";
import { Credits } from "./credits.ts";
import { releasedAt } from "./emission.ts";
import { amountAt, emptyLedger, type LedgerState } from "./ledger.ts";
import { takeBounties } from "./reports.ts";

const A = 901;
const B = 902;

/** What the pool of the chain releases in an epoch. */
function emissionOf(chain: ReportChain, epoch: number): bigint {
  const [pool] = chain.events.filter((event) => event.type === "pool-settled");
  if (pool === undefined) throw new Error("no pool");
  return releasedAt(pool, endOf(epoch)) - releasedAt(pool, startOf(epoch));
}

const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((total, amount) => total + amount, 0n);
const owedAt = (state: LedgerState, epoch: number, to: number): bigint => amountAt(state, epoch, address(to)) ?? -1n;

describe("P-63: the bounty", () => {
  it("P-63 the worked example: 1,000 for a record that is both, 500 for a later one, 998,510 is left", () => {
    const { uptime } = emptyLedger();
    uptime.bounties = [address(A), address(A), address(B)];
    const credits = new Credits(0, null);
    const total = takeBounties(uptime, 1_000_003n, credits);
    expect([...credits.amounts]).toEqual([
      [address(A), 1_000n],
      [address(B), 500n],
    ]);
    expect(1_000_003n + 7n - total).toBe(998_510n);
    expect(uptime.bounties).toEqual([]);
  });

  it("P-63 is paid at the close of the epoch of the record's block, out of that epoch's emission", () => {
    const chain = new ReportChain(2);
    chain.now = endOf(0) + 1;
    chain.record(0, [1, 2], { by: A });
    chain.now = endOf(1) + 1;
    chain.record(1, [1, 2], { by: B, isPayable: true });
    chain.record(0, [1, 2], { by: A });
    const state = chain.fold(endOf(2));
    const bounty = (epoch: number): bigint => (emissionOf(chain, epoch) * 5n) / 10_000n;
    expect(bounty(1)).toBeGreaterThan(0n);
    expect([owedAt(state, 0, A), owedAt(state, 1, A), owedAt(state, 2, A)]).toEqual([
      0n,
      bounty(1),
      bounty(1) + bounty(2),
    ]);
    expect(owedAt(state, 2, B)).toBe(2n * bounty(2));
  });

  it("P-55, P-63 what is owed and carried is what was released, with bounties and without anybody active", () => {
    const chain = new ReportChain(2);
    for (let epoch = 0; epoch < 4; epoch++) {
      chain.now = endOf(epoch) + 1;
      chain.record(epoch, [1, 2], { by: A + epoch, isPayable: epoch % 2 === 0 });
      chain.now += 1;
      if (epoch === 1) chain.decommission([1, 2]);
      if (epoch === 2) chain.activate([1]);
    }
    for (let epoch = 0; epoch < 6; epoch++) {
      const state = chain.fold(endOf(5));
      expect(sum(state.owed.values()) + state.carry).toBe(state.releasedAtOpen);
    }
    expect(owedAt(chain.fold(endOf(5)), 5, A + 3)).toBeGreaterThan(0n);
  });
});

describe("P-40: payable roots", () => {
  it("P-40 the last eight are kept, with their numbers", () => {
    const chain = new ReportChain(2);
    for (let epoch = 0; epoch < 10; epoch++) {
      chain.now = endOf(epoch) + 1;
      chain.record(epoch, [1, 2], { isPayable: epoch !== 3 });
    }
    const { payableRoots } = chain.fold(endOf(10)).uptime;
    expect(payableRoots.map(({ epoch, rootIndex }) => [epoch, rootIndex])).toEqual([
      [1, 1],
      [2, 2],
      [4, 3],
      [5, 4],
      [6, 5],
      [7, 6],
      [8, 7],
      [9, 8],
    ]);
  });
});
