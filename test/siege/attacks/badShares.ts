/**
 * RPCs of 2,000 shares under honest nodes' ids, with a signature that is a point of the right subgroup and nobody's
 * signature of it, to one agent, and again as soon as the agent takes a connection. It costs one signature and 540 kB
 * an RPC. The forwarder is to blame, never the node whose id it is; its shares are checked apart, and the node is cut
 * off.
 */
import { digestOf, encodeGossip, fromHex, type NodeId } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import type { Attack, Enemy } from "../attack.ts";

const MESSAGES = 2_000;
const EVERY_MS = 2_000;

let signature = new Uint8Array();

export const badShares: Attack = {
  name: "bad-shares",
  about: "RPCs of 2,000 shares that do not verify, under honest nodes' ids",
  cutOff: true,
  does: ["messages"],
  async prepare({ order, domain }) {
    const scheme = await loadNativeScheme();
    const digest = digestOf(domain, "RewardClaim", { recipient: domain.verifyingContract, amount: 1n });
    signature = Uint8Array.from(scheme.sign(fromHex(order.keys.blsSecret), digest));
  },
  async run(enemy) {
    const links = enemy.links(await enemy.peer());
    await enemy.every(EVERY_MS, async () => {
      const messages = await shares(enemy);
      await links.each([enemy.victim()], async (link) => {
        await link.sendMessages(messages);
        enemy.count("messages", messages.length);
      });
    });
  },
};

/** One for each honest node in as many rounds as it takes; no two RPCs are alike, by the amounts. */
async function shares(enemy: Enemy): Promise<Uint8Array[]> {
  const { order, random } = enemy;
  const epoch = await enemy.closedEpoch();
  const honest = order.keys.nodeId - 1;
  const amount = 1n + BigInt(random.next());
  return Array.from({ length: MESSAGES }, (_, i) => {
    const at = Math.floor(i / honest);
    const recipient = order.recipients[at % order.recipients.length] ?? order.domain.verifyingContract;
    // Past the last recipient come other amounts: no message twice.
    const message = { recipient, amount: amount + BigInt(Math.floor(at / order.recipients.length)) };
    const nodeId: NodeId = 1 + (i % honest);
    return encodeGossip({ type: "shares", shares: [{ kind: "RewardClaim", message, nodeId, epoch, signature }] });
  });
}
