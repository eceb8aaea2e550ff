/** The relay's provider, over the transport that bounds it (P-64). Enters: its URL. Leaves: one way to ask. */
import { Transport } from "../chain/transport.ts";
import type { Upstream } from "./answers.ts";
import { LOGS_MAX_BYTES } from "./limits.ts";

const HAVE_LOGS: readonly string[] = ["eth_getLogs", "eth_getBlockReceipts"];

/**
 * @param timeoutMs milliseconds for one whole answer
 * @throws CHAIN_PROVIDER_FAILED for a URL that is not http or https
 */
export function openUpstream(url: string, timeoutMs: number): Upstream & { close(): void } {
  const transport = new Transport(url, { timeoutMs });
  return {
    host: transport.host,
    ask: (method, params) =>
      transport.ask(method, params, HAVE_LOGS.includes(method) ? { maxBytes: LOGS_MAX_BYTES } : {}),
    close: () => transport.close(),
  };
}
