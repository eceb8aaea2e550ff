/**
 * Messages as JSON and back, for stores: integers as decimal strings, as in bundles (P-100).
 * Not here: their wire form (wire/fields.ts), their digests (messages.ts).
 */

import { z } from "zod";
import { quorateError } from "./errors.ts";
import type { KindMessage, KindName } from "./kinds.ts";
import type { Address, Hex } from "./types.ts";

const hexOf = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`));
const amount = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,77})$/)
  .transform(BigInt);
const integer = z.number().int().nonnegative();
const ids = z.array(integer.positive());

const SCHEMAS = {
  RewardClaim: z.strictObject({ recipient: hexOf(20).transform((text) => text as Address), amount }),
  EpochReport: z.strictObject({
    epoch: integer,
    rewardsRoot: hexOf(32).transform((text) => text as Hex),
    totalOwed: amount,
    activate: ids,
    decommission: ids,
  }),
  Contest: z.strictObject({ epoch: integer }),
} as const satisfies Record<KindName, z.ZodType>;

export function messageToJson({ message }: KindMessage): string {
  return JSON.stringify(message, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
}

/** @throws MESSAGE_INVALID when the text is not a message of this kind */
export function messageFromJson(kind: KindName, json: string): KindMessage {
  const parsed = SCHEMAS[kind].safeParse(parse(json));
  if (!parsed.success) {
    throw quorateError("MESSAGE_INVALID", { struct: kind, reason: parsed.error.issues[0]?.message, json });
  }
  return { kind, message: parsed.data } as KindMessage;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
