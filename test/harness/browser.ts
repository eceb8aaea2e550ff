/**
 * Debian's Chromium with a wallet in it, for tests of the portal. Enters: the page's URL, a chain, a private key.
 * Leaves: a page of playwright whose wallet announces itself (EIP-6963) and sends to the real chain (EIP-1193). What
 * the person does in the wallet's own window is set by the test: agree, or decline.
 */
import { fileURLToPath } from "node:url";
import { JsonRpcProvider, NonceManager, Wallet } from "ethers";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { programHere } from "../../packages/aggregator/test/support/programs.ts";

const CHROMIUM = programHere("chromium", "QUORATE_CHROMIUM");

/** What tests of pages lack here, as a sentence ends; null when nothing. `.ci/run` installs what they need. */
export const missingBrowser: string | null =
  CHROMIUM === null ? "chromium: apt-get install chromium, or name it in QUORATE_CHROMIUM" : null;

/** Rejects where there is none. */
export async function openBrowser(): Promise<Browser> {
  if (CHROMIUM === null) throw new Error(`this machine lacks ${missingBrowser}`);
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

export interface TestWalletOptions {
  /** 32 bytes of hex. */
  readonly privateKey: string;
  readonly rpcUrl: string;
  /** What `eth_chainId` says before anybody switches; default the chain's own. */
  readonly chainId?: bigint;
  /** Methods beside those of every wallet, such as `wallet_sendCalls` (EIP-5792). */
  readonly more?: Readonly<Record<string, (params: readonly unknown[]) => Promise<unknown>>>;
}

/** The person's side of the wallet. */
export interface TestWallet {
  readonly address: string;
  /** What follows is declined with EIP-1193's 4001, until it is set back. */
  declines: boolean;
  /** Every method that the page asked for, in order. */
  readonly asked: string[];
}

/** Gives the context's pages a wallet: before they are opened. */
export async function addWallet(context: BrowserContext, options: TestWalletOptions): Promise<TestWallet> {
  const chain = new JsonRpcProvider(options.rpcUrl, undefined, { cacheTimeout: -1 });
  const key = new Wallet(options.privateKey, chain);
  const signer = new NonceManager(key);
  let chainId = `0x${(options.chainId ?? (await chain.getNetwork()).chainId).toString(16)}`;
  const wallet: TestWallet = { address: key.address, declines: false, asked: [] };
  const person: Record<string, (params: readonly unknown[]) => Promise<unknown>> = {
    eth_requestAccounts: async () => [key.address],
    async eth_sendTransaction([call]) {
      const { to, data, value, gas } = call as { to: string; data: string; value?: string; gas?: string };
      signer.reset();
      const sent = await signer.sendTransaction({ to, data, value: value ?? 0, ...(gas ? { gasLimit: gas } : {}) });
      return sent.hash;
    },
    async eth_signTypedData_v4([, text]) {
      const { domain, types, message } = JSON.parse(String(text));
      const { EIP712Domain: _, ...own } = types;
      return key.signTypedData(domain, own, message);
    },
    async wallet_switchEthereumChain([to]) {
      chainId = (to as { chainId: string }).chainId;
      return null;
    },
    ...options.more,
  };
  const quiet: Record<string, () => Promise<unknown>> = {
    eth_accounts: async () => [key.address],
    eth_chainId: async () => chainId,
  };
  await context.exposeFunction("askTestWallet", async (method: string, params: readonly unknown[]) => {
    wallet.asked.push(method);
    try {
      if (quiet[method] !== undefined) return { result: await quiet[method]() };
      if (person[method] === undefined) return { result: await chain.send(method, [...params]) };
      // What a wallet can do, and what became of a batch, it says without asking the person.
      if (wallet.declines && !method.startsWith("wallet_get"))
        return { error: { code: 4001, message: "User rejected the request." } };
      return { result: await person[method](params) };
    } catch (cause) {
      const { error, info, message } = cause as { error?: unknown; info?: { error?: unknown }; message: string };
      return { error: error ?? info?.error ?? { code: -32_603, message } };
    }
  });
  await context.addInitScript({ path: fileURLToPath(new URL("announceWallet.js", import.meta.url)) });
  return wallet;
}

/** Opens the page and fails on whatever it logs as an error. */
export async function openPage(context: BrowserContext, url: string, onTrouble: (line: string) => void): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => onTrouble(`page error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") onTrouble(`console: ${message.text()}`);
  });
  await page.goto(url);
  return page;
}
