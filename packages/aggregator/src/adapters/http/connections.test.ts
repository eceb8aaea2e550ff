import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import {
  ALICE,
  COLLECTING,
  NODE,
  serve,
  servers,
  stopServers,
  type TestAgent,
  testAgent,
} from "../../../test/support/httpServer.ts";
import { ask, closeSockets, rawSocket } from "../../../test/support/rawHttp.ts";
import { until } from "../../../test/support/until.ts";

afterEach(async () => {
  closeSockets();
  await stopServers();
});

/** Small bounds, and times that no test waits for: whoever goes, goes because another needs the place. */
const FEW = { maxConnections: 20, maxConnectionsPerClient: 8, requestTimeoutMs: 60_000, writeTimeoutMs: 60_000 };
const HEALTH = { health: { host: "127.0.0.1", port: 0 } };
const SLOW_BODY =
  "POST /v1/claims HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
const READ_NODES = "GET /v1/nodes HTTP/1.1\r\nhost: localhost\r\n\r\n";
const enemies = (count: number) => Array.from({ length: count }, (_, i) => `127.0.1.${1 + (i % 5)}`);

const traffic = (listener = "main") => servers[0]?.view().listeners[listener];

describe("clients that hold connections", () => {
  it.each([
    ["say nothing", ""],
    ["send a head without end", "GET /v1/status HTTP/1.1\r\nx: y"],
    ["send a body without end", SLOW_BODY],
    ["keep an answered connection", "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"],
  ])("those that %s, from five addresses, leave room for whoever asks something", async (_name, words) => {
    const url = await serve(testAgent(), { ...FEW, ...HEALTH });
    for (const from of enemies(60)) await rawSocket(url, from, words);
    for (let i = 0; i < 5; i++) expect(await ask(`${url}/v1/status`)).toMatchObject({ status: 200 });
    expect((await ask(`${servers[0]?.healthUrl}/healthz`)).status).toBe(200);
    expect(traffic()?.connections).toBeLessThanOrEqual(FEW.maxConnections);
    expect(traffic()?.dropped.room).toBeGreaterThanOrEqual(60 - FEW.maxConnections);
  });

  it("one address full of them takes nothing from the others, whose idle connections stay", async () => {
    const url = await serve(testAgent(), FEW);
    const idle = await Promise.all(["127.0.2.1", "127.0.2.2"].map((from) => rawSocket(url, from)));
    for (let i = 0; i < 60; i++) await rawSocket(url, "127.0.1.1");
    await until(() => traffic()?.connections === FEW.maxConnectionsPerClient + idle.length);
    for (const socket of idle) {
      socket.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
      expect(String((await once(socket, "data"))[0])).toContain("200 OK");
    }
  });

  it("error: CONNECTIONS_EXCEEDED for a client whose every place is being answered, and only for it", async () => {
    const agent = testAgent();
    let asked = 0;
    const never: Pick<TestAgent["api"], "requestClaim"> = {
      requestClaim() {
        asked += 1;
        return new Promise(() => {});
      },
    };
    const url = await serve({ ...agent, api: { ...agent.api, ...never } }, { ...FEW, answerTimeoutMs: 60_000 });
    const body = JSON.stringify({ recipient: ALICE, epoch: 3 });
    const claim =
      "POST /v1/claims HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: " +
      `${body.length}\r\n\r\n${body}`;
    for (let i = 0; i < FEW.maxConnectionsPerClient; i++) await rawSocket(url, "127.0.1.1", claim);
    await until(() => asked === FEW.maxConnectionsPerClient);
    const own = await ask(`${url}/v1/status`, { localAddress: "127.0.1.1" });
    expect(own).toMatchObject({ status: 503, code: "CONNECTIONS_EXCEEDED", headers: { "retry-after": "5" } });
    expect((await ask(`${url}/v1/status`)).status).toBe(200);
    // What it opens beyond, and does not close when it is turned away, takes no place either.
    for (let i = 0; i < 80; i++) await rawSocket(url, "127.0.1.1");
    for (let i = 0; i < 5; i++) expect((await ask(`${url}/v1/status`)).status).toBe(200);
    expect(traffic()?.dropped.refused).toBeGreaterThanOrEqual(80);
  });

  it("a client that asks without waiting for answers is cut", async () => {
    const agent = testAgent();
    const never: Pick<TestAgent["api"], "proof"> = { proof: () => new Promise(() => {}) };
    const url = await serve({ ...agent, api: { ...agent.api, ...never } }, FEW);
    const proof = `GET /v1/proofs/${ALICE} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    const socket = await rawSocket(url, "127.0.1.1", proof.repeat(50));
    await once(socket, "close");
    expect(traffic()).toMatchObject({ connections: 0, dropped: { pipelined: 1 } });
  });
});

describe("clients that never read", () => {
  /** Some megabytes: more than the kernel buffers for a connection. */
  function largeAgent(): TestAgent {
    const agent = testAgent();
    const nodes = Array.from({ length: 12_000 }, (_, i) => ({
      ...NODE,
      id: i + 1,
      uptime: "",
      unlocksAt: null,
      own: false,
    }));
    return { ...agent, api: { ...agent.api, nodes: () => nodes } };
  }

  it("are cut, and what was written for them is freed", async () => {
    const url = await serve(largeAgent(), { ...FEW, writeTimeoutMs: 200 });
    for (const from of enemies(5)) (await rawSocket(url, from, READ_NODES)).pause();
    await until(() => traffic()?.dropped.unread === 5);
    expect(traffic()?.connections).toBe(0);
  });

  it("give up their places to those who ask", async () => {
    const url = await serve(largeAgent(), { ...FEW, maxConnections: 5 });
    for (const from of enemies(5)) (await rawSocket(url, from, READ_NODES)).pause();
    await until(() => traffic()?.connections === 5);
    const status = async () => (await ask(`${url}/v1/status`).catch(() => null))?.status;
    await expect.poll(status, { timeout: 60_000 }).toBe(200);
    expect(traffic()?.dropped.room).toBeGreaterThan(0);
  });

  it("of an event stream are cut too, while one that reads goes on", async () => {
    const agent = testAgent();
    const url = await serve(agent, { ...FEW, writeTimeoutMs: 500, heartbeatMs: 20 });
    const events = `GET /v1/claims/${ALICE}/events HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    const reader = await rawSocket(url, "127.0.2.1", events);
    let read = "";
    reader.on("data", (chunk) => {
      read = String(chunk);
    });
    (await rawSocket(url, "127.0.1.1", events)).pause();
    await until(() => agent.watchers.size === 2);
    const missing = Array.from({ length: 200_000 }, (_, i) => i);
    const large = setInterval(() => {
      for (const watcher of agent.watchers) watcher({ ...COLLECTING, missing });
    }, 20);
    await until(() => agent.watchers.size === 1);
    clearInterval(large);
    read = "";
    await until(() => read.includes(": alive"));
    expect(traffic()).toMatchObject({ connections: 1, dropped: { unread: 1 } });
  });
});

describe("places to watch claims", () => {
  it("a client that took all of them gives up one to each that has none", async () => {
    const agent = testAgent();
    const url = await serve(agent, { maxClaimWatchers: 4, maxClaimWatchersPerClient: 4 });
    const events = `GET /v1/claims/${ALICE}/events HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    for (let i = 0; i < 4; i++) await rawSocket(url, "127.0.1.1", events);
    await until(() => agent.watchers.size === 4);
    for (const from of ["127.0.2.1", "127.0.2.2"]) {
      const socket = await rawSocket(url, from, events);
      expect(String((await once(socket, "data"))[0])).toContain("200 OK");
    }
    // Two and two: nobody has more than another would by taking one away.
    const again = await ask(`${url}/v1/claims/${ALICE}/events`, { localAddress: "127.0.1.1" });
    expect(again).toMatchObject({ status: 503, code: "WATCHERS_EXCEEDED" });
  });
});

describe("stopping", () => {
  it("comes to its end though clients hang on", async () => {
    const url = await serve(testAgent(), { ...FEW, ...HEALTH });
    for (const words of ["", SLOW_BODY, `GET /v1/claims/${ALICE}/events HTTP/1.1\r\nhost: localhost\r\n\r\n`])
      await rawSocket(url, "127.0.1.1", words);
    await rawSocket(servers[0]?.healthUrl ?? "", "127.0.1.1");
    await stopServers();
    await expect(ask(`${url}/healthz`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
