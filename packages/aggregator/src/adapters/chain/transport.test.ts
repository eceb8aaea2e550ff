/** P-64: whatever a chain provider does with a question, it ends, in bounds, and its socket is closed. */
import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { isQuorateError } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../../../test/support/until.ts";
import { CONNECTIONS_MAX, SMALL_ANSWER_MAX_BYTES } from "./limits.ts";
import { type Answering, type RawServer, result, startRawServer } from "./testing/rawServer.ts";
import { RpcError, Transport, type TransportOptions } from "./transport.ts";

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

async function serve(answer: Answering): Promise<RawServer> {
  const server = await startRawServer(answer);
  running.push(() => server.stop());
  return server;
}

function connect(url: string, options: Partial<TransportOptions> = {}): Transport {
  const transport = new Transport(url, { timeoutMs: 30_000, ...options });
  running.push(() => transport.close());
  return transport;
}

/** What a question fails with, in one line. */
async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => "no failure",
    (thrown: unknown) => thrown,
  );
  if (!isQuorateError(error, "CHAIN_PROVIDER_FAILED")) throw error;
  return `${error.values["provider"]} ${error.values["method"]}: ${error.values["reason"]}`;
}

const truth: Answering = ({ id }, response) => void response.end(result(id, "0x1"));

describe("P-64: one deadline for a whole answer", () => {
  it.each<[string, Answering]>([
    ["accepts and never answers", () => {}],
    [
      "sends headers and no body",
      (_question, response) => {
        response.writeHead(200);
        response.flushHeaders();
      },
    ],
    [
      "sends a byte every 20 ms",
      (_question, response) => {
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
      },
    ],
  ])("a provider that %s counts as failed, and its socket is closed", async (_name, answer) => {
    const server = await serve(answer);
    const said = await failure(connect(server.url, { timeoutMs: 200 }).ask("eth_chainId", []));
    expect(said).toMatch(new RegExp(`^${server.host} eth_chainId: no whole answer within 200 ms \\(\\d+ bytes`));
    await until(() => server.sockets.size === 0);
  });

  it("a provider that never finishes its headers", async () => {
    const open = new Set<Socket>();
    const drip = createServer((socket) => {
      socket.on("error", () => {});
      const timer = setInterval(() => socket.write("HTTP/1.1 100 Continue\r\n\r\n"), 20);
      open.add(socket);
      socket.on("close", () => {
        open.delete(socket);
        clearInterval(timer);
      });
    });
    await new Promise<void>((listening) => drip.listen(0, "127.0.0.1", listening));
    running.push(() => drip.close());
    const { port } = drip.address() as { port: number };
    const said = await failure(connect(`http://127.0.0.1:${port}`, { timeoutMs: 200 }).ask("eth_chainId", []));
    expect(said).toContain(`127.0.0.1:${port} eth_chainId: `);
    await until(() => open.size === 0);
  });

  it("a hundred questions to a silent provider leave no socket behind, and never need more than the bound", async () => {
    let most = 0;
    const server = await serve(() => {
      most = Math.max(most, server.sockets.size);
    });
    const transport = connect(server.url, { timeoutMs: 300 });
    const asked = await Promise.allSettled(Array.from({ length: 100 }, () => transport.ask("eth_chainId", [])));
    expect(asked.every(({ status }) => status === "rejected")).toBe(true);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(CONNECTIONS_MAX);
    await until(() => server.sockets.size === 0);
  });

  it("whoever asks may end a question early, and closing ends all of them", async () => {
    const server = await serve(() => {});
    const transport = connect(server.url);
    const ending = new AbortController();
    const ended = failure(transport.ask("eth_chainId", [], { signal: ending.signal }));
    await until(() => server.requests() === 1);
    ending.abort();
    expect(await ended).toContain("stopped");
    const other = failure(transport.ask("eth_chainId", []));
    await until(() => server.requests() === 2);
    transport.close();
    expect(await other).toContain("stopped");
    expect(await failure(transport.ask("eth_chainId", []))).toContain("closed");
    await until(() => server.sockets.size === 0);
  });
});

describe("P-64: bounded bytes", () => {
  it.each<[string, Answering]>([
    ["a long answer", (_question, response) => void response.end(" ".repeat(SMALL_ANSWER_MAX_BYTES + 1))],
    [
      "an endless answer",
      (_question, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(" ".repeat(65_536)));
        };
        response.on("drain", more);
        more();
      },
    ],
  ])("%s is refused at the bound", async (_name, answer) => {
    const server = await serve(answer);
    expect(await failure(connect(server.url).ask("eth_chainId", []))).toContain(
      "answer too large: above 1048576 bytes",
    );
    await until(() => server.sockets.size === 0);
  });

  it("a compressed answer was not asked for and is not opened", async () => {
    let asked: string | undefined;
    const server = await serve((_question, response, request) => {
      asked = request.headers["accept-encoding"] as string;
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(gzipSync(" ".repeat(10_000_000)));
    });
    expect(await failure(connect(server.url).ask("eth_chainId", []))).toContain("compressed answer: gzip");
    expect(asked).toBe("identity");
  });

  it("headers without end are refused", async () => {
    const server = await serve((_question, response) => {
      response.socket?.write(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(100_000)}`);
    });
    expect(await failure(connect(server.url).ask("eth_chainId", []))).toMatch(/header/i);
    await until(() => server.sockets.size === 0);
  });
});

describe("P-64: a connection is kept, and only so many", () => {
  it("questions one after the other share their connections", async () => {
    const server = await serve(truth);
    const transport = connect(server.url);
    for (let i = 0; i < 20; i++) expect(await transport.ask("eth_chainId", [])).toBe("0x1");
    // A second one where a question comes before the first connection is free again.
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  it("one that the provider closed meanwhile is no failure", async () => {
    const server = await serve(truth);
    const transport = connect(server.url);
    await transport.ask("eth_chainId", []);
    let cut = true;
    server.answer = (question, response, request) => {
      if (cut) {
        cut = false;
        return void request.socket.destroy();
      }
      return truth(question, response, request);
    };
    expect(await transport.ask("eth_chainId", [])).toBe("0x1");
    expect(server.requests()).toBe(3);
  });

  it("a provider that closes every connection fails after the second", async () => {
    const server = await serve((_question, _response, request) => void request.socket.destroy());
    expect(await failure(connect(server.url).ask("eth_chainId", []))).toContain("other side closed");
    expect(server.requests()).toBe(2);
  });
});

describe("the provider's own words", () => {
  it.each<[string, number, string, string]>([
    ["a status and a text", 503, "<html><title>Down</title> for <b>repair</b>\n</html>", "HTTP 503: Down for repair"],
    ["a status alone", 500, "", "HTTP 500: without a word"],
    ["an error of JSON-RPC under 401", 401, '{"error":{"message":"key revoked"}}', "HTTP 401: key revoked"],
    ["an error that is a text", 403, '{"id":null,"error":"no plan"}', "HTTP 403: no plan"],
    ["an error without an id in a 200", 200, '{"error":{"code":-32600,"message":"bad day"}}', "bad day"],
    ["no JSON in a 200", 200, "It works!", "not JSON: It works!"],
    ["something else in a 200", 200, "[1]", "not an answer of JSON-RPC"],
    ["an answer to another question", 200, '{"id":999,"result":"0x1"}', "the answer is to another question"],
    ["an answer with neither", 200, '{"id":1}', "the answer is to another question"],
    [
      "two answers to one question",
      200,
      '[{"id":1,"result":"0x1"},{"id":1,"result":"0x2"}]',
      "2 answers to 1 questions",
    ],
  ])("%s", async (_name, status, body, expected) => {
    const server = await serve((_question, response) => void response.writeHead(status).end(body));
    expect(await failure(connect(server.url).ask("eth_chainId", []))).toBe(`${server.host} eth_chainId: ${expected}`);
  });

  it("are bounded, in one line, without control characters", async () => {
    const server = await serve((_question, response) => {
      response.writeHead(500).end(`\u001b[31mred\u0007\r\nsecond line ${"x".repeat(5_000)}`);
    });
    const said = await failure(connect(server.url).ask("eth_chainId", []));
    expect(said).toMatch(/HTTP 500: \[31mred second line x+…$/);
    expect(said.length).toBeLessThan(400);
  });

  it("of an error inside a 200, and under a status, are kept with number and data", async () => {
    for (const status of [200, 400]) {
      const error = { code: 3, message: "execution reverted", data: "0x1234" };
      const server = await serve(({ id }, response) => {
        response.writeHead(status).end(JSON.stringify({ jsonrpc: "2.0", id, error }));
      });
      const thrown = await connect(server.url)
        .ask("eth_call", [])
        .catch((reason: unknown) => reason);
      expect((thrown as Error).cause).toBeInstanceOf(RpcError);
      expect((thrown as Error).cause).toMatchObject(error);
      expect(await failure(connect(server.url).ask("eth_call", []))).toContain("execution reverted");
    }
  });

  it("do not repeat the key that stands in the URL, nor do network errors", async () => {
    const server = await serve((_question, response, request) => {
      response.writeHead(403).end(`no access for https://x${request.url}, ${request.headers.authorization} hunter2!`);
    });
    const secretive = `http://me:hunter2%21@${server.host}/v3/0123456789abcdef?token=fedcba98765`;
    const said = await failure(connect(secretive).ask("eth_chainId", []));
    expect(said).toContain("no access for https://x");
    expect(said).not.toMatch(/hunter2|0123456789abcdef|fedcba98765/);
    await server.stop();
    const refused = await failure(connect(secretive).ask("eth_chainId", []));
    expect(refused).toMatch(/ECONNREFUSED|other side closed/);
    expect(refused).not.toMatch(/hunter2|0123456789abcdef|fedcba98765/);
  });

  it("user and password of the URL are sent as Authorization, and path and query as they are", async () => {
    let seen: unknown;
    const server = await serve((question, response, request) => {
      seen = [request.url, request.headers.authorization];
      return truth(question, response, request);
    });
    await connect(`http://me:a%20b@${server.host}/rpc?k=1`).ask("eth_chainId", []);
    expect(seen).toEqual(["/rpc?k=1", `Basic ${Buffer.from("me:a b").toString("base64")}`]);
  });

  it("a redirect is not followed, and where to is not shown", async () => {
    const elsewhere = await serve(truth);
    const server = await serve((_question, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/secret` }).end();
    });
    const said = await failure(connect(server.url).ask("eth_chainId", []));
    expect(said).toContain("HTTP 307");
    expect(said).not.toContain("secret");
    expect(elsewhere.requests()).toBe(0);
  });
});

describe("P-64: a provider that wants to be left alone is left alone", () => {
  it("429 with Retry-After: no question until then, and the reason says so", async () => {
    const server = await serve((_question, response) => {
      response.writeHead(429, { "retry-after": "3600" }).end("slow down");
    });
    const transport = connect(server.url, { timeoutMs: 1_000 });
    expect(await failure(transport.ask("eth_chainId", []))).toContain("HTTP 429: slow down");
    // An hour is more than is believed, a minute is.
    expect(await failure(transport.ask("eth_chainId", []))).toMatch(/left alone for another [3-6]\d{4} ms/);
    expect(server.requests()).toBe(1);
  });

  it("a pause that ends inside the deadline is waited for; with retries the question is asked again by itself", async () => {
    let refusals = 1;
    const server = await serve((question, response, request) => {
      if (refusals-- <= 0) return truth(question, response, request);
      return void response.writeHead(429, { "retry-after": "soon" }).end();
    });
    expect(await connect(server.url, { rateRetries: 3 }).ask("eth_chainId", [])).toBe("0x1");
    expect(server.requests()).toBe(2);
  });

  it("closing ends the pause", async () => {
    const server = await serve((_question, response) => void response.writeHead(429, { "retry-after": "20" }).end());
    const transport = connect(server.url, { rateRetries: 3 });
    const ending = new AbortController();
    const asked = failure(transport.ask("eth_chainId", [], { signal: ending.signal }));
    await until(() => server.requests() === 1);
    await sleep(20);
    ending.abort();
    expect(await asked).toContain("stopped");
  });
});
