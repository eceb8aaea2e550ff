/**
 * `@quorate/client` from a recipient to tokens: real contracts, real transactions, and agents over HTTP that are
 * right, wrong, silent or gone.
 */

import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { type ClaimProgress, createAgentClient, createClient, findProof, type QuorateClient } from "@quorate/client";
import { type Address, buildRewardsTree } from "@quorate/common";
import { JsonRpcProvider, Wallet } from "ethers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { serve, stopServers } from "../../../test/support/httpServer.ts";
import { addressOf, OTHER, StakersNetwork, walletOf } from "../../../test/support/stakersNetwork.ts";
import type { ProofAnswer } from "../../driver/ports.ts";

const ROOTS_VALID = 8;
const DEAD = "http://127.0.0.1:9";

let net: StakersNetwork;
const closing: (() => void)[] = [];

beforeAll(async () => {
  net = await StakersNetwork.start();
});

afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await stopServers();
});

afterAll(() => net?.stop());

function clientOf(...agents: string[]): QuorateClient {
  const client = createClient({ agents, chain: net.chain.url, rewards: net.rewards, timeoutMs: 5_000 });
  closing.push(() => client.close());
  return client;
}

/** A recipient of its own for each test: anvil's accounts from 2 on. */
let nextAccount = 2;
function newcomer() {
  const index = nextAccount++;
  return { address: addressOf(index), wallet: walletOf(index) };
}

/** Takes connections and never says a word. */
async function silentAgent(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function told() {
  const progress: ClaimProgress[] = [];
  const left = () => progress.flatMap((one) => (one.step === "left" ? [[one.url, one.error.code]] : []));
  return { onProgress: (one: ClaimProgress) => void progress.push(one), progress, left };
}

describe("the cheapest way to be paid", () => {
  it("is a proof where a payable root pays: one transaction, at the contract's own distributor (P-41)", async () => {
    const { address, wallet } = newcomer();
    const client = clientOf(await net.serve(address, { proof: await net.record(address, 700n) }));
    const payment = await client.claim(address);
    expect(payment).toMatchObject({ kind: "proof", pays: 700n, paysNow: 700n, lifetime: 700n, refusal: null });
    // Not what the agent said.
    expect(payment.transactions).toMatchObject([
      { what: "claimWithProof", from: address, to: await net.contract.distributor() },
    ]);
    const { amount, receipt } = await client.pay(payment, wallet);
    expect([amount, receipt.status, await net.balanceOf(address)]).toEqual([700n, 1, 700n]);
    await expect(client.claim(address)).rejects.toMatchObject({ code: "NOTHING_OWED" });
  });

  it("is else a bundle: recorded and paid in one transaction, its lists derived at submission (P-25, P-102)", async () => {
    const { address, wallet } = newcomer();
    const client = clientOf(await net.serve(address, { claim: await net.signed(address, 900n) }));
    const { onProgress, progress } = told();
    const payment = await client.claim(address, { onProgress });
    expect(progress.map(({ step }) => step)).toEqual(["no-proof", "signing"]);
    expect(payment).toMatchObject({ kind: "bundle", pays: 900n, transactions: [{ what: "updateAndClaim" }] });
    await client.pay(payment, new Wallet(wallet.privateKey));
    expect(await net.contract.recipient(address)).toEqual({ lifetime: 900n, claimed: 900n });
  });

  it("is neither when the chain has all of it: then no agent is needed at all (P-26)", async () => {
    const { address, wallet } = newcomer();
    const { bundle } = await net.signed(address, 400n);
    const stranger = net.contract.account(walletOf(9).privateKey);
    await stranger.sendTransaction({ to: net.rewards, data: bundle?.calldata ?? "0x" });
    const client = clientOf(await net.serve(address, { earned: 400n }));
    const payment = await client.claim(address);
    expect(payment).toMatchObject({ kind: "recorded", agent: null, pays: 400n });
    await client.pay(payment, wallet.connect(new JsonRpcProvider(net.chain.url)));
    expect(await net.balanceOf(address)).toBe(400n);
  });
});

describe("agents that are no help are named, and the next one is asked", () => {
  it("gone, silent, with a forged proof, with a bundle of another amount: the claim is paid by the last", async () => {
    const { address, wallet } = newcomer();
    const honest = await net.record(address, 100n);
    const tree = buildRewardsTree([[address, 9_000n]]);
    const forged = { ...honest, rewardsRoot: tree.root, amount: 9_000n, proof: [] };
    const urls = [
      DEAD,
      await silentAgent(),
      await net.serve(address, { proof: forged }),
      await net.serve(address, { proof: honest }),
    ];
    const client = createClient({ agents: urls, chain: net.chain.url, rewards: net.rewards, timeoutMs: 300 });
    closing.push(() => client.close());
    const { onProgress, left } = told();
    const payment = await client.claim(address, { onProgress });
    expect(left()).toEqual([
      [urls[0], "AGENT_UNREACHABLE"],
      [urls[1], "AGENT_UNREACHABLE"],
      [urls[2], "PROOF_INVALID"],
    ]);
    expect(payment).toMatchObject({ kind: "proof", agent: urls[3], pays: 100n });

    const lie = await net.signed(address, 5_000n, 4_999n);
    const liar = await net.serve(address, { claim: lie });
    const signing = await net.serve(address, { claim: await net.signed(address, 300n) });
    const again = told();
    const other = clientOf(liar, signing);
    const paid = await other.claim(address, { way: "bundle", onProgress: again.onProgress });
    expect(again.left()).toEqual([[liar, "TRANSACTION_REVERTED"]]);
    expect(paid).toMatchObject({ kind: "bundle", agent: signing, pays: 300n });
    await other.pay(paid, wallet);
    expect(await net.balanceOf(address)).toBe(300n);
  });

  it("an agent that others list goes on where the one that was given fails; private addresses only from a private one", async () => {
    const { address } = newcomer();
    const listed = await net.serve(address, { claim: await net.signed(address, 50n) });
    const given = net.agent(address, { claim: await net.signed(address, 60n, 61n) });
    const client = clientOf(await serveListing(given, [{ id: 2, url: listed, stake: "7" }]));
    const payment = await client.claim(address, { way: "bundle" });
    expect(payment).toMatchObject({ agent: listed, pays: 50n });
    expect((await client.agents()).map(({ id, stake }) => ({ id, stake }))).toEqual([
      { id: null, stake: null },
      { id: 2, stake: 7n },
    ]);
  });

  it("error: all of them say no: the error says most, with what each said", async () => {
    const { address } = newcomer();
    const failed = { ...(await net.signed(address, 10n)), status: "failed", bundle: null, missing: [2] } as const;
    const client = clientOf(DEAD, await net.serve(address, { claim: failed }));
    await expect(client.claim(address)).rejects.toMatchObject({
      code: "QUORUM_NOT_REACHED",
      // Whoever was gone a moment ago is asked last.
      values: { missing: [2], agents: [expect.stringContaining("QUORUM_NOT_REACHED"), `${DEAD}: AGENT_UNREACHABLE`] },
    });
    await expect(clientOf(DEAD).claim(address)).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
  });

  it("error: the chain's own trouble blames no agent", async () => {
    const { address } = newcomer();
    const url = await net.serve(address, { claim: await net.signed(address, 10n) });
    const client = createClient({ agents: [url], chain: DEAD, rewards: net.rewards });
    await expect(client.claim(address)).rejects.toMatchObject({ code: "CHAIN_PROVIDER_FAILED" });
  });
});

/** An agent whose `GET /v1/agents` answers this, whatever this version of the agent has there. */
async function serveListing(agent: ReturnType<StakersNetwork["agent"]>, agents: readonly object[]): Promise<string> {
  const inner = await serve(agent);
  const server = createHttpServer(async (request, response) => {
    if (request.url === "/v1/agents") {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ agents }));
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = "GET", url, headers } = request;
    const body = method === "POST" ? Buffer.concat(parts) : null;
    const type = headers["content-type"] ?? "application/json";
    const answer = await fetch(inner + url, { method, headers: { "content-type": type }, body });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(await answer.text());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a proof, held against the chain", () => {
  const held = async (proof: ProofAnswer | null, of: Address, recipient = of) =>
    findProof(createAgentClient({ url: await net.serve(of, { proof }) }), recipient, net.contract);

  it("is none when it would pay nothing more, or there is none", async () => {
    const { address, wallet } = newcomer();
    const client = clientOf(await net.serve(address, { proof: await net.record(address, 700n) }));
    await client.pay(await client.claim(address), wallet);
    expect(await held(await net.record(address, 700n), address)).toEqual({
      why: expect.stringContaining("pays nothing that was not paid already"),
    });
    expect(await held(null, address)).toHaveProperty("why");
  });

  it("is none when the contract takes the agent's root no more (P-40)", async () => {
    const { address } = newcomer();
    const old = await net.record(address, 800n);
    for (let i = 0; i < ROOTS_VALID; i++) await net.record(address, 800n);
    expect(await held(old, address)).toEqual({
      why: `root ${old.rootIndex} is not among the last 8 that the contract takes`,
    });
  });

  it("error: PROOF_INVALID for a proof to a root that the contract does not have, or of another recipient", async () => {
    const { address } = newcomer();
    const honest = await net.record(address, 900n);
    const tree = buildRewardsTree([[address, 9_000n]]);
    const forged = { ...honest, rewardsRoot: tree.root, amount: 9_000n, proof: [] };
    await expect(held(forged, address)).rejects.toMatchObject({
      code: "PROOF_INVALID",
      values: { part: "rewardsRoot", given: tree.root, expected: honest.rewardsRoot },
    });
    await expect(held(honest, address, OTHER)).rejects.toMatchObject({ values: { part: "recipient" } });
  });
});
