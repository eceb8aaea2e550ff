/** Who sends reports, and which part a node had in them. Enters: records of the chain. Leaves: counts and verdicts. */
import type { ReportRecord } from "@quorate/client";
import type { Address, NodeId } from "@quorate/common";

export interface Submitter {
  readonly address: Address;
  /** Records it sent, of those looked at. */
  readonly records: number;
}

/** Those with most records first. */
export function submittersOf(records: readonly Pick<ReportRecord, "submitter">[]): readonly Submitter[] {
  const counts = new Map<Address, number>();
  for (const { submitter } of records) counts.set(submitter, (counts.get(submitter) ?? 0) + 1);
  return [...counts]
    .map(([address, sent]) => ({ address, records: sent }))
    .sort((a, b) => b.records - a.records || a.address.localeCompare(b.address));
}

/**
 * The record says who of the active nodes had not signed, and who had though it was not active. Anyone else was active
 * and had signed, or was neither: `notNamed`.
 */
export type Part = "missing" | "extra" | "notNamed";

export function partOf(node: NodeId, { nonSigners, extraSigners }: ReportRecord): Part {
  if (nonSigners.includes(node)) return "missing";
  return extraSigners.includes(node) ? "extra" : "notNamed";
}
