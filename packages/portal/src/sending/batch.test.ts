import type { ReadyCall } from "@quorate/client";
import { describe, expect, it } from "vitest";
import { batches, batchQuestion, batchState, canBatch, sendBatch, untilBatchMined } from "./batch.ts";

const ACCOUNT = `0x${"a1".repeat(20)}` as const;
const TO = `0x${"b2".repeat(20)}` as const;
const HASH = `0x${"c3".repeat(32)}`;
const call = (what: string): ReadyCall => ({ what, to: TO, data: "0x1234", from: ACCOUNT });

describe("several calls as one (EIP-5792)", () => {
  it("only where the wallet says that it does all or nothing on this chain, and only for several calls", () => {
    const can = (status: string) => ({ "0x7a69": { atomic: { status } } });
    expect(batches(can("supported"), 31_337n, 2)).toBe(true);
    expect(batches(can("ready"), 31_337n, 2)).toBe(true);
    expect(batches({ "0x0": { atomic: { status: "supported" } } }, 1n, 2)).toBe(true);
    expect(batches(can("unsupported"), 31_337n, 2)).toBe(false);
    expect(batches(can("supported"), 1n, 2)).toBe(false);
    expect(batches(can("supported"), 31_337n, 1)).toBe(false);
    for (const odd of [null, 7, "yes", {}, { "0x7a69": {} }, { "0x7a69": { atomic: true } }]) {
      expect(batches(odd, 31_337n, 2)).toBe(false);
    }
  });

  it("a wallet that knows no such question is asked singly", async () => {
    const wallet = { request: () => Promise.reject({ code: -32_601, message: "method not found" }) };
    expect(await canBatch(wallet, ACCOUNT, 31_337n, 2)).toBe(false);
  });

  it("the question asks for all or nothing, and carries the calls as they were planned", () => {
    expect(batchQuestion(ACCOUNT, 31_337n, [call("approve"), call("contribute")])).toEqual({
      version: "2.0.0",
      from: ACCOUNT,
      chainId: "0x7a69",
      atomicRequired: true,
      calls: [
        { to: TO, data: "0x1234", value: "0x0" },
        { to: TO, data: "0x1234", value: "0x0" },
      ],
    });
  });

  it("what became of it: only 200 with hashes is mined", () => {
    const receipts = [{ transactionHash: HASH }, { transactionHash: HASH }];
    expect(batchState({ status: 100 })).toEqual({ step: "pending" });
    expect(batchState(null)).toEqual({ step: "pending" });
    expect(batchState({ status: 200, receipts })).toEqual({ step: "mined", hashes: [HASH] });
    expect(batchState({ status: 200 })).toEqual({ step: "failed", status: 200, hashes: [] });
    for (const status of [400, 500, 600]) expect(batchState({ status, receipts })).toMatchObject({ step: "failed" });
  });

  it("a batch that was reverted is a coded failure with its transaction", async () => {
    const answers: Record<string, unknown> = {
      wallet_sendCalls: { id: "0xbeef" },
      wallet_getCallsStatus: { status: 500, receipts: [{ transactionHash: HASH }] },
    };
    const wallet = { request: async ({ method }: { method: string }) => answers[method] };
    const id = await sendBatch(wallet, ACCOUNT, 31_337n, [call("approve"), call("contribute")]);
    expect(id).toBe("0xbeef");
    await expect(untilBatchMined(wallet, id)).rejects.toMatchObject({
      code: "BATCH_FAILED",
      values: { batch: "0xbeef", status: 500, transactions: HASH },
    });
  });
});
