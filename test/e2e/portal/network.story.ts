/** The network at a glance: figures by the chain, the nodes, reports, and who of the agents says something else. */
import { formatAmount } from "@quorate/common";
import { expect } from "vitest";
import { type PortalNetwork, type PortalStory, untilSettled } from "./fixture.ts";
import { picture } from "./pictures.ts";

/** "6,250": as the page shows an amount, its unit apart. */
const shown = (atomic: bigint): string => formatAmount(atomic).split(" ")[0] as string;

async function byAgents(portal: PortalNetwork): Promise<void> {
  const agents = portal.network.agents.length;
  await portal.visit({ path: "/network" }, async ({ page, context }) => {
    await context.route("**/portal.json", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), rpc: [] } });
    });
    await page.reload();
    await page.getByText("No chain can be asked here").first().waitFor();
    await untilSettled(page);
    await page.getByText(`${agents} agents agree on the roots and sums`).waitFor();
    expect(await page.locator(".rows tbody tr:has(a)").count()).toBe(portal.network.nodes.length);
    expect(await page.locator(".mark", { hasText: "Checked by this page" }).count()).toBe(0);
  });
}

async function byChain(portal: PortalNetwork): Promise<void> {
  await portal.untilPayable();
  const { activeStake } = await portal.network.agent(1).client.status();
  await portal.visit({ path: "/network" }, async ({ page }) => {
    await page.getByText("By the chain at block").waitFor();
    await untilSettled(page);
    // P-24: five nodes of one stake each, so that a twentieth is less than any node has.
    await page.getByText(`only stake of ${shown(activeStake / 20n)} SESH may be missing`).waitFor();
    const newest = page.locator("section.card", { hasText: "Last reports" }).locator("tbody tr").first();
    await newest.getByText(shown(activeStake)).waitFor();
    await newest.getByText("100% of active stake").waitFor();
    await picture(page, "portal-network");
  });
}

async function toNode(portal: PortalNetwork): Promise<void> {
  const { operator } = portal.network.node(2);
  await portal.visit({ path: "/network", width: 360 }, async ({ page }) => {
    await untilSettled(page);
    await page.getByLabel("Id or operator").fill(operator.slice(2, 12));
    await page.getByText(`1 of ${portal.network.nodes.length} nodes`).waitFor();
    await page.getByRole("link", { name: "#2" }).first().click();
    await page.getByRole("heading", { name: "Node 2" }).waitFor();
    await untilSettled(page);
    expect(await page.getByTitle(operator, { exact: true }).count()).toBeGreaterThan(0);
    const [own] = (await portal.network.agent(2).client.nodes()).filter(({ id }) => id === 2);
    await page
      .locator("tbody")
      .getByText(shown(own?.stake ?? 0n))
      .first()
      .waitFor();
    // A young network has judged no epoch yet; then the card says so.
    await page
      .getByText(/Present in|No epoch was judged yet/)
      .first()
      .waitFor();
  });
}

async function liar(portal: PortalNetwork): Promise<void> {
  const lying = portal.network.agent(3).http;
  const opened = await portal.open({ path: "/run" });
  try {
    const { page, context } = opened;
    await context.route(`${lying}/v1/ledger/epochs?*`, async (route) => {
      const response = await route.fetch();
      const answer = (await response.json()) as { epochs: { totalOwed: string }[] };
      const epochs = answer.epochs.map((one) => ({ ...one, totalOwed: `${one.totalOwed}0` }));
      await route.fulfill({ response, json: { ...answer, epochs } });
    });
    await page.evaluate(() => location.replace("#/network"));
    const disputes = page.locator(".notice", { hasText: "They disagree" });
    await disputes.getByText("Sum owed at epoch").first().waitFor();
    await disputes.getByText(`${lying} say`, { exact: false }).first().waitFor();
  } finally {
    await opened.close();
  }
}

export const story: PortalStory = {
  page: "the network at a glance",
  steps: [
    { name: "without a chain it shows what agents agree on, marked as theirs", run: byAgents },
    { name: "P-24: with one, how much may still fail and who signed is read from it", run: byChain },
    { name: "a node is found by its operator, and has a page of its own", run: toNode },
    { name: "an agent that says another sum than the others is named with it", run: liar },
  ],
};
