/**
 * What comes next for a node, and what its operator has earned. Enters: what an agent says of itself. Leaves: lines for
 * people. Not its job: whether it is true; the agent is the operator's own.
 */
import type { AgentClient } from "@quorate/client";
import { type Address, isQuorateError } from "@quorate/common";
import type { StatusAnswer } from "@quorate/common/http";
import { dateText } from "../print.ts";

/** Reports in a row that activate a node, or decommission it (P-60, P-61). */
const IN_A_ROW = 3;

export interface Earnings {
  readonly beneficiary: Address;
  /** Atomic units, lifetime. */
  readonly owed: bigint;
  readonly epoch: number;
}

/** In the order in which they come, as far as that is known. */
export function nextEvents({ genesis, epochSeconds, head, ownNode, uptime, silentReports }: StatusAnswer): string[] {
  const events: string[] = [];
  if (genesis !== null && epochSeconds !== null && head !== null && head.timestamp >= genesis) {
    const ended = Math.floor((head.timestamp - genesis) / epochSeconds);
    events.push(`the epoch ends at ${dateText(genesis + (ended + 1) * epochSeconds)}`);
  }
  if (ownNode == null) return [...events, "`quorate register` or `quorate pool open`: no node has this agent's key"];
  const { state, unlocksAt, nodeId } = ownNode;
  if (state === "exited") {
    return [...events, `principal free from ${dateText(unlocksAt)} on: \`quorate withdraw --node ${nodeId}\``];
  }
  const present = IN_A_ROW - inARow(uptime, "P");
  const missed = inARow(uptime, "M");
  if (state === "pending" || state === "decommissioned") {
    events.push(`active after ${Math.max(1, present)} more reports in a row with its signature`);
  }
  if (state === "active" && missed > 0) events.push(`decommissioned after ${IN_A_ROW - missed} more epochs missed`);
  if (silentReports !== null && silentReports > 0) events.push(`not heard for ${silentReports} reports`);
  if (unlocksAt !== null) events.push(`it leaves: \`quorate exit --node ${nodeId}\` from ${dateText(unlocksAt)} on`);
  return events;
}

/** Of the operator's beneficiary; empty while there is no node, or no closed epoch. */
export async function earningsOf(client: AgentClient, { ownNode }: StatusAnswer): Promise<readonly Earnings[]> {
  if (ownNode == null) return [];
  try {
    const own = (await client.nodes()).find(({ id }) => id === ownNode.nodeId);
    const operator = own?.contributors[0];
    if (operator === undefined) return [];
    const { amount, epoch } = await client.rewards(operator.beneficiary);
    return [{ beneficiary: operator.beneficiary, owed: amount, epoch }];
  } catch (error) {
    // Before the first epoch has closed there is nothing to tell.
    if (isQuorateError(error)) return [];
    throw error;
  }
}

/** How many of the letter stand at the end. */
function inARow(uptime: string, letter: string): number {
  return uptime.length - uptime.replace(new RegExp(`${letter}+$`), "").length;
}
