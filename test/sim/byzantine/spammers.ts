/**
 * Liars that send too much: again, under other names, or nothing that means anything.
 */
import { encodeGossip, type NodeId, toHex } from "@quorate/common";
import { sharesIn } from "../messages.ts";
import type { Random } from "../random.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Liar } from "./liar.ts";

/** Messages kept to be sent again. */
const REPLAYED_MAX = 16;
const REPLAY_EVERY_MS = 700;

/** One in so many shares heard is sent on under another index, with the signature it came with. */
const RELABEL_EVERY = 10;

/** Old messages again, byte for byte, and honest signatures under others' indices (Charon's replayed shares). */
export function replayer(liar: Liar, random: Random): Behaviour {
  const heard: Uint8Array[] = [];
  let shares = 0;
  const replay = (): void => {
    for (const data of heard) liar.shout(data);
    liar.world.scheduler.after(REPLAY_EVERY_MS, replay);
  };
  liar.world.scheduler.after(REPLAY_EVERY_MS, replay);
  const relabel = (_from: NodeId, data: Uint8Array): void => {
    const [share] = sharesIn(data);
    if (share === undefined || shares++ % RELABEL_EVERY !== 0) return;
    const nodeId = random.pick(liar.world.plan.ids);
    if (nodeId !== share.nodeId) liar.tellAll({ type: "shares", shares: [{ ...share, nodeId }] });
  };
  return {
    onGossip(from: NodeId, data: Uint8Array) {
      if (heard.length < REPLAYED_MAX) heard.push(data);
      relabel(from, data);
    },
    onDirect: relabel,
  };
}

/** Ten a second, of each kind: far above the budget of an origin (P-74) and of rounds that nobody asked for. */
const FLOOD_EVERY_MS = 100;

/**
 * Valid requests for recipients that do not exist, and valid shares for them: to be ignored, not blamed, and to crowd
 * nobody out.
 */
export function flooder(liar: Liar, random: Random): Behaviour {
  const epoch = 3;
  const flood = (): void => {
    const recipient = toHex(random.bytes(20));
    liar.shout(encodeGossip({ type: "request", request: liar.request(recipient, epoch) }));
    const message = { recipient: toHex(random.bytes(20)), amount: 10n ** 12n };
    const signed = { kind: "RewardClaim", message } as const;
    const share = { ...signed, nodeId: liar.self.id, epoch, signature: liar.sign(signed) };
    liar.shout(encodeGossip({ type: "shares", shares: [share] }));
    if (liar.world.scheduler.nowMs < liar.world.plan.healMs) liar.world.scheduler.after(FLOOD_EVERY_MS, flood);
  };
  liar.world.scheduler.after(FLOOD_EVERY_MS, flood);
  return {};
}

const GARBAGE_EVERY_MS = 150;

/**
 * Random, oversized, truncated and non-canonical bytes (P-82). It is banned within seconds, and its right share with
 * it.
 */
export function garbler(liar: Liar, random: Random): Behaviour {
  let sample: Uint8Array = new Uint8Array(1);
  const garble = (): void => {
    const kinds = [
      random.bytes(1 + random.below(300)),
      random.bytes(1_025 + random.below(1_000)),
      sample.slice(0, random.below(sample.length)),
      Uint8Array.of(...sample, 0x98, 0x06, 0x00),
    ];
    liar.shout(random.pick(kinds));
    if (liar.world.scheduler.nowMs < liar.world.plan.healMs) liar.world.scheduler.after(GARBAGE_EVERY_MS, garble);
  };
  liar.world.scheduler.after(GARBAGE_EVERY_MS, garble);
  return {
    onGossip(_from: NodeId, data: Uint8Array) {
      sample = data;
    },
  };
}
