/**
 * The account that a command sends from, as an ethers signer (P-106). Enters: transactions. Leaves: their receipts, and
 * before that each hash, told as soon as it is known. What a transaction needs is checked before it is signed: that no
 * other of the account's waits, that the call is not refused, that there is ether for its gas. Not its job: what is
 * sent.
 */
import {
  AbstractSigner,
  BaseWallet,
  copyRequest,
  formatEther,
  type Signer,
  SigningKey,
  Transaction,
  type TransactionLike,
  type TransactionReceipt,
  type TransactionRequest,
  type TransactionResponse,
  type TypedDataDomain,
  type TypedDataField,
  toBeHex,
  toQuantity,
} from "ethers";
import { isQuorateError, quorateError } from "../errors.ts";
import { TRANSACTION_GAS_CAP } from "../gas.ts";
import { codedFailure } from "./failures.ts";
import { GAS_MARGIN_PERCENT, POLL_MS, WAIT_MS } from "./limits.ts";
import type { ChainProviders } from "./providers.ts";
import { RemoteSigner, type RpcTransaction } from "./remoteSigner.ts";
import { type SentTransaction, untilMined, type WaitOptions } from "./waiting.ts";

export interface AccountOptions extends WaitOptions {
  /** Told before a signed transaction is given to any provider. */
  readonly onTransaction?: ((transaction: SentTransaction) => void) | undefined;
  /** Told when its outcome is known. */
  readonly onOutcome?: ((transaction: SentTransaction) => void) | undefined;
  /** Whether to send although another transaction of the account waits to be mined. */
  readonly behindOthers?: boolean | undefined;
}

/** A transaction as it would be sent now. */
export interface PlannedTransaction {
  readonly gas: bigint;
  /** Most that a unit of gas may cost, in wei. */
  readonly maxFeePerGasWei: bigint;
  /** Most that it takes from the account, value included, in wei. */
  readonly maxCostWei: bigint;
}

export class Account extends AbstractSigner<ChainProviders> {
  readonly #signer: Signer;
  readonly #options: AccountOptions;
  /** One above the last nonce that this process used; 0 before. */
  #nextNonce = 0;
  /** The block of the last receipt: nothing older is asked about what follows it. */
  #lastBlock = 0;

  /** Of a private key, or of a signer whose key the provider itself has. */
  constructor(chain: ChainProviders, from: string | Signer, options: AccountOptions = {}) {
    super(chain);
    this.#signer = typeof from === "string" ? walletOf(from, chain) : from;
    this.#options = options;
  }

  /** The block at which state is asked that a transaction of this account has changed. */
  get blockTag(): string {
    return this.#lastBlock === 0 ? "latest" : toQuantity(this.#lastBlock);
  }

  override getAddress(): Promise<string> {
    return this.#signer.getAddress();
  }

  override connect(): Account {
    return this;
  }

  override signTransaction(transaction: TransactionRequest): Promise<string> {
    return this.#signer.signTransaction(transaction);
  }

  override signMessage(message: string | Uint8Array): Promise<string> {
    return this.#signer.signMessage(message);
  }

  override signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    return this.#signer.signTypedData(domain, types, value);
  }

  /** The next nonce, never one that this process has used: a machine that is behind may say so. */
  override async getNonce(): Promise<number> {
    const from = await this.getAddress();
    return Math.max(this.#nextNonce, await this.provider.getTransactionCount(from, "pending"));
  }

  /**
   * Refuses to go on while a transaction of the account waits: what is sent behind it may do the same again.
   * @throws ACCOUNT_BUSY
   */
  async requireIdle(): Promise<void> {
    const account = await this.getAddress();
    const [mined, pending] = await Promise.all(
      ["latest", "pending"].map((tag) => this.provider.getTransactionCount(account, tag)),
    );
    if ((pending as number) <= Math.max(mined as number, this.#nextNonce)) return;
    throw quorateError("ACCOUNT_BUSY", { account, waiting: (pending as number) - (mined as number), nonce: mined });
  }

  /**
   * Most that `gas` could cost now, in wei.
   * @throws ACCOUNT_LACKS_ETHER
   */
  async requireEther(gas: bigint, valueWei = 0n): Promise<void> {
    const { maxFeePerGas, gasPrice } = await this.provider.getFeeData();
    await this.#requireWei(gas * (maxFeePerGas ?? gasPrice ?? 0n) + valueWei, gas);
  }

  /**
   * What a transaction would need now; nothing is signed or sent. With a gas limit the call is not tried.
   * @throws TRANSACTION_REVERTED, ACCOUNT_LACKS_ETHER, CHAIN_PROVIDER_FAILED
   */
  async plan(request: TransactionRequest): Promise<PlannedTransaction> {
    try {
      const { gasLimit, maxFeePerGas, gasPrice, value } = await this.#prepared(request);
      const price = BigInt(maxFeePerGas ?? gasPrice ?? 0n);
      return { gas: gasLimit, maxFeePerGasWei: price, maxCostWei: gasLimit * price + BigInt(value ?? 0n) };
    } catch (cause) {
      throw codedFailure(cause, whatOf(request));
    }
  }

  /** Signs, sends, and waits until the transaction is in a block; its receipt is known when this resolves. */
  override async sendTransaction(request: TransactionRequest): Promise<TransactionResponse> {
    try {
      return await this.#send(request);
    } catch (cause) {
      throw codedFailure(cause, whatOf(request));
    }
  }

  async #send(request: TransactionRequest): Promise<TransactionResponse> {
    if (this.#nextNonce === 0 && this.#options.behindOthers !== true) await this.requireIdle();
    const what = whatOf(request);
    const ready = await this.#prepared(request);
    const startBlock = await this.provider.getBlockNumber();
    const { hash, signed } = await this.#signed(ready, (transaction) =>
      this.#options.onTransaction?.({ ...transaction, what, startBlock }),
    );
    const sent = { hash, nonce: ready.nonce, from: ready.from, what, startBlock };
    this.#nextNonce = ready.nonce + 1;
    try {
      const receipt = await untilMined(this.provider, sent, signed, this.#options);
      this.#lastBlock = receipt.blockNumber;
      return this.#response(ready, receipt);
    } finally {
      this.#options.onOutcome?.(sent);
    }
  }

  /** With its nonce, its gas and its fees; what it may cost is there. */
  async #prepared(request: TransactionRequest): Promise<Prepared> {
    const from = await this.getAddress();
    const { to, data, value } = await super.populateCall(copyRequest(request));
    const call = { from, ...(to == null ? {} : { to: String(to) }), data: data ?? "0x", value: BigInt(value ?? 0n) };
    const gasLimit = request.gasLimit == null ? await this.#gasOf(call) : BigInt(request.gasLimit);
    const fees = await this.provider.getFeeData();
    const price = fees.maxFeePerGas ?? fees.gasPrice ?? 0n;
    await this.#requireWei(gasLimit * price + call.value, gasLimit);
    const offered =
      fees.maxFeePerGas === null || fees.maxPriorityFeePerGas === null
        ? { type: 0, gasPrice: price }
        : { type: 2, maxFeePerGas: fees.maxFeePerGas, maxPriorityFeePerGas: fees.maxPriorityFeePerGas };
    return { ...call, ...offered, gasLimit, nonce: await this.getNonce(), chainId: this.provider.chainId };
  }

  /** What the call needs in the state that the account's last transaction left, and some more. */
  async #gasOf(call: { from: string; to?: string; data: string; value: bigint }): Promise<bigint> {
    const { value, ...rest } = call;
    const asked = { ...rest, value: toQuantity(value) };
    const ask = (): Promise<string> => this.provider.send("eth_estimateGas", [asked, this.blockTag]);
    const estimate = BigInt(await this.#caughtUp(ask));
    const withMargin = estimate + (estimate * GAS_MARGIN_PERCENT) / 100n;
    return withMargin > TRANSACTION_GAS_CAP && estimate <= TRANSACTION_GAS_CAP ? TRANSACTION_GAS_CAP : withMargin;
  }

  /**
   * What is asked of the state that a transaction of ours left. A machine that does not have its block yet is given as
   * long as the transaction itself.
   */
  async #caughtUp<T>(ask: () => Promise<T>): Promise<T> {
    const endsAtMs = performance.now() + (this.#options.waitMs ?? WAIT_MS);
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const isBehind = isQuorateError(error) && (error.cause as { kind?: unknown } | undefined)?.kind === "passing";
        if (this.#lastBlock === 0 || !isBehind || performance.now() >= endsAtMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, this.#options.pollMs ?? POLL_MS));
      }
    }
  }

  async #requireWei(needWei: bigint, gas: bigint): Promise<void> {
    const account = await this.getAddress();
    const ask = (): Promise<string> => this.provider.send("eth_getBalance", [account.toLowerCase(), this.blockTag]);
    const haveWei = BigInt(await this.#caughtUp(ask));
    if (haveWei >= needWei) return;
    const values = { account, have: `${formatEther(haveWei)} ether`, need: `${formatEther(needWei)} ether`, gas };
    throw quorateError("ACCOUNT_LACKS_ETHER", values);
  }

  /** The hash is told before anybody gets the transaction, where the key is here. */
  async #signed(
    ready: Prepared,
    tell: (transaction: { hash: string; nonce: number; from: string }) => void,
  ): Promise<{ readonly hash: string; readonly signed: string | null }> {
    const { nonce, from } = ready;
    if (this.#signer instanceof BaseWallet) {
      const { from: _from, ...transaction } = ready;
      const signed = await this.#signer.signTransaction(transaction);
      const hash = Transaction.from(signed).hash as string;
      tell({ hash, nonce, from });
      return { hash, signed };
    }
    if (this.#signer instanceof RemoteSigner) {
      const asked = this.provider.getRpcTransaction(ready) as unknown as RpcTransaction;
      const delivered = await this.#signer.deliver(asked);
      tell({ hash: delivered.hash, nonce, from });
      return delivered;
    }
    const { type: _type, chainId: _chainId, ...fields } = ready;
    const hash: string = await this.provider.send("eth_sendTransaction", [this.provider.getRpcTransaction(fields)]);
    tell({ hash, nonce, from });
    return { hash, signed: null };
  }

  #response(ready: Prepared, { hash, blockNumber, blockHash, index }: TransactionReceipt): TransactionResponse {
    const fields = { gasPrice: 0n, maxPriorityFeePerGas: null, maxFeePerGas: null, maxFeePerBlobGas: null, ...ready };
    const signature = { r: toBeHex(1, 32), s: toBeHex(1, 32), v: 27 };
    const place = { hash, blockNumber, blockHash, index };
    const parts = { ...fields, ...place, to: ready.to ?? null, accessList: null, blobVersionedHashes: null };
    return this.provider._wrapTransactionResponse({ ...parts, signature } as never, this.provider._network);
  }
}

type Prepared = TransactionLike<string> & {
  readonly from: string;
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly to?: string;
};

/** Not ethers' `Wallet`, which brings keystores and word lists into every page. */
function walletOf(privateKey: string, chain: ChainProviders): BaseWallet {
  return new BaseWallet(new SigningKey(privateKey.startsWith("0x") ? privateKey : `0x${privateKey}`), chain);
}

/** What errors and progress call a transaction: its `customData`, or what it looks like. */
function whatOf({ customData, to }: TransactionRequest): string {
  const what: unknown = customData?.what;
  if (typeof what === "string") return what;
  return to == null ? "creation of a contract" : "call";
}
