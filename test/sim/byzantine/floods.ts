/**
 * Liars whose messages are valid and cost everybody more than them (P-77, P-97): everything asked for at once, and one
 * claim signed over thousands of amounts.
 */
import { encodeGossip, type NodeId } from "@quorate/common";
import { sharesIn } from "../messages.ts";
import type { Random } from "../random.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Liar } from "./liar.ts";

/** Closed when a run begins: a round for each node. */
const EPOCH = 3;
/** All that an origin may ask for at once (P-74), just before the stakers ask, and again and again. */
const REQUESTS = 256;
const ASK_AT_MS = 1_200;
const ASK_EVERY_MS = 5_000;

/** Requests for what every node's staker is owed: each is valid, and everybody would sign each at once. */
export function asker(liar: Liar, random: Random): Behaviour {
  const ask = (): void => {
    for (let i = 0; i < REQUESTS; i++) {
      const recipient = random.pick([...liar.world.nodes.values()]).beneficiary;
      const request = liar.request(recipient, EPOCH);
      liar.shout(encodeGossip({ type: "request", request }));
    }
    if (liar.world.scheduler.nowMs < liar.world.plan.healMs) liar.world.scheduler.after(ASK_EVERY_MS, ask);
  };
  liar.world.scheduler.after(ASK_AT_MS, ask);
  return {};
}

/** Half a megabyte of shares. */
const AMOUNTS = 2_000;

/**
 * For the first claim it hears of, valid shares over other amounts, all at once. It is banned for it, and its right
 * share with it.
 */
export function amountsFlooder(liar: Liar): Behaviour {
  let isDone = false;
  return {
    onGossip(_from: NodeId, data: Uint8Array) {
      const [heard] = sharesIn(data);
      if (isDone || heard?.kind !== "RewardClaim") return;
      isDone = true;
      for (let i = 1; i <= AMOUNTS; i++) {
        const message = { ...heard.message, amount: heard.message.amount + BigInt(i) };
        const signature = liar.sign({ kind: "RewardClaim", message });
        const share = { ...heard, message, nodeId: liar.self.id, signature };
        liar.shout(encodeGossip({ type: "shares", shares: [share] }));
      }
    },
  };
}
