/**
 * Wallets by EIP-6963 and the one that is connected (EIP-1193). Enters: what wallets announce, a person's choice.
 * Leaves: an account and its provider, followed when the person changes them in the wallet. Not its job: sending
 * (`@quorate/client`).
 */

import { signal } from "@preact/signals";
import type { Eip1193Provider } from "@quorate/client";
import { type Address, parseAddress } from "@quorate/common";
import { createStore, type EIP6963ProviderDetail } from "mipd";

export interface ConnectedWallet {
  readonly name: string;
  /** As wallets announce themselves: a reverse domain name, the same after a reload. */
  readonly rdns: string;
  readonly account: Address;
  readonly chainId: bigint;
  readonly provider: Eip1193Provider;
}

type Announced = EIP6963ProviderDetail;

const store = createStore();
/** Of this tab and the next: a reload asks the wallet whether it still allows the page, which opens nothing. */
const LAST_WALLET = "quorate.wallet";

export const announced = signal<readonly Announced[]>(store.getProviders());
store.subscribe((all) => {
  announced.value = all;
  void reconnect();
});

export const wallet = signal<ConnectedWallet | null>(null);
// Wallets that were here before the page have announced themselves by now, and no change will tell of them.
void reconnect();

/** Asks the person, in the wallet's own window. @throws what the wallet throws, 4001 for a no (EIP-1193) */
export async function connectWallet({ info, provider }: Announced): Promise<void> {
  await take(info, provider as Eip1193Provider, "eth_requestAccounts");
  localStorage.setItem(LAST_WALLET, info.rdns);
}

export function disconnectWallet(): void {
  wallet.value = null;
  localStorage.removeItem(LAST_WALLET);
}

/**
 * Asks the wallet to go to a chain; where it does not know it, to add it first (EIP-3326, EIP-3085).
 * @throws what the wallet throws
 */
export async function switchChain(chainId: bigint, rpcUrls: readonly string[]): Promise<void> {
  const provider = wallet.value?.provider;
  const id = `0x${chainId.toString(16)}`;
  try {
    await provider?.request({ method: "wallet_switchEthereumChain", params: [{ chainId: id }] });
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 4902 || rpcUrls.length === 0) throw cause;
    const nativeCurrency = { name: "Ether", symbol: "ETH", decimals: 18 };
    const chain = { chainId: id, chainName: `Chain ${chainId}`, rpcUrls, nativeCurrency };
    await provider?.request({ method: "wallet_addEthereumChain", params: [chain] });
  }
}

async function reconnect(): Promise<void> {
  const last = localStorage.getItem(LAST_WALLET);
  const known = announced.value.find(({ info }) => info.rdns === last);
  if (wallet.value !== null || known === undefined) return;
  await take(known.info, known.provider as Eip1193Provider, "eth_accounts").catch(() => {});
}

async function take(
  { name, rdns }: Announced["info"],
  provider: Eip1193Provider,
  method: "eth_requestAccounts" | "eth_accounts",
): Promise<void> {
  const accounts = (await provider.request({ method })) as readonly string[];
  const chainId = BigInt(String(await provider.request({ method: "eth_chainId" })));
  const [account] = accounts;
  if (account === undefined) return;
  wallet.value = { name, rdns, account: parseAddress(account), chainId, provider };
  follow(provider);
}

interface Followed {
  on?(event: string, listener: (value: never) => void): void;
}

const followed = new WeakSet<object>();

function follow(provider: Eip1193Provider): void {
  if (followed.has(provider)) return;
  followed.add(provider);
  const { on } = provider as Followed;
  on?.call(provider, "accountsChanged", ([account]: readonly string[]) => {
    if (wallet.value?.provider !== provider) return;
    if (account === undefined) disconnectWallet();
    else wallet.value = { ...wallet.value, account: parseAddress(account) };
  });
  on?.call(provider, "chainChanged", (chainId: string) => {
    if (wallet.value?.provider === provider) wallet.value = { ...wallet.value, chainId: BigInt(chainId) };
  });
}
