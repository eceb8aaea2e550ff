/** What tests of stakers stand on: one network, a recipient of its own for each test, agents that end with it. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { type ClaimProgress, createClient, type QuorateClient } from "@quorate/client";
import type { Address } from "@quorate/common";
import type { HDNodeWallet } from "ethers";
import { serve, stopServers, type TestAgent } from "../support/httpServer.ts";
import { addressOf, StakersNetwork, walletOf } from "./stakersNetwork.ts";

/** Nobody listens there. */
export const DEAD = "http://127.0.0.1:9";

class Ground {
  #net: StakersNetwork | null = null;
  /** Anvil's accounts from 2 on; it has ten with ether. */
  #nextAccount = 2;
  readonly #closing: (() => void)[] = [];

  async start(): Promise<void> {
    this.#net = await StakersNetwork.start();
  }

  async afterEach(): Promise<void> {
    for (const close of this.#closing.splice(0)) close();
    await stopServers();
  }

  async stop(): Promise<void> {
    await this.#net?.stop();
  }

  get net(): StakersNetwork {
    if (this.#net === null) throw new Error("the network is started before all tests");
    return this.#net;
  }

  closeAfter(close: () => void): void {
    this.#closing.push(close);
  }

  /** Milliseconds for one answer of an agent. */
  client(agents: readonly string[], timeoutMs = 5_000): QuorateClient {
    const client = createClient({ agents, chain: this.net.chain.url, rewards: this.net.rewards, timeoutMs });
    this.closeAfter(() => client.close());
    return client;
  }

  /** Nobody has earned anything for it or paid it. */
  async newcomer(): Promise<{ readonly address: Address; readonly wallet: HDNodeWallet }> {
    const index = this.#nextAccount++;
    const address = addressOf(index);
    await this.net.chain.rpc("anvil_setBalance", address, `0x${(10n ** 20n).toString(16)}`);
    return { address, wallet: walletOf(index) };
  }

  /** Takes connections and never says a word. */
  async silentAgent(): Promise<string> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    this.closeAfter(() => server.close());
    return urlOf(server.address());
  }

  /** An agent whose `GET /v1/agents` answers this, whatever an agent of this version has there. */
  async listing(agent: TestAgent, agents: readonly object[]): Promise<string> {
    const inner = await serve(agent);
    const server = createHttpServer(async (request, response) => {
      if (request.url === "/v1/agents") {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ agents }));
        return;
      }
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { method = "GET", url, headers } = request;
      const body = method === "POST" ? Buffer.concat(parts) : null;
      const type = headers["content-type"] ?? "application/json";
      const answer = await fetch(inner + url, { method, headers: { "content-type": type }, body });
      response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
      response.end(await answer.text());
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    this.closeAfter(() => {
      server.closeAllConnections();
      server.close();
    });
    return urlOf(server.address());
  }
}

/** The one of a test file, whose cases stand in files of their own. */
export const ground: Ground = new Ground();

/** Collects progress; `left` is who was left, and why. */
export function told() {
  const progress: ClaimProgress[] = [];
  const left = () => progress.flatMap((one) => (one.step === "left" ? [[one.url, one.error.code]] : []));
  return { onProgress: (one: ClaimProgress) => void progress.push(one), progress, left };
}

function urlOf(address: string | AddressInfo | null): string {
  return `http://127.0.0.1:${(address as AddressInfo).port}`;
}
