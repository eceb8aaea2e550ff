/**
 * "My stakes", "Stake" and "Run a node" to their money: a pool is opened, paid into, added to and left again; a node is
 * registered from printed keys and asked to leave; and each refusal says why. Leaves an open pool behind, and a node
 * that leaves and whose agent does not run: `stakesEnd.story.ts` pays both back.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { possessionFile } from "@quorate/client";
import { type Address, formatAmount, parseAddress, provePossession } from "@quorate/common";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { REPOSITORY } from "../../harness/child.ts";
import { runCli } from "../../harness/cli.ts";
import { connect } from "../../harness/seed.ts";
import { ACCOUNTS, connectWallet, type OpenedPage, type PortalNetwork, type PortalStory } from "./fixture.ts";

const OPERATOR_FEE_BPS = 500;
/** The pool that the first step opens. */
let pool: Address | undefined;

export const addressOf = ({ network }: PortalNetwork, account: number): Address =>
  parseAddress(network.chain.signer(account).address);

export async function tokensOf({ network }: PortalNetwork, account: number): Promise<bigint> {
  const token = connect("SessionToken", network.token, network.chain.signer(0));
  return (await token.getFunction("balanceOf")(network.chain.signer(account).address)) as bigint;
}

export const stakeOf = ({ network }: PortalNetwork): bigint => network.deployment.parameters.stakingRequirementAtomic;

/** What `quorate keys prove` prints for new keys of the operator. */
export function printedFor(portal: PortalNetwork, operator: Address, seed: number): string {
  const { scheme, domain } = portal.network;
  const [blsSecret, identitySecret] = [new Uint8Array(32).fill(seed), new Uint8Array(32).fill(seed + 1)];
  const possession = provePossession(scheme, domain, { blsSecret, identitySecret, operator });
  const place = { chainId: BigInt(domain.chainId), rewards: domain.verifyingContract, operator };
  const request = { possession, beneficiary: operator, feeBps: OPERATOR_FEE_BPS };
  return JSON.stringify(possessionFile(place, request), null, 2);
}

/** A wallet that sends several calls as one (EIP-5792), as far as this chain lets it: one right after the other. */
export function batching({ network }: PortalNetwork, account: number) {
  const hashes: string[] = [];
  return {
    async wallet_getCapabilities() {
      return { [`0x${network.chain.chainId.toString(16)}`]: { atomic: { status: "supported" } } };
    },
    async wallet_sendCalls([batch]: readonly unknown[]) {
      const signer = network.chain.signer(account);
      const { calls, atomicRequired } = batch as { calls: { to: string; data: string }[]; atomicRequired: boolean };
      expect(atomicRequired).toBe(true);
      hashes.length = 0;
      for (const { to, data } of calls) {
        const sent = await signer.sendTransaction({ to, data });
        await sent.wait();
        hashes.push(sent.hash);
      }
      return { id: "0xba7c4" };
    },
    async wallet_getCallsStatus() {
      return { status: 200, receipts: hashes.map((transactionHash) => ({ transactionHash })) };
    },
  };
}

export const panel = (page: Page, title: string | RegExp) => page.getByRole("region", { name: title });

/** Taken only when they are wanted: for the documents. */
async function picture(page: Page, name: string): Promise<void> {
  if (process.env["UPDATE_PICTURES"] !== "1") return;
  mkdirSync(join(REPOSITORY, "docs/pictures"), { recursive: true });
  await page.screenshot({ path: join(REPOSITORY, `docs/pictures/portal-${name}.png`), fullPage: true });
}

async function refusesKeys(portal: PortalNetwork): Promise<void> {
  const { network } = portal;
  const operator = addressOf(portal, ACCOUNTS.operator);
  const inUse = await runCli({
    args: ["keys", "prove", "--config", join(network.node(1).directory, "agent.yaml"), "--operator", operator],
    logFile: join(network.directory, "keys-prove.log"),
  });
  await portal.visit({ account: ACCOUNTS.operator, path: "/run" }, async ({ page }) => {
    await connectWallet(page);
    const field = page.getByLabel("What it printed");
    await field.fill("BLS key  0x12");
    await page.getByText("public keys without a proof").first().waitFor();
    await field.fill(inUse);
    await page.getByText("The BLS key signed it (proof of possession): holds").waitFor();
    await page.getByText("this BLS key is registered already, as node 1").waitFor();
    const other = printedFor(portal, addressOf(portal, ACCOUNTS.contributor), 0x21);
    await field.fill(other);
    await page.getByText("Connect that account, or run the command for this one.").waitFor();
    await field.fill(other.replaceAll(addressOf(portal, ACCOUNTS.contributor), operator));
    await page.getByText("The identity key signed it (Ed25519): does not hold").waitFor();
    expect(await page.getByText("2. What to open").count()).toBe(0);
  });
}

async function opensPool(portal: PortalNetwork): Promise<void> {
  const account = ACCOUNTS.operator;
  const [before, part] = [await tokensOf(portal, account), stakeOf(portal) / 4n];
  const wallet = { more: batching(portal, account) };
  await portal.visit({ account, path: "/run", wallet }, async ({ page }) => {
    await connectWallet(page);
    await page.getByLabel("What it printed").fill(printedFor(portal, addressOf(portal, account), 0x11));
    await page.getByLabel(/^A pool: /).check();
    await page.getByLabel("My own part in SESH").fill("1");
    await page.getByText(`Your own part is ${formatAmount(part)} at least.`).waitFor();
    await page.getByLabel("My own part in SESH").fill(formatAmount(part));
    await picture(page, "run");
    await page.getByRole("button", { name: "Check and continue" }).click();
    await page.getByText("3 calls that your wallet sends as one: all of them or none.").waitFor();
    await page.getByRole("button", { name: "Send all as one by the wallet" }).click();
    await page.getByText("The pool is open. Others can contribute now.").waitFor();
    expect(await tokensOf(portal, account)).toBe(before - part);
    await page.getByRole("link", { name: "Stake", exact: true }).click();
    const href = await page.getByRole("link", { name: /^Contribute to pool / }).getAttribute("href");
    pool = parseAddress(String(href?.split("/").at(-1)));
  });
}

async function refusesSecondPool(portal: PortalNetwork): Promise<void> {
  const account = ACCOUNTS.operator;
  await portal.visit({ account, path: "/run" }, async ({ page, wallet }) => {
    await connectWallet(page);
    await page.getByLabel("What it printed").fill(printedFor(portal, addressOf(portal, account), 0x11));
    await page.getByLabel(/^A pool: /).check();
    await page.getByLabel("My own part in SESH").fill(formatAmount(stakeOf(portal) / 4n));
    await page.getByRole("button", { name: "Check and continue" }).click();
    await page.getByText("POOL_KEYS_IN_USE").first().waitFor();
    await page.getByText(/^Use that pool, or end its round first/).waitFor();
    expect(await page.getByRole("button", { name: /by the wallet$/ }).count()).toBe(0);
    expect(wallet.asked).not.toContain("eth_sendTransaction");
  });
}

async function contributes(portal: PortalNetwork): Promise<void> {
  const account = ACCOUNTS.contributor;
  const part = stakeOf(portal) / 4n;
  const before = await tokensOf(portal, account);
  await portal.visit({ account, path: "/stake" }, async (opened) => {
    const { page } = opened;
    await connectWallet(page);
    await page.getByRole("link", { name: /^Contribute to pool / }).waitFor();
    await picture(page, "stake");
    await page.getByRole("link", { name: /^Contribute to pool / }).click();
    await page.getByLabel("Amount in SESH").fill("0.000000001");
    await page.getByText("The least that it takes from you now is").waitFor();
    await page.getByLabel(/^Who receives/).fill(portal.network.domain.verifyingContract);
    await page.getByText("This is one of the network's own contracts").waitFor();
    await page.getByLabel(/^Who receives/).fill("");
    await page.getByLabel("Amount in SESH").fill(formatAmount(part));
    await page.getByRole("button", { name: "Check and continue" }).click();
    await refusesToSend(portal, opened);
    await panel(page, "Contribute to this pool").getByRole("button", { name: "Send these 2 by the wallet" }).click();
    await page.getByText("All 2 are mined.").waitFor();
    expect(await tokensOf(portal, account)).toBe(before - part);
    await page.reload();
    await page.getByText("Sent from this browser").waitFor();
    expect(await page.locator(".sent .state.mined").count()).toBe(2);
  });
}

/** Without ether, by a no in the wallet, and on another chain nothing is sent. */
async function refusesToSend({ network }: PortalNetwork, { page, wallet }: OpenedPage): Promise<void> {
  const { address } = wallet;
  const sending = panel(page, "Contribute to this pool");
  await sending.getByText("It costs at most").waitFor();
  const has = await network.chain.provider.getBalance(address);
  await network.chain.provider.send("anvil_setBalance", [address, "0x1"]);
  await sending.getByRole("button", { name: "Do not send" }).click();
  await page.getByRole("button", { name: "Check and continue" }).click();
  await sending.getByText("Send it the rest first.").waitFor();
  expect(await sending.getByRole("button", { name: /by the wallet$/ }).isDisabled()).toBe(true);
  await network.chain.provider.send("anvil_setBalance", [address, `0x${has.toString(16)}`]);
  await sending.getByRole("button", { name: "Do not send" }).click();
  await page.getByRole("button", { name: "Check and continue" }).click();
  wallet.declines = true;
  await sending.getByRole("button", { name: /by the wallet$/ }).click();
  await sending.getByText("You declined in the wallet. Nothing was sent.").waitFor();
  wallet.declines = false;
}

async function refusesWrongChain(portal: PortalNetwork): Promise<void> {
  const { chainId } = portal.network.domain;
  const wallet = { chainId: 1n };
  await portal.visit({ account: ACCOUNTS.contributor, path: `/stake/${pool}`, wallet }, async ({ page }) => {
    await connectWallet(page);
    await page.getByLabel("Amount in SESH").fill("1");
    await page.getByRole("button", { name: "Check and continue" }).click();
    const sending = panel(page, "Add to your contribution");
    await sending.getByText(`The wallet is on chain 1; this network is on chain ${chainId}.`).waitFor();
    expect(await sending.getByRole("button", { name: /by the wallet$/ }).count()).toBe(0);
  });
  await portal.visit({ account: ACCOUNTS.stranger, path: `/stake/${pool}` }, async ({ page }) => {
    await connectWallet(page);
    await page.getByRole("button", { name: /^All that is left/ }).click();
    await page.getByText("Your account has 0 SESH.").waitFor();
  });
}

async function topsUp(portal: PortalNetwork): Promise<void> {
  const account = ACCOUNTS.contributor;
  const before = await tokensOf(portal, account);
  const wallet = { more: batching(portal, account) };
  await portal.visit({ account, path: "/stakes", wallet }, async ({ page }) => {
    await connectWallet(page);
    await page.getByText("What does not work now, and why").click();
    await page.getByText("a contribution stays for a day").waitFor();
    await page.getByRole("link", { name: /^Add to it: Pool/ }).click();
    await page.getByLabel("Amount in SESH").fill("1.5");
    await page.getByRole("button", { name: "Check and continue" }).click();
    await page.getByRole("button", { name: "Send all as one by the wallet" }).click();
    await page.getByText("All 2 are mined.").waitFor();
  });
  expect(await tokensOf(portal, account)).toBe(before - 1_500_000_000n);
}

async function registersAndLeaves(portal: PortalNetwork): Promise<void> {
  const account = ACCOUNTS.operator;
  const before = await tokensOf(portal, account);
  await portal.visit({ account, path: "/run" }, async ({ page }) => {
    await connectWallet(page);
    await page.getByLabel("What it printed").fill(printedFor(portal, addressOf(portal, account), 0x31));
    await page.getByRole("button", { name: "Check and continue" }).click();
    await panel(page, "Register the node").getByRole("button", { name: "Send these 2 by the wallet" }).click();
    await page.getByText(/^Registered as node \d+\./).waitFor();
    expect(await tokensOf(portal, account)).toBe(before - stakeOf(portal));
    await page.getByRole("link", { name: "See it under My stakes" }).click();
    await page.getByRole("button", { name: /^Leave: Node/ }).click();
    const sending = panel(page, /^Leave: Node/);
    const send = sending.getByRole("button", { name: "Send it by the wallet" });
    await send.waitFor();
    expect(await send.isDisabled()).toBe(true);
    await picture(page, "stakes");
    await sending.getByLabel("I understand that the node leaves for good, and nobody can stop it.").check();
    await send.click();
    await page.getByText("It is mined.").waitFor();
    await page.getByText("What does not work now, and why").first().click();
    await page.getByText("the 15 days from the request to leave are not over").waitFor();
  });
}

export const story: PortalStory = {
  page: "My stakes, Stake, Run a node",
  steps: [
    { name: "P-8, P-20: keys are refused without a proof, in use, and of another operator", run: refusesKeys },
    { name: "P-45: a pool is opened from printed keys, as one batch of the wallet", run: opensPool },
    { name: "P-156: a second pool with the same keys is refused, with what helps", run: refusesSecondPool },
    { name: "P-46: a contribution: bounds, no gas, a no in the wallet, then the money", run: contributes },
    { name: "on another chain, and without tokens, nothing is sent", run: refusesWrongChain },
    { name: "P-46: a top-up as one batch; taking it back is refused for a day", run: topsUp },
    { name: "P-27, P-33: a node is registered from printed keys, and asked to leave", run: registersAndLeaves },
  ],
};
