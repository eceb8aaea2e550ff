/**
 * A crowd of sockets held open by a stranger. In: how many, and how one is opened. Out: those lost are opened again.
 */
import type { Socket } from "node:net";
import type { Enemy } from "./attack.ts";

/** So many new ones at a look: agents take 200 a second from one address. */
const OPENED_AT_ONCE = 20;
const LOOK_MS = 100;

/** Holds `wanted` sockets to each of the groups until the attack ends. */
export async function holdSockets(
  enemy: Enemy,
  wanted: number,
  groups: () => readonly { readonly key: string; open(): Socket }[],
): Promise<void> {
  const held = new Map<string, Set<Socket>>();
  await enemy.every(LOOK_MS, () => {
    for (const { key, open } of groups()) {
      const sockets = held.get(key) ?? new Set();
      held.set(key, sockets);
      const missing = Math.min(OPENED_AT_ONCE, wanted - sockets.size);
      for (let i = 0; i < missing; i++) {
        const socket = open();
        sockets.add(socket);
        enemy.count("sockets");
        socket.on("close", () => {
          sockets.delete(socket);
          if (!enemy.signal.aborted) enemy.count("socketsClosed");
        });
      }
    }
    enemy.most(
      "socketsHeld",
      [...held.values()].reduce((sum, { size }) => sum + size, 0),
    );
  });
  for (const sockets of held.values()) for (const socket of sockets) socket.destroy();
}
