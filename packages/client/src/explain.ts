/**
 * Every line of an amount, as one agent has them (P-50 to P-56). Enters: an agent. Leaves: lines that add up, exactly,
 * to the amount. The agent's word is not believed for more than that: `quorate ledger recompute` needs no agent.
 */
import { type Address, isQuorateError, type LedgerLine, quorateError } from "@quorate/common";
import type { AgentClient } from "./agentClient.ts";

const WAITS = ["RATE_LIMITED", "LEDGER_BUSY", "ANSWER_TIMED_OUT"] as const;

/** Times a busy agent is asked again, and the milliseconds between. */
const PATIENCE = 60;
const PATIENCE_MS = 1_000;

/**
 * Waits as long as the agent says, or a little while it is busy: a fold that took too long to answer goes on, and is
 * kept.
 */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries > PATIENCE || !isQuorateError(error, ...WAITS)) throw error;
      const { waitMs } = error.values;
      const pauseMs = typeof waitMs === "number" ? waitMs + 10 : PATIENCE_MS;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

export interface Explained {
  readonly lines: readonly LedgerLine[];
  readonly amount: bigint;
  /** The last epoch of the lines. */
  readonly epoch: number;
}

/**
 * All lines of an amount, page by page, added up as they come.
 * @throws LEDGER_LINES_DISAGREE when they do not add up, or do not follow on
 */
export async function explainByAgent(
  client: AgentClient,
  recipient: Address,
  epoch: number | null,
  onProgress: (epoch: number) => void = () => {},
): Promise<Explained> {
  const lines: LedgerLine[] = [];
  let amount = 0n;
  // Fixed at first: another epoch may close while pages come.
  const to = epoch ?? (await patiently(() => client.ledgerEpochs(0, 1))).closedEpoch;
  if (to === null) throw quorateError("EPOCH_NOT_CLOSED", { epoch: 0 });
  for (let from = 0; ; ) {
    const page = await patiently(() => client.ledgerPage(recipient, from, to));
    const sum = page.lines.reduce((total, line) => total + line.amount, page.before);
    const follows = page.from === from && page.to >= from && page.before === amount && page.recipient === recipient;
    if (!follows || sum !== page.after || (page.next !== null && page.next !== page.to + 1)) {
      const { before, after } = page;
      throw quorateError("LEDGER_LINES_DISAGREE", { recipient, from, before, expected: amount, sum, after });
    }
    lines.push(...page.lines);
    amount = page.after;
    onProgress(page.to);
    if (page.next === null) return { lines, amount, epoch: page.to };
    from = page.next;
  }
}
