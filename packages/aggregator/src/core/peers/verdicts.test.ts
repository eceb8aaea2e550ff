import { describe, expect, it } from "vitest";
import { ACCEPTED, ignore, KEPT, MessageVerdicts, reject, type Verdict } from "./verdicts.ts";

const BAD = reject("SHARE_BAD_SIGNATURE");
const LATER = ignore("SHARE_UNKNOWN_NODE");

/** The verdict of a message whose parts have these. */
function together(parts: readonly Verdict[], passes = true): Verdict | null {
  const verdicts = new MessageVerdicts();
  verdicts.open(1, parts.length, passes);
  const all = parts.map((part) => verdicts.settle(1, part));
  expect(all.slice(0, -1).every((verdict) => verdict === null)).toBe(true);
  return all.at(-1) ?? null;
}

describe("P-158: one verdict for a message of several shares", () => {
  it("one that is bad decides, wherever it stands", () => {
    expect(together([ACCEPTED, BAD, KEPT])).toEqual(BAD);
    expect(together([BAD, ACCEPTED])).toEqual(BAD);
  });

  it("one that brought something new makes it go on", () => {
    expect(together([KEPT, ACCEPTED, KEPT])).toEqual(ACCEPTED);
  });

  it("P-83: not with one that was not checked", () => {
    expect(together([LATER, ACCEPTED, KEPT])).toEqual(LATER);
  });

  it("P-153: unless others forward it", () => {
    expect(together([KEPT, ACCEPTED], false)).toEqual(KEPT);
    expect(together([ACCEPTED], false)).toEqual(KEPT);
  });

  it("without anything new it is kept", () => {
    expect(together([KEPT, KEPT])).toEqual(KEPT);
  });

  it("a message of other things has the verdict of its one part", () => {
    expect(new MessageVerdicts().settle(7, ACCEPTED)).toEqual(ACCEPTED);
  });
});
