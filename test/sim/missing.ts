/**
 * Why an active node's share is missing from a claim, in a few words for people: what the plan knows of it, else what
 * it told the agent.
 */
import type { ClaimView, NodeId } from "@quorate/common";
import type { Plan } from "./plan.ts";

export function reasonOf(plan: Plan, id: NodeId, view: ClaimView | null): string {
  if (plan.silent.has(id)) return "silent";
  const lie = plan.byzantine.get(id);
  if (lie !== undefined) return `liar: ${lie}`;
  const told = view?.reasons.find(({ nodeId }) => nodeId === id)?.code;
  const known = [
    ...(plan.unhealthy.has(id) ? ["provider failing"] : []),
    ...(plan.crashes.has(id) ? ["crashed"] : []),
    ...(plan.partitions.some(({ group }) => group.has(id)) ? ["cut off"] : []),
  ];
  return ["honest", ...known, ...(told === undefined ? [] : [told])].join(", ");
}
