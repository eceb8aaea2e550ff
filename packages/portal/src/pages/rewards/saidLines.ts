/**
 * The lines of an amount as several agents have them (P-150). Enters: a panel, a recipient, an epoch. Leaves: lines,
 * held against each other field by field. The first agent's are told at once, because a second one takes as long
 * again.
 */
import { createAgentClient, type Explained, explainByAgent, LEDGER_ANSWER_MS } from "@quorate/client";
import type { Address, LedgerLine } from "@quorate/common";
import { inSlices } from "../../parts/slices.ts";
import type { Compared } from "../../truth/compare.ts";
import type { Panel } from "../../truth/panel.ts";
import { type EarningsView, viewOf } from "./earningsView.ts";

export interface SaidLines extends Explained {
  /** The same for the same lines in the same order. */
  readonly key: string;
  readonly view: EarningsView;
}

export interface LinesAsked {
  readonly recipient: Address;
  /** The last epoch of the lines; null: the last one that is closed. */
  readonly epoch: number | null;
  readonly signal: AbortSignal;
  /** Told of the last epoch of each page, by whichever agent it came. */
  readonly onPage: (epoch: number) => void;
  /** Told of the lines of each agent as it has given all of them. */
  readonly onHeard: (lines: SaidLines, url: string) => void;
}

/** @throws AGENT_*, LEDGER_LINES_DISAGREE where no agent's lines add up */
export function askLines(panel: Panel, asked: LinesAsked): Promise<Compared<SaidLines>> {
  const { recipient, epoch, signal, onPage, onHeard } = asked;
  /** The same lines are counted once. */
  const views = new Map<string, Promise<EarningsView>>();
  return panel.ask<SaidLines>({
    async ask({ url }) {
      const patient = createAgentClient({ url, timeoutMs: LEDGER_ANSWER_MS });
      const explained = await explainByAgent(patient, recipient, epoch, (reached) => {
        signal.throwIfAborted();
        onPage(reached);
      });
      const key = await keyOfLines(explained.lines);
      const view = views.get(key) ?? viewOf(explained.lines);
      views.set(key, view);
      const lines = { ...explained, key, view: await view };
      if (!signal.aborted) onHeard(lines, url);
      return lines;
    },
    keyOf: ({ key }) => key,
    momentOf: (lines) => lines.epoch,
    signal,
  });
}

/**
 * Every field of every line. Written out and not hashed: a hash of 40,000 lines takes over 0.1 s of script here, and
 * the texts are compared once.
 */
export async function keyOfLines(lines: readonly LedgerLine[]): Promise<string> {
  const parts: string[] = [];
  await inSlices(lines, (some) => void parts.push(some.map(textOf).join("\n")));
  return parts.join("\n");
}

/** The first epoch in which two agents' lines are not the same; null where all are. */
export function firstDifference(some: readonly LedgerLine[], others: readonly LedgerLine[]): number | null {
  for (let at = 0; at < Math.max(some.length, others.length); at++) {
    const [one, other] = [some[at], others[at]];
    if (one === undefined || other === undefined) return (one ?? other)?.epoch ?? null;
    if (FIELDS.some((field) => one[field] !== other[field])) return Math.min(one.epoch, other.epoch);
  }
  return null;
}

const FIELDS = ["epoch", "node", "activeSeconds", "nodeReward", "fee", "share", "dust", "bounty", "amount"] as const;

function textOf(line: LedgerLine): string {
  return FIELDS.map((field) => line[field]).join(" ");
}
