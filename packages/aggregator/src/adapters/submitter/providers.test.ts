import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestChain } from "../../../test/support/chain.ts";
import { Bench } from "./testing/bench.ts";
import { callOf, type FaultyProvider, startFaultyProvider, startGround, walletOf } from "./testing/ground.ts";

let chain: TestChain;
let proxies: FaultyProvider[];
let bench: Bench;
let next = 1;

beforeAll(async () => {
  chain = await startGround();
});

beforeEach(async () => {
  proxies = await Promise.all(Array.from({ length: 3 }, () => startFaultyProvider(chain)));
});

afterEach(async () => {
  await bench?.close();
  for (const proxy of proxies) await proxy.stop();
  await chain.rpc("anvil_dropAllTransactions");
});

afterAll(async () => chain?.stop());

/** A submitter that knows the first `count` providers. */
function start(count: number): void {
  bench = new Bench(chain, walletOf(2), {
    providers: proxies.slice(0, count).map(({ url }) => url),
    timeoutMs: 1_500,
  });
}

const drip = () => "drip" as const;
const [hang, drop] = [() => "hang" as const, () => "drop" as const];
const proxy = (i: number): FaultyProvider => proxies[i] as FaultyProvider;

describe("a provider", () => {
  it("that never answers, sends a byte now and then, or drops connections costs time only", async () => {
    // Side by side, each for an account of its own: the first two wait for many a silent answer.
    const stories = [hang, drip, drop].map(async (before, i) => {
      const [faulty, good] = await Promise.all([startFaultyProvider(chain), startFaultyProvider(chain)]);
      faulty.before = before;
      const providers = [faulty.url, good.url];
      const own = new Bench(chain, walletOf(3 + i), { providers, timeoutMs: 1_500 });
      try {
        const outcome = own.submitter.submit(callOf(next++));
        await own.settled();
        await chain.mine(1);
        return await own.outcome(outcome);
      } finally {
        await own.close();
        for (const provider of [faulty, good]) await provider.stop();
      }
    });
    for (const outcome of await Promise.all(stories)) expect(outcome).toMatchObject({ kind: "included" });
  });

  it("that refuses a transaction is named in the log; the others have it", async () => {
    const error = { code: -32_000, message: "not from here" };
    proxy(0).before = ({ method }) => (method === "eth_sendRawTransaction" ? { error } : undefined);
    start(2);
    void bench.submitter.submit(callOf(next++));
    await bench.settled();
    const provider = new URL(proxy(0).url).host;
    const [refused] = bench.logged.filter(({ message }) => message === "SUBMIT_REFUSED");
    expect(refused?.values).toMatchObject({
      provider,
      meaning: "other",
      said: expect.stringContaining("not from here"),
    });
    expect(await bench.pending()).toHaveLength(1);
    expect(bench.submitter.status().inTheWay).toBeNull();
  });

  it("gets every transaction, as the others do", async () => {
    start(3);
    void bench.submitter.submit(callOf(next++));
    await bench.settled();
    const sentTo = proxies.filter(({ asked }) => asked.some(({ method }) => method === "eth_getTransactionByHash"));
    expect(sentTo).toHaveLength(3);
  });
});

describe("error: all providers are down", () => {
  it("what is not signed is given back, and the status says whose fault it is", async () => {
    for (const each of proxies) each.before = drop;
    start(2);
    expect(await bench.submitter.submit(callOf(next++))).toMatchObject({
      kind: "failed",
      code: "CHAIN_PROVIDER_FAILED",
    });
    expect(bench.submitter.status().inTheWay).toMatchObject({ code: "CHAIN_PROVIDER_FAILED", atFault: "provider" });
  });

  it("what is signed goes on when one of them is back", async () => {
    start(2);
    const outcome = bench.submitter.submit(callOf(next++));
    await bench.settled();
    for (const each of proxies) each.before = drop;
    await chain.mine(1);
    await bench.look(2);
    expect(bench.submitter.status()).toMatchObject({ inFlight: {}, inTheWay: { code: "CHAIN_PROVIDER_FAILED" } });
    proxy(1).before = () => undefined;
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included" });
    expect(bench.submitter.status().inTheWay).toBeNull();
  });

  it("while nobody takes what was signed, the bytes stay, and are sent when somebody does", async () => {
    const error = { code: -32_000, message: "pool is full" };
    proxy(0).before = ({ method }) => (method === "eth_sendRawTransaction" ? { error } : undefined);
    start(1);
    const outcome = bench.submitter.submit(callOf(next++));
    await bench.settled();
    expect(bench.submitter.status()).toMatchObject({
      inFlight: {},
      inTheWay: { code: "SUBMIT_REFUSED", atFault: "provider", detail: expect.stringContaining("pool is full") },
    });
    proxy(0).before = () => undefined;
    await bench.look();
    await chain.mine(1);
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included" });
  });
});

describe("a provider that lies", () => {
  it("of three, that a transaction is in a block: it is not believed", async () => {
    const { hash: blockHash, number } = (await chain.rpc("eth_getBlockByNumber", "latest", false)) as Record<
      string,
      string
    >;
    proxy(0).after = ({ method, params }) => {
      if (method === "eth_getTransactionCount") return { result: "0xff" };
      if (method !== "eth_getTransactionReceipt") return undefined;
      const receipt = { transactionHash: params[0], blockHash, blockNumber: number, status: "0x1" };
      return { result: { ...receipt, gasUsed: "0x5208", effectiveGasPrice: "0x1" } };
    };
    start(3);
    const nonce = await bench.nonce();
    const outcome = bench.submitter.submit(callOf(next++));
    await bench.look(3);
    expect(bench.submitter.status()).toMatchObject({ inFlight: { nonce }, outcomes: [] });
    await chain.mine(1);
    const included = await bench.outcome(outcome);
    expect(included).toMatchObject({ kind: "included" });
    expect(included).not.toMatchObject({ gasUsed: 21_000n });
  });

  it("of three, that it is in none: the other two are believed", async () => {
    proxy(0).after = ({ method }) => (method === "eth_getTransactionReceipt" ? { result: null } : undefined);
    start(3);
    const outcome = bench.submitter.submit(callOf(next++));
    await bench.settled();
    await chain.mine(1);
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included" });
  });

  it("of two, that it is in none: nothing else is signed, and at the end of its time both are named", async () => {
    proxy(0).after = ({ method }) => (method === "eth_getTransactionReceipt" ? { result: null } : undefined);
    start(2);
    const nonce = await bench.nonce();
    const { timestamp } = (await chain.rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
    const outcome = bench.submitter.submit(callOf(next++, { notAfter: Number(timestamp) + 4 }));
    await bench.settled();
    await chain.mine(1);
    await bench.look(6);
    expect(bench.submitter.status().inFlight).toMatchObject({ nonce, replacements: 0 });
    await chain.mine(4);
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "failed", code: "CHAIN_PROVIDERS_DISAGREE" });
    expect([await bench.nonce(), await bench.pending()]).toEqual([nonce + 1, []]);
  });

  it("of two, that the contract refuses the call: it is sent", async () => {
    const error = { code: 3, message: "execution reverted", data: "0x" };
    proxy(0).before = ({ method }) => (method === "eth_call" ? { error } : undefined);
    start(2);
    const outcome = bench.submitter.submit(callOf(next++));
    await bench.settled();
    await chain.mine(1);
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included" });
  });

  it("of three, about the time: nothing expires", async () => {
    proxy(0).after = async ({ method, params }) => {
      if (method !== "eth_getBlockByNumber") return undefined;
      const block = (await chain.rpc(method, ...params)) as object;
      return { result: { ...block, timestamp: "0x2540be400" } };
    };
    start(3);
    const outcome = bench.submitter.submit(callOf(next++));
    await bench.settled();
    await chain.mine(1);
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included" });
  });

  it("alone, about fees: the caps hold", async () => {
    proxy(0).after = ({ method }) => (method === "eth_maxPriorityFeePerGas" ? { result: "0xffffffffffff" } : undefined);
    start(1);
    void bench.submitter.submit(callOf(next++));
    await bench.settled();
    const [sent] = await bench.pending();
    expect(sent?.tipWei).toBe(10_000_000_000n);
  });
});
