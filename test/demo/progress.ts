/**
 * What the demo shows while it works. In: stages as they begin, move and end. Out: on a terminal one live line that is
 * rewritten, with a bar where something fills up, and perhaps a panel above it; elsewhere one plain line for each
 * change. Not its job: to know what the stages are.
 */
import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import { wrap } from "./wrap.ts";

export interface Stage {
  /** `fraction`, 0 to 1, draws the bar. */
  update(detail: string, fraction?: number): void;
  /** For what changes all the time, such as a countdown: shown on a terminal only. */
  live(detail: string): void;
  done(detail: string, fraction?: number): void;
  fail(detail: string, fraction?: number): void;
}

export interface Progress {
  stage(title: string, options?: StageOptions): Stage;
  /** Lines that stay above the live one and are redrawn in place: on a terminal only. */
  panel(lines: readonly string[]): void;
  /** A block of text between or after the stages. Broken between words where a line has more than so many columns. */
  print(text: string, columns?: number): void;
  style(format: Parameters<typeof styleText>[0], text: string): string;
  /** Ends the live line, if there is one: the terminal is left as it was. */
  close(): void;
}

const TITLE_WIDTH = 21;
const BAR_WIDTH = 24;
/** Where details begin, and go on in a second line: after the sign and the title. */
const DETAIL_INDENT = TITLE_WIDTH + 5;
/** Without a terminal, after the time. */
const PLAIN_INDENT = 9;
/** Fast enough to look alive, slow enough to cost nothing. */
const REDRAW_MS = 100;
const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR_LINE = "\r\x1b[2K";
/** From the live line up over a panel of so many lines, and all of it cleared. */
const clearWith = (lines: number): string => (lines === 0 ? CLEAR_LINE : `\r\x1b[${lines}A\x1b[0J`);

export interface StageOptions {
  /** Where a mark is drawn across the bar, as a fraction: how far it must fill. */
  readonly barMark?: number;
}

/** Plain lines of a bar that fills: one a second tells enough. */
const PLAIN_BAR_EVERY_MS = 1_000;

type Outcome = "running" | "done" | "failed";

interface Line {
  readonly title: string;
  readonly detail: string;
  readonly bar: string | undefined;
  readonly outcome: Outcome;
  readonly seconds: string;
}

export function createProgress(stream: NodeJS.WriteStream | WriteStream): Progress {
  const isTerminal = stream.isTTY === true;
  const style = styleFor(stream);
  const startedAtMs = performance.now();
  const screen = new LiveScreen(stream);

  const stage = (title: string, options: StageOptions = {}): Stage => {
    screen.end();
    const beganAtMs = performance.now();
    let current: Line = { title, detail: "…", bar: undefined, outcome: "running", seconds: "" };
    let plainBarAtMs = Number.NEGATIVE_INFINITY;
    const secondsSince = (nowMs: number): string => `${((nowMs - beganAtMs) / 1000).toFixed(1)} s`;
    const liveLine = (): string => {
      const nowMs = performance.now();
      const frame = SPINNER[Math.floor(nowMs / REDRAW_MS) % SPINNER.length] ?? "";
      current = { ...current, seconds: secondsSince(nowMs) };
      return render(current, frame, style);
    };
    const set = (detail: string, fraction: number | undefined, outcome: Outcome): void => {
      const nowMs = performance.now();
      const isNews = detail !== current.detail || outcome !== current.outcome;
      const bar = fraction === undefined ? undefined : drawBar(fraction, options.barMark);
      current = { title, detail, bar, outcome, seconds: secondsSince(nowMs) };
      if (isTerminal) {
        if (outcome === "running") screen.redraw();
        else {
          screen.end();
          stream.write(`${wrap(render(current, "", style), DETAIL_INDENT, stream.columns)}\n`);
        }
        return;
      }
      // A full bar is followed by the end of its stage at once.
      const isTooSoon = fraction === 1 || nowMs - plainBarAtMs < PLAIN_BAR_EVERY_MS;
      if (!isNews || (outcome === "running" && bar !== undefined && isTooSoon)) return;
      plainBarAtMs = nowMs;
      stream.write(renderPlain(current, performance.now() - startedAtMs));
    };
    if (isTerminal) screen.begin(liveLine);
    return {
      update: (detail, fraction) => set(detail, fraction, "running"),
      live: (detail) => {
        if (isTerminal) set(detail, undefined, "running");
      },
      done: (detail, fraction) => set(detail, fraction, "done"),
      fail: (detail, fraction) => set(detail, fraction, "failed"),
    };
  };

  return {
    stage,
    style,
    panel: (lines) => screen.setPanel(lines),
    print: (text, columns = stream.columns) => {
      screen.end();
      stream.write(`${wrap(text, 2, columns)}\n`);
    },
    close: () => screen.end(),
  };
}

/** What is rewritten in place on a terminal: the live line, and the panel above it. */
class LiveScreen {
  readonly #stream: NodeJS.WriteStream | WriteStream;
  #live: { readonly line: () => string; readonly timer: NodeJS.Timeout } | null = null;
  #panel: readonly string[] = [];
  /** Lines of the panel that are on the screen now, right above the live line. */
  #drawn = 0;

  constructor(stream: NodeJS.WriteStream | WriteStream) {
    this.#stream = stream;
  }

  /** From now on the line is redrawn all the time, until `end`. */
  begin(line: () => string): void {
    this.#stream.write(HIDE_CURSOR);
    this.#drawPanel();
    this.#live = { line, timer: setInterval(() => this.redraw(), REDRAW_MS) };
    this.#live.timer.unref();
    this.redraw();
  }

  redraw(): void {
    if (this.#live !== null) this.#stream.write(CLEAR_LINE + this.#cut(this.#live.line()));
  }

  end(): void {
    if (this.#live === null) return;
    clearInterval(this.#live.timer);
    this.#live = null;
    this.#stream.write(clearWith(this.#drawn) + SHOW_CURSOR);
    this.#drawn = 0;
  }

  setPanel(lines: readonly string[]): void {
    this.#panel = lines;
    if (this.#live === null) return;
    this.#stream.write(clearWith(this.#drawn));
    this.#drawPanel();
    this.redraw();
  }

  /** A panel that is higher than the terminal could not be rewritten. */
  #drawPanel(): void {
    const lines = this.#panel.slice(0, Math.max(0, (this.#stream.rows ?? 24) - 2));
    for (const line of lines) this.#stream.write(`${this.#cut(line)}\n`);
    this.#drawn = lines.length;
  }

  #cut(line: string): string {
    return cutToWidth(line, this.#stream.columns ?? 80);
  }
}

/** `validateStream` lets NO_COLOR, FORCE_COLOR and a redirected stream decide. */
function styleFor(stream: NodeJS.WriteStream | WriteStream): Progress["style"] {
  return (format, text) => styleText(format, text, { stream, validateStream: true });
}

/** For a stream that is no terminal: a line of its own, with the time since the start. */
function renderPlain(line: Line, elapsedMs: number): string {
  const bar = line.bar === undefined ? "" : `${line.bar} `;
  const elapsed = `${(elapsedMs / 1000).toFixed(1)} s`.padStart(7);
  const text = `${elapsed}  ${line.title}: ${line.outcome === "failed" ? "FAILED " : ""}${bar}${line.detail}`;
  return `${wrap(text, PLAIN_INDENT)}\n`;
}

function render(line: Line, frame: string, style: Progress["style"]): string {
  const sign = { running: style("cyan", frame), done: style("green", "✔"), failed: style("red", "✘") }[line.outcome];
  const colour = line.outcome === "failed" ? "red" : line.outcome === "done" ? "green" : "cyan";
  const bar = line.bar === undefined ? "" : `${style(colour, line.bar)} `;
  const time = line.seconds === "" ? "" : style("dim", `  ${line.seconds}`);
  return `  ${sign} ${style("bold", line.title.padEnd(TITLE_WIDTH))} ${bar}${line.detail}${time}`;
}

/** A bar of 24 cells; the mark shows how far it must fill. */
export function drawBar(fraction: number, mark?: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_WIDTH);
  const markAt = mark === undefined ? BAR_WIDTH : Math.floor(mark * BAR_WIDTH);
  const cells = Array.from({ length: BAR_WIDTH }, (_, cell) => (cell < filled ? "█" : cell === markAt ? "┃" : "░"));
  return cells.join("");
}

/** Cuts a line to the terminal's width, passing over colour codes: a wrapped line could not be rewritten. */
export function cutToWidth(line: string, columns: number): string {
  let width = 0;
  let output = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    if (part.startsWith("\x1b[")) {
      output += part;
      continue;
    }
    const room = Math.max(0, columns - 1 - width);
    output += part.slice(0, room);
    width += Math.min(part.length, room);
  }
  return output;
}
