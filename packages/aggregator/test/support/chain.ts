/**
 * For the chain adapter's tests: real anvil processes whose blocks depend only on what they are told (two of them
 * given the same make the same chain), a contract that emits the pool's `Settled`, and a provider in between that can
 * be made to lie.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "@quorate/common";
import { CHAIN_START_SECONDS } from "@quorate/contracts/chain-start";
import { AbiCoder, id } from "ethers";

/** The binary itself: the package's `bin.mjs` is one more process, which would leave anvil behind when killed. */
function anvilBinary(): string {
  const fromAnvil = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json"));
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  return fromAnvil.resolve(`@foundry-rs/anvil-${process.platform}-${architecture}/bin/anvil`);
}

export const CHAIN_ID = 31_337;
export const REWARDS: Address = `0x${"e1".repeat(20)}`;
export const POOL: Address = `0x${"e2".repeat(20)}`;
/** Anvil's first account. */
const SENDER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";

export interface TestChain {
  readonly url: string;
  rpc(method: string, ...parameters: unknown[]): Promise<unknown>;
  mine(blocks: number): Promise<void>;
  /** Resolves when a transaction has its receipt: anvil answers before it mines. */
  mined(hash: string): Promise<void>;
  /** One block, one `Settled(balance, time, …)` of the pool in it. The ledger takes only the block's own time. */
  settle(balance: bigint, time?: number): Promise<void>;
  /** Stops answering, without closing connections. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** A chain whose finalised block is two behind its head. */
export async function startAnvil(chainId: number = CHAIN_ID): Promise<TestChain> {
  const chain = ["--chain-id", String(chainId), "--hardfork", "osaka", "--timestamp", String(CHAIN_START_SECONDS)];
  const child = spawn(anvilBinary(), ["--port", "0", "--slots-in-an-epoch", "1", ...chain], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`anvil ended (${signal ?? code}) after: ${output}`)));
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
      const listening = /Listening on (\S+)/.exec(output);
      if (listening !== null) resolve(`http://${listening[1]}`);
    });
  });
  const rpc = (method: string, ...parameters: unknown[]): Promise<unknown> => call(url, method, parameters);
  const mined = async (hash: string): Promise<void> => {
    while ((await rpc("eth_getTransactionReceipt", hash)) === null) await sleep(5);
  };
  await rpc("anvil_setBlockTimestampInterval", 1);
  return {
    url,
    rpc,
    mined,
    mine: async (blocks) => void (await rpc("anvil_mine", `0x${blocks.toString(16)}`)),
    settle: async (balance, time = 1) => {
      const data = AbiCoder.defaultAbiCoder().encode(["uint256", "uint256", "uint256"], [balance, time, 2]);
      const sent = { from: SENDER, to: POOL, data, gas: "0x186a0", gasPrice: "0x3b9aca00" };
      const hash = await rpc("eth_sendTransaction", sent);
      // Without this, two of them could share a block and every height after be one less.
      await mined(String(hash));
    },
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Code at both addresses; the pool's emits LOG1(topic of Settled, calldata). */
export async function placeContracts(chain: TestChain): Promise<void> {
  const topic = id("Settled(uint256,uint256,uint256)").slice(2);
  // CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY PUSH32 topic CALLDATASIZE PUSH0 LOG1 STOP
  await chain.rpc("anvil_setCode", POOL, `0x365f5f377f${topic}365fa100`);
  // Answers pool(), and nothing else: PUSH0 CALLDATALOAD PUSH1 224 SHR PUSH4 selector EQ PUSH1 15 JUMPI STOP …
  const selector = id("pool()").slice(2, 10);
  const answer = `5b73${POOL.slice(2)}5f5260205ff3`;
  await chain.rpc("anvil_setCode", REWARDS, `0x5f3560e01c63${selector}14600f5700${answer}`);
}

/** Sees each call to a chain and may answer in its place: an answer, an HTTP status, or undefined for the truth. */
export type Interceptor = (
  method: string,
  parameters: unknown[],
  ask: (method: string, ...parameters: unknown[]) => Promise<unknown>,
) => Promise<{ result: unknown } | { status: number } | undefined>;

export interface TestProvider {
  readonly url: string;
  intercept: Interceptor;
  stop(): Promise<void>;
}

/** A provider of `chain` that tells the truth until it is told otherwise. */
export async function startProvider(chain: TestChain): Promise<TestProvider> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { id: callId, method, params } = JSON.parse(Buffer.concat(parts).toString());
    const answer = await provider.intercept(method, params, chain.rpc);
    if (answer !== undefined && "status" in answer) {
      response.writeHead(answer.status).end("no");
      return;
    }
    const asked = answer ?? (await chain.rpc(method, ...params).then((result) => ({ result }), errorOf));
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id: callId, ...asked }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const provider: TestProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    intercept: async () => undefined,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return provider;
}

function errorOf(error: unknown): object {
  return { error: { code: -32_000, message: String(error) } };
}

async function call(url: string, method: string, params: unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
}
