/**
 * A faulty provider in front of a real chain node. Enters: a follower's requests. Leaves: the node's answers, or what
 * the fault of the moment makes of them (faults.ts). Not its job: when which fault is played.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../sim/random.ts";
import type { Answer, RpcCall } from "./answers.ts";
import { type Fault, NONE } from "./faults.ts";
import { hashOf } from "./trueChain.ts";
import { spoil } from "./wire.ts";

interface BlockJson {
  readonly number: string;
  readonly hash: string;
  readonly timestamp: string;
}

export class FaultyProxy {
  readonly url: string;
  fault: Fault = NONE;
  requests = 0;
  readonly #server: Server;
  readonly #nodeUrl: string;
  readonly #random: Random;
  readonly #stopping = new AbortController();

  private constructor(server: Server, nodeUrl: string, random: Random) {
    this.#server = server;
    this.#nodeUrl = nodeUrl;
    this.#random = random;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(nodeUrl: string, random: Random): Promise<FaultyProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = new FaultyProxy(server, nodeUrl, random);
    server.on("connection", (socket) => socket.on("error", () => {}));
    server.on("request", (request, response) => {
      // Whoever asks may hang up at any moment.
      proxy.#serve(request, response).catch(() => response.destroy());
    });
    return proxy;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    this.requests += 1;
    const body = Buffer.concat(parts).toString();
    const call = JSON.parse(body) as RpcCall | readonly RpcCall[];
    const fault = this.#drawn();
    if (fault.kind === "delay") await sleep(fault.ms);
    if ("method" in call && (await spoil(response, fault, call, this.#stopping.signal))) return;
    const answer = await this.#ask(body);
    const { status = 200, ...said } =
      "method" in call ? await this.#spoken(fault, call, answer as Answer) : { ...answer };
    response.writeHead(status as number, { "content-type": "application/json" });
    response.end(JSON.stringify("method" in call ? { jsonrpc: "2.0", id: call.id, ...said } : answer));
  }

  #drawn(): Fault {
    const { fault } = this;
    return !("share" in fault) || this.#random.float() < fault.share ? fault : NONE;
  }

  async #ask(body: string): Promise<object> {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(this.#nodeUrl, { method: "POST", headers, body, signal: this.#stopping.signal });
    return (await answer.json()) as object;
  }

  /** What the node said, through the fault. */
  async #spoken(fault: Fault, { method, params }: RpcCall, answer: Answer): Promise<Answer> {
    if (fault.kind === "rate limit" && this.requests % 10 < fault.ofTen) {
      return { status: 429, error: { code: -32_005, message: "rate limit exceeded" } };
    }
    if (fault.kind === "wrong chain" && method === "eth_chainId") return { result: "0x1" };
    const [first] = params;
    if (method === "eth_getBlockByNumber" && answer.result != null) {
      if (fault.kind === "pruned blocks" && String(first).startsWith("0x")) return { result: null };
      const behind = fault.kind === "lag" || fault.kind === "stale finalised" ? fault.blocks : 0;
      return behind > 0 && first === "finalized"
        ? this.#older(answer.result as BlockJson, behind)
        : { result: this.#altered(fault, answer.result as BlockJson) };
    }
    if (method !== "eth_getLogs" || !Array.isArray(answer.result)) return answer;
    if (fault.kind === "refused logs") return { error: { code: -32_601, message: "eth_getLogs is not available" } };
    if (fault.kind === "range limit") {
      const { fromBlock, toBlock } = first as { fromBlock: string; toBlock: string };
      const blocks = Number(toBlock) - Number(fromBlock) + 1;
      if (blocks > fault.blocks) return { error: { code: -32_005, message: `max block range is ${fault.blocks}` } };
    }
    if (fault.kind === "holes") return { result: [] };
    if (fault.kind !== "invented logs" || answer.result.length === 0) return answer;
    const [log, ...others] = answer.result as [object];
    return { result: [log, { ...log, logIndex: "0x3e7" }, ...others] };
  }

  async #older({ number }: BlockJson, blocks: number): Promise<Answer> {
    const params = [`0x${Math.max(0, Number(number) - blocks).toString(16)}`, false];
    return this.#ask(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getBlockByNumber", params }));
  }

  #altered(fault: Fault, block: BlockJson): BlockJson {
    if (fault.kind === "wrong hash" || fault.kind === "reorganised head") {
      return { ...block, hash: hashOf(`${this.url} ${block.hash}`) };
    }
    if (fault.kind !== "far future") return block;
    return { ...block, timestamp: `0x${(Number(block.timestamp) + fault.seconds).toString(16)}` };
  }
}
