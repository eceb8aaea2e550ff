/**
 * The node never reads what agents send it over gossip, and makes them send: GRAFTs that are answered with PRUNEs,
 * 20,000 a second to every agent. It costs a few hundred kB a second. What waits for a peer must be bounded, and a
 * peer that does not take it must lose its stream.
 */
import type { Attack } from "../attack.ts";

const GRAFTS = 1_000;
const TICK_MS = 50;

export const unreadStream: Attack = {
  name: "unread-stream",
  about: "the node reads nothing and makes agents send",
  cutOff: false,
  does: ["rpcs"],
  async run(enemy) {
    const peer = await enemy.peer({ readsGossip: false });
    const links = enemy.links(peer);
    const topicID = peer.names.messages;
    await enemy.every(TICK_MS, () =>
      links.each(enemy.targets(), async (link) => {
        await link.sendControl({
          prune: [{ topicID, peers: [], backoff: 3_600 }],
          graft: Array.from({ length: GRAFTS }, () => ({ topicID })),
        });
        enemy.count("rpcs");
      }),
    );
  },
};
