/**
 * What a fault does to an answer's bytes. Enters: a response that is not begun, a fault. Leaves: true when the fault
 * has taken the response over.
 */
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { RpcCall } from "./answers.ts";
import type { Fault } from "./faults.ts";

const MEGABYTE = Buffer.alloc(1024 * 1024, "7");
/** Of one answer: above any bound of a follower, and small enough for one that has none. */
const HUGE_MEGABYTES = 20;
const BOMB_BYTES = HUGE_MEGABYTES * 1024 * 1024;
let bomb: Buffer | null = null;
/** Longer than any deadline of a test. */
const DRIP_MAX_MS = 60_000;

/** Bodies that are no answer, each in its own way. */
const GARBAGE: readonly ((id: unknown) => string | Buffer)[] = [
  () => "<html><body>502 Bad Gateway</body></html>",
  () => randomBytes(300),
  () => "",
  () => "null",
  () => "[]",
  (id) => JSON.stringify({ jsonrpc: "2.0", id }),
  (id) => JSON.stringify({ jsonrpc: "2.0", id, result: null, error: null }),
  (id) => JSON.stringify({ jsonrpc: "2.0", id, result: "no" }),
  (id) => JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_000, message: "header not found" } }),
  (id) => JSON.stringify({ jsonrpc: "2.0", id, error: "a string" }),
  (id) => JSON.stringify({ jsonrpc: "2.0", id, result: { number: "0x1", hash: "0x2", timestamp: "soon" } }),
  () => "[".repeat(5_000),
];
export const GARBAGE_FORMS = GARBAGE.length;

export async function spoil(
  response: ServerResponse,
  fault: Fault,
  { id }: RpcCall,
  signal: AbortSignal,
): Promise<boolean> {
  switch (fault.kind) {
    case "silent":
      return true;
    case "cut":
      cut(response, fault.where);
      return true;
    case "status":
      response.writeHead(fault.status, { "content-type": "text/plain" }).end(`status ${fault.status}, no reason given`);
      return true;
    case "garbage":
      json(response).end((GARBAGE[fault.form % GARBAGE.length] as (id: unknown) => string | Buffer)(id));
      return true;
    case "bomb":
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      bomb ??= gzipSync(Buffer.alloc(BOMB_BYTES, "0"));
      response.end(bomb);
      return true;
    case "huge":
      await pour(json(response), signal);
      return true;
    case "drip":
      await drip(json(response), fault.everyMs, signal);
      return true;
    default:
      return false;
  }
}

function json(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { "content-type": "application/json" });
}

function cut(response: ServerResponse, where: "before" | "headers" | "body"): void {
  const { socket } = response;
  if (where === "headers") socket?.write("HTTP/1.1 200 OK\r\ncontent-le");
  if (where === "body") socket?.write('HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"jsonrpc":"2.0","id"');
  socket?.end();
}

/** As fast as it is taken, until the other end hangs up or has had enough of it. */
async function pour(response: ServerResponse, signal: AbortSignal): Promise<void> {
  response.write('{"jsonrpc":"2.0","id":1,"result":"0x');
  for (let i = 0; i < HUGE_MEGABYTES && !response.destroyed && !signal.aborted; i++) {
    if (response.write(MEGABYTE)) await sleep(0);
    else await drained(response, signal);
  }
  response.end('"}');
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ["drain", "close", "error"]) response.off(event, done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    for (const event of ["drain", "close", "error"]) response.on(event, done);
    signal.addEventListener("abort", done);
  });
}

/** Always within any deadline for the next byte, never within one for the whole. */
async function drip(response: ServerResponse, everyMs: number, signal: AbortSignal): Promise<void> {
  for (let ms = 0; ms < DRIP_MAX_MS && !response.destroyed && !signal.aborted; ms += everyMs) {
    response.write(" ");
    await sleep(everyMs);
  }
  response.destroy();
}
