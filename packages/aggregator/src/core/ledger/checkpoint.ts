/**
 * The ledger as text and back, for the store. One version at a time: a checkpoint of another version is refused, and the fold starts anew from the chain.
 * Not here: when to write one (agent.ts).
 */
import { type Address, fromHex, quorateError, toHex } from "@quorate/common";
import { z } from "zod";
import { amount, hex, integer } from "./checkpointFields.ts";
import type { FoldedNode, LedgerState } from "./ledger.ts";
import { plainUptime, uptimeSchema } from "./uptimeCheckpoint.ts";

/** Raised with any change of the fold's rules or of this form. */
const CHECKPOINT_VERSION = 3;

const amounts = z.array(z.tuple([hex, amount]));

const checkpointSchema = z.strictObject({
  version: z.literal(CHECKPOINT_VERSION),
  head: z.strictObject({ number: integer, hash: hex, timestamp: integer }).nullable(),
  genesis: integer.nullable(),
  epochSeconds: integer.nullable(),
  pool: z.strictObject({ balance: amount, time: integer, totalReleased: amount }).nullable(),
  openEpoch: integer,
  releasedAtOpen: amount,
  carry: amount,
  nodes: z.array(
    z.strictObject({
      activeSince: integer.nullable(),
      activeSeconds: integer,
      earnsUntil: integer.nullable(),
      node: z.strictObject({
        id: integer,
        operator: hex,
        state: z.enum(["pending", "active", "decommissioned", "exited"]),
        silent: z.boolean(),
        stake: amount,
        blsKey: hex.transform((value) => fromHex(value)),
        identityKey: hex,
        identityValid: z.boolean(),
        feeBps: integer,
        contributors: z.array(z.strictObject({ addr: hex, beneficiary: hex, stake: amount })),
      }),
    }),
  ),
  closed: z.array(z.strictObject({ epoch: integer, owed: amounts })),
  uptime: uptimeSchema,
});

export function writeCheckpoint(state: LedgerState): string {
  const { owed: _latest, nodes, closed, uptime, ...rest } = state;
  const plain = {
    version: CHECKPOINT_VERSION,
    ...rest,
    nodes: [...nodes.values()],
    closed: closed.map(({ epoch, owed }) => ({ epoch, owed: [...owed] })),
    uptime: plainUptime(uptime),
  };
  return JSON.stringify(plain, (_key, value: unknown) => {
    if (typeof value === "bigint") return value.toString();
    return value instanceof Uint8Array ? toHex(value) : value;
  });
}

/** Throws STORE_CORRUPT when the text is not a checkpoint of this version. */
export function readCheckpoint(json: string): LedgerState {
  const parsed = checkpointSchema.safeParse(parseJson(json));
  if (!parsed.success) throw quorateError("STORE_CORRUPT", { part: "ledger", detail: z.prettifyError(parsed.error) });
  const { version: _version, nodes, closed, ...rest } = parsed.data;
  const epochs = closed.map(({ epoch, owed }) => ({ epoch, owed: new Map<Address, bigint>(owed) }));
  return {
    ...rest,
    nodes: new Map(nodes.map((folded): [number, FoldedNode] => [folded.node.id, folded])),
    closed: epochs,
    owed: new Map(epochs.at(-1)?.owed),
  };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
