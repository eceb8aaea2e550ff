/**
 * RPCs of up to 256 valid claim requests, signed by the node, for everyone who is owed something and every epoch that
 * is signed, to one agent, which passes them on. It costs a signature each, 170 bytes each. Every agent signs and
 * checks a round for each. New rounds must be bounded by what they cost, and honest stakers come first. The requests
 * are valid: nobody can be cut off.
 */
import { digestOf, encodeGossip, fromHex, signIdentity } from "@quorate/common";
import type { Attack, Enemy } from "../attack.ts";

const MESSAGES = 256;
const EVERY_MS = 2_000;
const EPOCHS = 5;

export const requestFlood: Attack = {
  name: "request-flood",
  about: "RPCs of 256 valid claim requests, again and again",
  cutOff: false,
  does: ["messages"],
  async run(enemy) {
    const links = enemy.links(await enemy.peer());
    const asked = new Set<string>();
    await enemy.every(EVERY_MS, async () => {
      const messages = requests(enemy, await enemy.closedEpoch(), asked);
      if (messages.length === 0) return;
      await links.each([enemy.victim()], async (link) => {
        await link.sendMessages(messages);
        enemy.count("messages", messages.length);
      });
    });
  },
};

/** Of rounds that were not asked for yet. */
function requests({ order, domain }: Enemy, closedEpoch: number, asked: Set<string>): Uint8Array[] {
  const { nodeId, identitySecret } = order.keys;
  const messages: Uint8Array[] = [];
  for (let epoch = Math.max(0, closedEpoch - EPOCHS + 1); epoch <= closedEpoch; epoch++) {
    for (const recipient of order.recipients) {
      const round = `${recipient}@${epoch}`;
      if (asked.has(round) || messages.length >= MESSAGES) continue;
      asked.add(round);
      const digest = digestOf(domain, "ClaimRequest", { recipient, epoch, nodeId });
      const identitySignature = signIdentity(fromHex(identitySecret), digest);
      messages.push(encodeGossip({ type: "request", request: { recipient, epoch, nodeId, identitySignature } }));
    }
  }
  return messages;
}
