/** What every page is held to: the policy, who is asked, accessibility, the keyboard, narrow screens. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import {
  ACCOUNTS,
  connectWallet,
  type OpenOptions,
  type PortalNetwork,
  type PortalStory,
  untilSettled,
} from "./fixture.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Every page, and pages of something. */
const pathsOf = ({ network }: PortalNetwork): string[] => [
  ...["/", "/stakes", "/stake", "/run", "/network"],
  ...[`/of/${network.node(1).operator}`, "/nodes/1"],
];

/** Another page is loaded without a request for the document. */
async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate((hash) => location.replace(hash), `#${path}`);
  await untilSettled(page);
}

async function loads(portal: PortalNetwork): Promise<void> {
  await portal.visit({ agent: 1 }, async ({ page }) => {
    for (const path of pathsOf(portal)) await goTo(page, path);
    expect(await page.title()).toContain("Quorate");
  });
  await portal.visit({ agent: 2 }, ({ page }) => untilSettled(page));
}

async function isNotFramed({ browser, urlOf }: PortalNetwork): Promise<void> {
  const html = `<!doctype html><iframe src="${urlOf()}"></iframe>`;
  const server = createServer((_request, response) => response.setHeader("content-type", "text/html").end(html));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const refused = page.waitForEvent("console", (message) => /frame-ancestors/.test(message.text()));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect((await refused).type()).toBe("error");
    expect(page.frames().map((frame) => frame.url())[1]).not.toContain(urlOf());
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
  }
}

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

async function isAccessible(portal: PortalNetwork, options: OpenOptions): Promise<void> {
  await portal.visit({ ...options, bypassCSP: true }, async ({ page }) => {
    if (options.account !== undefined) await connectWallet(page);
    await page.evaluate(AXE);
    const found: string[] = [];
    for (const path of pathsOf(portal)) {
      await goTo(page, path);
      const findings = (await page.evaluate("axe.run().then(({ violations }) => violations)")) as readonly Finding[];
      for (const { id, impact, nodes } of findings.filter((each) => /serious|critical/.test(each.impact)))
        found.push(...nodes.map(({ html, failureSummary }) => `${path} ${impact} ${id}: ${html} ${failureSummary}`));
    }
    expect(found).toEqual([]);
  });
}

/** What is focused, as it is read aloud or nearly so. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.textContent ?? document.activeElement?.tagName ?? "");

async function byKeyboard(portal: PortalNetwork): Promise<void> {
  await portal.visit({}, async ({ page }) => {
    await untilSettled(page);
    const links = await page.getByRole("navigation").getByRole("link").allTextContents();
    expect(links.length).toBeGreaterThan(4);
    const passed: string[] = [];
    while (passed.length < links.length + 3) {
      await page.keyboard.press("Tab");
      passed.push(await focused(page));
    }
    expect(passed).toEqual(["Skip to the content", "Quorate", ...links, "Connect a wallet"]);
    await page.getByRole("link", { name: "Network", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/#\/network$/);
    await page.getByRole("button", { name: "Skip to the content" }).focus();
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
  });
}

async function fitsNarrowScreens(portal: PortalNetwork): Promise<void> {
  await portal.visit({ width: 360 }, async ({ page }) => {
    const tooWide: string[] = [];
    for (const path of pathsOf(portal)) {
      await goTo(page, path);
      const { scrollWidth, clientWidth } = await page.evaluate(() => ({
        scrollWidth: document.documentElement.scrollWidth,
        clientWidth: document.documentElement.clientWidth,
      }));
      if (scrollWidth > clientWidth) tooWide.push(`${path}: ${scrollWidth} of ${clientWidth}`);
    }
    expect(tooWide).toEqual([]);
  });
}

/** Its agent went away after the frame was loaded. */
async function saysWhatCouldNotBeLoaded(portal: PortalNetwork): Promise<void> {
  await portal.visit({}, async ({ page }) => {
    await untilSettled(page);
    await page.route("**/assets/networkPage*.js", (route) => route.abort());
    await page.getByRole("link", { name: "Network", exact: true }).click();
    await page.getByText("This page could not be shown.").waitFor();
    await page.getByRole("link", { name: "My rewards", exact: true }).click();
    await page.getByLabel("Address or ENS name").waitFor();
    await page.unroute("**/assets/networkPage*.js");
    await page.getByRole("link", { name: "Network", exact: true }).click();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("Can payments go on?").waitFor();
  });
}

const by = (options: OpenOptions) => (portal: PortalNetwork) => isAccessible(portal, options);

export const story: PortalStory = {
  page: "Every page",
  steps: [
    { name: "P-144, P-145: loads from two agents, breaks no policy and asks agents and chain only", run: loads },
    { name: "P-144: is framed by nobody", run: isNotFramed },
    ...(["light", "dark"] as const).flatMap((theme) => [
      { name: `axe has no serious finding in ${theme} colours`, run: by({ theme }) },
      { name: `nor with a wallet in ${theme} colours`, run: by({ theme, account: ACCOUNTS.staker }) },
    ]),
    { name: "a page that cannot be loaded is said to be, and tried again", run: saysWhatCouldNotBeLoaded },
    { name: "the keyboard reaches pages, wallet and content", run: byKeyboard },
    { name: "360 pixels are enough: no page scrolls sideways", run: fitsNarrowScreens },
  ],
};
