/**
 * A provider before a real chain that a test can make lag, fail, refuse or fall silent. What it is not told to change
 * passes through byte for byte, errors with their data included. It counts what it was asked and what stays open.
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface Call {
  readonly method: string;
  readonly params: unknown[];
}

/**
 * What is answered in the chain's place; `asked` is passed on instead of what came, `drip` is written again and again
 * without an end, `null` never answers.
 */
export type Scripted =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }
  | { readonly status: number; readonly body: string }
  | { readonly drip: string }
  | { readonly asked: Call }
  | null;

export interface ScriptedProvider {
  readonly url: string;
  readonly host: string;
  /** Undefined: the truth. */
  script: (call: Call) => Scripted | undefined | Promise<Scripted | undefined>;
  /** Every call that came. */
  readonly calls: Call[];
  openSockets(): number;
  stop(): Promise<void>;
}

export async function startScripted(chainUrl: string): Promise<ScriptedProvider> {
  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const asked = JSON.parse(Buffer.concat(parts).toString()) as Call & { id: number };
    provider.calls.push({ method: asked.method, params: asked.params });
    const scripted = await provider.script(asked);
    if (scripted === null) return;
    if (scripted === undefined || "asked" in scripted) {
      await passOn(chainUrl, { ...asked, ...(scripted === undefined ? {} : scripted.asked) }, response);
    } else if ("drip" in scripted) dripOn(response, scripted.drip);
    else if ("status" in scripted) response.writeHead(scripted.status).end(scripted.body);
    else response.end(JSON.stringify({ jsonrpc: "2.0", id: asked.id, ...scripted }));
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider: ScriptedProvider = {
    url: `http://${host}`,
    host,
    script: () => undefined,
    calls: [],
    openSockets: () => sockets.size,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return provider;
}

async function passOn(url: string, call: object, response: ServerResponse): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(call) });
  response.writeHead(answer.status, headers).end(await answer.text());
}

function dripOn(response: ServerResponse, text: string): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write(text), 20);
  response.once("close", () => clearInterval(timer));
}
