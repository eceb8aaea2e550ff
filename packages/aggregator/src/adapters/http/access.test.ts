import { ROUTES } from "@quorate/common/http";
import { afterEach, describe, expect, it } from "vitest";
import { ALICE, BOB, post, refused, serve, servers, stopServers, testAgent } from "../../../test/support/httpServer.ts";
import { ask, closeSockets, rawSocket } from "../../../test/support/rawHttp.ts";
import { until } from "../../../test/support/until.ts";

afterEach(async () => {
  closeSockets();
  await stopServers();
});

const claim = JSON.stringify({ recipient: ALICE });
const json = { "content-type": "application/json" };

describe("the names this agent is asked by (P-127)", () => {
  it.each(["127.0.0.1:8900", "localhost", "LOCALHOST:80", "localhost.", "[::1]:8900", "203.0.113.9", "agent.example"])(
    "%s is one",
    async (host) => {
      const url = await serve(testAgent(), { allowedHosts: ["Agent.example"] });
      expect((await ask(`${url}/v1/status`, { headers: { host } })).status).toBe(200);
    },
  );

  it.each([
    "rebound.example",
    "127.0.0.1.rebound.example",
    "localhost.rebound.example:8900",
    "evil@localhost",
    "localhost/x",
    "0x7f000001",
    "agent.example.rebound.example",
  ])("error: a page of %s whose name was made to resolve to it, reading or asking, on both listeners", async (host) => {
    const url = await serve(testAgent(), { allowedHosts: ["agent.example"], health: { host: "127.0.0.1", port: 0 } });
    const wanted = { status: 403, code: "HOST_NOT_ALLOWED" };
    expect(await ask(`${url}/v1/status`, { headers: { host } })).toMatchObject(wanted);
    const headers = { host, origin: `http://${host}`, ...json };
    expect(await ask(`${url}/v1/claims`, { method: "POST", headers }, claim)).toMatchObject(wanted);
    expect(await ask(`${servers[0]?.healthUrl}/healthz`, { headers: { host } })).toMatchObject(wanted);
    expect((await ask(`${url}/nowhere`, { headers: { host } })).code).toBe("HOST_NOT_ALLOWED");
  });

  it("error: two of them, of which a proxy may have looked at the other", async () => {
    const url = await serve();
    const socket = await rawSocket(
      url,
      "127.0.0.1",
      "GET /healthz HTTP/1.1\r\nhost: localhost\r\nhost: x.example\r\n\r\n",
    );
    let answer = "";
    socket.on("data", (chunk) => {
      answer += String(chunk);
    });
    await until(() => answer.includes("HOST_NOT_ALLOWED"));
  });

  it("a probe of HTTP/1.0 need not name one", async () => {
    const socket = await rawSocket(await serve(), "127.0.0.1", "GET /healthz HTTP/1.0\r\n\r\n");
    let answer = "";
    socket.on("data", (chunk) => {
      answer += String(chunk);
    });
    await until(() => answer.includes("200 OK"));
  });

  it("any, where the operator says so", async () => {
    const url = await serve(testAgent(), { allowedHosts: ["*"] });
    expect((await ask(`${url}/v1/status`, { headers: { host: "any.example" } })).status).toBe(200);
  });
});

describe("HEAD", () => {
  it.each(["/healthz", "/readyz", "/v1/status", "/v1/nodes", `/v1/claims/${ALICE}`, `/v1/proofs/${ALICE}`, "/metrics"])(
    "of %s is answered like GET, without the body",
    async (path) => {
      const metrics = { contentType: "text/plain", metrics: async () => "# nothing\n" };
      const url = await serve(testAgent(), {}, metrics);
      const [head, get] = await Promise.all([ask(url + path, { method: "HEAD" }), ask(url + path)]);
      expect([head.status, head.text, head.headers["content-length"], head.headers["content-type"]]).toEqual([
        200,
        "",
        String(Buffer.byteLength(get.text)),
        get.headers["content-type"],
      ]);
    },
  );

  it("of an agent that is not ready is 503, as GET is", async () => {
    const agent = testAgent();
    agent.reasons = ["STAKE_OUT_OF_REACH"];
    expect((await ask(`${await serve(agent)}/readyz`, { method: "HEAD" })).status).toBe(503);
  });

  it("P-140: of an event stream tells what it would be, and opens none", async () => {
    const agent = testAgent();
    const url = await serve(agent);
    const head = await ask(`${url}/v1/claims/${ALICE}/events`, { method: "HEAD" });
    expect([head.status, head.headers["content-type"], head.text]).toEqual([200, "text/event-stream", ""]);
    expect((await ask(`${url}/v1/claims/${BOB}/events`, { method: "HEAD" })).status).toBe(404);
    expect(agent.watchers.size).toBe(0);
  });
});

describe("P-140: the methods of a route", () => {
  it.each(Object.values(ROUTES).map(({ method, path }) => [path, method]))(
    "%s: OPTIONS and 405 name them",
    async (path, method) => {
      const metrics = { contentType: "text/plain", metrics: async () => "# nothing\n" };
      const url = (await serve(testAgent(), {}, metrics)) + path.replace(":recipient", ALICE);
      const allow = method === "GET" ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
      const options = await ask(url, { method: "OPTIONS" });
      expect([options.status, options.headers.allow, options.text]).toEqual([204, allow, ""]);
      for (const other of ["PUT", "TRACE", "PROPFIND", method === "GET" ? "POST" : "GET"]) {
        const answer = await ask(url, { method: other, headers: json }, /TRACE|GET|PROPFIND/.test(other) ? "" : "{");
        expect([answer.status, answer.code, answer.headers.allow]).toEqual([405, "METHOD_NOT_ALLOWED", allow]);
      }
    },
  );

  it("error: a path that nobody serves is that, whatever is asked of it; one that is too long is refused", async () => {
    const url = await serve(testAgent());
    for (const method of ["GET", "POST", "PUT", "OPTIONS", "PROPFIND"]) {
      const answer = await ask(`${url}/v1/claim`, { method });
      expect([method, answer.status, answer.code]).toEqual([method, 404, "ROUTE_NOT_FOUND"]);
    }
    const long = await ask(`${url}/v1/claims/${"a".repeat(500)}`);
    expect([long.status, long.code]).toEqual([400, "REQUEST_MALFORMED"]);
  });
});

describe("P-142: clients behind a proxy", () => {
  const BUDGET = { requestBurst: 5, requestsPerSecond: 0.001 };
  const from = (address: string, proxy = "127.0.0.1") => ({
    localAddress: proxy,
    headers: { "x-forwarded-for": address },
  });

  it("that is trusted have a budget each, however it writes their addresses", async () => {
    const url = await serve(testAgent(), { ...BUDGET, trustedProxies: ["127.0.0.1"] });
    const status = async (address: string) => (await ask(`${url}/v1/status`, from(address))).status;
    for (let i = 0; i < 5; i++) expect(await status("198.51.100.7")).toBe(200);
    for (const same of ["198.51.100.7", "::ffff:198.51.100.7", "198.51.100.7:5000", "9.9.9.9, 198.51.100.7"])
      expect([same, await status(same)]).toEqual([same, 429]);
    expect(await status("198.51.100.8")).toBe(200);
    for (let i = 0; i < 5; i++) expect(await status(`2001:db8:1:2::${i}`)).toBe(200);
    expect(await status("[2001:db8:1:2::99]:443")).toBe(429);
  });

  it("are named by the last hop that is no trusted proxy, through as many of them as there are", async () => {
    const url = await serve(testAgent(), { ...BUDGET, trustedProxies: ["127.0.0.0/8", "10.0.0.0/8"] });
    const status = async (hops: string | string[]) =>
      (await ask(`${url}/v1/status`, { headers: { "x-forwarded-for": hops } })).status;
    for (let i = 0; i < 5; i++) expect(await status("203.0.113.9, 198.51.100.7, 10.0.0.2")).toBe(200);
    const same = [
      "198.51.100.7,10.9.9.9 , 10.0.0.2",
      "nonsense, 198.51.100.7",
      `${"203.0.113.1, ".repeat(300)}198.51.100.7`,
    ];
    for (const hops of [...same, ["203.0.113.9", "198.51.100.7, 10.0.0.2"]]) expect(await status(hops)).toBe(429);
    expect(await status("198.51.100.7, 203.0.113.9, 10.0.0.2")).toBe(200);
  });

  it("are named by X-Forwarded-For alone", async () => {
    const url = await serve(testAgent(), { ...BUDGET, trustedProxies: ["127.0.0.1"] });
    const asked = (headers: Record<string, string>) => ask(`${url}/v1/status`, { headers });
    for (let i = 0; i < 5; i++) expect((await asked({ forwarded: `for=198.51.100.${i}` })).status).toBe(200);
    expect((await asked({ "x-real-ip": "198.51.100.9" })).status).toBe(429);
    // Whom the proxy says it is asked for is not whom the agent is asked by.
    expect((await asked({ "x-forwarded-for": "198.51.100.1", "x-forwarded-host": "x.example" })).status).toBe(200);
  });

  it("that is not trusted are one client, whatever they say they are", async () => {
    const url = await serve(testAgent(), { ...BUDGET, trustedProxies: ["127.0.0.2", "10.0.0.0/8"] });
    for (let i = 0; i < 5; i++) expect((await ask(`${url}/v1/status`, from(`198.51.100.${i}`))).status).toBe(200);
    expect((await ask(`${url}/v1/status`, from("198.51.100.9"))).status).toBe(429);
    expect((await ask(`${url}/v1/status`, from("198.51.100.9", "127.0.0.2"))).status).toBe(200);
  });

  it("cannot choose who they are: what is no address counts as the proxy", async () => {
    const url = await serve(testAgent(), { ...BUDGET, trustedProxies: ["127.0.0.0/24"] });
    for (let i = 0; i < 5; i++) expect((await ask(`${url}/v1/status`, from(`nobody-${i}`))).status).toBe(200);
    expect((await ask(`${url}/v1/status`, from("nobody-9"))).status).toBe(429);
  });

  it("share its connections, which no bound of one client holds back", async () => {
    const url = await serve(testAgent(), { maxConnectionsPerClient: 2, trustedProxies: ["127.0.0.1"] });
    for (let i = 0; i < 10; i++) await rawSocket(url, "127.0.0.1");
    await until(() => servers[0]?.view().listeners["main"]?.connections === 10);
    expect((await ask(`${url}/v1/status`)).status).toBe(200);
  });
});

describe("health and metrics", () => {
  it("have a listener of their own, without the rest; the main one serves them too", async () => {
    const metrics = { contentType: "text/plain; version=0.0.4", metrics: async () => "quorate_test 1\n" };
    const url = await serve(testAgent(), { health: { host: "127.0.0.1", port: 0 } }, metrics);
    const health = servers[0]?.healthUrl ?? "";
    expect(new URL(health).port).not.toBe(new URL(url).port);
    for (const base of [url, health]) {
      expect(await ask(`${base}/healthz`)).toMatchObject({ status: 200, text: '{"alive":true}' });
      expect(await ask(`${base}/readyz`)).toMatchObject({ status: 200 });
      expect(await ask(`${base}/metrics`)).toMatchObject({ status: 200, text: "quorate_test 1\n" });
    }
    expect(await refused(`${health}/v1/claims`, post(claim))).toMatchObject({ status: 404, code: "ROUTE_NOT_FOUND" });
    expect(await refused(`${health}/v1/status`)).toMatchObject({ status: 404 });
  });

  it("error: their port is taken, and nothing is left listening", async () => {
    const taken = Number(new URL(await serve()).port);
    const other = serve(testAgent(), { health: { host: "127.0.0.1", port: taken } });
    await expect(other).rejects.toMatchObject({ code: "HTTP_LISTEN_FAILED", values: { port: taken } });
  });

  it("metrics are made once for all who ask within a second, on both listeners, and a failure is not kept", async () => {
    let made = 0;
    const agent = testAgent();
    const page = Promise.withResolvers<string>();
    const metrics = {
      contentType: "text/plain",
      metrics: () => (++made === 1 ? Promise.reject(new Error("not now")) : page.promise),
    };
    const url = await serve(agent, { health: { host: "127.0.0.1", port: 0 } }, metrics);
    expect((await ask(`${url}/metrics`)).status).toBe(500);
    const asked = [url, servers[0]?.healthUrl].flatMap((base) =>
      Array.from({ length: 20 }, () => ask(`${base}/metrics`)),
    );
    await until(() => made === 2);
    page.resolve("quorate_test 1\n");
    expect(new Set((await Promise.all(asked)).map(({ text }) => text))).toEqual(new Set(["quorate_test 1\n"]));
    expect(made).toBe(2);
  });
});
