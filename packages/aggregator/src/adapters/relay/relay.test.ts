/** P-104: what the relay passes on, what it keeps, and what it refuses. The provider here is a plain object. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { quorateError } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import type { Logger } from "../../driver/ports.ts";
import { Answers, type Upstream } from "./answers.ts";
import { AnswerCache } from "./cache.ts";
import { Clients } from "./clients.ts";
import { BATCH_MAX, BODY_MAX_BYTES, CLIENT_BURST, CLIENTS_MAX, ENTRY_BYTES, IN_FLIGHT_MAX } from "./limits.ts";
import { parseCall, type Question } from "./questions.ts";
import { createRelay, type Relay } from "./relay.ts";

const relays: Relay[] = [];
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.stop();
});

const REWARDS = `0x${"Ab".repeat(20)}`;
const hashOf = (branch: string, number: number): string =>
  `0x${branch.repeat(32)}${number.toString(16).padStart(32, "0")}`;

interface Chain extends Upstream {
  finalised: number;
  /** One hex digit. */
  branch: string;
  readonly asked: string[];
  logs: unknown;
  failure: Error | null;
  gate: Promise<void>;
}

function chainAt(finalised: number): Chain {
  const chain: Chain = {
    ...{ host: "provider.test", finalised, branch: "a", asked: [], logs: [{ any: "log" }], failure: null },
    gate: Promise.resolve(),
    async ask(method, params) {
      chain.asked.push(`${method} ${JSON.stringify(params)}`);
      await chain.gate;
      if (chain.failure !== null) throw chain.failure;
      const [tag] = params as [string];
      if (method === "eth_getLogs") return chain.logs;
      if (method !== "eth_getBlockByNumber") return "0x7a69";
      const number = tag === "finalized" ? chain.finalised : tag === "latest" ? chain.finalised + 2 : Number(tag);
      if (number > chain.finalised + 2) return null;
      return {
        number: `0x${number.toString(16)}`,
        hash: hashOf(chain.branch, number),
        timestamp: "0x1",
        extra: "kept",
      };
    },
  };
  return chain;
}

interface Asked {
  readonly status: number;
  readonly body: { readonly result?: unknown; readonly error?: { readonly code: number; readonly message: string } };
}

interface Running {
  ask(method: string, ...params: unknown[]): Promise<Asked>;
  readonly url: string;
  readonly warned: string[];
}

async function relayOf(upstream: Upstream, freshMs = 60_000): Promise<Running> {
  const warned: string[] = [];
  const warn = (_values: object, message: string) => void warned.push(message);
  const logger: Logger = { debug() {}, info() {}, warn, error: warn };
  const relay = createRelay({ host: "127.0.0.1", port: 0, freshMs }, { upstream, logger });
  relays.push(relay);
  const url = await relay.start();
  return { url, warned, ask: (method, ...params) => post(url, { jsonrpc: "2.0", id: 7, method, params }) };
}

async function post(url: string, body: unknown): Promise<Asked> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: text });
  return { status: response.status, body: (await response.json()) as Asked["body"] };
}

const logsUpTo = (toBlock: number, fromBlock = 0) => ({
  address: [REWARDS],
  topics: [[`0x${"11".repeat(32)}`]],
  fromBlock: `0x${fromBlock.toString(16)}`,
  toBlock: `0x${toBlock.toString(16)}`,
});

describe("P-104: the relay passes on what agents ask to follow the chain", () => {
  it("with the provider's own answer, whatever fields it has", async () => {
    const { ask } = await relayOf(chainAt(9));
    const { body } = await ask("eth_getBlockByNumber", "finalized", false);
    const result = { number: "0x9", hash: hashOf("a", 9), timestamp: "0x1", extra: "kept" };
    expect(body).toEqual({ jsonrpc: "2.0", id: 7, result });
  });

  it.each<[string, unknown[]]>([
    ["eth_sendRawTransaction", ["0x00"]],
    ["eth_sendTransaction", [{}]],
    ["eth_estimateGas", [{}]],
    ["debug_traceTransaction", ["0x00"]],
    ["admin_peers", []],
    ["constructor", []],
  ])("error: %s is refused and not passed on", async (method, params) => {
    const chain = chainAt(9);
    const { ask } = await relayOf(chain);
    const { status, body } = await ask(method, ...params);
    expect(status).toBe(200);
    expect(body.error).toMatchObject({ code: -32_601, message: expect.stringContaining("eth_getLogs") });
    expect(chain.asked).toEqual([]);
  });

  it.each<[string, string, unknown[]]>([
    ["a block with all its transactions", "eth_getBlockByNumber", ["0x1", true]],
    ["a pending block", "eth_getBlockByNumber", ["pending", false]],
    ["logs of every contract", "eth_getLogs", [{ fromBlock: "0x0", toBlock: "0x1", topics: [] }]],
    ["logs up to now", "eth_getLogs", [{ ...logsUpTo(1), toBlock: "latest" }]],
    ["logs of a block hash", "eth_getLogs", [{ ...logsUpTo(1), blockHash: hashOf("a", 1) }]],
    ["receipts of the newest block", "eth_getBlockReceipts", ["latest"]],
    ["receipts of a block hash", "eth_getBlockReceipts", [hashOf("a", 1)]],
    ["a call as somebody", "eth_call", [{ to: REWARDS, data: "0x", from: REWARDS }, "latest"]],
    ["a long call", "eth_call", [{ to: REWARDS, data: `0x${"00".repeat(200)}` }, "latest"]],
    ["a call with other state", "eth_call", [{ to: REWARDS, data: "0x" }, "latest", {}]],
  ])("error: %s is refused and not passed on", async (_name, method, params) => {
    const chain = chainAt(9);
    const { ask } = await relayOf(chain);
    expect((await ask(method, ...params)).body.error?.code).toBe(-32_602);
    expect(chain.asked).toEqual([]);
  });

  it("error: the provider's own error comes with its number and its words, and is not kept", async () => {
    const chain = chainAt(9);
    const cause = Object.assign(new Error("range too wide"), { code: -32_602 });
    chain.failure = quorateError(
      "CHAIN_PROVIDER_FAILED",
      { provider: chain.host, reason: "range too wide" },
      { cause },
    );
    const { ask } = await relayOf(chain);
    const { body } = await ask("eth_getLogs", logsUpTo(5));
    expect(body.error).toEqual({ code: -32_602, message: "provider.test: range too wide" });
    chain.failure = null;
    expect((await ask("eth_getLogs", logsUpTo(5))).body.result).toEqual([{ any: "log" }]);
  });
});

describe("P-104: equal questions are asked once", () => {
  it("while they are on their way, in any spelling", async () => {
    const chain = chainAt(9);
    const { promise, resolve } = Promise.withResolvers<void>();
    chain.gate = promise;
    const { ask } = await relayOf(chain, 0);
    const answers = [
      logsUpTo(5),
      { ...logsUpTo(5), address: [REWARDS.toLowerCase()] },
      { ...logsUpTo(5), toBlock: "0x05" },
    ];
    const asked = answers.map((filter) => ask("eth_getLogs", filter));
    // All three have to be there before the first is answered.
    while (chain.asked.length === 0) await sleep(5);
    await sleep(50);
    resolve();
    for (const { body } of await Promise.all(asked)) expect(body.result).toEqual([{ any: "log" }]);
    expect(chain.asked).toHaveLength(1);
  });

  it("about finalised blocks and their logs: again only after minutes", async () => {
    const chain = chainAt(9);
    const { ask } = await relayOf(chain, 0);
    await ask("eth_getBlockByNumber", "finalized", false);
    for (let i = 0; i < 3; i++) {
      await ask("eth_getLogs", logsUpTo(9));
      await ask("eth_getBlockByNumber", "0x9", false);
      await ask("eth_getBlockByNumber", "0x4", false);
    }
    // The end of the range is asked after its logs (P-57).
    expect(chain.asked.slice(1).map((line) => line.split(" ")[0])).toEqual([
      "eth_getLogs",
      "eth_getBlockByNumber",
      "eth_getBlockByNumber",
    ]);
  });

  it("about what is not final: again after about a poll, and at once while there is nothing", async () => {
    const chain = chainAt(9);
    const [short, long] = [await relayOf(chain, 0), await relayOf(chain, 60_000)];
    for (const { ask } of [short, short, long, long]) await ask("eth_getBlockByNumber", "latest", false);
    expect(chain.asked).toHaveLength(3);
    for (const { ask } of [long, long]) await ask("eth_getBlockByNumber", "0x63", false);
    expect(chain.asked).toHaveLength(5);
    chain.logs = [];
    await long.ask("eth_getBlockByNumber", "finalized", false);
    for (const { ask } of [long, long]) await ask("eth_getLogs", logsUpTo(11, 10));
    expect(chain.asked).toHaveLength(8);
  });

  it("P-57: logs of finalised blocks whose end the provider does not have are not kept", async () => {
    const chain = chainAt(9);
    const { ask } = await relayOf(chain, 0);
    await ask("eth_getBlockByNumber", "finalized", false);
    // Another machine behind the same address, which is late and has no logs.
    chain.finalised = 4;
    chain.logs = [];
    expect((await ask("eth_getLogs", logsUpTo(9))).body.result).toEqual([]);
    chain.finalised = 9;
    chain.logs = [{ any: "log" }];
    expect((await ask("eth_getLogs", logsUpTo(9))).body.result).toEqual([{ any: "log" }]);
  });

  it("P-57: everything kept is forgotten when a finalised block is another, and the log says so", async () => {
    const chain = chainAt(9);
    const { ask, warned } = await relayOf(chain, 0);
    await ask("eth_getBlockByNumber", "finalized", false);
    expect((await ask("eth_getBlockByNumber", "0x5", false)).body.result).toMatchObject({ hash: hashOf("a", 5) });
    chain.branch = "b";
    expect((await ask("eth_getBlockByNumber", "0x5", false)).body.result).toMatchObject({ hash: hashOf("a", 5) });
    chain.finalised = 10;
    await ask("eth_getBlockByNumber", "finalized", false);
    expect((await ask("eth_getBlockByNumber", "0x5", false)).body.result).toMatchObject({ hash: hashOf("b", 5) });
    expect(warned).toEqual(["CHAIN_FINALISED_REORG"]);
  });
});

describe("bounds", () => {
  it("error: a body that is too large, not JSON, not a call, or too many of them", async () => {
    const chain = chainAt(9);
    const { url } = await relayOf(chain);
    const call = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
    expect((await post(url, `"${"7".repeat(BODY_MAX_BYTES)}"`)).status).toBe(413);
    expect((await post(url, "{")).status).toBe(400);
    expect((await post(url, "5")).body.error?.code).toBe(-32_600);
    expect((await post(url, [])).status).toBe(400);
    expect((await post(url, Array(BATCH_MAX + 1).fill(call))).status).toBe(400);
    expect(chain.asked).toEqual([]);
    const answers = (await post(url, Array(BATCH_MAX).fill(call))).body as unknown as unknown[];
    expect(answers).toHaveLength(BATCH_MAX);
    expect(chain.asked).toHaveLength(1);
  });

  it("RELAY_BUSY: a provider that does not answer is not asked more and more", async () => {
    const chain = chainAt(9);
    const { promise, resolve } = Promise.withResolvers<void>();
    chain.gate = promise;
    const answers = new Answers(chain, { freshMs: 0 }, { debug() {}, info() {}, warn() {}, error() {} });
    const question = (i: number) =>
      parseCall({ id: 1, method: "eth_getBlockByNumber", params: [`0x${i.toString(16)}`, false] });
    const to = (i: number): Promise<string> => answers.to(question(i).question as Question);
    const waiting = Array.from({ length: IN_FLIGHT_MAX }, (_, i) => to(i));
    await expect(to(IN_FLIGHT_MAX)).rejects.toMatchObject({ code: "RELAY_BUSY" });
    // Who asks what is on its way already waits with the others.
    waiting.push(to(3));
    resolve();
    expect((await Promise.all(waiting)).length).toBe(IN_FLIGHT_MAX + 1);
    expect(await to(IN_FLIGHT_MAX)).toBe("null");
  });

  it("clients that ask for much and do not read: the relay answers busy instead of keeping it all", async () => {
    const chain = chainAt(9);
    chain.logs = ["x".repeat(15 * 1024 * 1024)];
    const { url, ask } = await relayOf(chain);
    const { hostname, port } = new URL(url);
    const body = JSON.stringify({ id: 1, method: "eth_getLogs", params: [logsUpTo(5)] });
    const head = ["POST / HTTP/1.1", "host: relay", "content-type: application/json", `content-length: ${body.length}`];
    const request = `${head.join("\r\n")}\r\n\r\n`;
    const silent = Array.from({ length: 10 }, () => connect(Number(port), hostname));
    for (const socket of silent)
      socket
        .pause()
        .on("error", () => {})
        .write(request + body);
    let status = 200;
    while (status === 200) status = (await ask("eth_getLogs", logsUpTo(5))).status;
    expect(status).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    for (const socket of silent) socket.destroy();
    while (status !== 200) status = (await ask("eth_getLogs", logsUpTo(5))).status;
    expect(chain.asked).toHaveLength(1);
  });

  it("error: a client that asks too much is told to wait; another is not", () => {
    let nowMs = 0;
    const clients = new Clients(() => nowMs);
    expect(clients.allows("one", CLIENT_BURST)).toBe(true);
    expect(clients.allows("one", 1)).toBe(false);
    expect(clients.allows("other", 1)).toBe(true);
    nowMs += 1_000;
    expect(clients.allows("one", 100)).toBe(true);
    for (let i = 0; i < CLIENTS_MAX; i++) clients.allows(`stranger ${i}`, 1);
    expect(clients.allows("one", CLIENT_BURST)).toBe(true);
  });

  it("answers are kept up to a number of bytes, and no longer than their time", () => {
    let nowMs = 0;
    const cache = new AnswerCache(3 * (ENTRY_BYTES + 11), () => nowMs);
    for (const key of ["a", "b", "c"]) cache.set(key, "0123456789", 10);
    expect(cache.get("a")).toBe("0123456789");
    cache.set("d", "0123456789", 20);
    expect(["a", "b", "c", "d"].map((key) => cache.get(key) !== null)).toEqual([true, false, true, true]);
    cache.set("e", "x".repeat(1_000), 20);
    expect(cache.get("e")).toBeNull();
    nowMs = 10;
    expect(["a", "c", "d"].map((key) => cache.get(key) !== null)).toEqual([false, false, true]);
    expect(cache.bytes).toBe(ENTRY_BYTES + 11);
    cache.clear();
    expect(cache.bytes).toBe(0);
  });

  it("tells how it is at /healthz, and nothing elsewhere", async () => {
    const { url, ask } = await relayOf(chainAt(9));
    await ask("eth_chainId");
    await ask("eth_chainId");
    const health = await (await fetch(`${url}/healthz`)).json();
    expect(health).toMatchObject({ ok: true, provider: "provider.test", asked: 2, forwarded: 1 });
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
  });
});
