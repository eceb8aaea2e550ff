/**
 * The lines of an amount as several agents have them (P-150). Enters: a panel, a recipient, an epoch. Leaves: lines,
 * held against each other by their digests. The first agent's are told at once, because a second one takes as long
 * again.
 */
import { createAgentClient, type Explained, explainByAgent, LEDGER_ANSWER_MS } from "@quorate/client";
import type { Address, LedgerLine } from "@quorate/common";
import { id } from "ethers";
import type { Compared } from "../../truth/compare.ts";
import type { Panel } from "../../truth/panel.ts";

export interface SaidLines extends Explained {
  /** The same for the same lines in the same order. */
  readonly digest: string;
}

/** Lines digested before the page may draw again: some 5 ms of script here, below 100 on a slow phone. */
const LINES_AT_ONCE = 1_000;

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
  return panel.ask<SaidLines>({
    async ask({ url }) {
      const patient = createAgentClient({ url, timeoutMs: LEDGER_ANSWER_MS });
      const explained = await explainByAgent(patient, recipient, epoch, (reached) => {
        signal.throwIfAborted();
        onPage(reached);
      });
      const lines = { ...explained, digest: await digestOfLines(explained.lines) };
      if (!signal.aborted) onHeard(lines, url);
      return lines;
    },
    keyOf: ({ digest }) => digest,
    momentOf: (lines) => lines.epoch,
    signal,
  });
}

/** Of every field of every line, a thousand at a time, each chained to those before. */
export async function digestOfLines(lines: readonly LedgerLine[]): Promise<string> {
  let digest = "";
  for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
    if (from > 0) await new Promise((resolve) => setTimeout(resolve));
    const some = lines.slice(from, from + LINES_AT_ONCE);
    digest = id(`${digest}\n${some.map(textOf).join("\n")}`);
  }
  return digest;
}

/** The first epoch in which two agents' lines are not the same; null where all are. */
export function firstDifference(some: readonly LedgerLine[], others: readonly LedgerLine[]): number | null {
  for (let at = 0; at < Math.max(some.length, others.length); at++) {
    const [one, other] = [some[at], others[at]];
    if (one === undefined || other === undefined) return (one ?? other)?.epoch ?? null;
    if (textOf(one) !== textOf(other)) return Math.min(one.epoch, other.epoch);
  }
  return null;
}

function textOf({ epoch, node, activeSeconds, nodeReward, fee, share, dust, bounty, amount }: LedgerLine): string {
  return `${epoch} ${node} ${activeSeconds} ${nodeReward} ${fee} ${share} ${dust} ${bounty} ${amount}`;
}
