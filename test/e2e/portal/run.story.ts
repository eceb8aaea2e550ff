/**
 * "Run a node" by a wallet that signs one call at a time: a pool is made and opened with a no and a reload in the
 * middle, and ended again. Leaves a pool without a round behind.
 */
import { formatAmount } from "@quorate/common";
import { Interface } from "ethers";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { ACCOUNTS, connectWallet, type PortalNetwork, type PortalStory } from "./fixture.ts";
import { addressOf, panel, printedFor, stakeOf, tokensOf } from "./stakes.story.ts";

const selectorOf = (signature: string): string =>
  new Interface([`function ${signature}`]).getFunction(signature.replace(/\(.*$/, ""))?.selector as string;
const APPROVE = selectorOf("approve(address,uint256)");

/** A wallet whose person agrees to calls of some functions only. */
function selective({ network }: PortalNetwork, account: number) {
  const person = { agreesTo: (_selector: string): boolean => true };
  const more = {
    async eth_sendTransaction([call]: readonly unknown[]) {
      const { to, data } = call as { to: string; data: string };
      if (!person.agreesTo(data.slice(0, 10))) throw { error: { code: 4001, message: "User rejected the request." } };
      return (await network.chain.signer(account).sendTransaction({ to, data })).hash;
    },
  };
  return { person, more };
}

const sendIt = (page: Page, title: string) => panel(page, title).getByRole("button", { name: "Send it by the wallet" });

async function opensStepByStep(portal: PortalNetwork): Promise<void> {
  const account = ACCOUNTS.poolOperator;
  const [before, part] = [await tokensOf(portal, account), stakeOf(portal) / 4n];
  const beneficiary = addressOf(portal, ACCOUNTS.stranger);
  const { person, more } = selective(portal, account);
  await portal.visit({ account, path: "/run", wallet: { more } }, async ({ page }) => {
    await connectWallet(page);
    await page.getByLabel("What it printed").fill(printedFor(portal, addressOf(portal, account), 0x41));
    await page.getByLabel(/^A pool: /).check();
    await page.getByLabel(/^Who receives my rewards/).fill(beneficiary);
    await page.getByLabel("My own part in SESH").fill(formatAmount(part));
    await page.getByLabel(/^I register the node myself/).check();
    await page.getByRole("button", { name: "Check and continue" }).click();
    person.agreesTo = () => false;
    await sendIt(page, "Make the pool's contract").click();
    await page.getByText("You declined in the wallet. Nothing was sent.").waitFor();
    person.agreesTo = () => true;
    await sendIt(page, "Make the pool's contract").click();
    const opening = panel(page, "Open the pool");
    await opening.getByRole("button", { name: "Send these 2 by the wallet" }).waitFor();
    person.agreesTo = (selector) => selector === APPROVE;
    await opening.getByRole("button", { name: "Send these 2 by the wallet" }).click();
    await opening.getByText("You declined in the wallet. This one was not sent.").waitFor();
    await opening.getByText("1 of 2 is mined already").waitFor();
    await sendIt(page, "Open the pool").waitFor();
    expect(await tokensOf(portal, account)).toBe(before);
    await page.reload();
    person.agreesTo = (selector) => selector !== APPROVE;
    await goesOn(page, formatAmount(part), beneficiary);
    await page.getByText("The pool is open. Others can contribute now.").waitFor();
    expect(await tokensOf(portal, account)).toBe(before - part);
    await page.getByRole("link", { name: "See it under My stakes" }).click();
    await ends(page, beneficiary);
  });
  expect(await tokensOf(portal, account)).toBe(before);
}

/** The contract is there and its round is not open: everything that was asked for stands in the form. */
async function goesOn(page: Page, part: string, beneficiary: string): Promise<void> {
  const card = page.locator("section.card", { hasText: "has no round open" });
  await card.waitFor();
  expect(await card.getByLabel("My own part in SESH").inputValue()).toBe(part);
  expect(await card.getByLabel(/^Who receives my rewards/).inputValue()).toBe(beneficiary);
  expect(await card.getByLabel(/^I register the node myself/).isChecked()).toBe(true);
  await card.getByRole("button", { name: "Check and continue" }).click();
  // The approval of before stands, and is not asked for again.
  await sendIt(page, "Open the pool").click();
}

async function ends(page: Page, beneficiary: string): Promise<void> {
  await page.getByText("My rewards go to").waitFor();
  await page.getByTitle(beneficiary, { exact: true }).first().waitFor();
  await page.getByRole("button", { name: /^End the round: Pool/ }).click();
  const ending = panel(page, /^End the round: Pool/);
  await ending.getByLabel("I understand that everyone's contribution is paid back.").check();
  await ending.getByRole("button", { name: "Send these 2 by the wallet" }).click();
  await page.getByText("All 2 are mined.").waitFor();
  await page.getByRole("link", { name: /^Open a round: Pool/ }).waitFor();
}

export const story: PortalStory = {
  page: "Run a node, one call at a time",
  steps: [
    {
      name: "P-45: a pool is opened call by call: a no, a reload, and it goes on; then it is ended",
      run: opensStepByStep,
    },
  ],
};
