import { digestOf, parseAddress, rewardClaimCalldata } from "@quorate/common";
import { startTestNetwork, type TestNetwork } from "@quorate/contracts/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { SubmitCall } from "./interface.ts";
import { Bench, GWEI, REPLACE_MS } from "./testing/bench.ts";
import { type FaultyProvider, startFaultyProvider, walletOf } from "./testing/ground.ts";

const NODES = 4;
const CHEAP_WEI = GWEI;
const DEAR_WEI = 1_000n * GWEI;

let network: TestNetwork;
let provider: FaultyProvider;
let bench: Bench;

const rpc = (method: string, ...params: unknown[]): Promise<unknown> => network.chain.provider.send(method, params);

beforeAll(async () => {
  network = await startTestNetwork({ nodes: NODES });
  await network.chain.setAutomine(false);
  provider = await startFaultyProvider(async ({ method, params }) => {
    try {
      return { result: await rpc(method, ...params) };
    } catch (error) {
      // What Hardhat said, without ethers' words around it.
      return { error: (error as { info: { error: object } }).info.error };
    }
  });
});

afterEach(() => bench?.close());

afterAll(async () => {
  await provider?.stop();
  await network?.chain.close();
});

function start(): void {
  const caps = { maxFeePerGasWei: 20n * GWEI, maxPriorityFeePerGasWei: 3n * GWEI };
  bench = new Bench({ url: provider.url, rpc }, walletOf(3), { caps });
}

async function mine(baseFeeWei: bigint): Promise<void> {
  await rpc("hardhat_setNextBlockBaseFeePerGas", `0x${baseFeeWei.toString(16)}`);
  await network.chain.mine();
}

/** A claim that every node signed. */
function claimOf(amount: bigint): SubmitCall {
  const message = { recipient: parseAddress(walletOf(4).address), amount };
  const digest = digestOf(network.domain, "RewardClaim", message);
  const { scheme, nodes, deployment } = network;
  const signature = scheme.aggregateSignatures(nodes.map(({ blsSecret }) => scheme.sign(blsSecret, digest)));
  const data = rewardClaimCalldata(message, signature, { nonSigners: [], extraSigners: [] });
  return { key: `claim:${amount}`, to: deployment.rewards, data, notAfter: 9_000_000_000, gasBound: 1_000_000n };
}

describe("on the real contracts, in Hardhat's own chain", () => {
  it("a signed claim lands once; again it is refused by the contract's own error, before it costs anything", async () => {
    await mine(CHEAP_WEI);
    start();
    const outcome = bench.submitter.submit(claimOf(1_000n));
    await bench.settled();
    await mine(CHEAP_WEI);
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included" });
    const nonce = await bench.nonce();
    const again = await bench.submitter.submit({ ...claimOf(1_000n), key: "claim:again" });
    expect(again).toEqual({ kind: "redundant", code: "AmountNotRaised" });
    expect(await bench.nonce()).toBe(nonce);
  });

  it("what the base fee outran is replaced up to the cap, waits there, and lands when fees have fallen", async () => {
    await mine(CHEAP_WEI);
    start();
    const { submitter } = bench;
    const outcome = submitter.submit(claimOf(2_000n));
    await bench.settled();
    const first = submitter.status().inFlight;
    for (let i = 0; i < 3; i++) {
      await mine(DEAR_WEI);
      await bench.look(1, REPLACE_MS);
    }
    expect(submitter.status()).toMatchObject({
      inFlight: { nonce: first?.nonce, maxFeePerGasWei: 20n * GWEI },
      inTheWay: { code: "SUBMIT_FEES_AT_CAP", atFault: "fees" },
    });
    expect(submitter.status().inFlight?.txHash).not.toBe(first?.txHash);
    const last = submitter.status().inFlight?.txHash;
    await mine(CHEAP_WEI);
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included", txHash: last });
    expect(submitter.status().inTheWay).toBeNull();
  });

  it("a call for which the base fee is above the cap already is sent at the cap, and lands when fees have fallen", async () => {
    await mine(DEAR_WEI);
    start();
    const outcome = bench.submitter.submit(claimOf(3_000n));
    await bench.settled();
    expect(bench.submitter.status().inFlight).toMatchObject({ maxFeePerGasWei: 20n * GWEI });
    await mine(CHEAP_WEI);
    expect(await bench.outcome(outcome)).toMatchObject({ kind: "included" });
  });
});
