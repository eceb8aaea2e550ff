import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { ERROR_CODES, type ErrorCode, quorateError } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import { ALICE, logged, post, refused, serve, stopServers, testAgent } from "../../../test/support/httpServer.ts";
import { answerError, answerRefusal } from "./refusals.ts";

afterEach(stopServers);

describe("bad requests, each with its own code", () => {
  it.each([
    ["a body that is not JSON", "{", 400, "BODY_NOT_JSON", undefined],
    ["an empty body", "", 400, "BODY_NOT_JSON", undefined],
    ["no recipient", "{}", 400, "REQUEST_MALFORMED", "body.recipient"],
    ["a body that is a list", "[]", 400, "REQUEST_MALFORMED", "body"],
    ["an unknown field", `{"recipient":"${ALICE}","amount":"1"}`, 400, "REQUEST_MALFORMED", "body"],
    ["a recipient that is no address", '{"recipient":"0x12"}', 400, "ADDRESS_MALFORMED", undefined],
    [
      "a mistyped address",
      '{"recipient":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"}',
      400,
      "ADDRESS_BAD_CHECKSUM",
      undefined,
    ],
    ["a negative epoch", `{"recipient":"${ALICE}","epoch":-1}`, 400, "REQUEST_MALFORMED", "body.epoch"],
    ["an epoch above 2^53", `{"recipient":"${ALICE}","epoch":1e300}`, 400, "REQUEST_MALFORMED", "body.epoch"],
    ["a poisoned prototype", `{"recipient":"${ALICE}","__proto__":{"epoch":1}}`, 400, "BODY_NOT_JSON", undefined],
    ["a body above its bound", `{"recipient":"${"a".repeat(5_000)}"}`, 413, "BODY_TOO_LARGE", undefined],
  ])("error: %s", async (_name, body, status, code, field) => {
    const answer = await refused(`${await serve()}/v1/claims`, post(body));
    expect(answer).toMatchObject({ status, code, ...(field === undefined ? {} : { values: { field } }) });
  });

  it("error: another content type, or none", async () => {
    const url = `${await serve()}/v1/claims`;
    const plain = await refused(url, post(JSON.stringify({ recipient: ALICE }), "text/plain"));
    expect(plain).toMatchObject({ status: 415, code: "CONTENT_TYPE_UNSUPPORTED" });
    expect(await refused(url, { method: "POST" })).toMatchObject({ status: 400, code: "REQUEST_MALFORMED" });
  });

  it.each([
    "?epoch=x",
    "?epoch=1.5",
    "?epoch=-1",
    "?epoch=",
    "?epoch=9999999999999999",
    "?epoch=1&epoch=2",
    "?other=1",
  ])("error: the query %s", async (query) => {
    const answer = await refused(`${await serve()}/v1/claims/${ALICE}${query}`);
    expect(answer).toMatchObject({ status: 400, code: "REQUEST_MALFORMED" });
  });

  it("error: a path that is not there, or not a path", async () => {
    const url = await serve();
    expect(await refused(`${url}/v2/claims`)).toMatchObject({
      status: 404,
      code: "ROUTE_NOT_FOUND",
      values: { path: "/v2/claims" },
    });
    expect(await refused(`${url}/v1/claims/%zz`)).toMatchObject({ status: 400, code: "REQUEST_MALFORMED" });
    expect(await refused(`${url}/v1/claims/nobody`)).toMatchObject({ status: 400, code: "ADDRESS_MALFORMED" });
  });

  it.each(["PUT", "DELETE", "PATCH", "GET"])("error: %s on /v1/claims, whatever the body", async (method) => {
    const init = method === "GET" ? { method } : { ...post("{"), method };
    const answer = await refused(`${await serve()}/v1/claims`, init);
    expect(answer).toMatchObject({ status: 405, code: "METHOD_NOT_ALLOWED" });
    expect(answer.headers.get("allow")).toBe("POST, OPTIONS");
  });

  it("error: what is not HTTP, and headers without end", async () => {
    const url = new URL(await serve());
    expect(await raw(url, "hello\r\n\r\n")).toMatch(/^HTTP\/1.1 400 [\s\S]*REQUEST_MALFORMED/);
    expect(await raw(url, `GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 [\s\S]*HEADERS_TOO_LARGE/,
    );
  });

  it("error: a request that does not come to its end", async () => {
    const url = new URL(await serve(testAgent(), { requestTimeoutMs: 200 }));
    const half =
      "POST /v1/claims HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
    expect(await raw(url, half, { keepOpen: true })).toMatch(/^HTTP\/1.1 408 [\s\S]*REQUEST_TIMED_OUT/);
  });

  it("error: an answer that does not come", async () => {
    const agent = testAgent();
    const never: Pick<typeof agent.api, "requestClaim"> = { requestClaim: () => new Promise(() => {}) };
    const url = await serve({ ...agent, api: { ...agent.api, ...never } }, { answerTimeoutMs: 100 });
    const answer = await refused(`${url}/v1/claims`, post(JSON.stringify({ recipient: ALICE })));
    expect(answer).toMatchObject({ status: 503, code: "ANSWER_TIMED_OUT" });
  });

  it("error: a failure inside shows a request id, never its text", async () => {
    const agent = testAgent();
    agent.reply = new Error("the secret is 42");
    const answer = await refused(`${await serve(agent)}/v1/claims`, post(JSON.stringify({ recipient: ALICE })));
    expect(answer).toMatchObject({ status: 500, code: "INTERNAL_ERROR", values: { requestId: expect.any(String) } });
    expect(JSON.stringify(answer)).not.toContain("42");
    expect(logged).toEqual(["INTERNAL_ERROR"]);
  });

  it("error: a client beyond its budget, which refills, and is only its own", async () => {
    const url = await serve(testAgent(), { requestBurst: 6, requestsPerSecond: 1 });
    // A claim costs five, so one and one read are six.
    expect((await fetch(`${url}/v1/claims`, post(JSON.stringify({ recipient: ALICE })))).status).toBe(202);
    expect((await fetch(`${url}/v1/status`)).status).toBe(200);
    const answer = await refused(`${url}/v1/claims`, post(JSON.stringify({ recipient: ALICE })));
    expect(answer).toMatchObject({ status: 429, code: "RATE_LIMITED" });
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await statusFrom(url, "127.0.0.2")).toBe(200);
    await expect.poll(async () => (await fetch(`${url}/v1/status`)).status, { timeout: 60_000 }).toBe(200);
  });

  it("error: the port is taken", async () => {
    const port = Number(new URL(await serve()).port);
    await expect(serve(testAgent(), { port })).rejects.toMatchObject({ code: "HTTP_LISTEN_FAILED", values: { port } });
  });
});

describe("P-140: when to come back", () => {
  it("is told with each refusal of status 429 and 503, in whole seconds, and with no other", () => {
    const refusals = (Object.keys(ERROR_CODES) as ErrorCode[]).flatMap((code) => [
      answerError(quorateError(code, { waitMs: 2_100 })),
      answerRefusal({ code, values: {} }),
    ]);
    const told = refusals.filter(({ headers }) => headers["retry-after"] !== undefined);
    expect(told).toEqual(refusals.filter(({ status }) => status === 429 || status === 503));
    expect(new Set(told.map(({ headers }) => headers["retry-after"]))).toEqual(new Set(["3", "5"]));
  });
});

async function raw(url: URL, text: string, { keepOpen = false } = {}): Promise<string> {
  const socket = connect(Number(url.port), url.hostname);
  if (keepOpen) socket.write(text);
  else socket.end(text);
  let answer = "";
  socket.on("data", (chunk) => {
    answer += String(chunk);
  });
  await once(socket, "close");
  return answer;
}

async function statusFrom(url: string, localAddress: string): Promise<number | undefined> {
  const request = httpRequest(`${url}/v1/status`, { localAddress }).end();
  const [response] = await once(request, "response");
  response.resume();
  return response.statusCode;
}
