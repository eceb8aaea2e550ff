/**
 * The node records all gossip and sends it again, in random order and 1,000 messages a second, to every agent. It
 * costs 300 kB a second an agent. Old shares and requests must neither be taken for new ones nor keep others from
 * being heard.
 */
import type { Attack } from "../attack.ts";

const RECORDED_MAX = 20_000;
const MESSAGES = 100;
const TICK_MS = 100;

export const replays: Attack = {
  name: "replays",
  about: "the node sends 1,000 old messages a second again",
  cutOff: false,
  does: ["messages"],
  async run(enemy) {
    const recorded: Uint8Array[] = [];
    const peer = await enemy.peer({
      onMessage: (data) => {
        if (recorded.length < RECORDED_MAX) recorded.push(Uint8Array.from(data));
      },
    });
    const links = enemy.links(peer);
    await enemy.every(TICK_MS, () =>
      links.each(enemy.targets(), async (link) => {
        enemy.most("recorded", recorded.length);
        if (recorded.length === 0) return;
        const messages = Array.from({ length: MESSAGES }, () => enemy.random.pick(recorded));
        await link.sendMessages(messages);
        enemy.count("messages", messages.length);
      }),
    );
  },
};
