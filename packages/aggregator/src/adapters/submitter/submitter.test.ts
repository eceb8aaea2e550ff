import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { TestChain } from "../../../test/support/chain.ts";
import { until } from "../../../test/support/until.ts";
import { IDLE_LOOK_MS, QUEUE_MAX } from "./limits.ts";
import { sqliteSubmissions } from "./store.ts";
import { Bench, GWEI, REPLACE_MS, sendElsewhere } from "./testing/bench.ts";
import { callOf, REFUSAL, startGround, walletOf } from "./testing/ground.ts";

let chain: TestChain;
let bench: Bench;
/** Each test does things of its own. */
let next = 1;

beforeAll(async () => {
  chain = await startGround();
});

afterEach(async () => {
  await bench?.close();
  await chain.rpc("anvil_dropAllTransactions");
});

afterAll(async () => chain?.stop());

/** A block without room for any call, as when others offer more. */
async function mineFull(): Promise<void> {
  await chain.rpc("evm_setBlockGasLimit", "0x7530");
  await chain.rpc("anvil_setNextBlockBaseFeePerGas", `0x${GWEI.toString(16)}`);
  await chain.mine(1);
  await chain.rpc("evm_setBlockGasLimit", "0x3938700");
}

/** A block at the usual fee. */
async function mineCheap(): Promise<void> {
  await chain.rpc("anvil_setNextBlockBaseFeePerGas", `0x${GWEI.toString(16)}`);
  await chain.mine(1);
}

function stored(path: string): string[] {
  const store = sqliteSubmissions(path);
  const keys = store.load().map(({ key }) => key);
  store.close();
  return keys;
}

describe("an account with nothing to send", () => {
  const balance = async (wei: bigint): Promise<void> => {
    await until(() => bench.submitter.status().balanceWei === wei && bench.clock.asleep);
  };

  it("is looked at, so that its operator sees what it has before it is its turn, and what it was given since", async () => {
    const account = walletOf(41);
    const give = (wei: bigint) => chain.rpc("anvil_setBalance", account.address, `0x${wei.toString(16)}`);
    await give(7n);
    bench = new Bench(chain, account);
    await balance(7n);
    await give(9n);
    await chain.mine(1);
    await bench.look(1, IDLE_LOOK_MS);
    await balance(9n);
  });
});

describe("a call", () => {
  it("is simulated, signed, stored, sent; included with what it cost; forgotten once it is finalised", async () => {
    await mineCheap();
    bench = new Bench(chain, walletOf(2));
    const { submitter } = bench;
    const call = callOf(next++);
    const outcome = submitter.submit(call);
    await bench.settled();
    const [sent] = await bench.pending();
    expect(submitter.status()).toMatchObject({
      address: walletOf(2).address.toLowerCase(),
      inFlight: { key: call.key, txHash: sent?.hash, nonce: sent?.nonce, replacements: 0 },
      inTheWay: null,
    });
    expect(submitter.status().balanceWei).toBeGreaterThan(0n);
    await mineCheap();
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included", txHash: sent?.hash });
    const included = await outcome;
    if (included.kind !== "included") throw new Error(included.kind);
    expect(included.feeAtomicWei / included.gasUsed).toBeGreaterThan(GWEI);
    expect(submitter.status()).toMatchObject({ inFlight: null, unfinalised: 1, outcomes: [{ key: call.key }] });

    await chain.mine(3);
    await bench.look();
    expect(submitter.status().unfinalised).toBe(0);
    await submitter.close();
    expect(stored(bench.path)).toEqual([]);
  });

  it("that the contract would refuse is not sent, and told by the contract's own error", async () => {
    const call = callOf(next++);
    await sendElsewhere(chain, walletOf(3), { data: call.data });
    await mineCheap();
    bench = new Bench(chain, walletOf(2));
    const nonce = await bench.nonce();
    expect(await bench.submitter.submit(call)).toEqual({ kind: "redundant", code: REFUSAL });
    expect([await bench.pending(), await bench.nonce()]).toEqual([[], nonce]);
  });

  it("whose time has passed is not sent", async () => {
    bench = new Bench(chain, walletOf(2));
    expect(await bench.submitter.submit(callOf(next++, { notAfter: 1 }))).toEqual({ kind: "expired" });
  });

  it("error: that needs more gas than its bound is not sent", async () => {
    bench = new Bench(chain, walletOf(2));
    const outcome = await bench.submitter.submit(callOf(next++, { gasBound: 30_000n }));
    expect(outcome).toMatchObject({ kind: "failed", code: "SUBMIT_GAS_ABOVE_BOUND" });
  });

  it("is one with another of the same key, while it is under way and after", async () => {
    await mineCheap();
    bench = new Bench(chain, walletOf(2));
    const call = callOf(next++);
    const nonce = await bench.nonce();
    const first = bench.submitter.submit(call);
    const second = bench.submitter.submit(call);
    await bench.settled();
    const third = bench.submitter.submit(call);
    await mineCheap();
    const outcome = await bench.outcome(first);
    expect([await second, await third, await bench.submitter.submit(call)]).toEqual([outcome, outcome, outcome]);
    expect(await bench.nonce()).toBe(nonce + 1);
  });
});

describe("one transaction in flight", () => {
  it("calls wait for their turn, in order; beyond the bound the newest is refused", async () => {
    await mineCheap();
    bench = new Bench(chain, walletOf(2));
    const nonce = await bench.nonce();
    const first = bench.submitter.submit(callOf(next++));
    await bench.settled();
    const calls = Array.from({ length: QUEUE_MAX }, () => callOf(next++));
    const waiting = calls.map((call) => bench.submitter.submit(call));
    expect(await bench.submitter.submit(callOf(next++))).toMatchObject({ kind: "failed", code: "SUBMIT_QUEUE_FULL" });
    expect((await bench.pending()).map((each) => each.nonce)).toEqual([nonce]);
    await mineCheap();
    await bench.outcome(first);
    await bench.settled();
    expect(bench.submitter.status()).toMatchObject({ queued: QUEUE_MAX - 1, inFlight: { key: calls[0]?.key } });
    expect((await bench.pending()).map((each) => each.nonce)).toEqual([nonce + 1]);
    await mineCheap();
    await bench.outcome(waiting[0] as never);
  });
});

describe("a stuck transaction", () => {
  it("is replaced by the same call at the same nonce, each fee at least 12.5% higher; at the cap it waits and says so", async () => {
    await mineCheap();
    bench = new Bench(chain, walletOf(2), {
      caps: { maxFeePerGasWei: 6n * GWEI, maxPriorityFeePerGasWei: 2n * GWEI },
    });
    const { submitter } = bench;
    const outcome = submitter.submit(callOf(next++));
    await bench.settled();
    let [last] = await bench.pending();
    const first = last;
    for (let i = 0; i < 30 && submitter.status().inTheWay === null; i++) {
      await mineFull();
      await bench.look(1, REPLACE_MS);
      const [now] = await bench.pending();
      expect(now?.nonce).toBe(first?.nonce);
      if (submitter.status().inTheWay !== null) expect(now).toEqual(last);
      else {
        expect((now?.maxFeePerGasWei ?? 0n) * 8n).toBeGreaterThanOrEqual((last?.maxFeePerGasWei ?? 0n) * 9n);
        expect((now?.tipWei ?? 0n) * 8n).toBeGreaterThanOrEqual((last?.tipWei ?? 0n) * 9n);
      }
      last = now;
    }
    expect(submitter.status()).toMatchObject({ inTheWay: { code: "SUBMIT_FEES_AT_CAP", atFault: "fees" } });
    expect(submitter.status().inFlight?.replacements).toBeGreaterThan(0);
    expect(last?.maxFeePerGasWei).toBeLessThanOrEqual(6n * GWEI);
    expect(last?.tipWei).toBeLessThanOrEqual(2n * GWEI);

    await mineCheap();
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included", txHash: last?.hash });
    expect(submitter.status().inTheWay).toBeNull();
  });

  it("is not replaced while the chain makes no blocks", async () => {
    await mineCheap();
    bench = new Bench(chain, walletOf(2));
    void bench.submitter.submit(callOf(next++));
    await bench.look(3, REPLACE_MS);
    expect(bench.submitter.status().inFlight?.replacements).toBe(0);
  });

  it("is given up when its time has passed; the next call takes its nonce, as a replacement", async () => {
    await mineCheap();
    const { timestamp } = (await chain.rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
    bench = new Bench(chain, walletOf(2));
    const outcome = bench.submitter.submit(callOf(next++, { notAfter: Number(timestamp) + 2 }));
    await bench.settled();
    const [before] = await bench.pending();
    await mineFull();
    await mineFull();
    expect(await bench.outcome(outcome)).toEqual({ kind: "expired" });

    const later = bench.submitter.submit(callOf(next++));
    await bench.settled();
    const [after, ...more] = await bench.pending();
    expect([after?.nonce, more]).toEqual([before?.nonce, []]);
    expect(after?.maxFeePerGasWei).toBeGreaterThanOrEqual(((before?.maxFeePerGasWei ?? 0n) * 9n) / 8n);
    await mineCheap();
    expect(await bench.outcome(later)).toMatchObject({ kind: "included", txHash: after?.hash });
  });
});

describe("a transaction that the network lost", () => {
  it("is sent again, the very same bytes", async () => {
    await mineCheap();
    bench = new Bench(chain, walletOf(2));
    const outcome = bench.submitter.submit(callOf(next++));
    await bench.settled();
    const [sent] = await bench.pending();
    await chain.rpc("hardhat_dropTransaction", sent?.hash);
    expect(await bench.pending()).toEqual([]);
    await bench.look();
    expect(await bench.pending()).toEqual([sent]);
    await mineCheap();
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included", txHash: sent?.hash });
  });

  it("is given up when somebody else's has landed meanwhile", async () => {
    await mineCheap();
    bench = new Bench(chain, walletOf(2));
    const call = callOf(next++);
    const outcome = bench.submitter.submit(call);
    await bench.settled();
    const [sent] = await bench.pending();
    await chain.rpc("hardhat_dropTransaction", sent?.hash);
    await sendElsewhere(chain, walletOf(3), { data: call.data });
    await mineCheap();
    expect(await bench.outcome(outcome)).toEqual({ kind: "redundant", code: REFUSAL });
    expect(await bench.pending()).toEqual([]);
  });
});

describe("a transaction that comes second", () => {
  it("in its block is reported as reverted, with the contract's error", async () => {
    await mineCheap();
    bench = new Bench(chain, walletOf(2));
    const call = callOf(next++);
    const outcome = bench.submitter.submit(call);
    await bench.settled();
    const [sent] = await bench.pending();
    await sendElsewhere(chain, walletOf(3), { data: call.data });
    await mineCheap();
    expect(await bench.outcome(outcome)).toEqual({ kind: "reverted", txHash: sent?.hash, code: REFUSAL });
  });

  it("to its nonce is forgotten, simulated anew and signed for the next one; the account's other user is named", async () => {
    await mineCheap();
    bench = new Bench(chain, walletOf(2));
    const outcome = bench.submitter.submit(callOf(next++));
    await bench.settled();
    const nonce = await bench.nonce();
    await sendElsewhere(chain, walletOf(2), { nonce });
    await mineCheap();
    await bench.look(4);
    expect(bench.submitter.status().inFlight).toMatchObject({ nonce: nonce + 1 });
    expect(bench.logged.filter(({ message }) => message === "SUBMIT_NONCE_TAKEN")).toHaveLength(1);
    await mineCheap();
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included" });
    expect(await bench.nonce()).toBe(nonce + 2);
  });
});

it("error: an account without funds signs nothing, and says whose fault it is", async () => {
  await mineCheap();
  const poor = walletOf(40);
  bench = new Bench(chain, poor);
  const outcome = await bench.submitter.submit(callOf(next++));
  expect(outcome).toMatchObject({ kind: "failed", code: "SUBMIT_NO_FUNDS" });
  expect(bench.submitter.status()).toMatchObject({
    balanceWei: 0n,
    inFlight: null,
    inTheWay: {
      code: "SUBMIT_NO_FUNDS",
      atFault: "account",
      detail: expect.stringContaining(poor.address.toLowerCase()),
    },
  });
  await bench.submitter.close();
  expect(stored(bench.path)).toEqual([]);
});
