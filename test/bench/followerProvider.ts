/**
 * A provider of `bench follower`: a real HTTP server that counts what it is asked, and every byte of its sockets.
 * Enters: a follower's requests. Leaves: the chain of followerChain.ts, and counts.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { AbiCoder } from "ethers";
import { CHAIN_ID, POOL } from "../providers/logs.ts";
import { blockJson, logsJson } from "./followerChain.ts";

export interface Counts {
  readonly requests: number;
  /** Looks at the finalised block. */
  readonly polls: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

export class CountingProvider {
  readonly url: string;
  readonly methods = new Map<string, number>();
  readonly #server: Server;
  /** Those that are closed are counted, and forgotten. */
  readonly #sockets = new Set<Socket>();
  #closed = { read: 0, written: 0 };
  #finalised: number;
  #requests = 0;
  #polls = 0;
  /** After how many polls of all how many blocks more become final, and how often again. */
  #move: { readonly at: number; readonly every: number; readonly blocks: number } | null = null;

  private constructor(server: Server, finalised: number) {
    this.#server = server;
    this.#finalised = finalised;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(finalised: number): Promise<CountingProvider> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const provider = new CountingProvider(server, finalised);
    server.on("connection", (socket) => provider.#count(socket));
    server.on("request", async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const call = JSON.parse(Buffer.concat(parts).toString()) as Call;
      response.writeHead(200, { "content-type": "application/json", server: "nginx", vary: "Origin" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id: call.id, result: provider.#answer(call) }));
    });
    return provider;
  }

  /** Of the follower's side: what it sent and received. */
  get counts(): Counts {
    let { read, written } = this.#closed;
    for (const socket of this.#sockets) {
      read += socket.bytesRead;
      written += socket.bytesWritten;
    }
    return { requests: this.#requests, polls: this.#polls, sentBytes: read, receivedBytes: written };
  }

  /** From now on more blocks become final after every so many polls. */
  moveEvery(polls: number, blocks: number): void {
    this.#move = { at: this.#polls + polls, every: polls, blocks };
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #count(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#closed = {
        read: this.#closed.read + socket.bytesRead,
        written: this.#closed.written + socket.bytesWritten,
      };
    });
  }

  #answer({ method, params }: Call): unknown {
    this.#requests += 1;
    const [first] = params;
    this.methods.set(method, (this.methods.get(method) ?? 0) + 1);
    switch (method) {
      case "eth_chainId":
        return `0x${CHAIN_ID.toString(16)}`;
      case "eth_getCode":
        // Deployed in block 1.
        return params[1] === "0x0" ? "0x" : "0x00";
      case "eth_call":
        return AbiCoder.defaultAbiCoder().encode(["address"], [POOL]);
      case "eth_getLogs": {
        const { fromBlock, toBlock } = first as { fromBlock: string; toBlock: string };
        return logsJson(Number(fromBlock), Number(toBlock));
      }
      default:
        return blockJson(this.#numberOf(String(first)));
    }
  }

  #numberOf(tag: string): number {
    if (tag === "latest") return this.#finalised + 64;
    if (tag !== "finalized") return Number(tag);
    this.#polls += 1;
    if (this.#move !== null && this.#polls >= this.#move.at) {
      this.#finalised += this.#move.blocks;
      this.#move = { ...this.#move, at: this.#polls + this.#move.every };
    }
    return this.#finalised;
  }
}
