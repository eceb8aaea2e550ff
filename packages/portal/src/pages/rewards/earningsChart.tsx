/** Earnings by epoch and node as stacked columns (uPlot). Its colours are the page's own, so both themes work. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { coloursAt } from "../../parts/colours.ts";
import { isDark } from "../../parts/theme.ts";
import { t } from "../../strings/index.ts";
import { type Columns, stacked } from "./earningsView.ts";

const s = t.rewards.why;
const HEIGHT_PX = 240;
/** Part of its place that a column leaves free, and the most that it is wide, in pixels of the page. */
const GAP = 0.15;
const COLUMN_MAX_PX = 60;

interface Props {
  readonly columns: Columns;
  readonly label: string;
}

export function EarningsChart({ columns, label }: Props): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const colours = isDark.value;
  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    const plot = new UPlot(optionsOf(columns, place), dataOf(columns), place);
    const observer = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT_PX }));
    observer.observe(place);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [columns, colours]);
  return (
    <figure class="chart">
      <div ref={box} role="img" aria-label={label} />
      <figcaption>
        <ul class="legend">
          {columns.nodes.map((node, i) => (
            <li key={String(node)}>
              <i class={`colour-${i}`} />
              {node === null ? s.others : s.node(node)}
            </li>
          ))}
        </ul>
        <span class="soft">{label}</span>
      </figcaption>
    </figure>
  );
}

/** The tallest first: what is below is drawn over it. */
function dataOf(columns: Columns): UPlot.AlignedData {
  return [[...columns.epochs], ...stacked(columns).reverse()];
}

function optionsOf({ nodes, width, epochs }: Columns, place: HTMLElement): UPlot.Options {
  // Its own range: of one epoch uPlot would make a hundred.
  const range: [number, number] = [epochs[0] ?? 0, (epochs.at(-1) ?? 0) + width];
  const series = nodes.map((_node, i) => `series-${i}`);
  const colours = coloursAt<string>(place, ["soft", "line", ...series]);
  const axis = {
    stroke: colours["soft"] ?? "",
    grid: { stroke: colours["line"] ?? "", width: 1 },
    ticks: { show: false },
  };
  const columnsDrawn = series.map((name) => ({
    fill: colours[name] ?? "",
    stroke: colours[name] ?? "",
    width: 0,
    points: { show: false },
    // Drawn by `drawColumns`.
    paths: () => null,
  }));
  return {
    width: place.clientWidth,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range },
      y: { range: (_u, _min, max) => [0, max || 1] },
    },
    // Epochs are whole.
    axes: [
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] },
      { ...axis, size: 64 },
    ],
    series: [{}, ...columnsDrawn.reverse()],
    hooks: { drawSeries: [(plot, at) => drawColumns(plot, at, width)] },
  };
}

/**
 * Each column as a rectangle of whole pixels. uPlot's own bars are one path of all columns; a browser without a
 * graphics card fills seven of these in over 0.1 s of the page's thread (P-151), and rectangles in a few milliseconds.
 */
function drawColumns(plot: UPlot, at: number, epochsWide: number): void {
  const { ctx, bbox, data, series } = plot;
  const place = plot.valToPos(epochsWide, "x", true) - plot.valToPos(0, "x", true);
  const gap = Math.max(place > 2 ? 1 : 0, Math.round(place * GAP), Math.round(place - COLUMN_MAX_PX * UPlot.pxRatio));
  const bottom = Math.round(bbox.top + bbox.height);
  const fill = series[at]?.fill;
  // uPlot remembers what it set.
  ctx.save();
  ctx.fillStyle = typeof fill === "function" ? (fill(plot, at) as string) : "";
  data[at]?.forEach((value, column) => {
    const top = Math.round(plot.valToPos(value ?? 0, "y", true));
    const epoch = data[0][column] ?? 0;
    const left = Math.round(plot.valToPos(epoch, "x", true));
    const right = Math.round(plot.valToPos(epoch + epochsWide, "x", true)) - gap;
    if (top < bottom) ctx.fillRect(left, top, Math.max(1, right - left), bottom - top);
  });
  ctx.restore();
}
