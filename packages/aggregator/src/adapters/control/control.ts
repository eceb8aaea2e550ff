/**
 * The agent's control socket: what its operator changes while it runs, on this machine only. Enters: a line of JSON on
 * a Unix socket beside the store, which only the store's owner can open. Leaves: an answer, and another level of the
 * log. It is no route of HTTP, so that no proxy or page of a browser ever reaches it.
 */
import { chmodSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { isQuorateError, quorateError } from "@quorate/common";
import { CONNECTIONS_MAX, LINE_MAX_BYTES, PATH_MAX_BYTES, TALK_MS } from "./limits.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Something with a level that can be changed. */
export interface Levelled {
  level: string;
}

export interface Control {
  stop(): Promise<void>;
}

/** Where the socket of the agent with this store is. */
export function controlPath(storePath: string): string {
  return `${storePath}.control`;
}

/**
 * Listens until it is stopped. One agent holds the store, so a socket that is there is left over from a killed one.
 * @throws CONTROL_UNAVAILABLE where the system takes no such socket
 */
export async function openControl(storePath: string, log: Levelled): Promise<Control> {
  const path = controlPath(storePath);
  if (process.platform === "win32") throw quorateError("CONTROL_UNAVAILABLE", { path, reason: "no Unix sockets here" });
  if (Buffer.byteLength(path) > PATH_MAX_BYTES) {
    throw quorateError("CONTROL_UNAVAILABLE", { path, reason: `longer than ${PATH_MAX_BYTES} bytes` });
  }
  rmSync(path, { force: true });
  const server = createServer((socket) => serve(socket, log));
  server.maxConnections = CONNECTIONS_MAX;
  await listening(server, path);
  server.unref();
  return {
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Asks a running agent, with or without a new level. @throws CONTROL_UNAVAILABLE, FLAG_INVALID */
export function askControl(
  storePath: string,
  level?: LogLevel,
): Promise<{ readonly level: string; readonly was: string }> {
  const path = controlPath(storePath);
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (reason: string): void => reject(quorateError("CONTROL_UNAVAILABLE", { path, reason }));
    socket.setTimeout(TALK_MS, () => socket.destroy(new Error("no answer in time")));
    socket.once("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    let text = "";
    socket.on("data", (data) => {
      text += String(data);
    });
    socket.once("end", () => {
      try {
        const answer = JSON.parse(text) as { level: string; was: string; error?: string };
        if (answer.error === undefined) resolve(answer);
        else fail(answer.error);
      } catch {
        fail("what answers is no agent");
      }
    });
    socket.write(`${JSON.stringify(level === undefined ? {} : { level })}\n`);
  });
}

function listening(server: Server, path: string): Promise<void> {
  // The mask makes the socket the owner's from its first moment on; libuv makes it before listen() returns.
  const mask = process.umask(0o177);
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(quorateError("CONTROL_UNAVAILABLE", { path, reason: error.code ?? error.message }, { cause: error }));
    });
    try {
      server.listen(path, () => {
        chmodSync(path, 0o600);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}

function serve(socket: Socket, log: Levelled): void {
  let text = "";
  socket.setTimeout(TALK_MS, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (data) => {
    text += String(data);
    if (Buffer.byteLength(text) > LINE_MAX_BYTES) return socket.destroy();
    const end = text.indexOf("\n");
    if (end >= 0) socket.end(`${JSON.stringify(answered(text.slice(0, end), log))}\n`);
  });
}

function answered(line: string, log: Levelled): object {
  const was = log.level;
  try {
    const { level } = JSON.parse(line) as { level?: unknown };
    if (level === undefined) return { level: was, was };
    log.level = parseLevel(String(level));
    return { level: log.level, was };
  } catch (error) {
    return { error: isQuorateError(error) ? error.code : "not a line of JSON" };
  }
}

/** @throws FLAG_INVALID */
export function parseLevel(text: string): LogLevel {
  const found = LOG_LEVELS.find((level) => level === text);
  if (found !== undefined) return found;
  throw quorateError("FLAG_INVALID", { value: text.slice(0, 40), allowed: LOG_LEVELS.join(", ") });
}
