/**
 * The ledger's part about reports in a checkpoint, and back. Not here: the text around it (checkpoint.ts).
 */
import { z } from "zod";
import { amount, hex, integer } from "./checkpointFields.ts";
import type { UptimeState } from "./uptime.ts";

const ids = z.array(integer);

const node = z.strictObject({
  registeredAt: integer,
  changedAt: integer,
  exitedAt: integer.nullable(),
  level: integer,
  run: integer,
  heardAtReport: integer,
  strip: z.string().regex(/^[PMU]*$/),
});

export const uptimeSchema = z.strictObject({
  nodes: z.array(z.tuple([integer, node])).transform((entries) => new Map(entries)),
  presences: z.array(
    z.strictObject({
      epoch: integer,
      digest: hex,
      isPayable: z.boolean(),
      blocks: z.array(z.strictObject({ ids, signature: hex, minus: z.array(integer) })),
      recordedLater: ids,
    }),
  ),
  lists: z.array(z.strictObject({ epoch: integer, activate: ids, decommission: ids })),
  acceptedReports: integer,
  payableRoots: z.array(z.strictObject({ epoch: integer, rootIndex: integer, rewardsRoot: hex, totalOwed: amount })),
  nextRootIndex: integer,
  bounties: z.array(hex),
});

/** As plain data; `uptimeSchema` reads it. */
export function plainUptime({ nodes, ...rest }: UptimeState): unknown {
  return { ...rest, nodes: [...nodes] };
}
