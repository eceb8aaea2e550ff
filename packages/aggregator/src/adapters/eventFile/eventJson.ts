/**
 * One event of the ledger as JSON and back (docs/histories.md): amounts as decimal strings, bytes as lower-case hex of
 * their exact length. Enters: a parsed value of unknown quality. Leaves: a `ChainEvent`, or the first field that is
 * wrong. Not its job: whether it can follow (P-58).
 */
import type { Address, ChainHead, Hex } from "@quorate/common";
import { z } from "zod";
import type { ChainEvent } from "../../core/ledger/events.ts";

const bytes = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-f]{${2 * length}}$`), `not ${length} bytes of lower-case hex`)
    .transform((text) => text as Hex);
export const address = bytes(20).transform((text): Address => text);
const amount = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,77})$/, "not an amount as a decimal string")
  .transform(BigInt);
const integer = z.int().nonnegative();
const id = z.int().positive();
/** As many as the protocol's bitfields can name. */
const ids = z.array(id).max(65_536);

export const headSchema: z.ZodType<ChainHead> = z.strictObject({
  number: integer,
  hash: bytes(32),
  timestamp: integer,
});

const position = { blockNumber: integer, logIndex: integer, timestamp: integer };
const contributor = z.strictObject({ addr: address, beneficiary: address, stake: amount });

const eventSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("node-registered"),
    ...position,
    id,
    operator: address,
    seeded: z.boolean(),
    blsKey: bytes(96),
    identityKey: bytes(32),
    identitySignature: bytes(64),
    feeBps: integer.max(10_000),
    contributors: z.array(contributor).min(1).max(10),
  }),
  z.strictObject({ type: z.literal("nodes-activated"), ...position, ids }),
  z.strictObject({ type: z.literal("nodes-decommissioned"), ...position, ids }),
  z.strictObject({ type: z.literal("nodes-dropped"), ...position, ids }),
  z.strictObject({ type: z.literal("nodes-restored"), ...position, ids }),
  z.strictObject({ type: z.literal("nodes-heard"), ...position, ids }),
  z.strictObject({ type: z.literal("leave-requested"), ...position, id, unlocksAt: integer }),
  z.strictObject({ type: z.literal("node-exited"), ...position, id }),
  z.strictObject({
    type: z.literal("report-recorded"),
    ...position,
    epoch: integer,
    submitter: address,
    digest: bytes(32),
    isFirst: z.boolean(),
    becamePayable: z.boolean(),
    signature: bytes(192),
    nonSigners: ids,
    extraSigners: ids,
  }),
  z.strictObject({
    type: z.literal("root-payable"),
    ...position,
    epoch: integer,
    rootIndex: integer,
    rewardsRoot: bytes(32),
    totalOwed: amount,
  }),
  z.strictObject({
    type: z.literal("signers-shown"),
    ...position,
    epoch: integer,
    signature: bytes(192),
    signers: ids,
  }),
  // An epoch of no seconds would never end.
  z.strictObject({ type: z.literal("started"), ...position, genesis: integer, epochSeconds: integer.positive() }),
  z.strictObject({
    type: z.literal("pool-settled"),
    ...position,
    balance: amount,
    time: integer,
    totalReleased: amount,
  }),
]);

/** The event, or the first field that is wrong. */
export function eventFromJson(value: unknown): ChainEvent | { readonly field: string; readonly reason: string } {
  const result = eventSchema.safeParse(value);
  if (result.success) return result.data satisfies ChainEvent;
  const issue = result.error.issues[0];
  return { field: issue?.path.join(".") || "event", reason: issue?.message ?? "malformed" };
}

/** On one line. */
export function eventToJson(event: ChainEvent): string {
  return JSON.stringify(event, (_key, part: unknown) => (typeof part === "bigint" ? part.toString() : part));
}
