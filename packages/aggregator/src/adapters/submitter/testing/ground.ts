/**
 * For the submitter's tests: an anvil chain that mines when it is told, a contract that does each thing once, providers
 * in between that can be made to fail or lie, and a clock that stands still until it is moved.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Address, Hex } from "@quorate/common";
import { HDNodeWallet, id, Wallet } from "ethers";
import { startAnvil, type TestChain } from "../../../../test/support/chain.ts";
import type { Clock, SubmitCall } from "../interface.ts";

export const ONCE: Address = `0x${"0c".repeat(20)}`;
/** What the contract says to a second call; any of the errors that the ABIs of @quorate/common know. */
export const REFUSAL = "AlreadyPayable";

const MNEMONIC = "test test test test test test test test test test test junk";

/** Anvil's account `index`, with its key. */
export const walletOf = (index: number): Wallet =>
  new Wallet(HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`).privateKey);

/** The call that does the thing numbered `n`, once. */
export function callOf(n: number, over: Partial<SubmitCall> = {}): SubmitCall {
  const data: Hex = `0x${n.toString(16).padStart(64, "0")}`;
  return { key: `report:${n}`, to: ONCE, data, notAfter: 9_000_000_000, gasBound: 100_000n, ...over };
}

/** A chain that mines only when told, with the contract on it. */
export async function startGround(): Promise<TestChain> {
  const chain = await startAnvil();
  // n = calldataload(0); if (sload(n)) revert AlreadyPayable(n); sstore(n, 1)
  const selector = id(`${REFUSAL}(uint256)`).slice(2, 10);
  await chain.rpc("anvil_setCode", ONCE, `0x5f358054600c5760019055005b63${selector}60e01b5f5260045260245ffd`);
  await chain.rpc("evm_setAutomine", false);
  await chain.mine(4);
  return chain;
}

export class ManualClock implements Clock {
  #nowMs = 1_000_000;
  readonly #sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  get asleep(): boolean {
    return this.#sleepers.size > 0;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = {
        untilMs: this.#nowMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", sleeper.wake, { once: true });
      if (signal.aborted) sleeper.wake();
    });
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.untilMs <= this.#nowMs) sleeper.wake();
  }
}

export interface Asked {
  readonly method: string;
  readonly params: unknown[];
}

/** What a provider does instead of asking the chain; undefined: nothing instead. */
export type Instead = { readonly result: unknown } | { readonly error: object } | "hang" | "drip" | "drop" | undefined;

export interface FaultyProvider {
  readonly url: string;
  readonly asked: Asked[];
  /** Decides about a question before the chain sees it. */
  before: (asked: Asked) => Instead | Promise<Instead>;
  /** Sees the answer before the asker does, and may replace it. */
  after: (asked: Asked, answer: unknown) => Instead | Promise<Instead>;
  stop(): Promise<void>;
}

type Answer = { readonly result?: unknown; readonly error?: object };

/** How a chain is asked: over HTTP, or by a function, as one in this process. */
type Chain = { readonly url: string } | ((asked: Asked) => Promise<Answer>);

/** A provider of a chain: honest, its errors included, until it is told otherwise. */
export async function startFaultyProvider(chain: Chain): Promise<FaultyProvider> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    const { id: callId, method, params } = JSON.parse(body) as { id: number } & Asked;
    const asked = { method, params };
    proxy.asked.push(asked);
    let instead = await proxy.before(asked);
    let answer: Answer = {};
    if (instead === undefined) {
      answer = await (typeof chain === "function" ? chain(asked) : forward(chain.url, body));
      instead = await proxy.after(asked, answer.result);
    }
    if (instead === "hang") return;
    if (instead === "drip") {
      const timer = setInterval(() => response.write(" "), 20);
      response.on("close", () => clearInterval(timer));
      return;
    }
    if (instead === "drop") {
      request.socket.destroy();
      return;
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id: callId, ...(instead ?? pick(answer)) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: FaultyProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    before: () => undefined,
    after: () => undefined,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}

async function forward(url: string, body: string): Promise<Answer> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return (await response.json()) as Answer;
}

function pick({ result, error }: Answer): Answer {
  return error === undefined ? { result } : { error };
}
