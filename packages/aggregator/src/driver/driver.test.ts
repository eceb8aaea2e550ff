import { type AgentStatus, quorateError } from "@quorate/common";
import { describe, expect, it } from "vitest";
import type { Agent, Effect, Input } from "../core/io.ts";
import { createDriver, type Driver, type DriverModules } from "./driver.ts";
import type { ChainSink, NetworkHandlers, SubmitterView } from "./ports.ts";

function scripted(handle: Agent["handle"]): Agent {
  return {
    handle,
    status: () => ({ head: null }) as AgentStatus,
    claim: () => null,
    unsigned: () => [],
    nodes: () => [],
    payableRoots: () => [],
    unlocksAt: () => null,
    uptime: () => "",
    owed: () => null,
  };
}

/** Trees whose builds end when the test says so, and an account that sends whatever it is given. */
function chainParts(log: string[]): Pick<DriverModules, "openTrees" | "submitter" | "contract"> {
  return {
    openTrees() {
      log.push("trees opened");
      return {
        apply: (epoch) => new Promise((_, reject) => builds.push(() => reject(quorateError("TREE_CLOSED", { epoch })))),
        proof: async () => null,
        close: async () => void log.push("trees closed"),
      };
    },
    submitter: {
      async submit({ key, to, notAfter }) {
        log.push(`submit ${key} to ${to.slice(0, 6)} until ${notAfter}`);
        return { kind: "redundant", code: "AlreadyPayable" };
      },
      status: () => ({}) as SubmitterView,
      close: async () => {},
    },
    contract: `0x${"c0".repeat(20)}`,
  };
}
const builds: (() => void)[] = [];

/** A verifier that takes everything for valid, or fails, and a signer. */
function blsParts(log: string[], verifierFails: boolean): Pick<DriverModules, "verifier" | "signer"> {
  return {
    verifier: {
      async verify(groups) {
        if (verifierFails) throw new Error("no thread");
        return groups.map(({ items }) => items.map(() => true));
      },
      close: async () => {},
    },
    signer: {
      publicKey: new Uint8Array(96),
      async sign() {
        log.push("sign");
        return new Uint8Array(192);
      },
    },
  };
}

/**
 * The driver between a scripted core and ports that write down what they are asked: what is tested here is the order
 * of things alone.
 */
function stage(
  answer: (input: Input) => Effect[],
  { diskFails = false, verifierFails = false, written = async (): Promise<void> => {} } = {},
) {
  const log: string[] = [];
  const inputs: Input[] = [];
  const fatal: unknown[] = [];
  let handlers: NetworkHandlers | null = null;
  let sink: ChainSink | null = null;
  const agent = scripted((input) => {
    inputs.push(input);
    return answer(input);
  });
  const modules: DriverModules = {
    agent,
    store: {
      load: () => ({ ledger: null, signings: [], claims: [], bundles: [] }),
      persist(records) {
        if (diskFails) throw quorateError("STORE_WRITE_FAILED", { path: "full" });
        log.push(`persist ${records.length}`);
      },
      written,
      events: () => [],
      bundle: () => null,
      close: () => log.push("store closed"),
    },
    network: {
      peerId: "self",
      addresses: () => [],
      agentUrls: () => new Map(),
      async start(given) {
        handlers = given;
      },
      stop: async () => void log.push("network stopped"),
      admit: () => void log.push("admit"),
      mates: () => void log.push("mates"),
      publish: async () => void log.push("publish"),
      direct: (peers) => void log.push(`direct ${peers.length}`),
      catchUp: async (peer) =>
        peer === "0x03" ? new Uint8Array([7]) : Promise.reject(quorateError("NETWORK_NOT_RUNNING")),
      inquire: async (peer) =>
        Promise.reject(peer === "0x03" ? quorateError("NETWORK_PEER_NOT_CONNECTED", { peer }) : new Error("reset")),
      blame: (_peer, code) => void log.push(`blame ${code}`),
      status: () => ({ connected: [], meshPeers: 0, direct: { sent: 0, received: 0, dropped: 0 } }),
    },
    follower: {
      async start(_after, given) {
        sink = given;
      },
      lookAhead: async () => [],
      status: () => ({ providers: [], clockOffsetSeconds: null }),
      stop: async () => void log.push("follower stopped"),
    },
    ...chainParts(log),
    ...blsParts(log, verifierFails),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    nowMs: () => 1_000,
    onFatal: (error) => fatal.push(error),
  };
  const driver: Driver = createDriver(modules);
  return {
    driver,
    log,
    inputs,
    fatal,
    handlers: () => handlers as unknown as NetworkHandlers,
    sink: () => sink as unknown as ChainSink,
  };
}

const signing: Effect = {
  type: "persist",
  records: [
    {
      type: "signing",
      id: { kind: "RewardClaim", epoch: 1, subject: "0x01" },
      digest: "0x00",
      signed: { kind: "RewardClaim", message: { recipient: "0x01", amount: 1n } },
    },
  ],
};
const sign: Effect = { type: "sign", job: 1, digest: new Uint8Array(32) };
const publish: Effect = { type: "publish", data: new Uint8Array() };
const HEAD = { number: 1, hash: "0x00", timestamp: 1 } as const;
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("driver", () => {
  it("persists before it signs or publishes (P-71)", async () => {
    const { driver, log } = stage((input) => (input.type === "started" ? [signing, sign, publish] : []));
    await driver.start();
    expect(log).toEqual(["persist 1", "sign", "publish"]);
  });

  it("when the disk refuses, does nothing more of that step, ends once, and hears nothing after (P-71)", async () => {
    const { driver, log, fatal, inputs, sink } = stage(
      (input) => (input.type === "started" ? [signing, sign, publish] : [publish]),
      { diskFails: true },
    );
    await driver.start();
    expect(log).toEqual([]);
    expect(fatal).toHaveLength(1);
    expect(String(fatal[0])).toContain("STORE_WRITE_FAILED");
    sink().onHealth({ healthy: true });
    expect(inputs).toHaveLength(1);
    expect(fatal).toHaveLength(1);
  });

  it("P-83: a check that fails is an input without results: what waits for it goes on", async () => {
    const verify: Effect = { type: "verify", job: 7, groups: [] };
    const parts = stage((input) => (input.type === "started" ? [verify] : []), { verifierFails: true });
    await parts.driver.start();
    await settle();
    expect(parts.inputs).toContainEqual({ type: "verified", job: 7, results: null });
    expect(parts.fatal).toEqual([]);
  });

  it("the chain is read on only when the ledger is written", async () => {
    let write = (): void => {};
    const written = new Promise<void>((resolve) => {
      write = resolve;
    });
    const { driver, sink, inputs } = stage(() => [], { written: () => written });
    await driver.start();
    let readOn = false;
    const advanced = sink()
      .onAdvance([], HEAD)
      .then(() => {
        readOn = true;
      });
    await settle();
    expect(inputs.at(-1)).toMatchObject({ type: "chain" });
    expect(readOn).toBe(false);
    write();
    await advanced;
    expect(readOn).toBe(true);
  });

  it("error: a disk that refuses a piece of the ledger ends the agent, once", async () => {
    const refused = async () => Promise.reject(quorateError("STORE_WRITE_FAILED", { path: "full" }));
    const { driver, sink, inputs, fatal } = stage(() => [], { written: refused });
    await driver.start();
    await sink().onAdvance([], HEAD);
    await sink().onAdvance([], HEAD);
    expect(fatal.map(String).join()).toMatch(/^[^,]*STORE_WRITE_FAILED[^,]*$/);
    expect(inputs.filter(({ type }) => type === "chain")).toHaveLength(1);
  });

  it("P-58: a history that the ledger refuses goes back to the follower, and the agent goes on", async () => {
    let isWrong = true;
    const { driver, sink, inputs, fatal } = stage((input) => {
      if (input.type === "chain" && isWrong) throw quorateError("CHAIN_EVENT_INVALID", { node: 7 });
      return [];
    });
    await driver.start();
    await expect(sink().onAdvance([], HEAD)).rejects.toMatchObject({ code: "CHAIN_EVENT_INVALID" });
    sink().onHealth({ healthy: false, code: "CHAIN_EVENT_INVALID", detail: "" });
    isWrong = false;
    await sink().onAdvance([], HEAD);
    expect(fatal).toEqual([]);
    expect(inputs.map(({ type }) => type)).toEqual(["started", "chain", "chain-health", "chain"]);
  });

  it("error: the same code from anything but the chain ends the agent, as any other failure does", async () => {
    const { driver, fatal } = stage((input) => {
      if (input.type === "started") throw quorateError("CHAIN_EVENT_INVALID", { node: 7 });
      return [];
    });
    await driver.start();
    expect(fatal.map(String).join()).toContain("CHAIN_EVENT_INVALID");
  });

  it("gives results back as inputs, with their job", async () => {
    const verify: Effect = {
      type: "verify",
      job: 5,
      groups: [{ digest: new Uint8Array(32), items: [{ publicKey: new Uint8Array(), signature: new Uint8Array() }] }],
    };
    const ask: Effect = { type: "catch-up-ask", peer: "0x03", data: new Uint8Array() };
    const askOther: Effect = { ...ask, peer: "0x04" };
    const inquire: Effect = { type: "inquire", job: 9, peer: "0x03", data: new Uint8Array() };
    const other: Effect = { ...inquire, job: 10, peer: "0x04" };
    const effects = [sign, verify, ask, askOther, inquire, other];
    const { driver, inputs } = stage((input) => (input.type === "started" ? effects : []));
    await driver.start();
    await settle();
    expect(inputs).toContainEqual({ type: "signed", job: 1, signature: new Uint8Array(192) });
    expect(inputs).toContainEqual({ type: "verified", job: 5, results: [[true]] });
    expect(inputs).toContainEqual({ type: "inquiry-failed", job: 9, code: "NETWORK_PEER_NOT_CONNECTED" });
    expect(inputs).toContainEqual({ type: "inquiry-failed", job: 10, code: "NETWORK_REQUEST_FAILED" });
    expect(inputs).toContainEqual({ type: "catch-up-answered", from: "0x03", data: new Uint8Array([7]) });
    expect(inputs).toContainEqual({ type: "catch-up-failed", peer: "0x04", code: "NETWORK_NOT_RUNNING" });
  });

  it("a gossip message waits for its own verdict", async () => {
    const { driver, handlers } = stage((input) =>
      input.type === "gossip"
        ? [{ type: "verdict", handle: input.handle, verdict: input.data[0] === 1 ? "accept" : "reject", code: "OK" }]
        : [],
    );
    await driver.start();
    expect(await handlers().onGossip("0x01", new Uint8Array([1]))).toBe("accept");
    expect(await handlers().onGossip("0x01", new Uint8Array([2]))).toBe("reject");
  });

  it("a stop answers everyone who waits, then closes network before store", async () => {
    const { driver, log, handlers } = stage(() => []);
    await driver.start();
    const verdict = handlers().onGossip("0x01", new Uint8Array());
    const claim = driver.requestClaim("0x05", null);
    await driver.stop();
    expect(await verdict).toBe("ignore");
    expect(await claim).toEqual({ ok: false, refusal: { code: "AGENT_STOPPING", values: {} } });
    expect(log).toEqual(["follower stopped", "network stopped", "store closed"]);
    expect(await driver.requestClaim("0x05", null)).toMatchObject({ ok: false });
  });

  it("a timer fires once at its time, and the last one set counts", async () => {
    const { driver, inputs } = stage((input) =>
      input.type === "started"
        ? [
            { type: "set-timer", timer: "tick", atMs: 50_000 },
            { type: "set-timer", timer: "tick", atMs: 1_001 },
          ]
        : [],
    );
    await driver.start();
    await settle();
    expect(inputs.filter(({ type }) => type === "timer")).toEqual([
      { type: "timer", timer: "tick", lateMs: expect.any(Number) },
    ]);
    await driver.stop();
  });
});

describe("what goes to the chain", () => {
  it("sends a call to the contract, and what became of it is an input", async () => {
    const call = { type: "exit", id: 7 } as const;
    const { driver, log, inputs } = stage(({ type }) =>
      type === "started" ? [{ type: "submit", job: 3, key: "exit:7", call, notAfter: 99 }] : [],
    );
    await driver.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toContain("submit exit:7 to 0xc0c0 until 99");
    expect(inputs).toContainEqual({
      type: "submitted",
      job: 3,
      outcome: { kind: "redundant", code: "AlreadyPayable" },
    });
    await driver.stop();
  });

  it("trees that were replaced say nothing any more; the end of those in use is an input", async () => {
    const { driver, log, inputs, sink } = stage(({ type }) =>
      type === "chain" ? [{ type: "build-tree", epoch: 4, first: true, changes: [] }] : [],
    );
    await driver.start();
    const head = { number: 1, hash: "0x01", timestamp: 1 } as const;
    await sink().onAdvance([], head);
    await sink().onAdvance([], head);
    expect(log.filter((line) => line.startsWith("trees"))).toEqual(["trees opened", "trees closed", "trees opened"]);
    const lost = async (build: number) => {
      builds[build]?.();
      await new Promise((resolve) => setImmediate(resolve));
      return inputs.filter(({ type }) => type === "tree-lost");
    };
    expect(await lost(0)).toEqual([]);
    expect(await lost(1)).toMatchObject([{ code: "TREE_CLOSED" }]);
    await driver.stop();
  });
});
