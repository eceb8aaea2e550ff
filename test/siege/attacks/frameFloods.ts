/**
 * The node sends 20,000 muxer frames a second that carry nothing, over one connection to one agent: pings, each of
 * which wants an answer, and window updates of a stream. It costs 240 kB a second. It is `stream-floods` without
 * streams: the agent must bound frames too, and blame the node.
 */
import type { Attack } from "../attack.ts";

const FRAMES_PER_SECOND = 20_000;
const TICK_MS = 50;
const FRAMES = (FRAMES_PER_SECOND * TICK_MS) / 1_000;
const HEADER_BYTES = 12;
const WINDOW_UPDATE = 1;
const PING = 2;
const SYN = 1;

export const frameFloods: Attack = {
  name: "frame-floods",
  about: "the node sends 20,000 empty muxer frames a second",
  cutOff: true,
  does: ["frames"],
  async run(enemy) {
    const links = enemy.links(await enemy.peer());
    await enemy.every(TICK_MS, () =>
      links.each([enemy.victim()], async (link) => {
        link.sendMuxed(pinged);
        enemy.count("frames", FRAMES);
        await link.drained();
      }),
    );
  },
};

function pinged(): { bytes: Uint8Array; streams: number } {
  const bytes = Buffer.alloc(HEADER_BYTES * FRAMES);
  for (let i = 0; i < FRAMES; i++) {
    const at = i * HEADER_BYTES;
    const ping = i % 2 === 0;
    bytes[at + 1] = ping ? PING : WINDOW_UPDATE;
    if (ping) bytes.writeUInt16BE(SYN, at + 2);
    // A window of a stream that was never opened, or a ping's number.
    bytes.writeUInt32BE(ping ? 0 : 1, at + 4);
    bytes.writeUInt32BE(ping ? i : 0, at + 8);
  }
  return { bytes, streams: 0 };
}
