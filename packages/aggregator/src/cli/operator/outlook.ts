/**
 * What comes next for a node, and what its operator has earned. Enters: what an agent says of itself, and of a node
 * that has exited what the chain says of its principal. Leaves: lines for people; a command in them works now, or
 * stands with the time from which it does. Not its job: whether the agent tells the truth; it is the operator's own.
 */
import type { AgentClient } from "@quorate/client";
import { type Address, isQuorateError } from "@quorate/common";
import type { StatusAnswer } from "@quorate/common/http";
import { dateText } from "../print.ts";
import { type OwnNodeView, type Principal, principalStep } from "./principal.ts";

/** Reports in a row that activate a node, or decommission it (P-60, P-61). */
const IN_A_ROW = 3;

export interface Earnings {
  readonly beneficiary: Address;
  /** Atomic units, lifetime. */
  readonly owed: bigint;
  readonly epoch: number;
}

/** In the order in which they come, as far as that is known. `principal`: null where the chain did not say. */
export function nextEvents(status: StatusAnswer, principal: Principal | null): string[] {
  const { genesis, epochSeconds, head, ownNode, nodeId } = status;
  // Before the agent has read the chain, it does not know whether there is a node.
  if (head === null) return [];
  const events: string[] = [];
  if (genesis !== null && epochSeconds !== null && head.timestamp >= genesis) {
    const ended = Math.floor((head.timestamp - genesis) / epochSeconds);
    events.push(`the epoch ends at ${dateText(genesis + (ended + 1) * epochSeconds)}`);
  }
  if (ownNode != null) return [...events, ...ofNode(status, ownNode, head.timestamp, principal)];
  if (nodeId !== null) return events;
  return [...events, "`quorate register` or `quorate pool open`: no node has this agent's key"];
}

/** `now`: seconds since 1970, of the newest final block. */
function ofNode({ uptime, silentReports }: StatusAnswer, own: OwnNodeView, now: number, principal: Principal | null) {
  const { state, unlocksAt, nodeId } = own;
  if (state === "exited") {
    if (principal !== null) return [principalStep(principal)];
    const free = unlocksAt === null ? "" : ` from ${dateText(unlocksAt)} on`;
    return [`its principal is free${free}, unless it was paid already: --config or --network has the chain asked`];
  }
  const events: string[] = [];
  const present = IN_A_ROW - inARow(uptime, "P");
  const missed = inARow(uptime, "M");
  if (state === "pending" || state === "decommissioned") {
    events.push(`active after ${Math.max(1, present)} more reports in a row with its signature`);
  }
  if (state === "active" && missed > 0) {
    events.push(`decommissioned after ${Math.max(1, IN_A_ROW - missed)} more epochs missed`);
  }
  if (silentReports !== null && silentReports > 0) events.push(`not heard for ${silentReports} reports`);
  if (unlocksAt === null) return events;
  const exit = `\`quorate exit --node ${nodeId}\``;
  if (now >= unlocksAt) return [...events, `it leaves: ${exit} takes it out`];
  return [
    ...events,
    `it leaves: ${exit} takes it out from ${dateText(unlocksAt)} on; keep its agent running until then`,
  ];
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
