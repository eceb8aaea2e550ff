/**
 * How stakes end: what `stakes.story.ts` has left behind is paid back, while the network is paused; a node that the
 * owner has decommissioned is contested by its operator; one that stays silent is liquidated. Moves the chain's time 46
 * days on: the last of all stories.
 */
import { formatAmount } from "@quorate/common";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { connect, send } from "../../harness/seed.ts";
import { minedAtOnce, registersTogether, reportsWithout } from "./absence.ts";
import { ACCOUNTS, connectWallet, type OpenedPage, type PortalNetwork, type PortalStory } from "./fixture.ts";
import { panel, stakeOf, tokensOf } from "./stakes.story.ts";

/** Its operator has the account of this number. */
const CONTESTING_NODE = 5;
const DAY_SECONDS = 86_400;
/** Epochs without a report after which an emergency can be announced (P-42). */
const QUIET_EPOCHS = 72;

/** Each in a browser of its own, connected, with its stakes read. */
async function withStakes(
  portal: PortalNetwork,
  accounts: readonly number[],
  work: (pages: readonly Page[]) => Promise<void>,
  opened: readonly OpenedPage[] = [],
): Promise<void> {
  const [account, ...rest] = accounts;
  if (account === undefined) return work(opened.map(({ page }) => page));
  await portal.visit({ account, path: "/nodes/1" }, async (one) => {
    await one.page.getByRole("heading", { name: "Node 1" }).waitFor();
    await connectWallet(one.page);
    await one.page.getByRole("link", { name: "My stakes", exact: true }).click();
    await one.page.getByRole("button", { name: "Read it again" }).waitFor();
    await withStakes(portal, rest, work, [...opened, one]);
  });
}

async function end(portal: PortalNetwork): Promise<void> {
  const accounts = [ACCOUNTS.operator, ACCOUNTS.contributor, CONTESTING_NODE, ACCOUNTS.poolOperator];
  // Opened before: agents stand still from then on, because closing 16 days of epochs would take them all cores.
  await withStakes(portal, accounts, async (pages) => {
    const tell = (signal: "SIGSTOP" | "SIGCONT") => {
      for (const { child } of portal.network.agents) process.kill(child.pid, signal);
    };
    tell("SIGSTOP");
    try {
      const [operators, contributors, contesting, poolOperators] = pages as [Page, Page, Page, Page];
      const id = await liquidated(portal, poolOperators, contributors);
      await paidBack(portal, [operators, contributors, contesting]);
      await penaltyStays(portal, id, poolOperators, contributors);
    } finally {
      tell("SIGCONT");
    }
  });
}

const asOf = (page: Page, text: string | RegExp) => page.locator(".stake-card", { hasText: text });

/** A node of two people that is not heard in 168 reports: what both read before and after somebody liquidates it. */
async function liquidated(portal: PortalNetwork, operators: Page, contributors: Page): Promise<number> {
  const { chain, rewards: address } = portal.network;
  const [stranger, stake] = [chain.signer(ACCOUNTS.stranger), stakeOf(portal)];
  let id = 0;
  const isSeen = async (page: Page, said: string, principal: bigint): Promise<void> => {
    await goTo(page, `/nodes/1`);
    await page.getByRole("heading", { name: "Node 1" }).waitFor();
    await goTo(page, "/stakes");
    const card = asOf(page, `Node ${id}`);
    await card.getByText(said).waitFor();
    await card
      .locator(".stat", { hasText: "My stake" })
      .getByText(formatAmount(principal).replace(/ .*/, ""))
      .waitFor();
  };
  await minedAtOnce(portal, async () => {
    id = await registersTogether(portal);
    await reportsWithout(portal, id);
    for (const [page, part] of [
      [operators, stake / 4n],
      [contributors, stake - stake / 4n],
    ] as const) {
      await isSeen(page, "not heard for 168 reports: anyone may liquidate it now", part);
    }
    const before = await tokensOf(portal, ACCOUNTS.stranger);
    await send(connect("ServiceNodeRewards", address, stranger), "liquidateBLSPublicKey", id);
    expect(await tokensOf(portal, ACCOUNTS.stranger)).toBe(before + liquidatorsOf(stake));
    const taken = formatAmount(penaltyOf(stake));
    await isSeen(operators, `${taken} were taken from your part`, stake / 4n - penaltyOf(stake));
    await isSeen(contributors, `its operator pays ${taken} for that, and your principal is whole`, stake - stake / 4n);
    await operators.getByRole("link", { name: `Node ${id}`, exact: true }).click();
    await operators.locator(".stat", { hasText: "State" }).getByText("Exited").waitFor();
    await operators.getByText("It was liquidated, because it was not heard for 168 reports.").waitFor();
    await operators.getByText(`${formatAmount(liquidatorsOf(stake))} were paid to whoever liquidated it`).waitFor();
  });
  return id;
}

/** Of the stake in 1/10000: 3 to the liquidator and 17 to the pool (P-36). */
const liquidatorsOf = (stake: bigint): bigint => (stake * 3n) / 10_000n;
const penaltyOf = (stake: bigint): bigint => liquidatorsOf(stake) + (stake * 17n) / 10_000n;

/** 30 days after its decommission both take their principal: less the penalty, and whole. */
async function penaltyStays(portal: PortalNetwork, id: number, operators: Page, contributors: Page): Promise<void> {
  const [{ provider }, stake] = [portal.network.chain, stakeOf(portal)];
  const takes = async (page: Page, account: number, principal: bigint): Promise<void> => {
    const before = await tokensOf(portal, account);
    await goTo(page, "/nodes/1");
    await page.getByRole("heading", { name: "Node 1" }).waitFor();
    await goTo(page, "/stakes");
    await page.getByRole("button", { name: `Take principal: Node ${id}`, exact: true }).click();
    await page.getByText(`${formatAmount(principal)} of principal are paid to`).waitFor();
    await panel(page, `Take principal: Node ${id}`).getByRole("button", { name: "Send it by the wallet" }).click();
    await page.getByText("It is mined.").waitFor();
    expect(await tokensOf(portal, account)).toBe(before + principal);
  };
  await minedAtOnce(portal, async () => {
    await provider.send("evm_increaseTime", [30 * DAY_SECONDS]);
    await provider.send("evm_mine", []);
    await Promise.all([
      takes(operators, ACCOUNTS.poolOperator, stake / 4n - penaltyOf(stake)),
      takes(contributors, ACCOUNTS.contributor, stake - stake / 4n),
    ]);
  });
}

async function paidBack(portal: PortalNetwork, pages: readonly [Page, Page, Page]): Promise<void> {
  const [operators, contributors, contesting] = pages;
  const { network } = portal;
  const rewards = connect("ServiceNodeRewards", network.rewards, network.chain.signer(0));
  await decommissions(portal);
  await send(rewards, "pause", DAY_SECONDS);
  for (const page of pages) {
    await goTo(page, "/nodes/1");
    await page.getByRole("heading", { name: "Node 1" }).waitFor();
    await goTo(page, "/stakes");
  }
  await contests(portal, contesting);
  await exits(portal, operators);
  await takesBack(portal, contributors);
  await send(rewards, "unpause");
}

/** Of parts of the page that were looked at before: nobody is asked for them. */
const goTo = (page: Page, path: string): Promise<void> => page.evaluate((hash) => location.replace(hash), `#${path}`);

/** By the emergency (P-42), with no report in between: 72 epochs of silence, then the notice. */
async function decommissions({ network }: PortalNetwork): Promise<void> {
  const { provider } = network.chain;
  const { epochSeconds, emergencyNoticeSeconds } = network.deployment.parameters;
  const rewards = connect("ServiceNodeRewards", network.rewards, network.chain.signer(0));
  const lists = [[CONTESTING_NODE], []] as const;
  await provider.send("evm_increaseTime", [(QUIET_EPOCHS + 1) * epochSeconds]);
  await send(rewards, "announceEmergency", ...lists);
  await provider.send("evm_increaseTime", [emergencyNoticeSeconds]);
  await send(rewards, "emergencyDecommission", ...lists);
}

async function contests({ network }: PortalNetwork, page: Page): Promise<void> {
  await page.getByText("decommissioned: earns nothing now").waitFor();
  await page.getByRole("button", { name: `Say it is alive: Node ${CONTESTING_NODE}` }).click();
  const sending = panel(page, `Say it is alive: Node ${CONTESTING_NODE}`);
  await sending.getByText("It is active again after three reports in a row").waitFor();
  await sending.getByRole("button", { name: "Send it by the wallet" }).click();
  await page.getByText("It is mined.").waitFor();
  const rewards = connect("ServiceNodeRewards", network.rewards, network.chain.signer(0));
  const heard = await rewards.queryFilter("ServiceNodesHeard", -20);
  expect(heard).toHaveLength(1);
  await page.getByRole("link", { name: `Node ${CONTESTING_NODE}`, exact: true }).click();
  await page.locator(".stat", { hasText: "State" }).getByText("Decommissioned").waitFor();
  await page.getByText("of the 168 after which it may be liquidated").waitFor();
}

async function exits(portal: PortalNetwork, page: Page): Promise<void> {
  const [stake, before] = [stakeOf(portal), await tokensOf(portal, ACCOUNTS.operator)];
  await page.getByText(/^The network is paused until /).waitFor();
  const button = page.getByRole("button", { name: /^Exit: Node/ });
  const node = (await button.getAttribute("aria-label"))?.match(/\d+$/)?.[0];
  await button.click();
  await page.getByText(`${formatAmount(stake)} of principal are paid to`).waitFor();
  await panel(page, /^Exit: Node/)
    .getByRole("button", { name: "Send these 2 by the wallet" })
    .click();
  await page.getByText("All 2 are mined.").waitFor();
  expect(await tokensOf(portal, ACCOUNTS.operator)).toBe(before + stake);
  await goTo(page, `/nodes/${node}`);
  await page.locator(".stat", { hasText: "State" }).getByText("Exited").waitFor();
  await page.getByText("principal paid back").waitFor();
}

async function takesBack(portal: PortalNetwork, page: Page): Promise<void> {
  const before = await tokensOf(portal, ACCOUNTS.contributor);
  await page.getByRole("button", { name: /^Take it back: Pool/ }).click();
  await panel(page, /^Take it back: Pool/)
    .getByRole("button", { name: "Send it by the wallet" })
    .click();
  await page.getByText("It is mined.").waitFor();
  expect(await tokensOf(portal, ACCOUNTS.contributor)).toBe(before + stakeOf(portal) / 4n + 1_500_000_000n);
}

export const story: PortalStory = {
  page: "My stakes, at their end",
  steps: [
    {
      name: "P-34 to P-36, P-47, P-111: a node is liquidated; later, paused, all is paid back, and a contest is sent",
      run: end,
    },
  ],
};
