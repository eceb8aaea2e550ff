/** What nobody should send, to every route, over real sockets. */
import { once } from "node:events";
import { connect } from "node:net";
import { errorSchema, ROUTES } from "@quorate/common/http";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ALICE, LARGE, linesAnswer, logged, serve, stopServers, testAgent } from "../../../test/support/httpServer.ts";

const ROOT = `0x${"07".repeat(32)}` as const;
const UNBOUNDED = { requestBurst: 1e9, requestsPerSecond: 1e9 };
let url = "";

beforeAll(async () => {
  const agent = testAgent();
  agent.ledger = {
    page: async (recipient, from) =>
      linesAnswer({ recipient, from, to: from, before: 0n, after: 0n, lines: [], next: null }),
    epochs: async () => ({ epochs: [{ epoch: 0, root: ROOT, totalOwed: LARGE }], closedEpoch: 0 }),
    ranges: async (epoch, prefix) => ({ epoch, prefix, ranges: [], entries: null }),
  };
  agent.stored = { ...(agent.stored as NonNullable<typeof agent.stored>), status: "failed" };
  url = await serve(agent, UNBOUNDED, { contentType: "text/plain", metrics: async () => "# nothing\n" });
});
afterEach(() => {
  expect(logged).toEqual([]);
});
afterAll(stopServers);

/** Everything that comes back for these bytes, after which nothing more will be sent. */
async function exchange(bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const pieces: Buffer[] = [];
  socket.on("data", (piece: Buffer) => pieces.push(piece)).on("error", () => {});
  socket.end(bytes);
  await once(socket, "close");
  return Buffer.concat(pieces).toString("latin1");
}

/** Status and code of the first answer; no code where it has no body. */
function firstOf(answer: string): { status: number; code: string | null } {
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
  const body = /\r\n\r\n(\{"error":.*?\})(?=HTTP\/1\.1 |$)/s.exec(answer)?.[1];
  return { status, code: body === undefined ? null : errorSchema.parse(JSON.parse(body)).error.code };
}

function bytesOf(method: string, path: string, headers: readonly string[] = [], body = ""): Buffer {
  const own = body === "" ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  const head = [`${method} ${path} HTTP/1.1`, "host: localhost", "connection: close", ...own, ...headers];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), Buffer.from(body)]);
}

const pathOf = (path: string, recipient: string): string => path.replace(":recipient", recipient);
const JSON_TYPE = "content-type: application/json";

const NO_ADDRESS = [
  "x",
  "0x",
  "%zz",
  "%00",
  "%ff",
  `${ALICE}0`,
  `0X${ALICE.slice(2)}`,
  `${ALICE}%20`,
  "\xe9",
  "a".repeat(5_000),
];
const NO_QUERY = [
  "epoch=1e3",
  "epoch=",
  "epoch=-1",
  "epoch[]=1",
  "epoch=1&epoch=2",
  "__proto__=1",
  "constructor=1",
  "%",
  "a=%ff",
];
const NO_CLAIM = [
  ...[
    "",
    "{",
    "null",
    "[]",
    '"x"',
    "1",
    "{}",
    `[${"[".repeat(2_000)}`,
    '{"recipient":null}',
    '{"recipient":{"length":42}}',
  ],
  ...[`{"recipient":"${ALICE}","__proto__":{"epoch":1}}`, `{"recipient":"${ALICE}","constructor":{"prototype":{}}}`],
  ...[-1, 1.5, "1", null, [1]].map((epoch) => `{"recipient":"${ALICE}","epoch":${JSON.stringify(epoch)}}`),
  ...[
    `{"recipient":"${ALICE}","epoch":1e309}`,
    `{"recipient":"${ALICE}","more":"${"x".repeat(5_000)}"}`,
    '{"recipient":"\\ud800"}',
  ],
];

type RequestOf<A> = A extends fc.Arbitrary<infer R> ? R : never;

describe("P-140: what is malformed is refused with a status from 400 to 499 and a code", () => {
  const routes = Object.entries(ROUTES);
  const expectRefused = async (bytes: Buffer): Promise<void> => {
    const answer = await exchange(bytes);
    const { status, code } = firstOf(answer);
    expect([bytes.toString("latin1").slice(0, 200), status >= 400 && status < 500, code]).toEqual([
      bytes.toString("latin1").slice(0, 200),
      true,
      expect.stringMatching(/^[A-Z_]+$/),
    ]);
  };

  it.each(routes.filter(([, { path }]) => path.includes(":recipient")))(
    "%s: a path",
    async (_name, { method, path }) => {
      await Promise.all(NO_ADDRESS.map((bad) => expectRefused(bytesOf(method, pathOf(path, bad)))));
    },
  );

  it.each(routes.filter(([, route]) => "query" in route))("%s: a query", async (_name, { method, path }) => {
    const body = method === "POST" ? `{"recipient":"${ALICE}"}` : "";
    const bytes = NO_QUERY.map((bad) => bytesOf(method, `${pathOf(path, ALICE)}?${bad}`, [JSON_TYPE], body));
    await Promise.all(bytes.map(expectRefused));
  });

  it.each(NO_CLAIM.map((body) => [body.slice(0, 80), body]))("requestClaim: the body %s", async (_name, body) => {
    await expectRefused(bytesOf("POST", "/v1/claims", [JSON_TYPE], body));
  });

  it.each(routes)("%s: methods that there are not", async (_name, { path }) => {
    const methods = ["PROPFIND", "QUERY", "CONNECT", "BREW"];
    await Promise.all(methods.map((method) => expectRefused(bytesOf(method, pathOf(path, ALICE)))));
  });
});

const METHODS = ["GET", "HEAD", "POST", "OPTIONS", "DELETE", "TRACE", "PURGE"];
const HEADERS = [
  ...["expect: 100-continue", "expect: miracles", "upgrade: websocket\r\nconnection: upgrade", "upgrade: h2c"],
  ...["content-length: -1", "content-length: 99", "content-length: 1\r\ncontent-length: 2", "content-encoding: gzip"],
  ...["transfer-encoding: chunked", "transfer-encoding: gzip, chunked", "transfer-encoding: nonsense"],
  ...["content-type: text/plain", "content-type: application/json; charset=utf-7", "content-type: multipart/form-data"],
  ...[
    "host: x.example",
    "host:",
    "origin: null",
    "origin: http://[",
    "x-forwarded-for: , ,",
    "range: bytes=0-",
    "accept: \x7f",
  ],
  ...["if-match: *", "cookie: a=b; a=b", "a b: c", ": x", "x: \x00", `x: ${"y".repeat(9_000)}`, JSON_TYPE],
];

it("P-140: whatever is sent to a route, nothing is answered with a status from 500 on, and every refusal has a code", async () => {
  const routes = Object.values(ROUTES);
  const none = fc.constant("");
  const query = fc.oneof(none, none, fc.constantFrom(...NO_QUERY, "epoch=1"), fc.webQueryParameters());
  const segment = fc.oneof(fc.constantFrom(ALICE, ...NO_ADDRESS), fc.webSegment());
  const claim = fc.constant(`{"recipient":"${ALICE}"}`);
  const body = fc.oneof(claim, fc.constantFrom(...NO_CLAIM), fc.json({ maxDepth: 3 }));
  const request = fc.record({
    method: fc.oneof(
      { weight: 3, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
    ),
    route: fc.oneof(fc.constant(ROUTES.requestClaim), fc.constantFrom(...routes)),
    ...{ segment, query, body, isJson: fc.boolean() },
    headers: fc.oneof(fc.constant([]), fc.subarray(HEADERS, { maxLength: 3 })),
    /** Bytes changed on the way, at a part of the whole. */
    noise: fc.option(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255) }), { freq: 1 }),
  });
  const answered = new Set<number>();
  const send = async ({ method, route, segment, query, isJson, headers, body, noise }: RequestOf<typeof request>) => {
    const path = pathOf(route.path, segment) + (query === "" ? "" : `?${query}`);
    const bytes = bytesOf(method ?? route.method, path, isJson ? [...headers, JSON_TYPE] : headers, body);
    if (noise !== null) bytes[Math.floor(noise.at * (bytes.length - 1))] = noise.byte;
    const answer = await exchange(bytes);
    expect(answer).not.toMatch(/(^|\n|\})HTTP\/1\.1 5/);
    const { status, code } = firstOf(answer);
    answered.add(status);
    if (status >= 400 && !/^HEAD /.test(bytes.toString("latin1")))
      expect([answer, code]).toEqual([answer, expect.any(String)]);
    else expect(status).toBeGreaterThanOrEqual(100);
  };
  // Several at once: most of the time goes into waiting for sockets.
  const several = fc.array(request, { minLength: 1, maxLength: 8, size: "max" });
  await fc.assert(
    fc.asyncProperty(several, async (requests) => void (await Promise.all(requests.map(send)))),
    { numRuns: 30 },
  );
  for (const status of [200, 202, 204, 400, 403, 405, 415]) expect([...answered]).toContain(status);
});
