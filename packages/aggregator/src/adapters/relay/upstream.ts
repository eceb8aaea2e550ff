/** The relay's provider, over the transport that bounds it. Enters: its URL. Leaves: one way to ask. */
import { z } from "zod";
import { Rpc } from "../chain/rpc.ts";
import type { Upstream } from "./answers.ts";

/** @param timeoutMs milliseconds for one whole answer */
export function openUpstream(url: string, timeoutMs: number): Upstream & { close(): void } {
  const rpc = new Rpc(url, 1, timeoutMs);
  return {
    host: rpc.host,
    ask: (method, params) => rpc.ask(method, [...params], z.unknown()),
    close: () => rpc.close(),
  };
}
