/** Why nodes have not signed a claim, as lines for people (P-89). */
import { ERROR_CODES, formatAmount, type NotSigned, type UnsignedClaim } from "@quorate/common";

/**
 * `node 7: The epoch has not closed … (EPOCH_NOT_CLOSED, 2 epochs closed)`: the node's answer, or why it could not be
 * asked.
 */
export function reasonText({ nodeId, code, closedEpochs }: NotSigned): string {
  const entry = Object.entries(ERROR_CODES).find(([known]) => known === code)?.[1];
  const facts = closedEpochs === null ? code : `${code}, ${closedEpochs} epochs closed`;
  return `node ${nodeId}: ${entry === undefined ? facts : `${entry.summary} (${facts})`}`;
}

/**
 * A line for each node that is missing for a known reason, and for each that signed another amount, with both amounts.
 */
export function whyNotSigned({
  amount,
  reasons,
  disagreements,
}: Pick<UnsignedClaim, "amount" | "reasons" | "disagreements">): string[] {
  const differ = disagreements.map(
    ({ nodeId, amount: theirs }) =>
      `node ${nodeId}: signed ${formatAmount(theirs)}, this agent's ledger says ${formatAmount(amount)} ` +
      "(MESSAGE_DISAGREES)",
  );
  return [...reasons.map(reasonText), ...differ];
}
