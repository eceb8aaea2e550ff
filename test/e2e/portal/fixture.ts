/**
 * What the tests of the page share: one network of agents that serve it, a chain, a browser. In: nothing. Out: the
 * network, and pages that are opened as a visitor does, each in a context of its own.
 *
 * A page's tests stand in `<page>.story.ts`, which exports `story: PortalStory`: steps in order, each of them a test.
 * `portal.test.ts` finds the files and runs them in the order of their names, before one and the same network: a step
 * leaves it as it found it, or says in its name what it has changed. What a step leaves behind for the next one stands
 * in variables of its file.
 */
import { ATOMIC_PER_TOKEN, type NodeId } from "@quorate/common";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import { ensurePortal } from "../../../packages/portal/scripts/portal.ts";
import { addWallet, openBrowser, type TestWallet, type TestWalletOptions } from "../../harness/browser.ts";
import type { LocalNetwork } from "../../harness/network.ts";
import { connect, send } from "../../harness/seed.ts";
import { waitFor } from "../../harness/waitFor.ts";
import { startFixture, untilReady } from "../fixture.ts";

export interface PortalStep {
  readonly name: string;
  run(portal: PortalNetwork): Promise<void>;
}

export interface PortalStory {
  /** Of the page, as visitors read it. */
  readonly page: string;
  readonly steps: readonly PortalStep[];
}

/** Each has an account of its own number: 1 to 5. */
const NODES = 5;

/**
 * Accounts of the chain by number, for `open({ account })`. All have ether.
 * - `staker` and `otherStaker`: operators of nodes 1 and 2. Nobody else sends from these.
 * - `operator` and `contributor`: have tokens for three nodes each, and no node.
 * - `stranger`: has ether and no tokens.
 * - `poolOperator`: as `operator`, for whoever leaves a pool of its own behind.
 */
export const ACCOUNTS = {
  staker: 1,
  otherStaker: 2,
  operator: NODES + 1,
  contributor: NODES + 2,
  stranger: NODES + 3,
  poolOperator: NODES + 4,
} as const;
const SPARE_ACCOUNTS = 4;

/** Nodes whose agents send reports: a root becomes payable. With accounts of their own. */
const SUBMITTERS: readonly NodeId[] = [3, 4];

/** As in `demo --life`. */
const EPOCH_SECONDS = 20;
const CLAIM_DEADLINE_MS = 10_000;

/** As long as a step may wait for something to show: ten times what it takes on a machine of its own. */
export const SHOWS_MS = 60_000;

export interface OpenOptions {
  /** After the `#`, such as `/stakes`; default the first page. */
  readonly path?: string;
  /** Whose agent serves it; default node 1's. */
  readonly agent?: NodeId;
  /** Whose wallet is in the browser; default none is. Not connected yet: that is the visitor's to do. */
  readonly account?: number;
  /** Of the wallet, over the account's. */
  readonly wallet?: Partial<TestWalletOptions>;
  /** CSS pixels; default 1280 by 800. */
  readonly width?: number;
  readonly theme?: "light" | "dark";
  /** For tools that are injected into the page, such as axe: then nothing is said about its policy. */
  readonly bypassCSP?: boolean;
}

export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Rejects where no account was given. */
  readonly wallet: TestWallet;
  /**
   * Errors that the page logged, violations of its policy included, and requests for another host than an agent's or
   * the chain's. An agent that does not answer, or refuses, is none.
   */
  readonly troubles: readonly string[];
  /** Fails on troubles. */
  close(): Promise<void>;
}

export interface PortalNetwork {
  readonly network: LocalNetwork;
  readonly browser: Browser;
  /** The address of the page, as an agent serves it. */
  urlOf(agent?: NodeId): string;
  open(options?: OpenOptions): Promise<OpenedPage>;
  /** Opens, does, closes, also after a failure. */
  visit(options: OpenOptions, visit: (opened: OpenedPage) => Promise<void>): Promise<void>;
  /** Resolves to an epoch whose root is payable: claims by proof work from then on. */
  untilPayable(): Promise<number>;
}

export interface PortalFixture extends PortalNetwork {
  close(): Promise<void>;
}

export async function startPortal(): Promise<PortalFixture> {
  const options = {
    ...{ nodes: NODES, epochSeconds: EPOCH_SECONDS, claimDeadlineMs: CLAIM_DEADLINE_MS },
    submitters: SUBMITTERS,
  };
  const [fixture, browser] = await Promise.all([
    startFixture("anvil", options, SPARE_ACCOUNTS),
    openBrowser(),
    ensurePortal(),
  ]);
  const close = async (): Promise<void> => {
    await browser.close();
    await fixture.close();
  };
  try {
    const { network } = fixture;
    await network.startAgents(network.nodes.map(({ id }) => id));
    await giveTokens(network);
    await untilReady(network);
    return { ...portalNetwork(network, browser), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function portalNetwork(network: LocalNetwork, browser: Browser): PortalNetwork {
  const urlOf = (agent: NodeId = 1): string => `${network.agent(agent).http}/`;
  // An agent that a step has stopped is still no stranger.
  const known = [network.chain.url, ...network.agents.map(({ http }) => http)].map((url) => new URL(url).origin);
  const isKnown = (url: string): boolean =>
    /^(data|blob):/.test(url) || [...known, ...network.agents.map(({ http }) => http)].includes(new URL(url).origin);
  const open = async (options: OpenOptions = {}): Promise<OpenedPage> => {
    const { path = "/", agent = 1, account, width = 1_280, theme = "light", bypassCSP = false } = options;
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: theme, bypassCSP });
    context.setDefaultTimeout(SHOWS_MS);
    const troubles = watch(context, isKnown);
    const wallet = account === undefined ? null : await walletOf(context, network, account, options.wallet);
    const page = await context.newPage();
    await page.goto(`${urlOf(agent)}#${path}`);
    return {
      ...{ page, context, troubles },
      get wallet() {
        if (wallet === null) throw new Error("no account was given to open()");
        return wallet;
      },
      async close() {
        await context.close();
        expect(troubles).toEqual([]);
      },
    };
  };
  return {
    ...{ network, browser, urlOf, open },
    async visit(options, visit) {
      const opened = await open(options);
      try {
        await visit(opened);
      } catch (error) {
        const shown = await shownBy(opened);
        await opened.context.close();
        throw new Error(`${error instanceof Error ? error.message : error}\n\n${shown}`, { cause: error });
      }
      await opened.close();
    },
    untilPayable: () =>
      waitFor({ what: "a root to be payable", timeoutMs: 300_000 }, async (report) => {
        const { payableEpoch, acceptedReports } = await network.agent(1).client.status();
        report(`${acceptedReports} reports accepted, payable epoch ${payableEpoch}`);
        return payableEpoch;
      }),
  };
}

/** What a person saw when a step failed: its page may be gone by then. */
async function shownBy({ page, troubles }: OpenedPage): Promise<string> {
  const text = await page.locator("main").textContent({ timeout: 1_000 }).catch(String);
  return [`The page, ${page.url()}, showed:`, text, ...troubles].join("\n");
}

function walletOf(
  context: BrowserContext,
  { chain }: LocalNetwork,
  account: number,
  over: Partial<TestWalletOptions> = {},
): Promise<TestWallet> {
  return addWallet(context, { privateKey: chain.signer(account).privateKey, rpcUrl: chain.url, ...over });
}

/** Chromium's own words for an answer of 400 and above, and for none. */
const NOT_ANSWERED = /^Failed to load resource: /;

function watch(context: BrowserContext, isKnown: (url: string) => boolean): string[] {
  const troubles: string[] = [];
  context.on("weberror", (error) => troubles.push(`page error: ${error.error().message}`));
  context.on("console", (message) => {
    if (message.type() === "error" && !NOT_ANSWERED.test(message.text())) troubles.push(`console: ${message.text()}`);
  });
  context.on("request", (request) => {
    if (!isKnown(request.url())) troubles.push(`asked another host: ${request.url()}`);
  });
  return troubles;
}

/** Resolves when nothing on the page says that it waits. */
export async function untilSettled(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await waitFor({ what: `${page.url()} to have loaded`, timeoutMs: SHOWS_MS, pollMs: 50 }, async (report) => {
    const waiting = await page.locator(".waiting").allTextContents();
    report(waiting.join("; "));
    return waiting.length === 0 ? true : null;
  });
}

/** As a visitor does: the button, then the wallet by its name. */
export async function connectWallet(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Connect a wallet" }).click();
  await page.getByRole("button", { name: "Test wallet" }).click();
  await page.getByRole("button", { name: /^Test wallet · / }).waitFor();
}

/** For operators and contributors: the stake of three nodes, and some to spare. */
async function giveTokens(network: LocalNetwork): Promise<void> {
  const token = connect("SessionToken", network.token, network.chain.signer(0));
  const amount = 3n * network.deployment.parameters.stakingRequirementAtomic + 1_000n * ATOMIC_PER_TOKEN;
  for (const account of [ACCOUNTS.operator, ACCOUNTS.contributor, ACCOUNTS.poolOperator])
    await send(token, "transfer", network.chain.signer(account).address, amount);
}
