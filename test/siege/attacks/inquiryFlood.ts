/**
 * The node asks directly (inquiry, P-89) why claims are not signed, as fast as an agent answers or ends the stream,
 * over 4 streams to one agent; each carries a request with a valid signature. It costs a signature each. Requests
 * that come directly open rounds like those of gossip, and must be bounded with them.
 */
import { digestOf, encodeInquiryRequest, fromHex, signIdentity } from "@quorate/common";
import type { Attack, Enemy } from "../attack.ts";

/** As many streams as an agent takes of one peer. */
const AT_ONCE = 4;
const TICK_MS = 50;

export const inquiryFlood: Attack = {
  name: "inquiry-flood",
  about: "the node asks directly about every claim, without pause",
  cutOff: false,
  does: ["inquiries"],
  async run(enemy) {
    const peer = await enemy.peer();
    const links = enemy.links(peer);
    let serial = 0;
    let closedEpoch = await enemy.closedEpoch();
    await enemy.every(TICK_MS, () =>
      links.each([enemy.victim()], async (link) => {
        if (serial % (64 * AT_ONCE) === 0) closedEpoch = await enemy.closedEpoch();
        const asked = Array.from({ length: AT_ONCE }, async () => {
          try {
            await link.request(peer.names.inquiry, inquiry(enemy, closedEpoch, serial++));
            enemy.count("answered");
          } catch {
            enemy.count("refusedInquiries");
          }
          enemy.count("inquiries");
        });
        await Promise.all(asked);
      }),
    );
  },
};

function inquiry({ order, domain }: Enemy, closedEpoch: number, serial: number): Uint8Array {
  const { nodeId, identitySecret } = order.keys;
  const recipient = order.recipients[serial % order.recipients.length] ?? domain.verifyingContract;
  const epoch = Math.max(0, closedEpoch - (Math.floor(serial / order.recipients.length) % 5));
  const digest = digestOf(domain, "ClaimRequest", { recipient, epoch, nodeId });
  const identitySignature = signIdentity(fromHex(identitySecret), digest);
  return encodeInquiryRequest({ recipient, epoch, nodeId, identitySignature });
}
