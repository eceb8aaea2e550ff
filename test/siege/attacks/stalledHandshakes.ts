/**
 * Strangers begin what an honest peer begins: they choose noise, send the first message of its handshake, and say
 * nothing more; 136 sockets to every agent. It is `silent-sockets` with a few bytes, for bounds that look at the
 * first byte alone.
 */
import type { Attack } from "../attack.ts";
import { openSocket } from "../http.ts";
import { holdSockets } from "../sockets.ts";

const SOCKETS_AN_AGENT = 136;

const line = (text: string): Buffer => Buffer.concat([Buffer.of(text.length + 1), Buffer.from(`${text}\n`)]);
/** An ephemeral key: any 32 bytes. */
const OPENING = Buffer.concat([line("/multistream/1.0.0"), line("/noise"), Buffer.of(0, 32), Buffer.alloc(32, 9)]);

export const stalledHandshakes: Attack = {
  name: "stalled-handshakes",
  about: "strangers begin 136 handshakes with every agent and finish none",
  cutOff: false,
  restart: true,
  does: ["sockets"],
  run: (enemy) =>
    holdSockets(enemy, SOCKETS_AN_AGENT, () =>
      enemy.targets().map(({ address, host, port }) => ({
        key: address,
        open: () => {
          const socket = openSocket(host, port);
          socket.write(OPENING);
          socket.resume();
          return socket;
        },
      })),
    ),
};
