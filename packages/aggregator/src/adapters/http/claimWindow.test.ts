import type { ClaimView } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { COLLECTING, READY } from "../../../test/support/httpServer.ts";
import { ClaimWindow } from "./claimWindow.ts";

/** Of a claim that had 30 s. */
const reached = (quorumAfterMs: number): ClaimView => ({
  ...READY,
  deadlineMs: READY.startedAtMs + 30_000,
  quorumAfterMs,
});
const FAILED: ClaimView = { ...COLLECTING, status: "failed" };

function windowOf(reachSuffices = true) {
  const ends: ((claim: ClaimView) => void)[] = [];
  let rooms = 0;
  const window = new ClaimWindow({
    watch: (_claim, onChange) => {
      ends.push(onChange);
      return () => {};
    },
    reachSuffices: () => reachSuffices,
    onRoom: () => {
      rooms += 1;
    },
  });
  const begin = (count: number) => {
    const from = ends.length;
    for (let i = 0; i < count; i++) window.begin(COLLECTING);
    return ends.slice(from);
  };
  return { window, begin, rooms: () => rooms };
}

describe("claims that collect at once (P-125)", () => {
  it("are two at first; one that ends makes room, once", () => {
    const { window, begin, rooms } = windowOf();
    const [first] = begin(2);
    expect(window.hasRoomFor(1)).toBe(false);
    first?.(COLLECTING);
    expect(window.hasRoomFor(1)).toBe(false);
    first?.(reached(9_000));
    first?.(reached(9_000));
    expect([window.size, window.hasRoomFor(1), window.hasRoomFor(2), rooms()]).toEqual([2, true, false, 1]);
  });

  it("are one more after each that was quick, up to 256", () => {
    const { window, begin } = windowOf();
    for (const end of begin(300)) end(reached(500));
    expect(window.size).toBe(256);
  });

  it("are half as many after those that were slow, once for all that began before, down to 2", () => {
    const { window, begin } = windowOf();
    for (const end of begin(6)) end(reached(500));
    expect(window.size).toBe(8);
    for (const end of begin(8)) end(FAILED);
    expect(window.size).toBe(4);
    for (const end of begin(4)) end(reached(13_000));
    expect(window.size).toBe(2);
    for (const end of begin(2)) end(FAILED);
    expect(window.size).toBe(2);
  });

  it("are not fewer because nodes are away: the same claims would fail one by one", () => {
    const { window, begin } = windowOf(false);
    for (const end of begin(2)) end(reached(500));
    for (const end of begin(4)) end(FAILED);
    expect(window.size).toBe(4);
  });

  it("take no room when they are there already", () => {
    const { window } = windowOf();
    for (let i = 0; i < 20; i++) window.begin(READY);
    expect(window.hasRoomFor(2)).toBe(true);
  });

  it("tell how often one ends while there is no room", () => {
    const { window, begin } = windowOf();
    expect(window.paceMs).toBe(0);
    const [first] = begin(2);
    first?.(reached(8_000));
    expect(window.paceMs).toBe(0);
    begin(1);
    expect(window.paceMs).toBe(4_000);
  });
});
