/**
 * Where a heat map's cells are, and how each is drawn. Enters: sizes in CSS pixels, strips. Leaves: which rows are in
 * sight, which cell a point is in, marks on a canvas. Only what is in sight is drawn, so that the number of rows costs
 * nothing.
 */

/** CSS pixels of a row, its gap included. */
export const ROW_PX = 12;
/** Left of the cells: a node's id. */
export const ID_PX = 52;
const GAP_PX = 2;

export interface HeatRow {
  readonly id: number;
  /** Oldest first, the newest at the right end of the map. */
  readonly strip: string;
}

export interface Cell {
  readonly row: number;
  readonly column: number;
}

export interface HeatSize {
  readonly width: number;
  readonly columns: number;
}

export function columnPx({ width, columns }: HeatSize): number {
  return (width - ID_PX) / columns;
}

/** The rows in sight; `end` is not. */
export function rowsInSight(scrollTop: number, height: number, count: number): { start: number; end: number } {
  const start = Math.max(0, Math.floor(scrollTop / ROW_PX));
  return { start, end: Math.min(count, Math.ceil((scrollTop + height) / ROW_PX)) };
}

/** Null beside the cells. Points are from the top left of all rows. */
export function cellAt(x: number, y: number, size: HeatSize, count: number): Cell | null {
  const row = Math.floor(y / ROW_PX);
  const column = Math.floor((x - ID_PX) / columnPx(size));
  return row < 0 || row >= count || column < 0 || column >= size.columns ? null : { row, column };
}

/** Strips of newer nodes are shorter; all end at the same epoch. Empty where the node has no mark. */
export function markAt({ strip }: HeatRow, column: number, columns: number): string {
  return strip[strip.length - columns + column] ?? "";
}

/** The arrow keys, Home and End move a cursor. */
export function moved(cell: Cell | null, key: string, columns: number, count: number): Cell | null {
  const { row, column } = cell ?? { row: 0, column: columns - 1 };
  if (cell === null) return count === 0 ? null : { row, column };
  const within = (value: number, last: number) => Math.max(0, Math.min(last, value));
  const steps: Record<string, readonly [number, number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    PageUp: [-20, 0],
    PageDown: [20, 0],
    Home: [-count, 0],
    End: [count, 0],
  };
  const [down, right] = steps[key] ?? [0, 0];
  return { row: within(row + down, count - 1), column: within(column + right, columns - 1) };
}

export interface HeatColours {
  readonly text: string;
  readonly soft: string;
  readonly good: string;
  readonly bad: string;
}

export interface HeatView extends HeatSize {
  readonly height: number;
  readonly scrollTop: number;
  readonly cursor: Cell | null;
}

/** Present is a full cell, missed a hollow one with a stroke through it, not judged a dot: without colour too. */
export function drawHeat(
  context: CanvasRenderingContext2D,
  rows: readonly HeatRow[],
  view: HeatView,
  colours: HeatColours,
): void {
  const { width, height, scrollTop, columns, cursor } = view;
  const { start, end } = rowsInSight(scrollTop, height, rows.length);
  const cellWidth = columnPx(view);
  context.clearRect(0, 0, width, height);
  context.font = "10px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (let row = start; row < end; row++) {
    const one = rows[row] as HeatRow;
    const y = row * ROW_PX - scrollTop;
    context.fillStyle = colours.soft;
    context.fillText(`#${one.id}`, 0, y + ROW_PX / 2);
    for (let column = 0; column < columns; column++) {
      const x = ID_PX + column * cellWidth;
      drawMark(context, markAt(one, column, columns), x, y, cellWidth - GAP_PX, colours);
    }
  }
  if (cursor === null) return;
  context.strokeStyle = colours.text;
  context.lineWidth = 2;
  context.strokeRect(ID_PX + cursor.column * cellWidth - 1, cursor.row * ROW_PX - scrollTop - 1, cellWidth, ROW_PX);
}

function drawMark(
  context: CanvasRenderingContext2D,
  mark: string,
  x: number,
  y: number,
  width: number,
  { good, bad, soft }: HeatColours,
): void {
  const height = ROW_PX - GAP_PX;
  if (mark === "P") {
    context.fillStyle = good;
    context.fillRect(x, y, width, height);
  } else if (mark === "M") {
    context.strokeStyle = bad;
    context.lineWidth = 1.5;
    context.strokeRect(x + 0.75, y + 0.75, width - 1.5, height - 1.5);
    context.beginPath();
    context.moveTo(x, y + height);
    context.lineTo(x + width, y);
    context.stroke();
  } else if (mark === "U") {
    context.fillStyle = soft;
    context.fillRect(x + width / 2 - 1, y + height / 2 - 1, 2, 2);
  }
}
