/**
 * A stranger sends protocol-selection lines before any encryption, over 20 sockets and at 5 MB a second, to one
 * agent. It costs the bytes: every line is answered with "na". The agent must end such a connection after a few
 * kilobytes.
 */
import type { Socket } from "node:net";
import type { Attack } from "../attack.ts";
import { openSocket } from "../http.ts";

const SOCKETS = 20;
const BYTES_PER_SECOND = 5_000_000;
const TICK_MS = 100;

/** Length, then a text with its newline, as multistream-select has it. */
const line = (text: string): Buffer => Buffer.concat([Buffer.of(text.length + 1), Buffer.from(`${text}\n`)]);
const CHUNK_BYTES = (BYTES_PER_SECOND * TICK_MS) / 1_000 / SOCKETS;
const ONE = line("/x");
const LINES = Buffer.concat(Array.from({ length: Math.floor(CHUNK_BYTES / ONE.length) }, () => ONE));

export const selectionLines: Attack = {
  name: "selection-lines",
  about: "a stranger sends 5 MB/s of protocol-selection lines over 20 sockets",
  cutOff: false,
  does: ["bytes"],
  async run(enemy) {
    const sockets = new Set<Socket>();
    await enemy.every(TICK_MS, () => {
      while (sockets.size < SOCKETS) {
        const { host, port } = enemy.victim();
        const socket = openSocket(host, port);
        socket.write(line("/multistream/1.0.0"));
        socket.on("close", () => sockets.delete(socket));
        socket.resume();
        sockets.add(socket);
        enemy.count("sockets");
      }
      for (const socket of sockets) {
        if (socket.writableNeedDrain || socket.destroyed) continue;
        socket.write(LINES);
        enemy.count("bytes", LINES.length);
      }
    });
    for (const socket of sockets) socket.destroy();
  },
};
