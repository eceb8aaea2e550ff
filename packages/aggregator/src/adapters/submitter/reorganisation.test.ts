import type { Hex } from "@quorate/common";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestChain } from "../../../test/support/chain.ts";
import { Bench, sendElsewhere } from "./testing/bench.ts";
import { callOf, REFUSAL, startGround, walletOf } from "./testing/ground.ts";

let chain: TestChain;
let bench: Bench;
let snapshot: unknown;

beforeAll(async () => {
  chain = await startGround();
});

beforeEach(async () => {
  snapshot = await chain.rpc("evm_snapshot");
  bench = new Bench(chain, walletOf(2));
});

afterEach(async () => {
  await bench.close();
  await chain.rpc("anvil_dropAllTransactions");
  await chain.mine(1);
});

afterAll(async () => chain?.stop());

/** All blocks since the test began are gone, as if they had never been. */
async function reorganise(): Promise<void> {
  await chain.rpc("evm_revert", snapshot);
  await chain.rpc("anvil_dropAllTransactions");
}

/** Sends a call and sees it included; its hash. */
async function land(n: number): Promise<Hex> {
  const outcome = bench.submitter.submit(callOf(n));
  await bench.settled();
  await chain.mine(1);
  const included = await bench.outcome(outcome);
  if (included.kind !== "included") throw new Error(included.kind);
  return included.txHash;
}

describe("an included transaction whose block is gone", () => {
  it("is sent again, the very same bytes, and the status says so", async () => {
    const txHash = await land(1);
    await reorganise();
    await chain.mine(1);
    await bench.look();
    expect(await bench.pending()).toMatchObject([{ hash: txHash }]);
    expect(bench.submitter.status()).toMatchObject({ reorganised: 1, unfinalised: 0, inFlight: { txHash } });
    await chain.mine(1);
    await bench.look();
    expect(bench.submitter.status()).toMatchObject({
      inFlight: null,
      unfinalised: 1,
      outcomes: [{ key: "report:1", outcome: { kind: "included", txHash } }],
    });
  });

  it("is not, when somebody else's landed in its place", async () => {
    await land(2);
    await reorganise();
    await sendElsewhere(chain, walletOf(3), { data: callOf(2).data });
    await chain.mine(1);
    await bench.look();
    expect(await bench.pending()).toEqual([]);
    expect(bench.submitter.status()).toMatchObject({
      reorganised: 1,
      inFlight: null,
      outcomes: [{ key: "report:2", outcome: { kind: "redundant", code: REFUSAL } }],
    });
  });

  it("is found in another block, and nothing is sent", async () => {
    const txHash = await land(3);
    const raw = (await chain.rpc("eth_getRawTransactionByHash", txHash)) as Hex;
    await reorganise();
    await chain.mine(2);
    await chain.rpc("eth_sendRawTransaction", raw);
    await chain.mine(1);
    const { blockNumber } = (await chain.rpc("eth_getTransactionReceipt", txHash)) as { blockNumber: string };
    await bench.look();
    expect(bench.submitter.status()).toMatchObject({
      reorganised: 1,
      inFlight: null,
      outcomes: [{ outcome: { kind: "included", blockNumber: Number(blockNumber) } }],
    });
  });

  it("lands even if nobody wants it, when a later one of ours waits for its nonce", async () => {
    const nonce = await bench.nonce();
    const first = await land(4);
    const second = await land(5);
    await reorganise();
    await sendElsewhere(chain, walletOf(3), { data: callOf(4).data });
    await chain.mine(1);
    await bench.look();
    expect(await bench.pending()).toMatchObject([{ hash: first, nonce }]);
    // Also at the next block, at which it would be refused as well.
    await chain.rpc("anvil_dropAllTransactions");
    await chain.mine(1);
    await bench.look();
    expect(await bench.pending()).toMatchObject([{ hash: first, nonce }]);
    await chain.mine(1);
    await bench.look();
    expect(await bench.pending()).toMatchObject([{ hash: second, nonce: nonce + 1 }]);
    await chain.mine(1);
    await bench.look();
    const { outcomes } = bench.submitter.status();
    expect(outcomes).toMatchObject([
      { key: "report:4", outcome: { kind: "reverted", txHash: first, code: REFUSAL } },
      { key: "report:5", outcome: { kind: "included", txHash: second } },
    ]);
    expect(await bench.nonce()).toBe(nonce + 2);
  });

  it("is watched until its block is finalised, and by a new process too", async () => {
    const txHash = await land(6);
    await bench.restart();
    await bench.look();
    expect(bench.submitter.status()).toMatchObject({ unfinalised: 1, inFlight: null });
    await reorganise();
    await chain.mine(1);
    await bench.look();
    expect(await bench.pending()).toMatchObject([{ hash: txHash }]);
    await chain.mine(1);
    await bench.look();
    await chain.mine(3);
    await bench.look();
    expect(bench.isIdle()).toBe(true);
  });
});

describe("a new process", () => {
  it("finds included what was included while there was none, and sends nothing", async () => {
    const nonce = await bench.nonce();
    void bench.submitter.submit(callOf(11));
    await bench.settled();
    const [sent] = await bench.pending();
    await bench.submitter.close();
    await chain.mine(1);
    bench.start();
    expect(await bench.outcome(bench.submitter.submit(callOf(11)))).toMatchObject({
      kind: "included",
      txHash: sent?.hash,
    });
    expect(await bench.nonce()).toBe(nonce + 1);
  });

  it("sends the very same bytes again when the network has lost them", async () => {
    const stopped = bench.submitter.submit(callOf(12));
    await bench.settled();
    const [sent] = await bench.pending();
    await bench.submitter.close();
    expect(await stopped).toMatchObject({ kind: "failed", code: "AGENT_STOPPING" });
    await chain.rpc("anvil_dropAllTransactions");
    bench.start();
    await bench.settled();
    expect(await bench.pending()).toEqual([sent]);
  });

  it("forgets what lost its nonce to something else, and signs anew what is still wanted", async () => {
    const nonce = await bench.nonce();
    void bench.submitter.submit(callOf(13));
    await bench.settled();
    await bench.submitter.close();
    await sendElsewhere(chain, walletOf(2), { nonce });
    await chain.mine(1);
    bench.start();
    await bench.look(4);
    expect(await bench.pending()).toMatchObject([{ nonce: nonce + 1 }]);
    await chain.mine(1);
    expect(await bench.outcome(bench.submitter.submit(callOf(13)))).toMatchObject({ kind: "included" });
  });

  it("sends nothing of what has expired meanwhile", async () => {
    const { timestamp } = (await chain.rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
    void bench.submitter.submit(callOf(14, { notAfter: Number(timestamp) + 2 }));
    await bench.settled();
    await bench.submitter.close();
    await chain.rpc("anvil_dropAllTransactions");
    await chain.mine(3);
    bench.start();
    await bench.look();
    expect(await bench.pending()).toEqual([]);
    expect(bench.submitter.status().outcomes).toMatchObject([{ key: "report:14", outcome: { kind: "expired" } }]);
  });
});
