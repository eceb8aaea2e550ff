import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BPS,
  deriveIdLists,
  hasMoneyQuorum,
  hasReportQuorum,
  MONEY_QUORUM_BPS,
  meetsBps,
  type NodeView,
  REPORT_QUORUM_BPS,
  stakeSigned,
} from "./quorum.ts";
import { Signers } from "./signers.ts";
import type { NodeState } from "./types.ts";

const blsKey = new Uint8Array(96);
const node = (id: number, state: NodeState, stake = 100n, silent = false): NodeView => ({
  id,
  state,
  silent,
  stake,
  blsKey,
});
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const active = (count: number) => range(1, count).map((id) => node(id, "active"));

const anyNodes = fc
  .array(
    fc.record({
      state: fc.constantFrom<NodeState>("pending", "active", "decommissioned", "exited"),
      stake: fc.bigInt({ min: 1n, max: 1n << 80n }),
      silent: fc.boolean(),
    }),
    { maxLength: 40 },
  )
  .map((list) =>
    list.map(({ state, stake, silent }, i) => node(i + 1, state, stake, silent && state === "decommissioned")),
  );
const anySigners = fc.uniqueArray(fc.integer({ min: 1, max: 45 }), { maxLength: 45 }).map((ids) => Signers.of(ids));

describe("quorum (P-24)", () => {
  it("23 of 24 equal stakes move money, 22 of 24 do not", () => {
    expect(hasMoneyQuorum(stakeSigned(Signers.of(range(1, 23)), active(24)))).toBe(true);
    expect(hasMoneyQuorum(stakeSigned(Signers.of(range(1, 22)), active(24)))).toBe(false);
  });

  it("95% of 20 equal stakes is 19; below 20 it is unanimity", () => {
    expect(hasMoneyQuorum(stakeSigned(Signers.of(range(1, 19)), active(20)))).toBe(true);
    expect(hasMoneyQuorum(stakeSigned(Signers.of(range(1, 18)), active(19)))).toBe(false);
    expect(hasMoneyQuorum(stakeSigned(Signers.of(range(1, 19)), active(19)))).toBe(true);
  });

  it("16 of 24 equal stakes is below 6667 bps", () => {
    expect(hasReportQuorum(stakeSigned(Signers.of(range(1, 16)), active(24)))).toBe(false);
    expect(hasReportQuorum(stakeSigned(Signers.of(range(1, 17)), active(24)))).toBe(true);
    expect(meetsBps(2n, 3n, REPORT_QUORUM_BPS)).toBe(false);
  });

  it("one atomic unit decides, where floats would not see it", () => {
    const total = 10n ** 30n;
    expect(meetsBps((total * MONEY_QUORUM_BPS) / BPS, total, MONEY_QUORUM_BPS)).toBe(true);
    expect(meetsBps((total * MONEY_QUORUM_BPS) / BPS - 1n, total, MONEY_QUORUM_BPS)).toBe(false);
  });

  it("no active stake is no quorum", () => {
    expect(meetsBps(0n, 0n, 0n)).toBe(false);
    expect(hasMoneyQuorum(stakeSigned(Signers.of([1]), [node(1, "decommissioned")]))).toBe(false);
  });

  it("the floor counts decommissioned stake, signed or not; pending and exited stake never counts", () => {
    const nodes = [node(1, "active", 700n), node(2, "decommissioned", 300n), node(3, "pending"), node(4, "exited")];
    const without = stakeSigned(Signers.of([1, 3, 4]), nodes);
    expect(without).toEqual({
      activeStake: 700n,
      decommissionedStake: 300n,
      signedActive: 700n,
      signedFloor: 700n,
      signedBps: 10_000,
    });
    expect(hasMoneyQuorum(without)).toBe(false);
    expect(hasReportQuorum(without)).toBe(true);
    const withExtra = stakeSigned(Signers.of([1, 2]), nodes);
    expect(withExtra.signedFloor).toBe(1000n);
    expect(hasMoneyQuorum(withExtra)).toBe(true);
  });

  it("P-23, P-24: silent stake is on neither side of the floor, whether or not it signed", () => {
    const nodes = [node(1, "active", 700n), node(2, "decommissioned", 200n), node(3, "decommissioned", 100n, true)];
    for (const signers of [
      [1, 2],
      [1, 2, 3],
    ]) {
      const stake = stakeSigned(Signers.of(signers), nodes);
      expect([stake.decommissionedStake, stake.signedFloor]).toEqual([200n, 900n]);
      expect(hasMoneyQuorum(stake)).toBe(true);
    }
    // Without node 2 the floor holds as soon as that is silent too: 700 of 900 do, and 700 of 1,000 would not.
    const others = [node(1, "active", 700n), node(2, "decommissioned", 300n), node(3, "decommissioned", 100n)];
    expect(hasMoneyQuorum(stakeSigned(Signers.of([1]), others))).toBe(false);
    const dropped = others.map((each) => (each.id === 2 ? { ...each, silent: true } : each));
    expect(hasMoneyQuorum(stakeSigned(Signers.of([1]), dropped))).toBe(true);
  });
});

describe("id lists (P-102)", () => {
  it("name every active node that did not sign and every signer that is not active, ascending", () => {
    const nodes = [node(9, "active"), node(2, "active"), node(4, "pending"), node(5, "exited"), node(7, "active")];
    expect(deriveIdLists(Signers.of([2, 4, 5, 12]), nodes)).toEqual({ nonSigners: [7, 9], extraSigners: [4, 5, 12] });
  });

  it("restore the signers: active − non-signers + extra signers, as the contract adds up its key (P-23)", () => {
    fc.assert(
      fc.property(anyNodes, anySigners, (nodes, signers) => {
        const { nonSigners, extraSigners } = deriveIdLists(signers, nodes);
        const counted = nodes.filter(({ id, state }) => state === "active" && !nonSigners.includes(id));
        expect(Signers.of([...counted.map(({ id }) => id), ...extraSigners]).equals(signers)).toBe(true);
        expect(nonSigners).toEqual(nonSigners.toSorted((a, b) => a - b));
        expect(extraSigners).toEqual(extraSigners.toSorted((a, b) => a - b));
      }),
    );
  });

  it("the stakes are those the contract derives from the lists (P-23)", () => {
    fc.assert(
      fc.property(anyNodes, anySigners, (nodes, signers) => {
        const stake = stakeSigned(signers, nodes);
        const { nonSigners, extraSigners } = deriveIdLists(signers, nodes);
        const sum = (ids: readonly number[], state: NodeState) =>
          nodes
            .filter((n) => ids.includes(n.id) && n.state === state && !n.silent)
            .reduce((total, n) => total + n.stake, 0n);
        expect(stake.signedActive).toBe(stake.activeStake - sum(nonSigners, "active"));
        expect(stake.signedFloor).toBe(stake.signedActive + sum(extraSigners, "decommissioned"));
      }),
    );
  });
});
