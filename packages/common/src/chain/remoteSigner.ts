/**
 * An account whose key is elsewhere: a node that holds it unlocked, or clef, which asks its person. Enters: the
 * transaction, complete. Leaves: signed bytes, or the hash where the signer sent it itself; SIGNER_FAILED with what it
 * said. Bytes that say anything else than what was asked for are refused. Not its job: fees, nonce, waiting.
 */
import { type Provider, Transaction, VoidSigner } from "ethers";
import { quorateError } from "../errors.ts";
import { Endpoint, ProviderFailure } from "./endpoint.ts";
import { SIGNER_TIMEOUT_MS } from "./limits.ts";
import { fetchLine, type OpenLine } from "./line.ts";

/** A transaction as JSON-RPC writes it: quantities and data in hex. */
export interface RpcTransaction {
  readonly from: string;
  readonly to?: string;
  readonly data?: string;
  readonly value?: string;
  readonly nonce: string;
  readonly chainId: string;
  readonly [field: string]: unknown;
}

export interface RemoteSignerOptions {
  readonly openLine?: OpenLine | undefined;
  /** Milliseconds for its answer: a person may have to press a button. */
  readonly timeoutMs?: number | undefined;
}

export class RemoteSigner extends VoidSigner {
  readonly #endpoint: Endpoint;

  /** `url`: of the signer; `address`: the account it holds. */
  constructor(url: string, address: string, provider: Provider, options: RemoteSignerOptions = {}) {
    super(address, provider);
    const { openLine = fetchLine, timeoutMs = SIGNER_TIMEOUT_MS } = options;
    this.#endpoint = new Endpoint(url, openLine, timeoutMs);
  }

  /** @throws SIGNER_FAILED */
  async deliver(transaction: RpcTransaction): Promise<{ readonly hash: string; readonly signed: string | null }> {
    const accounts = await this.#accounts();
    if (accounts === null) return this.#signedByClef(transaction);
    if (!accounts.includes(this.address.toLowerCase())) {
      throw this.#failed(`it has no account ${this.address}`, { accounts: accounts.slice(0, 8) });
    }
    const chainId = await this.#ask("eth_chainId", []);
    if (BigInt(String(chainId)) !== BigInt(transaction.chainId)) {
      throw this.#failed(`it is on chain ${BigInt(String(chainId))}, not ${BigInt(transaction.chainId)}`);
    }
    const hash = await this.#ask("eth_sendTransaction", [transaction]);
    if (typeof hash === "string" && /^0x[0-9a-fA-F]{64}$/.test(hash)) return { hash: hash.toLowerCase(), signed: null };
    throw this.#failed(`not a transaction's hash: ${String(hash).slice(0, 80)}`);
  }

  close(): void {
    this.#endpoint.close();
  }

  /** In lower case; null of a signer that has no such question, as clef. */
  async #accounts(): Promise<readonly string[] | null> {
    try {
      const reply = await this.#endpoint.ask("eth_accounts", []);
      const list = "result" in reply ? reply.result : [];
      return (Array.isArray(list) ? list : []).map((account) => String(account).toLowerCase());
    } catch (error) {
      if (error instanceof ProviderFailure && error.kind === "refused") return null;
      throw this.#failedBy(error);
    }
  }

  async #signedByClef(transaction: RpcTransaction): Promise<{ readonly hash: string; readonly signed: string }> {
    const answer = (await this.#ask("account_signTransaction", [transaction])) as { raw?: unknown } | null;
    const signed = String(answer?.raw ?? "");
    let found: Transaction;
    try {
      found = Transaction.from(signed);
    } catch {
      throw this.#failed("what it answers is no signed transaction");
    }
    const wrong = differences(transaction, found);
    if (wrong.length > 0) throw this.#failed(`it signed another ${wrong.join(", another ")}`);
    return { hash: found.hash as string, signed };
  }

  async #ask(method: string, params: readonly unknown[]): Promise<unknown> {
    try {
      const reply = await this.#endpoint.ask(method, params);
      if ("result" in reply) return reply.result;
      throw this.#failed("the contract refuses the call", { data: reply.revert });
    } catch (error) {
      throw this.#failedBy(error);
    }
  }

  #failedBy(error: unknown): unknown {
    if (!(error instanceof ProviderFailure)) return error;
    const isSilent = error.kind === "silent";
    return this.#failed(error.message, isSilent ? { mayHaveSent: true } : {});
  }

  #failed(reason: string, values: Record<string, unknown> = {}): Error {
    return quorateError("SIGNER_FAILED", { signer: this.#endpoint.host, account: this.address, reason, ...values });
  }
}

/** Fees may differ, which a person may change at the signer; nothing else may. */
function differences(asked: RpcTransaction, found: Transaction): string[] {
  const pairs = {
    sender: [asked.from, found.from],
    recipient: [asked.to, found.to],
    data: [asked.data ?? "0x", found.data],
    value: [asked.value ?? "0x0", `0x${found.value.toString(16)}`],
    nonce: [asked.nonce, `0x${found.nonce.toString(16)}`],
    chain: [asked.chainId, `0x${found.chainId.toString(16)}`],
  };
  return Object.entries(pairs).flatMap(([name, [a, b]]) =>
    String(a ?? "").toLowerCase() === String(b ?? "").toLowerCase() ? [] : [name],
  );
}
