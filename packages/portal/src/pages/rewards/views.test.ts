import type { LedgerLine } from "@quorate/common";
import { quorateError } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { dotsOf } from "./dots.ts";
import { COLOURS, COLUMNS_MAX, recomputeLine, stacked, viewOf } from "./earningsView.ts";
import { etherText } from "./ether.ts";
import { paymentsCsv } from "./paymentsCsv.ts";
import { closeOf, nextClose } from "./schedule.ts";
import { troubleOf } from "./trouble.ts";

const line = (epoch: number, node: number | null, amount: bigint): LedgerLine => {
  const parts = { activeSeconds: 20, nodeReward: amount, fee: 0n, share: amount, dust: 0n, bounty: 0n };
  return { epoch, node, amount, ...parts };
};

describe("earnings by epoch and node", () => {
  it("a column for each epoch, a series for each node, and every unit is in one of them", async () => {
    const { columns } = await viewOf([line(2, 1, 5n), line(2, 2, 7n), line(4, 1, 5n)]);
    expect(columns).toEqual({
      epochs: [2, 3, 4],
      width: 1,
      nodes: [1, 2],
      amounts: [
        [5n, 0n, 5n],
        [7n, 0n, 0n],
      ],
    });
    expect(stacked(columns).map((row) => row.map((tokens) => Math.round(tokens * 1e9)))).toEqual([
      [5, 0, 5],
      [12, 0, 5],
    ]);
  });

  it("ten years of epochs share a bounded number of columns, and many nodes one colour; nothing is lost", async () => {
    const lines = Array.from({ length: 5_000 }, (_, epoch) => line(epoch, epoch % 20, 9_007_199_254_740_993n));
    const { sums, columns } = await viewOf(lines);
    const { epochs, nodes, amounts, width } = columns;
    expect(epochs.length).toBeLessThanOrEqual(COLUMNS_MAX);
    expect(epochs.length * width).toBeGreaterThanOrEqual(5_000);
    expect(nodes).toHaveLength(COLOURS + 1);
    expect(amounts.flat().reduce((sum, amount) => sum + amount)).toBe(5_000n * 9_007_199_254_740_993n);
    expect(sums.reduce((sum, { amount }) => sum + amount, 0n)).toBe(5_000n * 9_007_199_254_740_993n);
  });

  it("no lines are no columns", async () =>
    expect((await viewOf([])).columns).toMatchObject({ epochs: [], nodes: [], amounts: [] }));

  it("the command that recomputes it names everything it needs", () => {
    const facts = { rpc: ["http://127.0.0.1:8545"], contract: "0xc0" };
    expect(recomputeLine(facts, "0xaa", 7)).toBe(
      "quorate ledger recompute --rpc http://127.0.0.1:8545 --contract 0xc0 --epoch 7 --recipient 0xaa",
    );
  });
});

describe("the file of payments", () => {
  it("has ISO dates in UTC, exact tokens, and a line for each payment (RFC 4180)", () => {
    const payment = { amount: 1n, lifetime: 9_007_199_254_740_993_000_000_001n, transaction: "0xef", block: 12 };
    expect(paymentsCsv([{ ...payment, timestamp: 1_767_225_603 }])).toBe(
      "time,amount,lifetime,transaction,block\r\n" +
        "2026-01-01T00:00:03.000Z,0.000000001,9007199254740993.000000001,0xef,12\r\n",
    );
    expect(paymentsCsv([])).toBe("time,amount,lifetime,transaction,block\r\n");
  });
});

describe("when more is added", () => {
  it("at the close of the epoch that runs, and never in the past", () => {
    const schedule = { genesis: 100, epochSeconds: 20 };
    expect([50, 100, 119, 120, 121].map((now) => nextClose(schedule, now))).toEqual([120, 120, 120, 140, 140]);
    expect(closeOf(schedule, 0)).toBe(120);
  });
});

describe("what a claim costs", () => {
  it("is rounded up to six digits and never shown as less than it is", () => {
    expect([0n, 1n, 157_134_000_000_001n, 10n ** 18n].map(etherText)).toEqual([
      "0",
      "0.000000000000000001",
      "0.000157135",
      "1",
    ]);
  });
});

describe("the nodes of a signing round", () => {
  it("keep their places while they light up", () => {
    const ids = (signers: number[], missing: number[]) => dotsOf({ signers, missing }).map(({ id }) => id);
    expect(ids([3], [1, 2])).toEqual(ids([2, 3, 1], []));
    expect(dotsOf({ signers: [2], missing: [1] })).toEqual([
      { id: 1, hasSigned: false },
      { id: 2, hasSigned: true },
    ]);
  });
});

describe("what went wrong, in plain words", () => {
  it("by code, by the contract's own error, and by the wallet's no", () => {
    const reverted = (error: string) => quorateError("TRANSACTION_REVERTED", { call: "claim", error });
    const cases = [
      [quorateError("WALLET_REFUSED", {}), "declined"],
      [{ code: 4001 }, "declined"],
      // P-147: the first of two transactions is mined, and the person says no to the second.
      [quorateError("WALLET_REFUSED", { recordedBy: ["0xef"] }), "declinedLater"],
      [quorateError("CLAIM_ABOVE_LIMIT", { amount: 2n, left: 1n }), "limit"],
      [quorateError("CHAIN_WRONG_ID", { found: 1n, expected: 2n }), "wrongChain"],
      [quorateError("AGENT_UNREACHABLE", { url: "x" }), "noAgent"],
      [quorateError("QUORUM_NOT_REACHED", {}), "noQuorum"],
      [quorateError("BUNDLE_BAD_SIGNATURE", {}), "spoiled"],
      [reverted("ClaimLimitExceeded(5, 1)"), "limit"],
      [reverted("NothingToClaim()"), "used"],
      [reverted("SomethingNew()"), "other"],
      [quorateError("CHAIN_PROVIDER_FAILED", { reason: "insufficient funds for gas * price + value" }), "noGas"],
      [new Error("what"), "other"],
    ] as const;
    for (const [error, trouble] of cases) expect(troubleOf(error), String(error)).toBe(trouble);
  });
});
