/** ops/nginx/quorate.conf with a real nginx, before a real server. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtPage, PAGE_POLICY } from "../../../test/support/builtPage.ts";
import {
  ALICE,
  COLLECTING,
  READY,
  serve,
  servers,
  stopServers,
  type TestAgent,
  testAgent,
} from "../../../test/support/httpServer.ts";
import { type Nginx, nginxHere, startNginx } from "../../../test/support/nginx.ts";
import { ask } from "../../../test/support/rawHttp.ts";
import { until } from "../../../test/support/until.ts";

const here = await nginxHere();
const missing = "missing" in here ? here.missing : null;

if (missing !== null) process.stderr.write(`ops/nginx/quorate.conf is not tried here: this machine lacks ${missing}\n`);

describe.skipIf(missing !== null)("ops/nginx/quorate.conf", () => {
  let nginx: Nginx;
  let agent: TestAgent;
  const directory = mkdtempSync(join(tmpdir(), "quorate-page-"));

  beforeAll(async () => {
    if ("missing" in here) return;
    agent = testAgent();
    const metrics = { contentType: "text/plain", metrics: async () => "# nothing\n" };
    const limits = { requestBurst: 8, requestsPerSecond: 0.001 };
    const portal = { ...{ rpc: [], explorer: null, publicUrl: null }, directory: builtPage(directory) };
    const options = {
      ...limits,
      portal,
      trustedProxies: ["127.0.0.1"],
      allowedHosts: ["agent.example"],
      heartbeatMs: 50,
    };
    nginx = await startNginx(here.path, await serve(agent, options, metrics));
  });
  afterAll(async () => {
    await nginx?.close();
    await stopServers();
    rmSync(directory, { recursive: true });
  });

  /** One request by TLS, from an address of this machine's 127.0.0.0/8: each is a client of its own. */
  async function open(path: string, localAddress: string, options: RequestOptions = {}, body = "") {
    const { hostname, port } = new URL(nginx.httpsUrl);
    const { headers, ...more } = options;
    const request = httpsRequest({
      ...{ hostname, port, path, localAddress, agent: false, ca: nginx.certificate, servername: "agent.example" },
      headers: { host: "agent.example", ...headers },
      ...more,
    });
    request.end(body);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return { response, request };
  }

  async function read(...question: Parameters<typeof open>) {
    const { response } = await open(...question);
    let text = "";
    for await (const chunk of response) text += String(chunk);
    const code = /"code":"([A-Z_]+)"/.exec(text)?.[1];
    return { status: response.statusCode, headers: response.headers, text, code };
  }

  it("P-142: each staker is a client of its own, whoever it says it is", async () => {
    const status = async (from: string, said: string) =>
      (await read("/v1/status", from, { headers: { "x-forwarded-for": said } })).status;
    for (let i = 0; i < 8; i++) expect(await status("127.0.0.2", `198.51.100.${i}`)).toBe(200);
    const late = await read("/v1/status", "127.0.0.2", { headers: { "x-forwarded-for": "198.51.100.9" } });
    expect([late.status, late.code, Number(late.headers["retry-after"]) > 0]).toEqual([429, "RATE_LIMITED", true]);
    expect(await status("127.0.0.3", "127.0.0.2")).toBe(200);
  });

  it("a claim goes through, and a page of another origin may ask for one", async () => {
    const json = { "content-type": "application/json", origin: "https://portal.example" };
    const options = { method: "POST", headers: json };
    const answer = await read("/v1/claims", "127.0.0.4", options, JSON.stringify({ recipient: ALICE }));
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([202, "*"]);
    expect(answer.headers["strict-transport-security"]).toBe("max-age=31536000");
  });

  it("events come as they happen, and a reader who leaves is let go", async () => {
    const { response, request } = await open(`/v1/claims/${ALICE}/events`, "127.0.0.5");
    let text = "";
    response.on("data", (chunk) => {
      text += String(chunk);
    });
    response.on("error", () => {});
    await until(() => text.includes("event: claim") && text.includes(": alive"));
    for (const watcher of agent.watchers) watcher({ ...COLLECTING, signedBps: 6_666 });
    await until(() => text.includes("6666"));
    request.destroy();
    await until(() => agent.watchers.size === 0);
    const whole = open(`/v1/claims/${ALICE}/events`, "127.0.0.5");
    await until(() => agent.watchers.size === 1);
    for (const watcher of agent.watchers) watcher(READY);
    const { response: ended } = await whole;
    ended.resume();
    await once(ended, "end");
  });

  it("health and metrics are not there for others, and a refusal of its own has a code", async () => {
    for (const path of ["/healthz", "/readyz", "/metrics", "/index.html", "/v2/claims", "/healthz/../metrics"])
      expect(await read(path, "127.0.0.6")).toMatchObject({ status: 404, code: "ROUTE_NOT_FOUND" });
    const large = await read("/v1/claims", "127.0.0.6", { method: "POST" }, "x".repeat(5_000));
    expect([large.status, large.code]).toEqual([413, "BODY_TOO_LARGE"]);
    expect((await read("/openapi.json", "127.0.0.6")).status).toBe(200);
  });

  it("P-144: the page goes through with the agent's policy alone, its files compressed and kept", async () => {
    const page = await read("/", "127.0.0.8", { headers: { "accept-encoding": "br" } });
    expect([page.status, page.headers["cache-control"]]).toEqual([200, "no-store"]);
    expect(page.headers["content-security-policy"]).toBe(PAGE_POLICY);
    const file = await read("/assets/index-1.js", "127.0.0.8", { headers: { "accept-encoding": "gzip, br" } });
    expect(file.headers).toMatchObject({
      "content-encoding": "br",
      "cache-control": expect.stringContaining("immutable"),
    });
    expect((await read("/portal.json", "127.0.0.8")).text).toContain('"chainId":"31337"');
    expect((await read("/icon.svg", "127.0.0.8")).status).toBe(200);
  });

  it("who asks without TLS is sent there", async () => {
    const moved = await ask(`${nginx.httpUrl}/v1/status?x=1`, { headers: { host: "agent.example" } });
    expect([moved.status, moved.headers.location]).toEqual([308, "https://agent.example/v1/status?x=1"]);
  });

  it("an agent that is away is told of in its own words, with when to ask again", async () => {
    await servers[0]?.stop();
    const answer = await read("/v1/status", "127.0.0.7");
    expect([answer.status, answer.code, answer.headers["retry-after"]]).toEqual([502, "AGENT_UNREACHABLE", "5"]);
    expect(answer.headers["content-type"]).toBe("application/json");
  });
});
