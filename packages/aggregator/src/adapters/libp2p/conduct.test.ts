import { expect, test } from "vitest";
import type { PeerKey } from "../../core/io.ts";
import { BAN_POINTS, Conduct, HALF_LIFE_MS } from "./conduct.ts";
import { DialBackoff } from "./dialBackoff.ts";
import { DIAL_BACKOFF_FIRST_MS } from "./limits.ts";
import { RateLimit } from "./rateLimit.ts";

const PEER: PeerKey = `0x${"11".repeat(32)}`;
const OTHER: PeerKey = `0x${"22".repeat(32)}`;

test("blame adds up to a ban, which ends when half of it has decayed", () => {
  const conduct = new Conduct();
  for (let i = 1; i < BAN_POINTS; i++) expect(conduct.blame(PEER, 0)).toBe(false);
  expect(conduct.blame(PEER, 0)).toBe(true);
  expect(conduct.banned(OTHER, 0)).toBe(false);
  expect(conduct.banned(PEER, HALF_LIFE_MS - 1_000)).toBe(true);
  expect(conduct.banned(PEER, HALF_LIFE_MS)).toBe(false);
  expect(conduct.points(PEER, HALF_LIFE_MS)).toBeCloseTo(BAN_POINTS / 2);
});

test("a peer that errs now and then is never banned", () => {
  const conduct = new Conduct();
  for (let i = 0; i < 100; i++) expect(conduct.blame(PEER, (i * HALF_LIFE_MS) / 4)).toBe(false);
});

test("conduct of identities that may no longer connect is forgotten", () => {
  const conduct = new Conduct();
  conduct.blame(PEER, 0);
  conduct.retain((peer) => peer !== PEER);
  expect(conduct.points(PEER, 0)).toBe(0);
});

test("a token bucket allows a burst, then a steady rate, to each key apart", () => {
  const limit = new RateLimit(2, 1);
  expect([0, 0, 0].map((at) => limit.take("a", at))).toEqual([true, true, false]);
  expect(limit.take("b", 0)).toBe(true);
  expect(limit.take("a", 999)).toBe(false);
  expect(limit.take("a", 1_100)).toBe(true);
  expect(limit.take("a", 1_200)).toBe(false);
});

test("dials back off up to the cap, the same way in every run, and not in step with other nodes", () => {
  const waitOf = (self: PeerKey, failures: number): number => {
    const backoff = new DialBackoff({ seed: self, firstMs: DIAL_BACKOFF_FIRST_MS, maxKeys: 10 });
    for (let i = 0; i < failures; i++) backoff.failed(PEER, 0, 60_000);
    let ms = 0;
    while (!backoff.ready(PEER, ms)) ms += 1;
    return ms;
  };
  expect(waitOf(OTHER, 1)).toBe(waitOf(OTHER, 1));
  expect(waitOf(OTHER, 1)).not.toBe(waitOf(PEER, 1));
  expect(waitOf(OTHER, 1)).toBeGreaterThanOrEqual(DIAL_BACKOFF_FIRST_MS * 0.75);
  expect(waitOf(OTHER, 1)).toBeLessThanOrEqual(DIAL_BACKOFF_FIRST_MS * 1.25);
  expect(waitOf(OTHER, 3)).toBeGreaterThan(waitOf(OTHER, 1) * 2);
  expect(waitOf(OTHER, 50)).toBeLessThanOrEqual(75_000);
});
