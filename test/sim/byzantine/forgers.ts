/**
 * Liars that make signatures: wrong ones, ones under others' names, ones that cancel, ones over other amounts.
 */
import { GROUP_ORDER, type NodeId, type Share } from "@quorate/common";
import { roundIn, sharesIn, sharesSent } from "../messages.ts";
import type { Random } from "../random.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Liar } from "./liar.ts";

const VICTIMS_PER_ROUND = 3;

/**
 * Wrong signatures under the own index, each another, right before the core publishes the right one: none may shut that
 * out.
 */
export function forger(liar: Liar, random: Random): Behaviour {
  return onOwnShare(liar, (share) => {
    for (let i = 0; i < 2; i++) {
      const signature = liar.sign(share, liar.strangerSecret(random));
      liar.tellAll({ type: "shares", shares: [{ ...share, signature }] });
    }
  });
}

/**
 * Wrong signatures under the indices of others, as soon as it knows what is signed: before most of them have sent
 * theirs. In a gossip that took the index for the message's id, or one share an index unchecked, they would shut the
 * honest ones out (Handel, Charon).
 */
export function impostor(liar: Liar, random: Random): Behaviour {
  return onceARound((share) => {
    for (const nodeId of random.sample(liar.world.plan.ids, VICTIMS_PER_ROUND)) {
      if (nodeId === liar.self.id) continue;
      liar.tellAll({ type: "shares", shares: [{ ...share, nodeId, signature: liar.sign(share) }] });
    }
    return true;
  });
}

/**
 * An error added to its own signature and taken from an honest one: the plain sum of both is right (P-6). Works on any
 * scheme whose signatures add up: the error is itself a signature, by a secret nobody has, and its negative one by the
 * negated secret.
 */
export function canceller(liar: Liar, random: Random): Behaviour {
  return onceARound((share) => {
    if (share.nodeId === liar.self.id) return false;
    const secret = liar.strangerSecret(random);
    const sum = (a: Uint8Array, b: Uint8Array): Uint8Array => liar.world.scheme.aggregateSignatures([a, b]);
    const more = sum(liar.sign(share), liar.sign(share, secret));
    const less = sum(share.signature, liar.sign(share, negate(secret)));
    liar.tellAll({ type: "shares", shares: [{ ...share, nodeId: liar.self.id, signature: more }] });
    liar.tellAll({ type: "shares", shares: [{ ...share, signature: less }] });
    return true;
  });
}

/** Its right share, and valid ones over other amounts, to different peers in different order (P-84). */
export function equivocator(liar: Liar, random: Random): Behaviour {
  return onOwnShare(liar, (share) => {
    if (share.kind !== "RewardClaim") return;
    const { recipient, amount } = share.message;
    for (const other of [amount + 1n, amount * 2n, amount - 1n]) {
      const signed = { kind: share.kind, message: { recipient, amount: other } };
      const lie: Share = { ...share, ...signed, signature: liar.sign(signed) };
      // The right one comes first here and last there; whichever a peer takes first, it keeps the right one and two
      // others.
      liar.world.scheduler.after(random.between(0, 200), () => liar.tellAll({ type: "shares", shares: [lie] }));
    }
  });
}

function onOwnShare(liar: Liar, act: (share: Share) => void): Behaviour {
  return {
    onEffect(effect) {
      for (const share of sharesSent(effect)) if (share.nodeId === liar.self.id) act(share);
      return false;
    },
  };
}

/**
 * Acts on the first share of each round that it hears, or is about to send itself, until it says that it has done what
 * it wanted.
 */
function onceARound(act: (share: Share) => boolean): Behaviour {
  const done = new Set<string>();
  const see = (shares: readonly Share[]): void => {
    for (const share of shares) if (!done.has(roundIn(share)) && act(share)) done.add(roundIn(share));
  };
  const hear = (_from: NodeId, data: Uint8Array): void => see(sharesIn(data));
  return {
    onGossip: hear,
    onDirect: hear,
    onEffect: (effect) => {
      see(sharesSent(effect));
      return false;
    },
  };
}

function negate(secret: Uint8Array): Uint8Array {
  let rest = GROUP_ORDER - BigInt(`0x${Buffer.from(secret).toString("hex")}`);
  const negated = new Uint8Array(32);
  for (let i = 31; i >= 0; i--) {
    negated[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return negated;
}
