/** Why nodes have not signed a claim, as lines for people (P-89). */
import { ERROR_CODES, formatAmount, type NodeId, type NotSigned, type UnsignedClaim } from "@quorate/common";

/** `1, 2, 3 and 7 more` */
export function listIds(ids: readonly NodeId[], most = 12): string {
  if (ids.length === 0) return "none";
  const shown = ids.slice(0, most).join(", ");
  return ids.length > most ? `${shown} and ${ids.length - most} more` : shown;
}

/**
 * A line for each reason, with the nodes it holds for: what they answered, or why they could not be asked; another
 * amount than this agent's, with both amounts; and last those of which nothing is known. In a network of thousands
 * hundreds of nodes are missing for one reason.
 *
 * `nodes 7, 9: The epoch has not closed … (EPOCH_NOT_CLOSED, 2 epochs closed)`
 */
export function whyNotSigned({
  amount,
  missing,
  reasons,
  disagreements,
}: Pick<UnsignedClaim, "amount" | "missing" | "reasons" | "disagreements">): string[] {
  const known = new Set([...reasons, ...disagreements].map(({ nodeId }) => nodeId));
  const all = [
    ...reasons.map((reason) => ({ nodeId: reason.nodeId, why: reasonText(reason) })),
    ...disagreements.map(({ nodeId, amount: theirs }) => ({
      nodeId,
      why: `signed ${formatAmount(theirs)}, this agent's ledger says ${formatAmount(amount)} (MESSAGE_DISAGREES)`,
    })),
    ...missing.filter((id) => !known.has(id)).map((nodeId) => ({ nodeId, why: "no answer so far" })),
  ];
  const together = new Map<string, NodeId[]>(all.map(({ why }) => [why, []]));
  for (const { nodeId, why } of all) together.get(why)?.push(nodeId);
  return [...together].map(([why, ids]) => `${ids.length === 1 ? "node" : "nodes"} ${listIds(ids)}: ${why}`);
}

function reasonText({ code, closedEpochs }: NotSigned): string {
  const entry = Object.entries(ERROR_CODES).find(([known]) => known === code)?.[1];
  const facts = closedEpochs === null ? code : `${code}, ${closedEpochs} epochs closed`;
  return entry === undefined ? facts : `${entry.summary} (${facts})`;
}
