/**
 * What the page believes of agents: signatures checked without a chain, lines held against a second agent's. Told
 * first, while there are few epochs: the story of stakes passes 15 days, and lines of those are read for minutes.
 */
import { readFileSync } from "node:fs";
import { type Address, parseBundle } from "@quorate/common";
import type { BrowserContext } from "playwright-core";
import { expect } from "vitest";
import { waitFor } from "../../harness/waitFor.ts";
import type { PortalNetwork, PortalStory } from "./fixture.ts";
import { untilSettled } from "./fixture.ts";

/** Somebody who has earned, and nobody else's story is about. */
const operatorOf = (portal: PortalNetwork): Address => portal.network.node(5).operator.toLowerCase() as Address;

async function withoutChain(context: BrowserContext): Promise<void> {
  await context.route("**/portal.json", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), rpc: [] } });
  });
}

/** Node 2's agent says that node 5 has the key of node 4. */
async function withOtherKey(portal: PortalNetwork, context: BrowserContext): Promise<void> {
  await context.route(`${portal.urlOf(2)}v1/nodes**`, async (route) => {
    const response = await route.fetch();
    const { nodes, ...rest } = (await response.json()) as { nodes: { id: number; blsKey: string }[] };
    const key = nodes.find(({ id }) => id === 4)?.blsKey;
    const changed = nodes.map((node) => (node.id === 5 ? { ...node, blsKey: key } : node));
    await route.fulfill({ response, json: { ...rest, nodes: changed } });
  });
}

async function signedWithoutChain(portal: PortalNetwork): Promise<void> {
  const recipient = operatorOf(portal);
  await waitFor({ what: "something earned", timeoutMs: 120_000 }, async () => {
    const { amount } = await portal.network.agent(1).client.rewards(recipient);
    return amount > 0n ? true : null;
  });
  await portal.visit({ path: `/of/${recipient}` }, async ({ page, context }) => {
    await withoutChain(context);
    await page.reload();
    await page.getByRole("button", { name: "Ask the stake to sign" }).click();
    await page.getByText(/Checked here, against a node set that two agents agree on: .* \([45] of 5 nodes\)/).waitFor();
    await page.getByText(/The node set is told by http.* and http/).waitFor();
    expect(await page.getByText("Checked against a node set that 2 agents agree on").count()).toBe(1);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save the bundle" }).click(),
    ]);
    const { message } = parseBundle(JSON.parse(readFileSync(await download.path(), "utf8")));
    expect(message.recipient).toBe(recipient);
    await withOtherKey(portal, context);
    // It was asked for before the reload, and is gone on with.
    await page.reload();
    await page.getByText("Agents disagree about the node set").waitFor();
    await page.getByText("Not checked.").waitFor();
    await page.getByText(/nodes; not as above: node 5/).waitFor();
    expect(await page.getByText("Checked here").count()).toBe(0);
  });
}

/** The same sum, and the first line is said to be of another node. */
async function otherLines(portal: PortalNetwork): Promise<void> {
  const recipient = operatorOf(portal);
  await portal.visit({ path: `/of/${recipient}` }, async ({ page, context }) => {
    const lying = portal.urlOf(2).replace(/\/$/, "");
    await context.route(`${lying}/v1/ledger/0x**`, async (route) => {
      const response = await route.fetch();
      const said = (await response.json()) as { lines: { node: number }[] };
      const lines = said.lines.map((line, at) => (at === 0 ? { ...line, node: 4 } : line));
      await route.fulfill({ response, json: { ...said, lines } });
    });
    await page.getByRole("button", { name: "Show every epoch" }).click();
    await page.getByText(/The lines are those of http/).waitFor();
    await page.getByText("The lines add up to the amount above, exactly.").waitFor();
    const card = page.locator("section.card", { hasText: "Why this amount" });
    await card.getByRole("cell", { name: lying, exact: true }).waitFor();
    await card.getByText(/not as above from epoch \d+ on/).waitFor();
    await untilSettled(page);
    expect(await card.getByText(/2 agents say the same/).count()).toBeGreaterThan(0);
  });
}

export const story: PortalStory = {
  page: "What the page believes",
  steps: [
    {
      name: "P-149: signatures without a chain are checked with keys that two agents tell alike",
      run: signedWithoutChain,
    },
    { name: "P-150: an agent with other lines of the same sum is named", run: otherLines },
  ],
};
