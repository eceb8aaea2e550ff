/**
 * RPC frames just below 4 MB, four a second, to one agent: in turns one huge message, 170,000 ids offered, 90,000
 * subscriptions, 900,000 empty messages. It costs 16 MB a second. What a peer can make an agent decode and keep must
 * be bounded well below.
 */
import type { RPC } from "../../../packages/aggregator/test/support/hostilePeer.ts";
import type { Attack } from "../attack.ts";

const TICK_MS = 250;
const HUGE_BYTES = 3_900_000;
const OFFERED_IDS = 170_000;
const SUBSCRIPTIONS = 90_000;
const EMPTY_MESSAGES = 900_000;

export const bigFrames: Attack = {
  name: "big-frames",
  about: "RPC frames of 4 MB, four a second",
  cutOff: false,
  does: ["frames"],
  async run(enemy) {
    const peer = await enemy.peer();
    const links = enemy.links(peer);
    const topic = peer.names.messages;
    const id = new Uint8Array(20).fill(7);
    const control = (ihave: RPC.ControlIHave[]): Partial<RPC> => ({
      control: { ihave, iwant: [], graft: [], prune: [], idontwant: [] },
    });
    const bodies: Partial<RPC>[] = [
      { messages: [{ data: new Uint8Array(HUGE_BYTES), topic }] },
      control([{ topicID: topic, messageIDs: Array.from({ length: OFFERED_IDS }, () => id) }]),
      {
        subscriptions: Array.from({ length: SUBSCRIPTIONS }, (_, i) => ({
          subscribe: true,
          topic: `/elsewhere/topic/${i}`,
        })),
      },
      { messages: Array.from({ length: EMPTY_MESSAGES }, () => ({ topic: "" })) },
    ];
    let next = 0;
    await enemy.every(TICK_MS, () =>
      links.each([enemy.victim()], async (link) => {
        await link.sendRpc(bodies[next++ % bodies.length] as Partial<RPC>);
        enemy.count("frames");
      }),
    );
  },
};
