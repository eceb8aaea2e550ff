/**
 * Whoever signs: any signer of ethers, or a wallet in a page (EIP-1193). Enters: calls that are ready to send. Leaves:
 * their receipts, and before that each hash. A call is simulated on the client's own chain before anybody is asked to
 * sign it (P-106).
 */
import { type Address, isQuorateError, parseAddress, quorateError } from "@quorate/common";
import { Account, type AccountOptions, type ChainProviders, coded, untilMined } from "@quorate/common/chain";
import { BaseWallet, isError, type Signer, type TransactionReceipt, toQuantity } from "ethers";
import type { Eip1193Provider } from "./chainSource.ts";
import type { ReadyCall } from "./readyCall.ts";

/** A private key with or without a provider, a hardware wallet, `BrowserProvider.getSigner()`, or the wallet itself. */
export type PaymentSigner = Signer | Eip1193Provider;

export interface SendOptions extends Pick<AccountOptions, "waitMs" | "pollMs" | "howToGoOn"> {
  /** Told of each transaction as soon as its hash is known. */
  readonly onSent?: ((sent: { readonly hash: string; readonly what: string }) => void) | undefined;
}

/** The account of a signer, and how it sends. */
export interface Sender {
  readonly address: Address;
  /** @throws TRANSACTION_*, ACCOUNT_*, WALLET_REFUSED, CHAIN_PROVIDER_FAILED */
  send(call: ReadyCall): Promise<TransactionReceipt>;
}

/** @throws CHAIN_WRONG_ID when a wallet is on another chain, WALLET_REFUSED */
export async function openSender(
  chain: ChainProviders,
  signer: PaymentSigner,
  options: SendOptions = {},
): Promise<Sender> {
  if (signer instanceof Account) return ofAccount(signer);
  // A key that is here: its hash is known before anybody gets the transaction.
  if (signer instanceof BaseWallet) {
    const { onSent: onTransaction, ...wait } = options;
    return ofAccount(new Account(chain, signer.privateKey, { ...wait, onTransaction }));
  }
  return "sendTransaction" in signer ? ofSigner(chain, signer, options) : ofWallet(chain, signer, options);
}

async function ofAccount(account: Account): Promise<Sender> {
  return {
    address: parseAddress(await account.getAddress()),
    async send({ to, data, what }) {
      const response = await account.sendTransaction({ to, data, customData: { what } });
      return (await response.wait()) as TransactionReceipt;
    },
  };
}

async function ofSigner(chain: ChainProviders, given: Signer, options: SendOptions): Promise<Sender> {
  const signer = given.provider === null ? given.connect(chain) : given;
  const { chainId } = await coded(async () => (await signer.provider?.getNetwork()) ?? { chainId: chain.chainId });
  requireChain(chain, chainId);
  const address = parseAddress(await signer.getAddress());
  return {
    address,
    send: (call) =>
      sendBy(chain, address, call, options, async () => {
        const { hash, nonce } = await signer.sendTransaction({ to: call.to, data: call.data });
        return { hash, nonce };
      }),
  };
}

async function ofWallet(chain: ChainProviders, wallet: Eip1193Provider, options: SendOptions): Promise<Sender> {
  const accounts = (await refusable(() => wallet.request({ method: "eth_requestAccounts" }))) as readonly string[];
  const address = parseAddress(String(accounts[0]));
  requireChain(chain, BigInt(String(await refusable(() => wallet.request({ method: "eth_chainId" })))));
  return {
    address,
    send: (call) =>
      sendBy(chain, address, call, options, async () => {
        const { to, data } = call;
        const nonce = await chain.getTransactionCount(address, "pending");
        const params = [{ from: address, to, data, value: toQuantity(0) }];
        return { hash: String(await wallet.request({ method: "eth_sendTransaction", params })), nonce };
      }),
  };
}

/** Simulates, has it signed and sent, and waits. */
async function sendBy(
  chain: ChainProviders,
  from: Address,
  { to, data, what }: ReadyCall,
  { onSent, ...wait }: SendOptions,
  sign: () => Promise<{ hash: string; nonce: number }>,
): Promise<TransactionReceipt> {
  await coded(() => chain.call({ from, to, data }), what);
  const startBlock = await chain.getBlockNumber();
  const { hash, nonce } = await refusable(sign, what);
  onSent?.({ hash, what });
  return untilMined(chain, { hash, nonce, from, what, startBlock }, null, wait);
}

function requireChain({ chainId }: ChainProviders, found: bigint): void {
  if (found === chainId) return;
  const remedy = `Switch the wallet to chain ${chainId}; nothing was signed.`;
  throw quorateError("CHAIN_WRONG_ID", { provider: "wallet", found, expected: chainId }, { remedy });
}

/** A person's no is no failure of the wallet (EIP-1193: 4001). */
async function refusable<T>(ask: () => Promise<T>, what?: string): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (code === 4001 || isError(cause, "ACTION_REJECTED")) throw quorateError("WALLET_REFUSED", { what }, { cause });
    if (isQuorateError(cause)) throw cause;
    return await coded(() => Promise.reject(readable(cause)), what);
  }
}

/** What a wallet throws is an object of its own making, or one that ethers has put its own words around. */
function readable(cause: unknown): Error {
  const { message, error } = cause as { message?: unknown; error?: { message?: unknown } };
  if (isError(cause, "UNKNOWN_ERROR") && typeof error?.message === "string") {
    return new Error(error.message, { cause });
  }
  return cause instanceof Error ? cause : new Error(String(message ?? cause), { cause });
}
