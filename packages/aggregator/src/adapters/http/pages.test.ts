/** Pages of other origins, as their browsers ask for them. */
import { afterEach, describe, expect, it } from "vitest";
import { ALICE, serve, stopServers, testAgent } from "../../../test/support/httpServer.ts";
import { ask } from "../../../test/support/rawHttp.ts";

afterEach(stopServers);

const PORTAL = "https://portal.example";
const claim = JSON.stringify({ recipient: ALICE });
const json = { "content-type": "application/json" };
const AGENT = { allowedHosts: ["agent.example"] };
const LOCAL = { host: "localhost:8900" };

describe("P-139: pages that read", () => {
  const readers = async (url: string, headers: Record<string, string>, path = "/v1/status") => {
    const answer = await ask(url + path, { headers });
    return [answer.status, answer.headers["access-control-allow-origin"]];
  };

  it("may be of any origin, and read refusals and event streams too", async () => {
    const agent = testAgent();
    const url = await serve(agent, { ...AGENT, requestBurst: 3, requestsPerSecond: 0.001 });
    const headers = { host: "agent.example", origin: PORTAL };
    expect(await readers(url, headers)).toEqual([200, "*"]);
    expect(await readers(url, headers, "/v1/claims/nobody")).toEqual([400, "*"]);
    agent.stored = { ...(agent.stored as NonNullable<typeof agent.stored>), status: "failed" };
    expect(await readers(url, headers, `/v1/claims/${ALICE}/events`)).toEqual([200, "*"]);
    const late = await ask(`${url}/v1/status`, { headers });
    expect([late.status, late.headers["access-control-expose-headers"]]).toEqual([429, "retry-after"]);
    expect(late.headers["access-control-allow-credentials"]).toBeUndefined();
  });

  it("are of this machine where the agent is asked by a loopback name", async () => {
    const url = await serve();
    for (const host of ["localhost:8900", "127.0.0.1", "[::1]:8900", "[::ffff:127.0.0.1]"]) {
      expect(await readers(url, { host, origin: PORTAL })).toEqual([200, undefined]);
      for (const origin of ["http://localhost:3000", "http://127.0.0.2:80", "http://[::1]:1", "http://a.localhost"])
        expect(await readers(url, { host, origin })).toEqual([200, origin]);
    }
    for (const origin of ["null", "file://", "nonsense", "http://localhost.rebound.example"])
      expect(await readers(url, { ...LOCAL, origin })).toEqual([200, undefined]);
  });

  it("are those that the operator names, wherever the agent is asked", async () => {
    const url = await serve(testAgent(), { ...AGENT, allowedOrigins: [PORTAL] });
    for (const host of ["agent.example", "localhost"]) {
      expect(await readers(url, { host, origin: PORTAL })).toEqual([200, PORTAL]);
      for (const origin of [
        "https://other.example",
        "http://portal.example",
        `${PORTAL}:8443`,
        "http://localhost:3000",
      ])
        expect(await readers(url, { host, origin })).toEqual([200, undefined]);
    }
    const any = await serve(testAgent(), { allowedOrigins: ["*"] });
    expect(await readers(any, { ...LOCAL, origin: PORTAL })).toEqual([200, "*"]);
    expect((await ask(`${url}/v1/status`)).headers.vary).toBe("origin");
  });

  it("never read health and metrics", async () => {
    const metrics = { contentType: "text/plain", metrics: async () => "# nothing\n" };
    const url = await serve(testAgent(), { ...AGENT, allowedOrigins: ["*"] }, metrics);
    for (const path of ["/healthz", "/readyz", "/metrics"])
      expect(await readers(url, { host: "agent.example", origin: PORTAL }, path)).toEqual([200, undefined]);
    const preflight = { method: "OPTIONS", headers: { origin: PORTAL, "access-control-request-method": "GET" } };
    expect((await ask(`${url}/readyz`, preflight)).headers["access-control-allow-methods"]).toBeUndefined();
  });
});

describe("P-139: pages that ask for claims (P-127)", () => {
  it.each([
    ["of the agent's own origin", { host: "127.0.0.1:8900", origin: "http://127.0.0.1:8900" }, undefined],
    ["of its own origin behind a proxy with TLS", { host: "agent.example", origin: "https://agent.example" }, []],
    [
      "of its public name, while its proxy says its address",
      { host: "127.0.0.1", origin: "https://agent.example" },
      [],
    ],
    ["of any origin", { host: "agent.example", origin: PORTAL }, undefined],
    ["in a sandboxed frame", { host: "agent.example", origin: "null" }, undefined],
    ["of another port of this machine", { ...LOCAL, origin: "http://localhost:3000" }, undefined],
    ["of an origin that the operator names", { ...LOCAL, origin: PORTAL }, [PORTAL]],
    ["and what is no page", { host: "127.0.0.1:8900" }, []],
  ])("%s may", async (_name, headers, allowedOrigins) => {
    const url = await serve(testAgent(), { ...AGENT, allowedOrigins });
    expect((await ask(`${url}/v1/claims`, { method: "POST", headers: { ...headers, ...json } }, claim)).status).toBe(
      202,
    );
  });

  it.each([
    [
      "of another host, of an agent on their visitor's machine",
      { ...LOCAL, origin: "https://evil.example" },
      undefined,
    ],
    ["in a sandboxed frame there", { ...LOCAL, origin: "null" }, undefined],
    ["of what is no origin", { ...LOCAL, origin: "localhost:8900" }, undefined],
    ["of another site, as the browser says", { ...LOCAL, "sec-fetch-site": "cross-site" }, undefined],
    ["that the operator does not name", { host: "agent.example", origin: "https://evil.example" }, [PORTAL]],
    ["at all, where the operator names none", { host: "agent.example", origin: PORTAL }, []],
  ])("error: those %s may not", async (_name, headers, allowedOrigins) => {
    const agent = testAgent();
    const url = await serve(agent, { ...AGENT, allowedOrigins });
    const options = { method: "POST", headers: { ...headers, ...json } };
    expect(await ask(`${url}/v1/claims`, options, claim)).toMatchObject({ status: 403, code: "ORIGIN_NOT_ALLOWED" });
    expect(agent.asked).toEqual([]);
  });

  it("are told before they ask, by the route itself and within its rate", async () => {
    const url = await serve(testAgent(), { ...AGENT, requestBurst: 2, requestsPerSecond: 0.001 });
    const wanted = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
    const preflight = (origin: string, host: string) =>
      ask(`${url}/v1/claims`, { method: "OPTIONS", headers: { ...wanted, origin, host } });
    const yes = await preflight(PORTAL, "agent.example");
    expect([yes.status, yes.headers]).toMatchObject([
      204,
      {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "POST, OPTIONS",
        "access-control-allow-headers": "accept, content-type, last-event-id",
        "access-control-max-age": "600",
      },
    ]);
    const no = await preflight(PORTAL, "localhost");
    expect([no.status, no.headers["access-control-allow-origin"]]).toEqual([204, undefined]);
    expect((await preflight(PORTAL, "agent.example")).status).toBe(429);
  });
});

it.each(["/v1/status", "/nowhere", `/v1/claims/${ALICE}/events`, "/healthz"])(
  "%s: whoever opens an answer in a browser gets nothing that runs, frames or stays",
  async (path) => {
    const agent = testAgent();
    agent.stored = { ...(agent.stored as NonNullable<typeof agent.stored>), status: "failed" };
    expect((await ask((await serve(agent)) + path)).headers).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
  },
);
