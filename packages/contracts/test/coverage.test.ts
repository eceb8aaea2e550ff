// The coverage table: what it makes of an lcov file. The measurement itself takes minutes and is a script of its own.
import { expect, test } from "vitest";
import { formatCoverage, linesCovered, parseLcov } from "../src/coverage.ts";

const LCOV = `TN:
SF:/root-of/contracts/B.sol
DA:3,0
DA:5,0
DA:6,0
DA:7,2
DA:8,0
DA:8,1
end_of_record
SF:contracts/A.sol
DA:1,4
end_of_record
`;

test("reads lines, names the missing ones in ranges, and sums up", () => {
  const files = parseLcov(LCOV, "/root-of");
  expect(files).toEqual([
    { path: "contracts/A.sol", lines: 1, missing: [] },
    { path: "contracts/B.sol", lines: 5, missing: [3, 5, 6] },
  ]);
  expect(linesCovered(files)).toEqual({ reached: 3, lines: 6, percent: 50 });
  expect(formatCoverage(files)).toMatch(
    /^contracts\/A\.sol +1\/1 100\.00%\ncontracts\/B\.sol +2\/5 +40\.00% +3, 5-6\nall +3\/6 +50\.00%$/,
  );
});

test("nothing measured is nothing covered", () => {
  expect(linesCovered(parseLcov("", "/"))).toEqual({ reached: 0, lines: 0, percent: 0 });
});
