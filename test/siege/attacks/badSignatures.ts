/**
 * One RPC of 5,000 claim requests whose identity signatures are not valid, to every agent, and again as soon as the
 * agent takes a connection. It costs one signature and 850 kB an RPC. Each looks right until its signature is
 * checked. The node must be cut off after the first few, the rest of its messages dropped unchecked, and the log must
 * not get a line for each.
 */
import { digestOf, encodeGossip, fromHex, signIdentity } from "@quorate/common";
import type { Attack, Enemy } from "../attack.ts";

const MESSAGES = 5_000;
const EVERY_MS = 2_000;

export const badSignatures: Attack = {
  name: "bad-signatures",
  about: "RPCs of 5,000 claim requests with bad identity signatures",
  cutOff: true,
  does: ["messages"],
  async run(enemy) {
    const links = enemy.links(await enemy.peer());
    let generation = 0;
    await enemy.every(EVERY_MS, async () => {
      const messages = badRequests(enemy, await enemy.closedEpoch(), generation++);
      await links.each(enemy.targets(), async (link) => {
        await link.sendMessages(messages);
        enemy.count("messages", messages.length);
      });
    });
  },
};

/** A signature of the node's own over something else: it takes a whole check to see. */
function badRequests({ order, domain }: Enemy, closedEpoch: number, generation: number): Uint8Array[] {
  const { keys, recipients } = order;
  const of = {
    recipient: recipients[0] ?? domain.verifyingContract,
    epoch: 1_000_000 + generation,
    nodeId: keys.nodeId,
  };
  const identitySignature = signIdentity(fromHex(keys.identitySecret), digestOf(domain, "ClaimRequest", of));
  return Array.from({ length: MESSAGES }, (_, i) => {
    const signature = Uint8Array.from(identitySignature);
    // The low bytes of s, which stays canonical.
    signature.set([i & 0xff, i >> 8], 32);
    const recipient = recipients[i % recipients.length] ?? of.recipient;
    const epoch = Math.max(0, closedEpoch - (Math.floor(i / recipients.length) % 5));
    return encodeGossip({
      type: "request",
      request: { recipient, epoch, nodeId: keys.nodeId, identitySignature: signature },
    });
  });
}
