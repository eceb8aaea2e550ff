/**
 * The chain as a command asks it: several providers, one after the other (P-106). Enters: questions, as ethers or a
 * caller puts them. Leaves: the first answer of a provider of the right chain; a revert is an answer. When none
 * answers, CHAIN_PROVIDER_FAILED with what each of them said. Not its job: agreement between providers (P-57), which
 * agents need and a person who names a provider does not.
 */
import {
  JsonRpcApiProvider,
  type JsonRpcError,
  type JsonRpcPayload,
  type JsonRpcResult,
  Network,
  type TransactionReceipt,
  type TransactionReceiptParams,
} from "ethers";
import { type QuorateError, quorateError } from "../errors.ts";
import { Endpoint, ProviderFailure, parseHttpUrl, type Reply } from "./endpoint.ts";
import { ANSWER_TIMEOUT_MS, ROUND_PAUSE_MS, ROUNDS } from "./limits.ts";
import { fetchLine, type OpenLine } from "./line.ts";

export interface ChainProvidersOptions {
  /** Asked in this order; the first that answers stays the first until it fails. */
  readonly urls: readonly string[];
  /** The chain that files or flags name; without one, the first provider that answers says it. */
  readonly chainId?: bigint | undefined;
  /** Milliseconds for one whole answer of one provider. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds before all are asked again where one cannot answer yet. */
  readonly pauseMs?: number | undefined;
  /** What carries the questions; by default the runtime's fetch. */
  readonly openLine?: OpenLine | undefined;
  /** Told once of each provider that fails while another answers. */
  readonly onTrouble?: ((line: string) => void) | undefined;
}

/** Never given to a second provider: it would be another transaction there. */
const ONCE: readonly string[] = ["eth_sendTransaction"];

const REMEDY = "Check the providers named here, or give another one; then run the command again.";

export class ChainProviders extends JsonRpcApiProvider {
  readonly chainId: bigint;
  readonly #endpoints: Endpoint[];
  readonly #options: ChainProvidersOptions;
  /** Providers whose chain id was found right, and that have not failed since. */
  readonly #checked = new Set<Endpoint>();
  readonly #told = new Set<Endpoint>();
  /** Of this process's own transactions: a machine that is behind does not take them back. */
  readonly #receipts = new Map<string, TransactionReceipt>();

  private constructor(chainId: bigint, endpoints: Endpoint[], options: ChainProvidersOptions) {
    const network = Network.from(chainId);
    super(network, { staticNetwork: network, batchMaxCount: 1, batchStallTime: 0, cacheTimeout: -1 });
    // A contract's answer must not make anybody fetch a URL that stands in it.
    this.disableCcipRead = true;
    this.chainId = chainId;
    this.#endpoints = endpoints;
    this.#options = options;
    this._start();
  }

  /** @throws FLAG_INVALID, CHAIN_PROVIDER_FAILED, CHAIN_WRONG_ID */
  static async connect(options: ChainProvidersOptions): Promise<ChainProviders> {
    const { openLine = fetchLine, timeoutMs = ANSWER_TIMEOUT_MS } = options;
    const urls = options.urls.map((url) => parseHttpUrl("--rpc", url));
    const endpoints = urls.map((url) => new Endpoint(url, openLine, timeoutMs));
    try {
      const chain = new ChainProviders(options.chainId ?? (await firstChainId(endpoints)), endpoints, options);
      await chain.send("eth_blockNumber", []);
      return chain;
    } catch (error) {
      for (const endpoint of endpoints) endpoint.close();
      throw error;
    }
  }

  override destroy(): void {
    for (const endpoint of this.#endpoints) endpoint.close();
    super.destroy();
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<(JsonRpcResult | JsonRpcError)[]> {
    const payloads = Array.isArray(payload) ? payload : [payload];
    return Promise.all(
      payloads.map(async ({ id, method, params }) => {
        const reply = await this.#ask(method, Array.isArray(params) ? params : [params]);
        if ("result" in reply) return { id, result: reply.result };
        // ethers takes it for a revert only with this word in it.
        return { id, error: { code: 3, message: "execution reverted", data: reply.revert } };
      }),
    );
  }

  override async getTransactionReceipt(hash: string): Promise<TransactionReceipt | null> {
    const known = this.#receipts.get(hash);
    if (known !== undefined) return known;
    const found = await this.findAnywhere("eth_getTransactionReceipt", [hash]);
    if (found === null) return null;
    const receipt = this._wrapTransactionReceipt(found as TransactionReceiptParams, await this.getNetwork());
    this.#receipts.set(hash, receipt);
    return receipt;
  }

  /** What any of them has: the first answer that is not null; null when all that answer have nothing. */
  async findAnywhere(method: string, params: readonly unknown[]): Promise<unknown> {
    const failures: ProviderFailure[] = [];
    for (const endpoint of [...this.#endpoints]) {
      const reply = await this.#askOne(endpoint, method, params, failures);
      if (reply !== null && "result" in reply && reply.result !== null) return reply.result;
    }
    if (failures.length === this.#endpoints.length) throw failed(method, this.chainId, failures);
    return null;
  }

  /**
   * Gives a signed transaction to one provider after the other until one takes it. Null then, or when one has it
   * already; otherwise why none did.
   */
  async broadcast(signed: string): Promise<readonly ProviderFailure[] | null> {
    const failures: ProviderFailure[] = [];
    for (const endpoint of [...this.#endpoints]) {
      const reply = await this.#askOne(endpoint, "eth_sendRawTransaction", [signed], failures);
      if (reply !== null && "result" in reply) return null;
      if (reply !== null) failures.push(new ProviderFailure(endpoint.host, "refused", `reverted: ${reply.revert}`));
      if (
        /already known|known transaction|already (?:imported|exists)|ALREADY_EXISTS/i.test(
          failures.at(-1)?.message ?? "",
        )
      ) {
        return null;
      }
    }
    return failures;
  }

  async #ask(method: string, params: readonly unknown[]): Promise<Reply> {
    for (let round = 1; ; round += 1) {
      const failures: ProviderFailure[] = [];
      const asked = ONCE.includes(method) ? this.#endpoints.slice(0, 1) : [...this.#endpoints];
      for (const endpoint of asked) {
        const reply = await this.#askOne(endpoint, method, params, failures);
        if (reply === null) continue;
        this.#prefer(endpoint, failures);
        return reply;
      }
      const isPassing = failures.some(({ kind }) => kind === "passing");
      if (!isPassing || round === ROUNDS) throw failed(method, this.chainId, failures);
      await new Promise((resolve) => setTimeout(resolve, this.#options.pauseMs ?? ROUND_PAUSE_MS));
    }
  }

  /** Null, and one failure more, when it does not answer. */
  async #askOne(
    endpoint: Endpoint,
    method: string,
    params: readonly unknown[],
    failures: ProviderFailure[],
  ): Promise<Reply | null> {
    try {
      if (!this.#checked.has(endpoint)) await this.#check(endpoint);
      return await endpoint.ask(method, params);
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error;
      // What comes back after a silence may be another machine.
      if (error.kind === "silent") this.#checked.delete(endpoint);
      failures.push(error);
      return null;
    }
  }

  async #check(endpoint: Endpoint): Promise<void> {
    const found = await chainIdOf(endpoint);
    if (found !== this.chainId) throw new ProviderFailure(endpoint.host, "wrong-chain", String(found));
    this.#checked.add(endpoint);
  }

  /** Those that failed are asked last from now on, and their failure is told once. */
  #prefer(endpoint: Endpoint, failures: readonly ProviderFailure[]): void {
    if (this.#endpoints[0] !== endpoint) {
      this.#endpoints.splice(this.#endpoints.indexOf(endpoint), 1);
      this.#endpoints.unshift(endpoint);
    }
    for (const failure of failures) {
      const failing = this.#endpoints.find(({ host }) => host === failure.host);
      if (failing === undefined || this.#told.has(failing)) continue;
      this.#told.add(failing);
      this.#options.onTrouble?.(
        `provider ${failure.host} fails (${reasonText(failure, this.chainId)}); ${endpoint.host} answers`,
      );
    }
  }
}

async function firstChainId(endpoints: readonly Endpoint[]): Promise<bigint> {
  const failures: ProviderFailure[] = [];
  for (const endpoint of endpoints) {
    try {
      return await chainIdOf(endpoint);
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error;
      failures.push(error);
    }
  }
  throw failed("eth_chainId", null, failures);
}

async function chainIdOf(endpoint: Endpoint): Promise<bigint> {
  const reply = await endpoint.ask("eth_chainId", []);
  const text = "result" in reply ? String(reply.result) : "";
  if (/^0x[0-9a-fA-F]{1,16}$/.test(text)) return BigInt(text);
  throw new ProviderFailure(endpoint.host, "silent", `not a chain id: ${text.slice(0, 40)}`);
}

function reasonText({ kind, message }: ProviderFailure, expected: bigint | null): string {
  return kind === "wrong-chain" ? `serves chain ${message}, not ${expected}` : message;
}

function isOther({ kind }: ProviderFailure): boolean {
  return kind !== "reverted";
}

function failed(method: string, chainId: bigint | null, failures: readonly ProviderFailure[]): QuorateError {
  const [first] = failures;
  const hosts = failures.map(({ host }) => host).join(", ");
  if (first !== undefined && failures.every(({ kind }) => kind === "wrong-chain")) {
    const found = failures.map(({ message }) => message).join(", ");
    const remedy = `Give a provider of chain ${chainId}, or correct the chain id of the file or flag.`;
    return quorateError("CHAIN_WRONG_ID", { provider: hosts, found, expected: String(chainId) }, { remedy });
  }
  const reason =
    failures.length === 1
      ? reasonText(first as ProviderFailure, chainId)
      : failures.map((failure) => `${failure.host}: ${reasonText(failure, chainId)}`).join("; ");
  // A revert without data is the cause only where nobody who was asked says something else.
  const cause = failures.find(({ kind }) => kind === "passing") ?? failures.find(isOther) ?? first;
  return quorateError("CHAIN_PROVIDER_FAILED", { provider: hosts, method, reason }, { remedy: REMEDY, cause });
}
