/** Claims: the cheapest way that works, agents that are no help, proofs held against the chain. */
import { createAgentClient, createClient, findProof } from "@quorate/client";
import { type Address, buildRewardsTree } from "@quorate/common";
import { JsonRpcProvider, Wallet } from "ethers";
import { describe, expect, it } from "vitest";
import type { ProofAnswer } from "../../src/driver/ports.ts";
import { serve } from "../support/httpServer.ts";
import { DEAD, ground, told } from "./ground.ts";
import { OTHER, walletOf } from "./stakersNetwork.ts";

const ROOTS_VALID = 8;

const client = (...agents: string[]) => ground.client(agents);

describe("the cheapest way to be paid", () => {
  it("is a proof where a payable root pays: one transaction, at the contract's own distributor (P-41)", async () => {
    const { address, wallet } = await ground.newcomer();
    const asking = client(await ground.net.serve(address, { proof: await ground.net.record(address, 700n) }));
    const payment = await asking.claim(address);
    expect(payment).toMatchObject({ kind: "proof", pays: 700n, paysNow: 700n, lifetime: 700n, refusal: null });
    // Not what the agent said.
    expect(payment.transactions).toMatchObject([
      { what: "claimWithProof", from: address, to: await ground.net.contract.distributor() },
    ]);
    const { amount, receipt } = await asking.pay(payment, wallet);
    expect([amount, receipt.status, await ground.net.balanceOf(address)]).toEqual([700n, 1, 700n]);
    await expect(asking.claim(address)).rejects.toMatchObject({ code: "NOTHING_OWED" });
  });

  it("is else a bundle: recorded and paid in one transaction, its lists derived at submission (P-25, P-102)", async () => {
    const { address, wallet } = await ground.newcomer();
    const asking = client(await ground.net.serve(address, { claim: await ground.net.signed(address, 900n) }));
    const { onProgress, progress } = told();
    const payment = await asking.claim(address, { onProgress });
    expect(progress.map(({ step }) => step)).toEqual(["no-proof", "signing"]);
    expect(payment).toMatchObject({ kind: "bundle", pays: 900n, transactions: [{ what: "updateAndClaim" }] });
    await asking.pay(payment, new Wallet(wallet.privateKey));
    expect(await ground.net.contract.recipient(address)).toEqual({ lifetime: 900n, claimed: 900n });
  });

  it("is neither when the chain has all of it: then no agent is needed at all (P-26)", async () => {
    const { address, wallet } = await ground.newcomer();
    const { bundle } = await ground.net.signed(address, 400n);
    const stranger = ground.net.contract.account(walletOf(9).privateKey);
    await stranger.sendTransaction({ to: ground.net.rewards, data: bundle?.calldata ?? "0x" });
    const asking = client(await ground.net.serve(address, { earned: 400n }));
    const payment = await asking.claim(address);
    expect(payment).toMatchObject({ kind: "recorded", agent: null, pays: 400n });
    await asking.pay(payment, wallet.connect(new JsonRpcProvider(ground.net.chain.url)));
    expect(await ground.net.balanceOf(address)).toBe(400n);
  });
});

describe("agents that are no help are named, and the next one is asked", () => {
  it("gone, silent, with a forged proof, with a bundle of another amount: the claim is paid by the last", async () => {
    const { address, wallet } = await ground.newcomer();
    const honest = await ground.net.record(address, 100n);
    const tree = buildRewardsTree([[address, 9_000n]]);
    const forged = { ...honest, rewardsRoot: tree.root, amount: 9_000n, proof: [] };
    const urls = [
      DEAD,
      await ground.silentAgent(),
      await ground.net.serve(address, { proof: forged }),
      await ground.net.serve(address, { proof: honest }),
    ];
    const asking = ground.client(urls, 300);
    const { onProgress, left } = told();
    const payment = await asking.claim(address, { onProgress });
    expect(left()).toEqual([
      [urls[0], "AGENT_UNREACHABLE"],
      [urls[1], "AGENT_UNREACHABLE"],
      [urls[2], "PROOF_INVALID"],
    ]);
    expect(payment).toMatchObject({ kind: "proof", agent: urls[3], pays: 100n });

    const lie = await ground.net.signed(address, 5_000n, 4_999n);
    const liar = await ground.net.serve(address, { claim: lie });
    const signing = await ground.net.serve(address, { claim: await ground.net.signed(address, 300n) });
    const again = told();
    const other = client(liar, signing);
    const paid = await other.claim(address, { way: "bundle", onProgress: again.onProgress });
    expect(again.left()).toEqual([[liar, "TRANSACTION_REVERTED"]]);
    expect(paid).toMatchObject({ kind: "bundle", agent: signing, pays: 300n });
    await other.pay(paid, wallet);
    expect(await ground.net.balanceOf(address)).toBe(300n);
  });

  it("an agent that others list goes on where the one that was given fails", async () => {
    const { address } = await ground.newcomer();
    const listed = await ground.net.serve(address, { claim: await ground.net.signed(address, 50n) });
    const given = ground.net.agent(address, { claim: await ground.net.signed(address, 60n, 61n) });
    const asking = client(await ground.listing(given, [{ id: 2, url: listed, stake: "7" }]));
    const payment = await asking.claim(address, { way: "bundle" });
    expect(payment).toMatchObject({ agent: listed, pays: 50n });
    expect((await asking.agents()).map(({ id, stake }) => ({ id, stake }))).toEqual([
      { id: null, stake: null },
      { id: 2, stake: 7n },
    ]);
  });

  it("none of them is needed for what the chain has recorded", async () => {
    const { address } = await ground.newcomer();
    const { bundle } = await ground.net.signed(address, 20n);
    const stranger = ground.net.contract.account(walletOf(1).privateKey);
    await stranger.sendTransaction({ to: ground.net.rewards, data: bundle?.calldata ?? "0x" });
    const { onProgress, progress } = told();
    expect(await client(DEAD).claim(address, { onProgress })).toMatchObject({ kind: "recorded", pays: 20n });
    expect(progress.map(({ step }) => step)).toEqual(["left", "recorded-only"]);
    expect(await client(DEAD).balance(address)).toMatchObject({ how: "recorded", earned: null, payableNow: 20n });
  });

  it("error: all of them say no: the error says most, with what each said", async () => {
    const { address } = await ground.newcomer();
    const failed = {
      ...(await ground.net.signed(address, 10n)),
      status: "failed",
      bundle: null,
      missing: [2],
    } as const;
    const asking = client(DEAD, await ground.net.serve(address, { claim: failed }));
    await expect(asking.claim(address)).rejects.toMatchObject({
      code: "QUORUM_NOT_REACHED",
      // Whoever was gone a moment ago is asked last.
      values: { missing: [2], agents: [expect.stringContaining("QUORUM_NOT_REACHED"), `${DEAD}: AGENT_UNREACHABLE`] },
    });
    await expect(client(DEAD).claim(address)).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
  });

  it("error: the chain's own trouble blames no agent", async () => {
    const { address } = await ground.newcomer();
    const url = await ground.net.serve(address, { claim: await ground.net.signed(address, 10n) });
    const asking = createClient({ agents: [url], chain: DEAD, rewards: ground.net.rewards });
    await expect(asking.claim(address)).rejects.toMatchObject({ code: "CHAIN_PROVIDER_FAILED" });
  });
});

describe("a proof, held against the chain", () => {
  const held = async (proof: ProofAnswer | null, of: Address, recipient = of) =>
    findProof(createAgentClient({ url: await ground.net.serve(of, { proof }) }), recipient, ground.net.contract);

  it("is none when it would pay nothing more, or there is none", async () => {
    const { address, wallet } = await ground.newcomer();
    const asking = client(await ground.net.serve(address, { proof: await ground.net.record(address, 700n) }));
    await asking.pay(await asking.claim(address), wallet);
    expect(await held(await ground.net.record(address, 700n), address)).toEqual({
      why: expect.stringContaining("pays nothing that was not paid already"),
    });
    expect(await held(null, address)).toHaveProperty("why");
  });

  it("is none when the contract takes the agent's root no more (P-40)", async () => {
    const { address } = await ground.newcomer();
    const old = await ground.net.record(address, 800n);
    for (let i = 0; i < ROOTS_VALID; i++) await ground.net.record(address, 800n);
    expect(await held(old, address)).toEqual({
      why: `root ${old.rootIndex} is not among the last 8 that the contract takes`,
    });
  });

  it("error: AGENT_ANSWER_INVALID for an agent of another network, whatever it proves", async () => {
    const { address } = await ground.newcomer();
    const agent = ground.net.agent(address, { proof: await ground.net.record(address, 900n) });
    Object.assign(agent.api, { network: { chainId: "1", contract: ground.net.rewards } });
    const asked = findProof(createAgentClient({ url: await serve(agent) }), address, ground.net.contract);
    await expect(asked).rejects.toMatchObject({
      code: "AGENT_ANSWER_INVALID",
      values: { given: expect.stringMatching(/on chain 1$/) },
    });
  });

  it("error: PROOF_INVALID for a proof to a root that the contract does not have, or of another recipient", async () => {
    const { address } = await ground.newcomer();
    const honest = await ground.net.record(address, 900n);
    const tree = buildRewardsTree([[address, 9_000n]]);
    const forged = { ...honest, rewardsRoot: tree.root, amount: 9_000n, proof: [] };
    await expect(held(forged, address)).rejects.toMatchObject({
      code: "PROOF_INVALID",
      values: { part: "rewardsRoot", given: tree.root, expected: honest.rewardsRoot },
    });
    await expect(held(honest, address, OTHER)).rejects.toMatchObject({ values: { part: "recipient" } });
  });
});
