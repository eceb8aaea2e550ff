/**
 * How stakes end: what `stakes.story.ts` has left behind is paid back, while the network is paused; a node that the
 * owner has decommissioned is contested by its operator. Moves the chain's time 16 days on: the last of all stories.
 */
import { formatAmount } from "@quorate/common";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { connect, send } from "../../harness/seed.ts";
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
  // Opened before: agents stand still from then on, because closing 16 days of epochs would take them all cores.
  await withStakes(portal, [ACCOUNTS.operator, ACCOUNTS.contributor, CONTESTING_NODE], async (pages) => {
    const tell = (signal: "SIGSTOP" | "SIGCONT") => {
      for (const { child } of portal.network.agents) process.kill(child.pid, signal);
    };
    tell("SIGSTOP");
    try {
      await paidBack(portal, pages as [Page, Page, Page]);
    } finally {
      tell("SIGCONT");
    }
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
    { name: "P-34, P-35, P-47, P-111: 16 days later, paused: all is paid back, and a contest is sent", run: end },
  ],
};
