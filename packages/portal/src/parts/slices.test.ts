import { expect, it } from "vitest";
import { ITEMS_AT_ONCE, inSlices } from "./slices.ts";

it("P-151: many items are worked on in slices, in order, and others have their turn between two of them", async () => {
  const items = Array.from({ length: 2 * ITEMS_AT_ONCE + 1 }, (_, at) => at);
  const seen: number[] = [];
  const drawnAt: number[] = [];
  await inSlices(items, (some) => {
    seen.push(...some);
    setTimeout(() => drawnAt.push(seen.length));
  });
  expect(seen).toEqual(items);
  expect(drawnAt).toEqual([ITEMS_AT_ONCE, 2 * ITEMS_AT_ONCE]);
});

it("nothing is done with no items", () => inSlices([], () => expect.unreachable()));
