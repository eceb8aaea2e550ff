/**
 * A chain provider for those who use ethers, on the same bounded transport as the follower (P-64). Enters: a URL.
 * Leaves: an ethers provider whose network is known; a question that fails throws CHAIN_PROVIDER_FAILED, a call that
 * reverts ethers' CALL_EXCEPTION with the revert data. Not its job: trying another provider.
 */
import { quorateError } from "@quorate/common";
import {
  AbiCoder,
  JsonRpcApiProvider,
  type JsonRpcError,
  type JsonRpcPayload,
  type JsonRpcResult,
  Network,
} from "ethers";
import { ANSWER_MAX_BYTES } from "./limits.ts";
import { revertDataIn } from "./reverts.ts";
import { type RpcAnswer, Transport, type TransportOptions } from "./transport.ts";

/** Times that a question is asked again when the provider calls for a pause: a command has nobody who tries later. */
const RATE_RETRIES = 4;

/** What ethers has codes of its own for: INSUFFICIENT_FUNDS, NONCE_EXPIRED. */
const SENDERS_FAULT = /insufficient funds|nonce.*too low/i;

export class ChainProvider extends JsonRpcApiProvider {
  readonly host: string;
  readonly #transport: Transport;

  private constructor(transport: Transport, chainId: bigint) {
    const network = Network.from(chainId);
    super(network, { staticNetwork: network, cacheTimeout: -1 });
    // A contract's answer must not make anybody fetch a URL that stands in it.
    this.disableCcipRead = true;
    this.host = transport.host;
    this.#transport = transport;
    this._start();
  }

  /** Asks for the chain's id first, so that nothing later looks for a network. @throws CHAIN_PROVIDER_FAILED */
  static async open(url: string, options: TransportOptions): Promise<ChainProvider> {
    const transport = new Transport(url, { rateRetries: RATE_RETRIES, ...options });
    try {
      const answer = await transport.ask("eth_chainId", []);
      if (typeof answer === "string" && /^0x[0-9a-f]{1,16}$/i.test(answer))
        return new ChainProvider(transport, BigInt(answer));
      const values = { provider: transport.host, method: "eth_chainId", reason: "not a chain id" };
      throw quorateError("CHAIN_PROVIDER_FAILED", values);
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<(JsonRpcResult | JsonRpcError)[]> {
    const calls = Array.isArray(payload) ? payload : [payload];
    const answers = await this.#transport.send(calls, { maxBytes: ANSWER_MAX_BYTES });
    return calls.map(({ id }, i) => answerOf(id, answers[i] as RpcAnswer));
  }

  /** ethers takes every error of a call for a revert; only one with revert data is. */
  override getRpcError(payload: JsonRpcPayload, answer: JsonRpcError): Error {
    const { method } = payload;
    if (method !== "eth_call" && method !== "eth_estimateGas") return super.getRpcError(payload, answer);
    const data = revertDataIn(answer.error);
    if (data !== null) {
      const [transaction] = payload.params as [Parameters<typeof AbiCoder.getBuiltinCallException>[1]];
      const action = method === "eth_call" ? "call" : "estimateGas";
      const reverted = AbiCoder.getBuiltinCallException(action, transaction, data);
      reverted.info = { error: answer.error, payload };
      return reverted;
    }
    const said = String(answer.error.message ?? "");
    if (method === "eth_estimateGas" && SENDERS_FAULT.test(said)) return super.getRpcError(payload, answer);
    const values = { provider: this.host, method, reason: this.#transport.words(said) };
    return quorateError("CHAIN_PROVIDER_FAILED", values, { cause: answer.error });
  }

  override destroy(): void {
    this.#transport.close();
    super.destroy();
  }
}

function answerOf(id: number, answer: RpcAnswer): JsonRpcResult | JsonRpcError {
  if ("result" in answer) return { id, result: answer.result };
  const { code = 0, message, data } = answer.error;
  return { id, error: { code, message, data } };
}
