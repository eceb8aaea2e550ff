/**
 * A chain provider that follows a script: a real HTTP server on 127.0.0.1 that speaks JSON-RPC about a true chain, with
 * at most one fault at a time. Enters: requests of a follower. Leaves: answers, or what the fault makes of them.
 * Which request is hit follows from the provider's own stream of numbers, in the order in which requests arrive.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { toHex } from "@quorate/common";
import type { Random } from "../sim/random.ts";
import { type Answer, answerTo, type RpcCall, type View } from "./answers.ts";
import { type Fault, NONE } from "./faults.ts";
import type { TrueChain } from "./trueChain.ts";
import { spoil } from "./wire.ts";

export class ScriptedProvider {
  readonly url: string;
  /** What errors call it. */
  readonly host: string;
  /** Requests by method, since the start. */
  readonly asked = new Map<string, number>();
  /** Most connections that were open at once. */
  mostConnections = 0;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new Set<Socket>();
  readonly #stopping = new AbortController();
  readonly #random: Random;
  readonly #chain: TrueChain;
  /** Makes its lies its own. */
  readonly #salt: string;
  /** Some providers tell a log's time, others do not. */
  readonly #timesLogs: boolean;
  #fault: Fault = NONE;
  #finalised = 0;
  #requests = 0;

  private constructor(server: ReturnType<typeof createServer>, chain: TrueChain, random: Random) {
    this.#server = server;
    this.#chain = chain;
    this.#random = random;
    this.#salt = toHex(random.fork("salt").bytes(8));
    this.#timesLogs = random.fork("times").chance(0.5);
    this.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.url = `http://${this.host}`;
  }

  static async start(chain: TrueChain, random: Random): Promise<ScriptedProvider> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const provider = new ScriptedProvider(server, chain, random);
    server.on("connection", (socket) => provider.#count(socket));
    server.on("request", (request, response) => void provider.#serve(request, response));
    return provider;
  }

  /** From now on: which block is final, and what goes wrong. */
  play(finalised: number, fault: Fault): void {
    this.#finalised = finalised;
    this.#fault = fault;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  #count(socket: Socket): void {
    this.#sockets.add(socket);
    this.mostConnections = Math.max(this.mostConnections, this.#sockets.size);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return;
    }
    const call = JSON.parse(Buffer.concat(parts).toString()) as RpcCall;
    this.asked.set(call.method, (this.asked.get(call.method) ?? 0) + 1);
    const fault = this.#drawn();
    const view: View = {
      ...{ chain: this.#chain, finalised: this.#finalised, fault },
      ...{ salt: this.#salt, timesLogs: this.#timesLogs, nth: this.#requests },
    };
    const answer = answerTo(view, call);
    if (fault.kind === "delay") await sleep(fault.ms);
    if (response.destroyed) return;
    if (await spoil(response, fault, call, this.#stopping.signal)) return;
    send(response, answer, call.id);
  }

  /** The fault, if it hits this request. */
  #drawn(): Fault {
    this.#requests += 1;
    const fault = this.#fault;
    return !("share" in fault) || this.#random.float() < fault.share ? fault : NONE;
  }
}

function send(response: ServerResponse, answer: Answer, id: unknown): void {
  const { status = 200, headers = {}, ...body } = answer;
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ jsonrpc: "2.0", id, ...body }));
}
