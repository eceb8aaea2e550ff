/** "My rewards": a proof and signatures to their money, what refuses, and a reload in the middle. */
import { mkdirSync, readFileSync } from "node:fs";
import { formatAmount, isQuorateError, parseAddress } from "@quorate/common";
import { AbiCoder, id } from "ethers";
import type { BrowserContext, Page, Route } from "playwright-core";
import { expect } from "vitest";
import { connect, send } from "../../harness/seed.ts";
import { waitFor } from "../../harness/waitFor.ts";
import { ACCOUNTS, connectWallet, type PortalNetwork, type PortalStory, SHOWS_MS, untilSettled } from "./fixture.ts";
import { batching } from "./stakes.story.ts";

/** Signs by stake although there is a root: as where no agent has the tree of a payable one. */
export async function withoutProofs(context: BrowserContext): Promise<void> {
  const body = JSON.stringify({ error: { code: "PROOF_NOT_FOUND", message: "none here", values: {}, remedy: "" } });
  const headers = { "access-control-allow-origin": "*" };
  await context.route(/\/v1\/proofs\//, (route) =>
    route.fulfill({ status: 404, contentType: "application/json", headers, body }),
  );
}

export const claimButton = (page: Page) => page.getByRole("button", { name: /^Claim [0-9.,]+ SESH$/ });

async function picture(page: Page, name: string): Promise<void> {
  if (process.env["UPDATE_PICTURES"] === undefined) return;
  mkdirSync("docs/pictures", { recursive: true });
  await page.screenshot({ path: `docs/pictures/portal-${name}.png`, fullPage: true });
}

export async function paidOnChain({ network }: PortalNetwork, account: number): Promise<bigint> {
  const rewards = connect("ServiceNodeRewards", network.rewards, network.chain.signer(0));
  const [, claimed] = (await rewards.getFunction("recipients")(network.chain.signer(account).address)) as [
    bigint,
    bigint,
  ];
  return claimed;
}

async function stranger(portal: PortalNetwork): Promise<void> {
  await portal.untilPayable();
  await portal.visit({ width: 360 }, async ({ page }) => {
    await page.getByText("paste any address just to look").waitFor();
    const field = page.getByLabel("Address or ENS name");
    const show = page.getByRole("button", { name: "Show rewards" });
    const operator = portal.network.node(1).operator;
    await field.fill(`${operator.slice(0, -1)}`);
    await show.click();
    await page.getByText("ADDRESS_MALFORMED").first().waitFor();
    await field.fill("alice.eth");
    await show.click();
    await page.getByText("no registry of names").waitFor();
    await field.fill(operator);
    await show.click();
    await page.getByText("Payable now").waitFor();
    await page.getByText("To claim, connect the wallet").waitFor();
    expect(page.url().toLowerCase()).toContain(`#/of/${operator.toLowerCase()}`);
    await page.reload();
    await page.getByText("Earned so far").waitFor();
    await untilSettled(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide).toBe(0);
  });
}

async function byProof(portal: PortalNetwork): Promise<void> {
  const before = await paidOnChain(portal, ACCOUNTS.staker);
  await portal.visit({ account: ACCOUNTS.staker }, async ({ page, wallet }) => {
    await connectWallet(page);
    await page.getByText(/By a proof for epoch/).waitFor();
    await page.getByText(/about 0\.[0-9]+ ETH/).waitFor();
    await picture(page, "rewards");
    wallet.declines = true;
    await claimButton(page).click();
    await page.getByText("You declined in the wallet. Nothing was sent.").waitFor();
    expect(await paidOnChain(portal, ACCOUNTS.staker)).toBe(before);
    wallet.declines = false;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText(/SESH paid\./).waitFor();
    await page.getByText("Final: nothing can take it back.").waitFor();
    expect(await paidOnChain(portal, ACCOUNTS.staker)).toBeGreaterThan(before);
    expect(wallet.asked.filter((method) => method === "eth_sendTransaction")).toHaveLength(1);
    await page.getByRole("button", { name: "Done" }).click();
    await fileOfPayments(portal, page);
    await page.getByRole("button", { name: "Show every epoch" }).click();
    await page.getByText("The lines add up to the amount above, exactly.").waitFor();
    await page.getByText(/quorate ledger recompute --rpc/).waitFor();
    await picture(page, "rewards-why");
  });
}

/** The sum of the file is what the chain has paid, to the last unit. */
async function fileOfPayments(portal: PortalNetwork, page: Page): Promise<void> {
  const button = page.getByRole("button", { name: "Download as CSV" });
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  const [header, ...rows] = readFileSync(await download.path(), "utf8")
    .trimEnd()
    .split("\r\n");
  expect(header).toBe("time,amount,lifetime,transaction,block");
  const units = (text = "") => {
    const [whole = "0", part = ""] = text.split(".");
    return BigInt(whole + part.padEnd(9, "0"));
  };
  const sum = rows.reduce((total, row) => total + units(row.split(",")[1]), 0n);
  expect(sum).toBe(await paidOnChain(portal, ACCOUNTS.staker));
}

async function bySignatures(portal: PortalNetwork): Promise<void> {
  const account = ACCOUNTS.otherStaker;
  const before = await paidOnChain(portal, account);
  await portal.visit({ account }, async ({ page, context, wallet }) => {
    await withoutProofs(context);
    // The agent that serves the page dies when it is asked to have the stake sign.
    const dead = (route: Route) => route.abort();
    await context.route(`${portal.urlOf(1)}v1/claims**`, dead);
    await connectWallet(page);
    await page.getByText(/95% of the stake has to sign first/).waitFor();
    wallet.declines = true;
    await claimButton(page).click();
    await page.getByText("You declined in the wallet. Nothing was sent.").waitFor();
    await page.getByText("One agent was of no help; another was asked").waitFor();
    await page.getByText(/Checked here: [0-9,]+ of [0-9,]+ stake has signed \([45] of 5 nodes\)/).waitFor();
    await picture(page, "rewards-signed");
    await context.unroute(`${portal.urlOf(1)}v1/claims**`, dead);
    await page.reload();
    const send = page.getByRole("button", { name: "Send from my wallet" });
    await send.waitFor();
    wallet.declines = false;
    await send.click();
    await page.getByText(/SESH paid\./).waitFor();
    await page.reload();
    await page.getByText("Final: nothing can take it back.").waitFor();
    expect(await paidOnChain(portal, account)).toBeGreaterThan(before);
    expect(wallet.asked.filter((method) => method === "eth_sendTransaction")).toHaveLength(1);
  });
}

async function wrongChain(portal: PortalNetwork): Promise<void> {
  await untilEarned(portal, ACCOUNTS.staker);
  await portal.visit({ account: ACCOUNTS.staker, wallet: { chainId: 1n } }, async ({ page, wallet }) => {
    await connectWallet(page);
    const main = page.getByRole("main");
    await main.getByText(/The wallet is on chain 1, and this network is on chain/).waitFor();
    expect(await claimButton(page).count()).toBe(0);
    await main.getByRole("button", { name: /^Switch to chain/ }).click();
    await waitFor({ what: "the wallet to be asked", timeoutMs: SHOWS_MS, pollMs: 50 }, async () =>
      wallet.asked.includes("wallet_switchEthereumChain") ? true : null,
    );
    expect(wallet.asked).not.toContain("eth_sendTransaction");
  });
}

interface Asked {
  readonly method: string;
  readonly params: readonly { readonly data?: string }[];
}

/** Answers of the chain to the page are changed; the chain is as it was. */
async function withChainSaying(
  context: BrowserContext,
  portal: PortalNetwork,
  change: (asked: Asked, result: unknown) => unknown,
): Promise<void> {
  const answer = async (route: Route): Promise<void> => {
    const asked = route.request().postDataJSON() as Asked | null;
    if (asked === null) return route.continue();
    const response = await route.fetch();
    const json = (await response.json()) as { result?: unknown };
    await route.fulfill({ response, json: { ...json, result: change(asked, json.result) } });
  };
  // A question that is under way when the page is closed has nobody left to tell.
  await context.route(`${new URL(portal.network.chain.url).origin}/**`, (route) => answer(route).catch(() => {}));
}

async function noGas(portal: PortalNetwork): Promise<void> {
  await untilEarned(portal, ACCOUNTS.staker);
  await portal.visit({ account: ACCOUNTS.staker }, async ({ page, context }) => {
    await withChainSaying(context, portal, ({ method }, result) => (method === "eth_getBalance" ? "0x1" : result));
    await connectWallet(page);
    await page.getByText(/The account has 0\.000000000000000001 ETH, and the claim may take up to/).waitFor();
    expect(await claimButton(page).count()).toBe(0);
  });
}

async function providerBehind(portal: PortalNetwork): Promise<void> {
  await portal.visit({ account: ACCOUNTS.staker }, async ({ page, context }) => {
    await withChainSaying(context, portal, ({ method }, result) =>
      method === "eth_getBlockByNumber" ? { ...(result as object), number: "0x3" } : result,
    );
    await connectWallet(page);
    await page.getByText(/blocks behind what the agents have seen as final/).waitFor();
    expect(await claimButton(page).count()).toBe(0);
  });
}

async function claimLimit(portal: PortalNetwork): Promise<void> {
  await untilEarned(portal, ACCOUNTS.staker);
  await portal.visit({ account: ACCOUNTS.staker }, async ({ page, context }) => {
    // Limit 5, all of it taken, cycles of an hour.
    const reached = AbiCoder.defaultAbiCoder().encode(["uint256", "uint256", "uint256"], [5, 5, 3_600]);
    const selector = id("claimCycle()").slice(0, 10);
    await withChainSaying(context, portal, ({ method, params }, result) =>
      method === "eth_call" && params[0]?.data?.startsWith(selector) ? reached : result,
    );
    await connectWallet(page);
    await page
      .getByText(/may take 0 SESH more in this cycle, and this one wants .* The next cycle begins at/)
      .waitFor();
    expect(await claimButton(page).count()).toBe(0);
  });
}

/**
 * The owner lowers the real limit, so that a third of what the account is owed is left, and puts it back afterwards.
 */
async function withLittleLeft(portal: PortalNetwork, account: number, act: (left: bigint) => Promise<void>) {
  const { network } = portal;
  const owner = network.chain.signer(0);
  const rewards = connect("ServiceNodeRewards", network.rewards, owner);
  const distributor = connect("RewardsDistributor", parseAddress(await rewards.getFunction("distributor")()), owner);
  const [limit, claimed, seconds] = (await distributor.getFunction("claimCycle")()) as [bigint, bigint, bigint];
  const { amount } = await network.agent(1).client.proof(parseAddress(network.chain.signer(account).address));
  const left = (amount - (await paidOnChain(portal, account))) / 3n;
  await send(rewards, "setClaimLimit", claimed + left, seconds);
  try {
    await act(left);
  } finally {
    await send(rewards, "setClaimLimit", limit, seconds);
  }
}

/** A wallet that sends, but for its second transaction: that one is declined. */
function declinesSecond({ network }: PortalNetwork, account: number) {
  let asked = 0;
  return {
    async eth_sendTransaction([call]: readonly unknown[]) {
      if (++asked === 2) throw { error: { code: 4001, message: "User rejected the request." } };
      const { to, data } = call as { to: string; data: string };
      return (await network.chain.signer(account).sendTransaction({ to, data })).hash;
    },
  };
}

async function part(portal: PortalNetwork): Promise<void> {
  const account = ACCOUNTS.staker;
  await portal.untilPayable();
  await untilEarned(portal, account);
  const before = await paidOnChain(portal, account);
  await withLittleLeft(portal, account, async (left) => {
    const more = declinesSecond(portal, account);
    await portal.visit({ account, wallet: { more } }, async ({ page, wallet }) => {
      const amount = formatAmount(left);
      await connectWallet(page);
      await page.getByText(/You can claim that part now\. The next cycle begins at .*; then/).waitFor();
      await page.getByText(`of it ${amount} in this cycle of claims`).waitFor();
      await page.getByText("This part takes two transactions").waitFor();
      expect(await claimButton(page).count()).toBe(0);
      await picture(page, "rewards-part");
      await page.getByRole("button", { name: `Claim ${amount} now` }).click();
      await page.getByText("You declined the second transaction in the wallet. Nothing was paid yet.").waitFor();
      expect(await paidOnChain(portal, account)).toBe(before);
      await page.reload();
      const again = page.getByRole("button", { name: "Send from my wallet" });
      await again.waitFor();
      await again.click();
      await page.getByText(`${amount} paid.`).waitFor();
      expect(await paidOnChain(portal, account)).toBe(before + left);
      // The first recorded, the second was declined, the third paid.
      expect(wallet.asked.filter((method) => method === "eth_sendTransaction")).toHaveLength(3);
      await page.getByRole("button", { name: "Done" }).click();
      await page
        .getByText(/may take 0 SESH more in this cycle, and this one wants .* The next cycle begins at/)
        .waitFor();
      expect(await page.getByRole("button", { name: /^Claim / }).count()).toBe(0);
    });
  });
}

/** Never paid before, and no story after this one claims for it: node 5's operator. */
const UNPAID = 5;

/** As `batching`, and what is said of a batch is the test's to set. */
function slowBatching(portal: PortalNetwork, account: number) {
  const told: { status: number | null } = { status: null };
  const { wallet_sendCalls: send, wallet_getCallsStatus: asked, ...more } = batching(portal, account);
  return {
    told,
    more: {
      ...more,
      wallet_sendCalls: async (params: readonly unknown[]) => (told.status === 500 ? { id: "0x0ff" } : send(params)),
      wallet_getCallsStatus: async () => (told.status === null ? asked() : { status: told.status, receipts: [] }),
    },
  };
}

async function partTogether(portal: PortalNetwork): Promise<void> {
  await portal.untilPayable();
  await untilEarned(portal, UNPAID);
  const before = await paidOnChain(portal, UNPAID);
  await withLittleLeft(portal, UNPAID, async (left) => {
    const { told, more } = slowBatching(portal, UNPAID);
    await portal.visit({ account: UNPAID, wallet: { more } }, async ({ page, wallet }) => {
      const amount = formatAmount(left);
      const claim = page.getByRole("button", { name: `Claim ${amount} now` });
      await connectWallet(page);
      await page.getByText("Your wallet sends both transactions as one, all or nothing").waitFor();
      told.status = 500;
      await claim.click();
      await page.getByText("Your wallet did not send both transactions as one.").waitFor();
      await page.reload();
      wallet.declines = true;
      await claim.click();
      await page.getByText("You declined in the wallet. Nothing was sent.").waitFor();
      expect(await paidOnChain(portal, UNPAID)).toBe(before);
      wallet.declines = false;
      told.status = 100;
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByText("With your wallet as one. Waiting for a block…").waitFor();
      await page.reload();
      await page.getByText("With your wallet as one. Waiting for a block…").waitFor();
      told.status = null;
      await page.getByText(`${amount} paid.`).waitFor();
      expect(await paidOnChain(portal, UNPAID)).toBe(before + left);
      expect(wallet.asked).not.toContain("eth_sendTransaction");
      expect(wallet.asked.filter((method) => method === "wallet_sendCalls")).toHaveLength(3);
    });
  });
}

async function noAgent(portal: PortalNetwork): Promise<void> {
  await portal.visit({ path: `/of/${portal.network.node(1).operator}` }, async ({ page, context }) => {
    await page.getByText("Earned so far").waitFor();
    await context.route(/\/v1\//, (route) => route.abort());
    await page.reload();
    await page.getByText("AGENT_UNREACHABLE").first().waitFor();
    // What was paid is the chain's to say, and stays known.
    await page
      .getByText(/In |Payments/)
      .first()
      .waitFor();
    await context.unroute(/\/v1\//);
  });
}

async function disagreement(portal: PortalNetwork): Promise<void> {
  await portal.visit({ path: `/of/${portal.network.node(2).operator}` }, async ({ page, context }) => {
    await context.route(`${portal.urlOf(1)}v1/rewards/**`, async (route) => {
      const response = await route.fetch();
      const json = (await response.json()) as { amount: string };
      await route.fulfill({ response, json: { ...json, amount: `${BigInt(json.amount) + 1n}` } });
    });
    await page.reload();
    await page.getByText("Agents disagree").waitFor();
    await page.getByRole("cell", { name: portal.urlOf(1).replace(/\/$/, ""), exact: true }).waitFor();
  });
}

/** Something to claim: the epoch after the last payment has closed, and a root holds it. */
export async function untilEarned(portal: PortalNetwork, account: number): Promise<void> {
  const recipient = portal.network.chain.signer(account).address.toLowerCase() as `0x${string}`;
  await waitFor({ what: "a proof that pays", timeoutMs: 120_000 }, async () => {
    const proof = await portal.network.agent(1).client.proof(recipient).catch(nullWhenNone);
    return proof !== null && proof.amount > (await paidOnChain(portal, account)) ? true : null;
  });
}

function nullWhenNone(error: unknown): null {
  if (isQuorateError(error, "PROOF_NOT_FOUND")) return null;
  throw error;
}

export const story: PortalStory = {
  page: "My rewards",
  steps: [
    { name: "a stranger without a wallet looks at an address, also on 360 pixels", run: stranger },
    { name: "P-41: a proof to the money, declined once; CSV and every line of it", run: byProof },
    { name: "P-86, P-101: signatures to the money, an agent dead, two reloads in the middle", run: bySignatures },
    { name: "a wallet on another chain is offered a switch, and nothing is sent", run: wrongChain },
    { name: "an account without gas is told before the wallet opens", run: noGas },
    { name: "P-29: the cycle's limit is told with when it resets", run: claimLimit },
    { name: "P-26, P-29, P-147: a part at the real limit, a no and a reload in the middle; the rest waits", run: part },
    { name: "P-147: a part as one batch of the wallet: it fails, a no, a reload while it waits", run: partTogether },
    { name: "a provider that is behind is found out by two agents", run: providerBehind },
    { name: "who says what is shown where agents disagree", run: disagreement },
    { name: "no agent answers: said, with what the chain still knows", run: noAgent },
  ],
};
