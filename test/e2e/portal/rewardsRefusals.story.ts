/**
 * What stands in the way of a claim: names that do not resolve, somebody who was faster, a stake that cannot sign, an
 * agent that dies, a pause. Each is ended again.
 */
import { createClient, type QuorateClient } from "@quorate/client";
import { type BundleContent, formatAmount, type NodeId } from "@quorate/common";
import { type Contract, namehash, toBeHex } from "ethers";
import type { Route } from "playwright-core";
import { expect } from "vitest";
import { connect, send } from "../../harness/seed.ts";
import { ACCOUNTS, connectWallet, type PortalNetwork, type PortalStory } from "./fixture.ts";
import { claimButton, paidOnChain, untilEarned, withoutProofs } from "./rewards.story.ts";
import { addressOf, printedFor } from "./stakes.story.ts";

const DAY_SECONDS = 86_400;
/** Serves the page whose agent dies; sends no reports. */
const SERVING: NodeId = 2;
/** Serves no page of these steps, and sends no reports. */
const SILENT: NodeId = 5;

/** The registry's address on every chain that has one. */
const ENS_REGISTRY = "0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e";
const [RESOLVER, FAILING_RESOLVER, SILENT_RESOLVER] = ["e5", "e6", "e7"].map((byte) => `0x${byte.repeat(20)}`) as [
  string,
  string,
  string,
];
/**
 * Registry and resolver at once: whatever is called, it answers the storage slot that the first argument names.
 * PUSH1 4, CALLDATALOAD, SLOAD, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN
 */
const ANSWERS_SLOT = "0x6004355460005260206000f3";
/** PUSH1 1, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, REVERT */
const REVERTS = "0x600160005260206000fd";
/** PUSH1 0, PUSH1 0, REVERT */
const REVERTS_BARE = "0x60006000fd";

async function names(portal: PortalNetwork): Promise<void> {
  const { provider } = portal.network.chain;
  const { operator } = portal.network.node(2);
  const set = (at: string, name: string, address: string) =>
    provider.send("anvil_setStorageAt", [at, namehash(name), toBeHex(BigInt(address), 32)]);
  await provider.send("anvil_setCode", [ENS_REGISTRY, ANSWERS_SLOT]);
  await provider.send("anvil_setCode", [RESOLVER, ANSWERS_SLOT]);
  await provider.send("anvil_setCode", [FAILING_RESOLVER, REVERTS]);
  await set(ENS_REGISTRY, "alice.eth", RESOLVER);
  await provider.send("anvil_setCode", [SILENT_RESOLVER, REVERTS_BARE]);
  await set(RESOLVER, "alice.eth", operator);
  await set(ENS_REGISTRY, "carol.eth", FAILING_RESOLVER);
  await set(ENS_REGISTRY, "dave.eth", SILENT_RESOLVER);
  await portal.visit({}, async ({ page }) => {
    const ask = async (name: string): Promise<void> => {
      await page.getByLabel("Address or ENS name").fill(name);
      await page.getByRole("button", { name: "Show rewards" }).click();
    };
    await ask("bob.eth");
    await page.getByText("Nobody has set an address for bob.eth.").waitFor();
    await ask("carol.eth");
    await page.getByText(/Whether carol\.eth has an address is not known/).waitFor();
    await ask("dave.eth");
    await page.getByText(/Whether dave\.eth has an address is not known/).waitFor();
    const chain = `${new URL(portal.network.chain.url).origin}/**`;
    const fails = (route: Route) => route.abort();
    await page.route(chain, fails);
    await ask("alice.eth");
    await page.getByText("CHAIN_PROVIDER_FAILED").first().waitFor();
    expect(await page.getByText("Nobody has set an address").count()).toBe(0);
    await page.unroute(chain, fails);
    await ask("alice.eth");
    await page.getByText("alice.eth is this address, says the name registry on chain").waitFor();
    expect(page.url()).toContain(`#/of/${operator}`);
  });
  await provider.send("anvil_setCode", [ENS_REGISTRY, "0x"]);
}

/** A program of somebody's own, beside the page. */
async function withClient(
  { network }: PortalNetwork,
  work: (client: QuorateClient) => Promise<unknown>,
): Promise<void> {
  const agents = [network.agent(1).http];
  const client = createClient({ agents, chain: network.chain.url, rewards: network.rewards });
  try {
    await work(client);
  } finally {
    client.close();
  }
}

async function usedAlready(portal: PortalNetwork): Promise<void> {
  const account = ACCOUNTS.otherStaker;
  const recipient = addressOf(portal, account);
  const { chain } = portal.network;
  await untilEarned(portal, account);
  await portal.visit({ account }, async ({ page, context, wallet }) => {
    await withoutProofs(context);
    await connectWallet(page);
    await page.getByText(/95% of the stake has to sign first/).waitFor();
    wallet.declines = true;
    await claimButton(page).click();
    await page.getByText("You declined in the wallet. Nothing was sent.").waitFor();
    wallet.declines = false;
    await withClient(portal, async (client) => {
      const payment = await client.claim(recipient, { way: "bundle" });
      const { message, signature, signers } = payment.content as BundleContent;
      const contract = await client.contract();
      const stranger = contract.account(chain.signer(ACCOUNTS.stranger).privateKey);
      await contract.updateRewardsBalance(stranger, message, signature, signers);
      // Recorded by a stranger, it is paid all the same: to another program of the account.
      await client.pay(payment, chain.signer(account));
    });
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("This amount was recorded or paid already.").waitFor();
    const [paid = ""] = formatAmount(await paidOnChain(portal, account)).split(" ");
    await page.locator(".balance .stat", { hasText: "Paid" }).getByText(paid).waitFor();
    expect(await page.locator(".pays").count()).toBe(0);
    expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByText(/There is nothing to claim now\.|has to sign first/).waitFor();
    // What would have been refused was never asked for.
    expect(wallet.asked).not.toContain("eth_sendTransaction");
  });
}

/** What a part claimed before has left recorded would be paid without any agent. */
async function payRecorded({ network }: PortalNetwork, account: number): Promise<void> {
  const signer = network.chain.signer(account);
  const rewards = connect("ServiceNodeRewards", network.rewards, signer);
  const [lifetime, claimed] = (await rewards.getFunction("recipients")(signer.address)) as [bigint, bigint];
  if (lifetime > claimed) await send(rewards, "claimRewards()");
}

/** Five nodes of one stake each: without one of them 80% can sign. Two of them die, one of which serves the page. */
async function agentsDie(portal: PortalNetwork): Promise<void> {
  const { network } = portal;
  const account = ACCOUNTS.staker;
  await payRecorded(portal, account);
  const before = await paidOnChain(portal, account);
  await untilEarned(portal, account);
  await portal.visit({ account, agent: SERVING }, async ({ page, context, wallet }) => {
    await withoutProofs(context);
    await connectWallet(page);
    await page.getByText(/95% of the stake has to sign first/).waitFor();
    const served = network.agent(SERVING).http;
    await network.killAgent(SILENT);
    await claimButton(page).click();
    await page.getByText("80% of the stake has signed; 95% are needed").waitFor();
    await page.getByText(`Asked: ${served}`).waitFor();
    await page.getByText("One node has not signed").click();
    await page.locator(".reasons", { hasText: `node ${SILENT}: ` }).waitFor();
    await network.killAgent(SERVING);
    await page.getByText("One agent was of no help; another was asked").waitFor();
    await page.getByText(new RegExp(`^Asked: (?!${served})`)).waitFor();
    await page.getByText("Less than 95% of the stake has signed, so nothing can be paid by signatures.").waitFor();
    await page.getByText("Nodes that are missing are named below;").waitFor();
    // By then the agent that was asked first is missing, too, and may be named beside it.
    await page.locator(".reasons li", { hasText: new RegExp(`^nodes? (\\d+, )*${SILENT}(, \\d+)*: `) }).waitFor();
    expect(wallet.asked).not.toContain("eth_sendTransaction");
    await network.startAgents([SERVING, SILENT]);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText(/SESH paid\./).waitFor();
    expect(await paidOnChain(portal, account)).toBeGreaterThan(before);
  });
}

async function paused(portal: PortalNetwork): Promise<void> {
  const { network } = portal;
  const contract = connect("ServiceNodeRewards", network.rewards, network.chain.signer(0));
  await untilEarned(portal, ACCOUNTS.otherStaker);
  await send(contract, "pause", DAY_SECONDS);
  try {
    await portal.visit({ account: ACCOUNTS.otherStaker }, async ({ page, wallet }) => {
      const isSaid = () => page.getByText(/^The network is paused until /).waitFor();
      await connectWallet(page);
      await isSaid();
      await page.getByText("It is the owner's pause: only the owner may end it sooner").waitFor();
      await page.getByText("The contract would refuse it now:").waitFor();
      await page.getByText(/paused until .*; nothing is lost/).waitFor();
      expect(await claimButton(page).count()).toBe(0);
      await page.getByRole("link", { name: "My stakes", exact: true }).click();
      await isSaid();
      await page.getByRole("button", { name: "Leave: Node 2" }).click();
      await page.getByLabel("I understand that the node leaves for good, and nobody can stop it.").check();
      expect(await page.getByRole("button", { name: "Send it by the wallet" }).isEnabled()).toBe(true);
      await page.getByRole("link", { name: "Stake", exact: true }).click();
      await isSaid();
      expect(wallet.asked).not.toContain("eth_sendTransaction");
    });
    await refusesRegistration(portal);
  } finally {
    await send(contract, "unpause");
  }
  await pausedByGuardian(portal);
  await portal.visit({ account: ACCOUNTS.otherStaker }, async ({ page }) => {
    await connectWallet(page);
    await claimButton(page).waitFor();
    expect(await page.getByText("The network is paused").count()).toBe(0);
  });
}

/** The owner names another account as guardian for this, and has its own back afterwards. */
async function pausedByGuardian(portal: PortalNetwork): Promise<void> {
  const { network } = portal;
  const [owner, guardian] = [network.chain.signer(0), network.chain.signer(ACCOUNTS.stranger)];
  const [asOwner, asGuardian] = [owner, guardian].map((signer) =>
    connect("ServiceNodeRewards", network.rewards, signer),
  ) as [Contract, Contract];
  const before = await asOwner.getFunction("guardian")();
  await send(asOwner, "setGuardian", guardian.address);
  await send(asGuardian, "pause", DAY_SECONDS);
  try {
    await portal.visit({}, async ({ page }) => {
      const isGuardians = page.getByText("It is the guardian's pause: the guardian or the owner may end it sooner.");
      await isGuardians.waitFor();
      await page.getByText("may begin 2 more pauses until then").waitFor();
      await send(asOwner, "pause", DAY_SECONDS);
      await page.getByRole("link", { name: "Stake", exact: true }).click();
      await page.getByText("It is the owner's pause: only the owner may end it sooner").waitFor();
    });
  } finally {
    await send(asOwner, "unpause");
    await send(asOwner, "setGuardian", before);
  }
}

async function refusesRegistration(portal: PortalNetwork): Promise<void> {
  const account = ACCOUNTS.operator;
  await portal.visit({ account, path: "/run" }, async ({ page, wallet }) => {
    await connectWallet(page);
    await page.getByText(/^The network is paused until /).waitFor();
    await page.getByLabel("What it printed").fill(printedFor(portal, addressOf(portal, account), 0x51));
    await page.getByRole("button", { name: "Check and continue" }).click();
    await page.getByText("The contract would refuse this now, so it is not sent.").waitFor();
    await page.getByText(/^registrations, reports and payouts are paused until/).waitFor();
    expect(await page.getByRole("button", { name: /by the wallet$/ }).count()).toBe(0);
    expect(wallet.asked).not.toContain("eth_sendTransaction");
  });
}

export const story: PortalStory = {
  page: "My rewards, refused",
  steps: [
    { name: "a name resolves, has no address, or nobody can tell: unknown is never no", run: names },
    {
      name: "P-25: somebody records and pays the same amount first: it is said, and nothing reverts",
      run: usedAlready,
    },
    { name: "P-24, P-86: agents die while the stake signs: who is missing and why; back, they sign", run: agentsDie },
    { name: "P-29, P-113, P-155: a pause and whose it is are said, nothing is sent, leaving is offered", run: paused },
  ],
};
