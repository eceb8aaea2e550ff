/**
 * One registered identity opens 64 connections to every agent, more than an agent has slots, and again as soon as one
 * is closed. It costs 640 handshakes. No slot must be lost to others: a restarted agent finds its peers.
 */
import type { HostileLink } from "../../../packages/aggregator/test/support/hostilePeer.ts";
import type { Attack, Target } from "../attack.ts";

const CONNECTIONS_AN_AGENT = 64;
const LOOK_MS = 200;

export const manyConnections: Attack = {
  name: "many-connections",
  about: "one identity opens 64 connections to every agent",
  cutOff: false,
  restart: true,
  does: ["connections"],
  async run(enemy) {
    const peer = await enemy.peer();
    const held = new Map<string, HostileLink[]>();
    const fill = async (target: Target): Promise<void> => {
      const links = (held.get(target.address) ?? []).filter(({ open }) => open);
      held.set(target.address, links);
      enemy.most("connectionsHeldToOne", links.length);
      // One after the other: dials of one peer that are under way at once become one.
      while (links.length < CONNECTIONS_AN_AGENT && !enemy.signal.aborted) {
        try {
          links.push(await peer.connect(target.address));
          enemy.count("connections");
        } catch {
          enemy.count("refused");
          return;
        }
      }
    };
    await enemy.every(LOOK_MS, () => Promise.all(enemy.targets().map(fill)));
  },
};
