/**
 * Liars that keep to themselves what others need, or give something else instead.
 */
import { encodeCatchUpResponse, type NodeId, type Share } from "@quorate/common";
import { partialIn, sharesIn, sharesSent } from "../messages.ts";
import type { Random } from "../random.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Liar } from "./liar.ts";

/** Takes every message and forwards none; its answers to others' questions are empty. */
export function withholder(liar: Liar): Behaviour {
  return {
    onEffect(effect) {
      if (effect.type === "verdict") liar.agent.settle(effect.handle, "ignore");
      else if (effect.type === "direct") return partialIn(effect.data) !== null;
      else if (effect.type === "catch-up-reply" || effect.type === "inquiry-reply")
        liar.agent.answer(effect.handle, new Uint8Array());
      else return false;
      return true;
    },
  };
}

/**
 * Catch-up answers full of forgeries for the latest round it heard of, under others' indices. Checked like gossip
 * (P-87).
 */
export function catchUpLiar(liar: Liar, random: Random): Behaviour {
  const FORGERIES = 4;
  let latest: Share | null = null;
  const hear = (_from: NodeId, data: Uint8Array): void => {
    latest = sharesIn(data).at(-1) ?? latest;
  };
  return {
    onGossip: hear,
    onDirect: hear,
    onEffect(effect) {
      latest ??= sharesSent(effect)[0] ?? null;
      if (effect.type !== "catch-up-reply" || latest === null) return false;
      const known = latest;
      const shares = random
        .sample(liar.world.plan.ids, FORGERIES)
        .map((nodeId) => ({ ...known, nodeId, signature: liar.sign(known, liar.strangerSecret(random)) }));
      liar.agent.answer(effect.handle, encodeCatchUpResponse({ requests: [], shares, partials: [], differs: false }));
      return true;
    },
  };
}

/** Never signs; all else is honest. */
export function refuser(): Behaviour {
  return { onEffect: (effect) => effect.type === "sign" };
}
