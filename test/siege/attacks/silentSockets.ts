/**
 * Strangers hold sockets that say nothing: 136 to every agent, opened again as soon as one is closed. It costs a host
 * with 1,360 sockets. Handshakes under way must not fill up for others: a restarted agent finds its peers, and claims
 * go on.
 */
import type { Attack } from "../attack.ts";
import { openSocket } from "../http.ts";
import { holdSockets } from "../sockets.ts";

const SOCKETS_AN_AGENT = 136;

export const silentSockets: Attack = {
  name: "silent-sockets",
  about: "strangers hold 136 silent sockets to every agent",
  cutOff: false,
  restart: true,
  does: ["sockets"],
  run: (enemy) =>
    holdSockets(enemy, SOCKETS_AN_AGENT, () =>
      enemy.targets().map(({ address, host, port }) => ({ key: address, open: () => openSocket(host, port) })),
    ),
};
