import { quorateError } from "@quorate/common";
import { describe, expect, it } from "vitest";
import type { Effect, PeerKey } from "../io.ts";
import { BLAMED_MAX, BLAMED_MS, SILENCING_BLAMES } from "../limits.ts";
import { Standing } from "./standing.ts";

const PEER: PeerKey = "0xbad";

function at(nowMs: number): { nowMs: number; effects: Effect[]; emit: (effect: Effect) => void } {
  const effects: Effect[] = [];
  return { nowMs, effects, emit: (effect) => effects.push(effect) };
}

function blamed(standing: Standing, times: number, nowMs = 0, peer = PEER): Effect[] {
  const step = at(nowMs);
  for (let i = 0; i < times; i++) standing.blame(peer, "SHARE_BAD_SIGNATURE", step);
  return step.effects;
}

describe("Standing (P-79)", () => {
  it("P-79: a blamed peer is suspect for a while, counted from its last blame", () => {
    const standing = new Standing(() => {});
    expect(standing.isSuspect(PEER, 0)).toBe(false);
    blamed(standing, 1);
    blamed(standing, 1, BLAMED_MS - 1);
    expect(standing.isSuspect(PEER, 2 * BLAMED_MS - 2)).toBe(true);
    expect(standing.isSuspect(PEER, 2 * BLAMED_MS - 1)).toBe(false);
    expect(standing.isSuspect("0x900d", 0)).toBe(false);
  });

  it("P-79: one blamed ten times is silenced, told of once, and blamed no more; it is heard again when half is forgotten", () => {
    const silenced: PeerKey[] = [];
    const standing = new Standing((peer) => silenced.push(peer));
    expect(blamed(standing, SILENCING_BLAMES - 1).map(({ type }) => type)).toEqual(Array(9).fill("blame"));
    expect(standing.isSilenced(PEER, 0)).toBe(false);
    expect(blamed(standing, 500, 1).map(({ type }) => type)).toEqual(["blame", "observe"]);
    expect(silenced).toEqual([PEER]);
    expect(standing.isSilenced(PEER, BLAMED_MS - 1)).toBe(true);
    expect(standing.isSilenced(PEER, BLAMED_MS + 2)).toBe(false);
  });

  it("P-79: blames far apart do not add up: an honest peer of another version is never silenced", () => {
    const standing = new Standing(() => {});
    for (let i = 0; i < 100; i++) blamed(standing, 1, i * BLAMED_MS);
    expect(standing.isSilenced(PEER, 99 * BLAMED_MS)).toBe(false);
  });

  it("how many are remembered is bounded: the one blamed longest ago is forgotten (P-88)", () => {
    const standing = new Standing(() => {});
    blamed(standing, 1);
    for (let i = 0; i < BLAMED_MAX; i++) blamed(standing, 1, 1, `0x${i.toString(16)}`);
    expect(standing.isSuspect(PEER, 1)).toBe(false);
    expect(standing.isSuspect("0x0", 1)).toBe(true);
  });

  it("coded errors of a decoder are the peer's fault; anything else is ours and goes up", () => {
    const standing = new Standing(() => {});
    const step = at(0);
    const malformed = () => {
      throw quorateError("WIRE_MALFORMED", { field: "epoch" });
    };
    expect(standing.blaming(PEER, step, malformed)).toBeNull();
    expect(step.effects).toMatchObject([{ type: "blame", peer: PEER, code: "WIRE_MALFORMED" }, { type: "observe" }]);
    const fault = () => {
      throw new TypeError("ours");
    };
    expect(() => standing.blaming(PEER, step, fault)).toThrow("ours");
    expect(standing.blaming(PEER, step, () => 7)).toBe(7);
  });
});
