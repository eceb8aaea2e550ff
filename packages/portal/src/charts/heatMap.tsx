/**
 * Verdicts of all nodes by epoch, as a canvas that is as large as what is in sight. Enters: rows, the newest epoch.
 * Leaves: the map, what the cell under the pointer or the cursor says, in words. Keys move the cursor; Enter opens.
 */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { coloursAt } from "../parts/colours.ts";
import { isDark } from "../parts/theme.ts";
import { type Cell, cellAt, drawHeat, type HeatColours, type HeatRow, markAt, moved, ROW_PX } from "./heat.ts";
import "./charts.css";

export interface HeatMapProps {
  readonly label: string;
  readonly hint: string;
  readonly rows: readonly HeatRow[];
  readonly columns: number;
  /** What a cell says. */
  readonly say: (row: HeatRow, column: number, mark: string) => string;
  readonly onOpen: (row: HeatRow) => void;
}

const HEIGHT_MAX_PX = 300;

export function HeatMap({ label, hint, rows, columns, say, onOpen }: HeatMapProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cursor, setCursor] = useState<Cell | null>(null);
  const draw = useDrawing(scroller, canvas, rows, columns, cursor);
  const height = Math.min(HEIGHT_MAX_PX, rows.length * ROW_PX);
  const at = ({ offsetX, offsetY, currentTarget }: JSX.TargetedPointerEvent<HTMLCanvasElement>) => {
    const size = { width: currentTarget.clientWidth, columns };
    return cellAt(offsetX, offsetY + (scroller.current?.scrollTop ?? 0), size, rows.length);
  };
  const openRow = (cell: Cell | null) => {
    const row = cell === null ? undefined : rows[cell.row];
    if (row !== undefined) onOpen(row);
  };
  const onKeyDown = (event: JSX.TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.key === "Enter") return openRow(cursor);
    if (!/^(?:Arrow|Page|Home|End)/.test(event.key)) return;
    event.preventDefault();
    const next = moved(cursor, event.key, columns, rows.length);
    setCursor(next);
    if (next !== null) bringInSight(scroller.current, next.row);
  };
  const row = cursor === null ? undefined : rows[cursor.row];
  const words =
    row === undefined || cursor === null ? hint : say(row, cursor.column, markAt(row, cursor.column, columns));
  return (
    <div class="heat">
      {/* biome-ignore lint/a11y/useSemanticElements: a map of cells has no element of its own. */}
      <div
        ref={scroller}
        class="heat-scroller"
        style={{ height: `${height}px` }}
        role="group"
        aria-label={label}
        aria-describedby="heat-words"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move the cursor.
        tabIndex={0}
        onScroll={draw}
        onKeyDown={onKeyDown}
      >
        <div class="heat-all" style={{ height: `${rows.length * ROW_PX}px` }}>
          <canvas
            ref={canvas}
            class="heat-canvas"
            style={{ height: `${height}px` }}
            onPointerMove={(event) => setCursor(at(event))}
            onPointerUp={(event) => openRow(at(event))}
          />
        </div>
      </div>
      <p id="heat-words" class="heat-words" role="status">
        {words}
      </p>
    </div>
  );
}

function bringInSight(scroller: HTMLElement | null, row: number): void {
  if (scroller === null) return;
  const [top, bottom] = [row * ROW_PX, (row + 1) * ROW_PX];
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
}

/** Draws at most once a frame; anew when the map, its size or the colours change. */
function useDrawing(
  scroller: { readonly current: HTMLElement | null },
  canvas: { readonly current: HTMLCanvasElement | null },
  rows: readonly HeatRow[],
  columns: number,
  cursor: Cell | null,
): () => void {
  const frame = useRef(0);
  const latest = useRef({ rows, columns, cursor });
  latest.current = { rows, columns, cursor };
  const draw = useRef(() => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => drawNow(scroller.current, canvas.current, latest.current));
  }).current;
  const colours = isDark.value;
  useEffect(draw, [rows, columns, cursor, colours]);
  useEffect(() => {
    const sizes = new ResizeObserver(draw);
    if (canvas.current !== null) sizes.observe(canvas.current);
    return () => {
      sizes.disconnect();
      cancelAnimationFrame(frame.current);
    };
  }, [draw, canvas]);
  return draw;
}

function drawNow(
  scroller: HTMLElement | null,
  canvas: HTMLCanvasElement | null,
  { rows, columns, cursor }: { rows: readonly HeatRow[]; columns: number; cursor: Cell | null },
): void {
  const context = canvas?.getContext("2d");
  if (scroller === null || canvas === null || context == null) return;
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const colours: HeatColours = coloursAt(scroller, ["text", "soft", "good", "bad"]);
  drawHeat(context, rows, { width, height, columns, cursor, scrollTop: scroller.scrollTop }, colours);
}
