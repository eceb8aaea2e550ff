/**
 * The node opens and resets 10,860 streams a second, 24 bytes each, over one connection to one agent. It costs 260 kB
 * a second. The agent must bound the rate of new streams, end the connection and blame the node.
 */
import type { Attack } from "../attack.ts";

const STREAMS_PER_SECOND = 10_860;
const TICK_MS = 50;
const STREAMS = (STREAMS_PER_SECOND * TICK_MS) / 1_000;
const HEADER_BYTES = 12;
const WINDOW_UPDATE = 1;
const SYN = 1;
const RST = 8;

export const streamFloods: Attack = {
  name: "stream-floods",
  about: "the node opens and resets 10,860 streams a second",
  cutOff: true,
  does: ["streams"],
  async run(enemy) {
    const links = enemy.links(await enemy.peer());
    await enemy.every(TICK_MS, () =>
      links.each([enemy.victim()], async (link) => {
        link.sendMuxed(opened);
        enemy.count("streams", STREAMS);
        await link.drained();
      }),
    );
  },
};

/** yamux frames: version, type, flags, stream id, length. */
function opened(firstStreamId: number): { bytes: Uint8Array; streams: number } {
  const bytes = Buffer.alloc(2 * HEADER_BYTES * STREAMS);
  for (let i = 0; i < 2 * STREAMS; i++) {
    const at = i * HEADER_BYTES;
    bytes[at + 1] = WINDOW_UPDATE;
    bytes.writeUInt16BE(i % 2 === 0 ? SYN : RST, at + 2);
    bytes.writeUInt32BE(firstStreamId + 2 * Math.floor(i / 2), at + 4);
  }
  return { bytes, streams: STREAMS };
}
