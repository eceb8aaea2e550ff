/**
 * 10,000 messages a second that end as ignored, to one agent: shares of a node that is not registered, each another.
 * It costs 2.7 MB a second and no signature. None is wrong enough for blame, since the node might have registered in
 * a block that the agent has not read. The agent must bound messages a peer before it decodes them, and the memory of
 * ids it has seen.
 */
import { encodeGossip } from "@quorate/common";
import type { Attack, Enemy } from "../attack.ts";

const MESSAGES_PER_SECOND = 10_000;
const TICK_MS = 50;
const MESSAGES = (MESSAGES_PER_SECOND * TICK_MS) / 1_000;
const NOBODY = 4_000_000;

export const ignoredFlood: Attack = {
  name: "ignored-flood",
  about: "10,000 messages a second that end as ignored",
  cutOff: false,
  does: ["messages"],
  async run(enemy) {
    const links = enemy.links(await enemy.peer());
    const closedEpoch = await enemy.closedEpoch();
    const template = templateOf(enemy, closedEpoch);
    let serial = 0;
    await enemy.every(TICK_MS, () =>
      links.each([enemy.victim()], async (link) => {
        const messages = Array.from({ length: MESSAGES }, () => numbered(template, serial++));
        await link.sendMessages(messages);
        enemy.count("messages", messages.length);
      }),
    );
  },
};

interface Template {
  readonly bytes: Uint8Array;
  readonly signatureAt: number;
}

function templateOf({ order, domain }: Enemy, epoch: number): Template {
  const signature = new Uint8Array(192).fill(0x5a);
  const message = { recipient: order.recipients[0] ?? domain.verifyingContract, amount: 1n };
  const share = { kind: "RewardClaim", message, nodeId: NOBODY, epoch, signature } as const;
  const bytes = encodeGossip({ type: "shares", shares: [share] });
  return { bytes, signatureAt: Buffer.from(bytes).indexOf(Buffer.from(signature)) };
}

function numbered({ bytes, signatureAt }: Template, serial: number): Uint8Array {
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(serial, signatureAt + 8);
  return copy;
}
