import { expect, it } from "vitest";
import { cellAt, ID_PX, markAt, moved, ROW_PX, rowsInSight } from "./heat.ts";

it("of 2,000 rows only those in sight are drawn, the half ones at both ends included", () => {
  expect(rowsInSight(0, 300, 2_000)).toEqual({ start: 0, end: 25 });
  expect(rowsInSight(ROW_PX * 10 + 1, 300, 2_000)).toEqual({ start: 10, end: 36 });
  expect(rowsInSight(ROW_PX * 1_990, 300, 2_000)).toEqual({ start: 1_990, end: 2_000 });
});

it("a point is in the cell that is drawn there, and beside the cells in none", () => {
  const size = { width: ID_PX + 480, columns: 48 };
  expect(cellAt(ID_PX + 475, ROW_PX * 3 + 1, size, 10)).toEqual({ row: 3, column: 47 });
  expect(cellAt(ID_PX - 1, 1, size, 10)).toBeNull();
  expect(cellAt(ID_PX + 1, ROW_PX * 10, size, 10)).toBeNull();
});

it("the strip of a newer node ends at the same epoch as all others", () => {
  const marks = [0, 1, 2, 3].map((column) => markAt({ id: 1, strip: "MP" }, column, 4));
  expect(marks).toEqual(["", "", "M", "P"]);
});

it("keys move the cursor from the newest epoch of the first node, and never beyond the map", () => {
  const start = moved(null, "ArrowDown", 48, 10);
  expect(start).toEqual({ row: 0, column: 47 });
  expect(moved(start, "ArrowRight", 48, 10)).toEqual(start);
  expect(moved(start, "ArrowLeft", 48, 10)).toEqual({ row: 0, column: 46 });
  expect(moved(start, "End", 48, 10)).toEqual({ row: 9, column: 47 });
  expect(moved({ row: 5, column: 0 }, "PageDown", 48, 10)).toEqual({ row: 9, column: 0 });
});
