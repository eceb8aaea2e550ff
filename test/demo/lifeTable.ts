/**
 * The table of nodes by epoch. In: what an agent says of the nodes, look after look. Out: lines for a person: who was
 * present in which epoch, and how each node's state went. Nodes of the same history share a line. Pure.
 */
import type { NodeId, NodeState } from "@quorate/common";
import type { Progress } from "./progress.ts";
import { COLUMNS, widthOf } from "./wrap.ts";

/** What one look at an agent gives. */
export interface NodesSeen {
  /** The last closed epoch; null before the first. */
  readonly closedEpoch: number | null;
  readonly nodes: readonly NodeSeen[];
}

export interface NodeSeen {
  readonly id: NodeId;
  readonly state: NodeState;
  /** P, M or U for each of the last epochs; the last one is on the epoch before the last closed one (P-59). */
  readonly uptime: string;
}

/** Epochs shown: with them a line of one state fits 80 columns; more states go to a line below. */
const EPOCHS_SHOWN = 14;
const LABEL_WIDTH = 14;
const CELL_WIDTH = 3;

const MARKS = { P: "●", M: "○", U: "·" } as const;
const STATE_COLOURS = { pending: "cyan", active: "green", decommissioned: "yellow", exited: "dim" } as const;

interface History {
  /** States in the order in which they were seen. */
  readonly states: NodeState[];
  /** The state in each epoch, by the first look at it while it was open. */
  readonly stateIn: Map<number, NodeState>;
  readonly verdicts: Map<number, string>;
}

export class LifeTable {
  readonly #histories = new Map<NodeId, History>();
  #lastJudged = -1;

  look({ closedEpoch, nodes }: NodesSeen): void {
    const open = (closedEpoch ?? -1) + 1;
    this.#lastJudged = open - 2;
    for (const { id, state, uptime } of nodes) {
      const history: History = this.#histories.get(id) ?? { states: [], stateIn: new Map(), verdicts: new Map() };
      this.#histories.set(id, history);
      if (history.states.at(-1) !== state) history.states.push(state);
      if (!history.stateIn.has(open)) history.stateIn.set(open, state);
      const first = this.#lastJudged - uptime.length + 1;
      for (const [i, verdict] of [...uptime].entries()) history.verdicts.set(first + i, verdict);
    }
  }

  lines(style: Progress["style"]): string[] {
    const last = Math.max(0, this.#lastJudged);
    const epochs = Array.from({ length: EPOCHS_SHOWN }, (_, i) => last - EPOCHS_SHOWN + 1 + i).filter((e) => e >= 0);
    const numbers = epochs.map((epoch) => String(epoch).padStart(CELL_WIDTH)).join("");
    const header = `  ${"epoch".padEnd(LABEL_WIDTH)}${numbers}`;
    const rows = groupsOf(this.#histories).flatMap(({ ids, history }) => {
      const cells = epochs.map((epoch) => cell(history, epoch, style)).join("");
      const row = `  ${rangesOf(ids).padEnd(LABEL_WIDTH)}${cells}`;
      const states = path(history, style);
      // The last column stays free: a terminal breaks a line that fills it.
      const isTooLong = widthOf(row) + widthOf(states) + 2 >= COLUMNS;
      return isTooLong ? [row, `  ${" ".repeat(LABEL_WIDTH)}  ${states}`] : [`${row}  ${states}`];
    });
    const legend = `  ${" ".repeat(LABEL_WIDTH)} ● signed the epoch's report  ○ missed it  · not judged`;
    return [style("dim", header), ...rows, style("dim", legend)];
  }
}

function cell({ verdicts, stateIn }: History, epoch: number, style: Progress["style"]): string {
  const verdict = verdicts.get(epoch);
  if (verdict !== "P" && verdict !== "M") return MARKS.U.padStart(CELL_WIDTH);
  const mark = MARKS[verdict].padStart(CELL_WIDTH);
  return style(verdict === "M" ? "red" : STATE_COLOURS[stateIn.get(epoch) ?? "active"], mark);
}

function path({ states }: History, style: Progress["style"]): string {
  return states.map((state) => style(STATE_COLOURS[state], state)).join(" → ");
}

/** Nodes whose histories are the same, in the order of their first ids. */
function groupsOf(histories: ReadonlyMap<NodeId, History>): { ids: NodeId[]; history: History }[] {
  const groups = new Map<string, { ids: NodeId[]; history: History }>();
  for (const [id, history] of [...histories].sort(([a], [b]) => a - b)) {
    const key = `${history.states.join()} ${[...history.verdicts].flat().join()}`;
    const group = groups.get(key) ?? { ids: [], history };
    group.ids.push(id);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** `nodes 1–23, 25` */
export function rangesOf(ids: readonly NodeId[]): string {
  const ranges: [NodeId, NodeId][] = [];
  for (const id of ids) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === id - 1) range[1] = id;
    else ranges.push([id, id]);
  }
  const text = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
  return `${ids.length === 1 ? "node" : "nodes"} ${text}`;
}
