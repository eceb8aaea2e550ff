/**
 * One panel of a plot: axes with units, grid, lines and their legend. In: what to draw. Out: SVG text.
 */
export interface Series {
  /** Null: not in the legend. */
  readonly label: string | null;
  readonly colour: string;
  /** The value holds until the next point. */
  readonly steps: boolean;
  /** Milliseconds of the run, and the value. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Panel {
  readonly title: string;
  /** Of the values. */
  readonly unit: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly endMs: number;
  /** The top of the value axis; null: what the values need. */
  readonly max: number | null;
  readonly series: readonly Series[];
  /** Horizontal lines. */
  readonly marks: readonly { readonly value: number; readonly label: string; readonly dash: string }[];
}

const TICKS_X = 10;
const TICKS_Y = 5;
const LEGEND_GAP = 12;
const LEGEND_LINE = 17;

/** @param event a moment to mark with a vertical line */
export function panelSvg(panel: Panel, event: { readonly atMs: number; readonly label: string }): string {
  const { left, top, width, height, endMs, series } = panel;
  const highest = Math.max(0, ...series.flatMap(({ points }) => points.map(([, value]) => value)));
  const stepY = niceStep((panel.max ?? (highest || 1)) / TICKS_Y);
  const max = panel.max ?? Math.max(stepY, Math.ceil(highest / stepY) * stepY);
  const x = (ms: number): number => left + (width * ms) / endMs;
  const y = (value: number): number => top + height - (height * Math.min(value, max)) / max;
  return [
    `<g>`,
    text(left, top - 10, panel.title, `font-size="13" font-weight="bold"`),
    ...valueAxis(panel, stepY, max, y),
    ...timeAxis(panel, x),
    line(left, top + height, left + width, top + height, `stroke="#444444"`),
    line(left, top, left, top + height, `stroke="#444444"`),
    ...(event.atMs < endMs ? eventSvg(panel, x(event.atMs), event.label) : []),
    ...series.map((one) => polyline(one, x, y)),
    ...panel.marks.flatMap((mark) => markSvg(panel, mark, y(mark.value))),
    ...legend(panel),
    `</g>`,
  ].join("\n");
}

function valueAxis({ left, top, width, height, unit }: Panel, step: number, max: number, y: (v: number) => number) {
  const lines: string[] = [];
  for (let value = 0; value <= max + step / 1e6; value += step) {
    lines.push(line(left, y(value), left + width, y(value), `stroke="#e4e4e4"`));
    lines.push(text(left - 8, y(value) + 4, label(value), `text-anchor="end"`));
  }
  const middle = round(top + height / 2);
  lines.push(text(18, middle, unit, `text-anchor="middle" transform="rotate(-90 18 ${middle})" fill="#555555"`));
  return lines;
}

function timeAxis({ left, top, width, height, endMs }: Panel, x: (ms: number) => number): string[] {
  const lines: string[] = [];
  const step = niceStep(endMs / 1_000 / TICKS_X);
  for (let second = 0; second * 1_000 <= endMs; second += step) {
    const at = x(second * 1_000);
    lines.push(line(at, top, at, top + height, `stroke="#f0f0f0"`));
    lines.push(text(at, top + height + 16, label(second), `text-anchor="middle"`));
  }
  lines.push(text(left + width, top + height + 32, "virtual time, s", `text-anchor="end" fill="#555555"`));
  return lines;
}

function eventSvg({ top, height }: Panel, at: number, label: string): string[] {
  return [
    line(at, top, at, top + height, `stroke="#999999" stroke-dasharray="2 3"`),
    ...(label === "" ? [] : [text(at + 4, top + height - 6, label, `fill="#777777" font-size="10"`)]),
  ];
}

function markSvg({ left, width }: Panel, mark: Panel["marks"][number], at: number): string[] {
  return [line(left, at, left + width, at, markStroke(mark))];
}

const markStroke = ({ dash }: Panel["marks"][number]): string => `stroke="#555555" stroke-dasharray="${dash}"`;

function polyline({ points, colour, steps }: Series, x: (ms: number) => number, y: (value: number) => number): string {
  const path = points.flatMap(([ms, value], i) => {
    const before = points[i - 1];
    const corner = steps && before !== undefined ? [`${round(x(ms))},${round(y(before[1]))}`] : [];
    return [...corner, `${round(x(ms))},${round(y(value))}`];
  });
  return (
    `<polyline points="${path.join(" ")}" fill="none" stroke="${colour}" stroke-width="1.6" ` +
    `stroke-linejoin="round"/>`
  );
}

/** Beside the panel: a line for each series, then for each mark. */
function legend({ left, top, width, series, marks }: Panel): string[] {
  const from = left + width + LEGEND_GAP;
  const entries = [
    ...series.flatMap(({ label, colour }) => (label === null ? [] : [{ label, stroke: `stroke="${colour}"` }])),
    ...marks.map((mark) => ({ label: mark.label, stroke: markStroke(mark) })),
  ];
  return entries.flatMap(({ label, stroke }, i) => {
    const at = top + 8 + i * LEGEND_LINE;
    return [
      line(from, at, from + 18, at, `${stroke} stroke-width="2"`),
      text(from + 24, at + 4, label, `font-size="10"`),
    ];
  });
}

/** 1, 2 or 5 times a power of ten, at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) as number) * power;
}

const label = (value: number): string => String(Number(value.toPrecision(6)));
const round = (value: number): number => Math.round(value * 10) / 10;

function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" ${style}/>`;
}

function text(x: number, y: number, content: string, style: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${style}>${xmlText(content)}</text>`;
}

/** Text in XML. */
export function xmlText(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
