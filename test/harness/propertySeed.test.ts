import fc from "fast-check";
import { expect, it } from "vitest";

it("property tests draw the same inputs each time, unless FC_SEED says otherwise", () => {
  const drawn = (): number[] => {
    const seen: number[] = [];
    fc.assert(
      fc.property(fc.nat(), (value) => {
        seen.push(value);
      }),
    );
    return seen;
  };
  expect(drawn()).toEqual(drawn());
});
