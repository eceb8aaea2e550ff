/** Contributions to a node's stake, and the payments of a recipient as the chain's events have them. */
import { createClient, type Eip1193Provider, type QuorateClient } from "@quorate/client";
import { parseAddress } from "@quorate/common";
import { send } from "@quorate/contracts/testing";
import { describe, expect, it } from "vitest";
import { ground } from "./ground.ts";
import { openPool, QUARTER } from "./pool.ts";

const DAY_SECONDS = 86_400;

describe("pools", () => {
  it("are found without logs; a contribution is approved, paid, and taken back a day later (P-46, P-47)", async () => {
    const { net } = ground;
    const [operator, contributor] = [await ground.newcomer(), await ground.newcomer()];
    const client = ground.client([]);
    expect(await client.pools({ all: true })).toEqual([]);
    const address = await openPool(operator.wallet, 70);
    const [pool, ...others] = await client.pools({ account: contributor.address });
    expect(others).toEqual([]);
    expect(pool).toMatchObject({
      ...{ address, operator: operator.address, status: "open", round: 1n, total: QUARTER, nodeId: null },
      contributions: [{ addr: operator.address, amount: QUARTER }],
    });

    const contribute = (amount: bigint) => client.contribute(address, contributor.address, amount);
    await expect(contribute(QUARTER)).rejects.toMatchObject({ code: "ACCOUNT_LACKS_TOKENS" });
    await send(net.network.token, "transfer", contributor.address, QUARTER);
    await expect(contribute(1n)).rejects.toMatchObject({ code: "CONTRIBUTION_NOT_NOW" });
    const calls = await contribute(QUARTER);
    expect(calls.transactions.map(({ what }) => what)).toEqual(["approve", "contribute"]);
    await client.send(calls, contributor.wallet);
    expect(await client.pool(address)).toMatchObject({ total: 2n * QUARTER });

    const withdraw = () => client.withdraw(address, contributor.address);
    await expect(withdraw()).rejects.toMatchObject({ values: { reason: expect.stringContaining("from 20") } });
    await net.passTime(DAY_SECONDS);
    expect(await withdraw()).toMatchObject({ amount: QUARTER, transactions: [{ what: "withdraw" }] });
    await client.send(await withdraw(), contributor.wallet);
    expect(await net.balanceOf(contributor.address)).toBe(QUARTER);
    await expect(withdraw()).rejects.toMatchObject({ code: "CONTRIBUTION_NOT_NOW" });
  });

  it("error: POOL_UNKNOWN for an address that the network's factory has not made", async () => {
    const stranger = parseAddress(ground.net.network.deployment.token);
    await expect(ground.client([]).contribute(stranger, stranger, 1n)).rejects.toMatchObject({
      code: "POOL_UNKNOWN",
    });
  });
});

describe("payments by the chain's events", () => {
  const paidTwice = async () => {
    const { address, wallet } = await ground.newcomer();
    for (const amount of [30n, 75n]) {
      const client = ground.client([
        await ground.net.serve(address, { claim: await ground.net.signed(address, amount) }),
      ]);
      await client.pay(await client.claim(address, { way: "bundle" }), wallet);
      await ground.net.chain.mine(150);
    }
    return address;
  };

  /** A provider that answers for so many blocks at most, and leaves out some logs. */
  function asking(maxBlocks: number, leavesOut = 0): QuorateClient {
    const chain: Eip1193Provider = {
      async request({ method, params = [] }) {
        const answer = await ground.net.chain.rpc(method, ...params);
        if (method !== "eth_getLogs") return answer;
        const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
        if (Number(toBlock) - Number(fromBlock) >= maxBlocks) throw { code: -32_000, message: "block range too wide" };
        return (answer as unknown[]).slice(leavesOut);
      },
    };
    const client = createClient({ agents: [], chain, rewards: ground.net.rewards });
    ground.closeAfter(() => client.close());
    return client;
  }

  it("are all there, oldest first, also where a provider takes few blocks at once (P-26)", async () => {
    const address = await paidTwice();
    const found = await asking(1_000_000).payments(address);
    expect(found.map(({ amount, lifetime }) => [amount, lifetime])).toEqual([
      [30n, 30n],
      [45n, 75n],
    ]);
    expect(await asking(120).payments(address)).toEqual(found);
    await expect(asking(1_000_000, 1).payments(address)).rejects.toMatchObject({
      code: "PAYMENTS_INCOMPLETE",
      values: { found: 45n, paid: 75n },
    });
    await expect(asking(50).payments(address)).rejects.toMatchObject({ code: "CHAIN_PROVIDER_FAILED" });
  });
});
