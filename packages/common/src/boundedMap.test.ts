import { expect, it } from "vitest";
import { setNewest } from "./boundedMap.ts";

it("keeps the entries that were set last", () => {
  const map = new Map<string, number>();
  for (const [index, key] of ["a", "b", "c", "d"].entries()) setNewest(map, key, index, 2);
  expect([...map]).toEqual([
    ["c", 2],
    ["d", 3],
  ]);
});

it("behaviour: an entry that is set again is the newest, and no other goes for it", () => {
  const map = new Map<string, number>();
  for (const key of ["a", "b"]) setNewest(map, key, 0, 2);
  setNewest(map, "a", 1, 2);
  expect([...map]).toEqual([
    ["b", 0],
    ["a", 1],
  ]);
  setNewest(map, "c", 0, 2);
  expect([...map.keys()]).toEqual(["a", "c"]);
});
