/**
 * A chain that is a table, and providers of it on real ports that can be made to do anything: for situations with
 * several providers, where a chain of its own for each would take seconds.
 */
import type { Address, Hex } from "@quorate/common";
import { rewardRatePoolAbi } from "@quorate/common";
import { Interface, id } from "ethers";
import { POOL, REWARDS } from "../../../../test/support/chain.ts";
import { bloomOf } from "./bloomOf.ts";
import { type RawServer, startRawServer } from "./rawServer.ts";

const poolInterface = new Interface(rewardRatePoolAbi);
const SETTLED = poolInterface.getEvent("Settled");
const selector = (signature: string): string => id(signature).slice(0, 10);
const quantity = (value: number): string => `0x${value.toString(16)}`;
const word = (value: bigint | number): string => BigInt(value).toString(16).padStart(64, "0");

export interface ScriptedBlock {
  readonly number: string;
  readonly hash: Hex;
  readonly timestamp: string;
}

export interface ScriptedLog {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: Hex;
  readonly logIndex: string;
}

export class ScriptedChain {
  readonly startSeconds: number;
  finalised: number;
  /** Blocks with one deposit each: number → balance. */
  readonly deposits = new Map<number, bigint>();
  /** What the contract's nextId() answers; null: nothing. */
  nextId: number | null = null;
  pool: Address = POOL;
  /** The block of the deployment. */
  deployedAt = 0;

  constructor(finalised: number, startSeconds = Math.floor(Date.now() / 1_000) - 2_000) {
    this.finalised = finalised;
    this.startSeconds = startSeconds;
  }

  deposit(...blocks: readonly number[]): void {
    for (const block of blocks) this.deposits.set(block, BigInt(block));
  }

  block(number: number): ScriptedBlock {
    const hash = `0x${word(0xb10c_0000 + number)}` as Hex;
    return { number: quantity(number), hash, timestamp: quantity(this.startSeconds + number) };
  }

  /** The honest answer. */
  answer(method: string, params: readonly unknown[]): unknown {
    switch (method) {
      case "eth_chainId":
        return "0x7a69";
      case "eth_getCode":
        return params[1] === "latest" || Number(params[1]) >= this.deployedAt ? "0x00" : "0x";
      case "eth_call":
        return this.#call(String((params[0] as { data: string }).data));
      case "eth_getBlockByNumber": {
        const number = /^0x/.test(String(params[0])) ? Number(params[0]) : this.finalised;
        if (number > this.finalised + 2) return null;
        return { ...this.block(number), logsBloom: bloomOf(this.#logs(number)) };
      }
      case "eth_getBlockReceipts":
        return this.receipts(Number(params[0]));
      case "eth_getLogs": {
        const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
        return [...this.deposits.keys()]
          .filter((block) => block >= Number(fromBlock) && block <= Number(toBlock))
          .map((block) => this.log(block));
      }
      default:
        return null;
    }
  }

  /** One for each log. */
  receipts(block: number): object[] {
    const { hash: blockHash, number: blockNumber } = this.block(block);
    return this.#logs(block).map((log) => ({ blockHash, blockNumber, logs: [log] }));
  }

  #logs(block: number): ScriptedLog[] {
    return this.deposits.has(block) ? [this.log(block)] : [];
  }

  log(block: number): ScriptedLog {
    const { number, hash, timestamp } = this.block(block);
    const data = `0x${word(this.deposits.get(block) ?? 0n)}${word(Number(timestamp))}${word(2)}`;
    const topics = [SETTLED?.topicHash as Hex];
    return { address: POOL, topics, data, blockNumber: number, blockHash: hash, logIndex: "0x0" };
  }

  #call(data: string): string {
    if (data === selector("pool()")) return `0x${word(BigInt(this.pool))}`;
    if (data === selector("nextId()") && this.nextId !== null) return `0x${word(this.nextId)}`;
    return "0x";
  }
}

export const CONTRACTS = { rewards: REWARDS, pool: POOL };

/** What a provider does with a question. `undefined`: the truth. */
export type Deed =
  | { readonly result: unknown }
  | { readonly error: object }
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  | "silence"
  | "drip"
  | "drop"
  | undefined;

export interface ScriptedProvider extends RawServer {
  /** Every question, in order. */
  readonly asked: { readonly method: string; readonly params: readonly unknown[] }[];
  deed: (method: string, params: readonly unknown[]) => Deed | Promise<Deed>;
}

export async function startScripted(chain: ScriptedChain): Promise<ScriptedProvider> {
  const raw = await startRawServer(async ({ id: callId, method, params }, response, request) => {
    provider.asked.push({ method, params });
    const deed = await provider.deed(method, params);
    if (deed === "silence") return;
    if (deed === "drop") return void request.socket.destroy();
    if (deed === "drip") {
      const timer = setInterval(() => response.write(" "), 20);
      return void response.on("close", () => clearInterval(timer));
    }
    if (deed !== undefined && "status" in deed) {
      return void response.writeHead(deed.status, deed.headers ?? {}).end(deed.body ?? "");
    }
    const said = deed ?? { result: chain.answer(method, params) };
    response.end(JSON.stringify({ jsonrpc: "2.0", id: callId, ...said }));
  });
  const provider: ScriptedProvider = Object.assign(raw, { asked: [], deed: () => undefined });
  return provider;
}
