/**
 * A server on a real port that answers as the test says, byte by byte if it likes, and knows which sockets are open.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface Question {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** The body is parsed; several questions in one request are an array. */
export type Answering = (
  question: Question & Question[],
  response: ServerResponse,
  request: IncomingMessage,
) => void | Promise<void>;

export interface RawServer {
  readonly url: string;
  readonly host: string;
  /** Sockets that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections made since the start. */
  readonly connections: () => number;
  /** Requests since the start. */
  readonly requests: () => number;
  answer: Answering;
  stop(): Promise<void>;
}

export async function startRawServer(answer: Answering): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests++;
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    await raw.answer(JSON.parse(Buffer.concat(parts).toString()), response, request);
  });
  server.on("connection", (socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const raw: RawServer = {
    url: `http://${host}`,
    host,
    sockets,
    connections: () => connections,
    requests: () => requests,
    answer,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return raw;
}

/** An answer as it should be. */
export const result = (id: unknown, value: unknown): string => JSON.stringify({ jsonrpc: "2.0", id, result: value });
