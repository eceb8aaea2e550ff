/** The page and what it is told, by a real server from real files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { type PortalFacts, portalSchema } from "@quorate/common/http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { builtPage, HTML, PAGE_POLICY, SCRIPT } from "../../../test/support/builtPage.ts";
import { BOB, LARGE, serve, stopServers, testAgent } from "../../../test/support/httpServer.ts";
import { ask } from "../../../test/support/rawHttp.ts";
import { type PortalOptions, portalDirectory } from "./portal.ts";

const OPTIONS: PortalOptions = { rpc: ["https://rpc.example"], explorer: "https://scan.example", publicUrl: null };
const LOCAL = { host: "localhost" };

let directory = "";

beforeAll(() => {
  directory = builtPage(mkdtempSync(join(tmpdir(), "quorate-portal-")));
  writeFileSync(join(directory, "assets/.hidden"), "secret");
  writeFileSync(join(directory, "beside"), "secret");
});
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(stopServers);

const served = (portal: Partial<PortalOptions> = {}, agent = testAgent(), more = {}) =>
  serve(agent, { allowedHosts: ["agent.example"], ...more, portal: { ...OPTIONS, directory, ...portal } });
const connectOf = (headers: Readonly<Record<string, unknown>>) =>
  /connect-src ([^;]*)/.exec(String(headers["content-security-policy"]))?.[1]?.split(" ");

describe("what the page is told", () => {
  const factsOf = async (url: string): Promise<PortalFacts> =>
    portalSchema.parse(JSON.parse((await ask(`${url}/portal.json`)).text));

  it("P-143: chain, contract, the agent's own URL and then those it lists, and what its operator names", async () => {
    const agent = testAgent();
    const urls = ["https://a.example", "https://own.example", "https://b.example"];
    agent.agents = urls.map((url, i) => ({ id: i + 1, url, stake: LARGE }));
    expect(await factsOf(await served({ publicUrl: "https://own.example" }, agent))).toEqual({
      ...{ chainId: "31337", contract: BOB },
      agents: ["https://own.example", "https://a.example", "https://b.example"],
      ...{ rpc: ["https://rpc.example"], explorer: "https://scan.example" },
    });
  });

  it("P-143: at most 32 of thousands of agents, its own still the first", async () => {
    const agent = testAgent();
    agent.agents = Array.from({ length: 2_000 }, (_, i) => ({ id: i + 1, url: `https://a${i}.example`, stake: LARGE }));
    const { agents } = await factsOf(await served({ publicUrl: "https://a7.example" }, agent));
    expect([agents.length, new Set(agents).size, agents[0]]).toEqual([32, 32, "https://a7.example"]);
  });

  it("P-143: turned off, neither page nor facts are there", async () => {
    const url = await serve(testAgent(), { portal: null });
    for (const path of ["/", "/portal.json", "/icon.svg", "/assets/index-1.js"])
      expect(await ask(url + path)).toMatchObject({ status: 404, code: "ROUTE_NOT_FOUND" });
  });

  it("P-143: a page that was not built is said to be missing, and nothing else is", async () => {
    const url = await served({ directory: join(directory, "nowhere") });
    const { status, code, text, headers } = await ask(url);
    expect([status, code, headers["content-type"]]).toEqual([
      404,
      "PORTAL_NOT_BUILT",
      "application/json; charset=utf-8",
    ]);
    expect(text).toContain("--filter @quorate/portal build");
    expect((await ask(`${url}/portal.json`)).status).toBe(200);
  });

  it("the built page is beside the built command, or where the repository builds it", () => {
    const at = (path: string) => portalDirectory(`file://${path}`);
    expect(at("/r/packages/aggregator/src/adapters/http/portal.ts")).toBe("/r/packages/portal/dist/");
    expect(at("/r/packages/aggregator/.bundles/12ab/quorate.js")).toBe("/r/packages/portal/dist/");
    expect(at("/opt/node_modules/@quorate/aggregator/dist/x-1.js")).toBe(
      "/opt/node_modules/@quorate/aggregator/dist/portal/",
    );
  });
});

describe("the policy of the page", () => {
  it("P-144: only its own scripts run, nobody frames it, and it connects to https alone", async () => {
    const { headers, text, status } = await ask(await served(), { headers: { host: "agent.example" } });
    expect([status, text, headers["content-type"]]).toEqual([200, HTML, "text/html; charset=utf-8"]);
    expect(headers["content-security-policy"]).toBe(PAGE_POLICY);
    expect(readFileSync(new URL("../../../../../docs/operating.md", import.meta.url), "utf8")).toContain(PAGE_POLICY);
    expect(headers).toMatchObject({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "permissions-policy": expect.stringContaining("camera=()"),
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    expect(headers["set-cookie"]).toBeUndefined();
  });

  it("P-144: plain HTTP only to whom /portal.json names, and to local names where asked by one", async () => {
    const url = await served({ rpc: ["http://rpc.example:8545/eth", "https://rpc.example"] });
    const allowed = async (host: string) => connectOf((await ask(url, { headers: { host } })).headers);
    const named = ["'self'", "https:", "http://rpc.example:8545"];
    expect(await allowed("agent.example")).toEqual(named);
    const local = ["http://localhost:*", "http://127.0.0.1:*"];
    expect(await allowed("localhost:1")).toEqual([...named, ...local]);
    expect(await allowed("[::1]:1")).toEqual([...named, ...local]);
    expect(await allowed("192.168.1.5:8900")).toEqual([...named, ...local, "http://192.168.1.5:*"]);
  });
});

describe("the files of the page", () => {
  it("P-146: the page is not kept; a file named after its content is, for a year, and travels compressed", async () => {
    const url = await served();
    const page = await ask(url);
    expect(page.headers["cache-control"]).toBe("no-store");
    const path = `${url}/assets/index-1.js`;
    const plain = await ask(path);
    expect(plain).toMatchObject({ status: 200, text: SCRIPT });
    expect(plain.headers).toMatchObject({
      "cache-control": "public, max-age=31536000, immutable",
      "content-type": "application/javascript; charset=utf-8",
      vary: expect.stringMatching(/origin.*accept-encoding/i),
    });
    const small = await ask(path, { headers: { "accept-encoding": "gzip, br" } });
    expect(small.headers).toMatchObject({
      "content-encoding": "br",
      "content-type": "application/javascript; charset=utf-8",
      "content-length": String(brotliCompressSync(SCRIPT).length),
    });
    expect((await ask(path, { headers: { "if-none-match": plain.headers.etag } })).status).toBe(304);
    expect((await ask(`${url}/icon.svg`)).headers).toMatchObject({ "content-type": "image/svg+xml" });
  });

  it.each(["/", "/icon.svg", "/assets/index-1.js", "/portal.json"])(
    "P-146: %s answers HEAD alike without a body, OPTIONS with its methods, others with 405",
    async (path) => {
      const url = (await served()) + path;
      const { date, ...got } = (await ask(url)).headers;
      const head = await ask(url, { method: "HEAD" });
      expect([head.status, head.text]).toEqual([200, ""]);
      expect(head.headers).toMatchObject(got);
      expect(await ask(url, { method: "OPTIONS" })).toMatchObject({
        status: 204,
        headers: { allow: "GET, HEAD, OPTIONS" },
      });
      expect(await ask(url, { method: "POST", headers: LOCAL })).toMatchObject({
        status: 405,
        code: "METHOD_NOT_ALLOWED",
      });
    },
  );

  it.each([
    ["/assets/none.js", 404, "ROUTE_NOT_FOUND"],
    ["/assets/", 400, "REQUEST_MALFORMED"],
    ["/assets", 404, "ROUTE_NOT_FOUND"],
    ["/assets/a/b.js", 404, "ROUTE_NOT_FOUND"],
    ["/assets/.hidden", 400, "REQUEST_MALFORMED"],
    ["/assets/../beside", 404, "ROUTE_NOT_FOUND"],
    ["/assets/..%2fbeside", 400, "REQUEST_MALFORMED"],
    ["/assets/%2e%2e%5cbeside", 400, "REQUEST_MALFORMED"],
    ["/assets/%00", 400, "REQUEST_MALFORMED"],
    ["/assets/%zz", 400, "REQUEST_MALFORMED"],
    [`/assets/${"a".repeat(101)}`, 400, "REQUEST_MALFORMED"],
    ["/beside", 404, "ROUTE_NOT_FOUND"],
    ["/index.html", 404, "ROUTE_NOT_FOUND"],
    ["//", 404, "ROUTE_NOT_FOUND"],
  ])("P-146: %s is %i %s, kept by nobody", async (path, status, code) => {
    const { hostname, port } = new URL(await served());
    // As it stands: a URL object would walk up and leave dots out.
    const answer = await ask("http://localhost", { hostname, port, path, headers: LOCAL });
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.headers).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    });
    expect(answer.text).not.toContain("secret");
  });

  it("P-146: files have a budget of their own, so that what the page asks leaves it its files", async () => {
    const url = await served({}, testAgent(), { requestBurst: 3, requestsPerSecond: 0.001 });
    for (let i = 0; i < 3; i++) expect((await ask(`${url}/v1/status`)).status).toBe(200);
    expect(await ask(`${url}/v1/status`)).toMatchObject({ status: 429, code: "RATE_LIMITED" });
    for (const path of ["/", "/assets/index-1.js", "/portal.json"]) expect((await ask(url + path)).status).toBe(200);
    expect(await ask(url)).toMatchObject({ status: 429, code: "RATE_LIMITED" });
  });
});
