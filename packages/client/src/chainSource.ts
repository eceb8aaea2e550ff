/**
 * Where the chain is asked: JSON-RPC URLs, a wallet in a page (EIP-1193), or a provider of ethers that speaks JSON-RPC.
 * Enters: any of them. Leaves: the same `ChainProviders` for all, with its coded errors and its idea of a revert
 * (P-106).
 */
import { ChainProviders, type ChainProvidersOptions, LineFailure, type OpenLine } from "@quorate/common/chain";
import { JsonRpcApiProvider } from "ethers";
import { WALLET_ANSWER_MS } from "./limits.ts";

/** An EIP-1193 provider: a wallet in a page, or whatever answers like one. */
export interface Eip1193Provider {
  request(question: { method: string; params?: unknown[] }): Promise<unknown>;
}

/** Several URLs are asked in their order, the next one when one fails. */
export type ChainSource = string | readonly string[] | Eip1193Provider | JsonRpcApiProvider;

/** What errors call a chain that is asked by a wallet or by a provider that the caller brought: it has no URL here. */
const BROUGHT_URL = "http://wallet";

/** @throws FLAG_INVALID, CHAIN_PROVIDER_FAILED, CHAIN_WRONG_ID */
export function connectChain(
  source: ChainSource,
  options: Omit<ChainProvidersOptions, "urls"> = {},
): Promise<ChainProviders> {
  if (source instanceof ChainProviders) return Promise.resolve(source);
  if (typeof source === "string") return ChainProviders.connect({ ...options, urls: [source] });
  if (isUrls(source)) return ChainProviders.connect({ ...options, urls: source });
  const ask =
    source instanceof JsonRpcApiProvider
      ? (method: string, params: readonly unknown[]) => source.send(method, [...params])
      : (method: string, params: readonly unknown[]) => source.request({ method, params: [...params] });
  return ChainProviders.connect({
    timeoutMs: WALLET_ANSWER_MS,
    ...options,
    urls: [BROUGHT_URL],
    openLine: lineOf(ask),
  });
}

function isUrls(source: ChainSource): source is readonly string[] {
  return Array.isArray(source);
}

function lineOf(request: (method: string, params: readonly unknown[]) => Promise<unknown>): OpenLine {
  return (_url, timeoutMs) => ({
    async ask(method, params) {
      try {
        return { result: await within(timeoutMs, request(method, params)) };
      } catch (error) {
        if (error instanceof LineFailure) throw error;
        return { error: saidIn(error) };
      }
    },
    close() {},
  });
}

async function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new LineFailure(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The JSON-RPC error: EIP-1193 throws it as it is, ethers puts its own around it. */
function saidIn(error: unknown): { code?: unknown; message: string; data?: unknown } {
  const { code, message, data, error: inner, shortMessage } = error as Record<string, unknown>;
  const said = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : { code, message };
  return { code: said["code"], message: String(said["message"] ?? shortMessage ?? error), data: data ?? said["data"] };
}
