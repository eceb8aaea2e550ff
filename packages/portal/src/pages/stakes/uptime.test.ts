import { NODES_PAGE_MAX } from "@quorate/common/http";
import { expect, it } from "vitest";
import { spansOf } from "./uptime.ts";

it("nodes near each other are asked for at once, and none between those that are far apart", () => {
  const spans = spansOf([900, 3, 7, 3 + NODES_PAGE_MAX - 1]);
  expect(spans.map(({ from, count, wanted }) => [from, count, [...wanted]])).toEqual([
    [3, NODES_PAGE_MAX, [3, 7, 3 + NODES_PAGE_MAX - 1]],
    [900, 1, [900]],
  ]);
});

it("no node is no question", () => expect(spansOf([])).toEqual([]));
