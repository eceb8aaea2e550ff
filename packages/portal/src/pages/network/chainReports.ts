/**
 * What the page reads of reports itself. Enters: a client. Leaves: records, and the newest payable root with its epoch.
 */
import type { QuorateClient, ReportRecord } from "@quorate/client";
import type { PayableRootSaid } from "./agents.ts";

export interface ChainReports {
  /** Newest first. */
  readonly records: readonly ReportRecord[];
  /** Null where there is none, or where one more became payable while it was read. */
  readonly payable: PayableRootSaid | null;
}

export async function chainReports(
  client: Pick<QuorateClient, "reports" | "contract">,
  signal: AbortSignal,
): Promise<ChainReports> {
  const contract = await client.contract();
  const before = await contract.payableRootCount();
  const records = await client.reports({ signal });
  const epoch = payableEpochIn(records);
  if (epoch === null || before === 0) return { records, payable: null };
  const root = await contract.payableRoot(before - 1);
  const isSame = (await contract.payableRootCount()) === before;
  return { records, payable: isSame ? { epoch, root } : null };
}

/** The epoch whose root became payable last. */
export function payableEpochIn(records: readonly ReportRecord[]): number | null {
  return records.find(({ becamePayable }) => becamePayable)?.epoch ?? null;
}
