/**
 * RPCs with 8,000 shares that verify, over amounts that nobody owes, signed with the node's own key, to one agent;
 * then 500 more each 2 s. It costs a signature and 270 bytes each. Nobody but an enemy signs more than a few amounts
 * for one round: waiting shares must be counted by round and node, others' shares checked in between, and the node
 * cut off.
 */
import { digestOf, encodeGossip, fromHex, type SignatureScheme } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import type { Attack, Enemy } from "../attack.ts";

const FIRST = 8_000;
/** Of one RPC: more at once may be refused for their number alone. */
const MESSAGES = 2_000;
const MORE = 500;
const EVERY_MS = 2_000;

let first: Uint8Array[] = [];
let scheme: SignatureScheme;

export const amountFlood: Attack = {
  name: "amount-flood",
  about: "8,000 valid shares over other amounts, with the node's own key",
  cutOff: true,
  does: ["messages"],
  async prepare(enemy) {
    scheme = await loadNativeScheme();
    first = shares(enemy, await enemy.closedEpoch(), FIRST);
  },
  async run(enemy) {
    const links = enemy.links(await enemy.peer());
    let messages = first;
    await enemy.every(EVERY_MS, async () => {
      await links.each([enemy.victim()], async (link) => {
        for (let at = 0; at < messages.length; at += MESSAGES) {
          const some = messages.slice(at, at + MESSAGES);
          await link.sendMessages(some);
          enemy.count("messages", some.length);
        }
      });
      messages = shares(enemy, await enemy.closedEpoch(), MORE);
    });
  },
};

function shares({ order, domain, random }: Enemy, closedEpoch: number, count: number): Uint8Array[] {
  const { nodeId, blsSecret } = order.keys;
  const secret = fromHex(blsSecret);
  return Array.from({ length: count }, () => {
    const message = { recipient: random.pick(order.recipients), amount: 1n + BigInt(random.next()) };
    const signature = scheme.sign(secret, digestOf(domain, "RewardClaim", message));
    return encodeGossip({
      type: "shares",
      shares: [{ kind: "RewardClaim", message, nodeId, epoch: closedEpoch, signature }],
    });
  });
}
