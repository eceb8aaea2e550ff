/**
 * The questions that the relay passes on: those by which an agent follows the chain (P-57), and no other. Enters: a
 * JSON-RPC call of unknown quality. Leaves: the question in one spelling, so that equal ones are equal texts, or why
 * it is refused.
 */
import { z } from "zod";
import { CALL_DATA_MAX_BYTES, FILTER_ADDRESSES_MAX, FILTER_TOPICS_MAX } from "./limits.ts";

const hexOf = (pattern: RegExp, about: string) =>
  z
    .string()
    .regex(pattern, about)
    .transform((text) => text.toLowerCase());
const address = hexOf(/^0x[0-9a-fA-F]{40}$/, "not an address");
const word = hexOf(/^0x[0-9a-fA-F]{64}$/, "not 32 bytes");
const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,13}$/, "not a block number")
  .transform((text) => `0x${Number(text).toString(16)}`);
const block = z.union([quantity, z.enum(["latest", "finalized"])], "neither a block number nor latest or finalized");
const callData = hexOf(/^0x[0-9a-fA-F]*$/, "not hex").refine((text) => text.length <= 2 + 2 * CALL_DATA_MAX_BYTES, {
  message: `above ${CALL_DATA_MAX_BYTES} bytes`,
});
const oneOrMore = <T extends z.ZodType>(item: T, max: number) => z.union([item, z.array(item).min(1).max(max)]);

const PARAMETERS = {
  eth_chainId: z.tuple([]),
  eth_getCode: z.tuple([address, block]),
  eth_call: z.tuple([z.strictObject({ to: address, data: callData }), block]),
  eth_getBlockByNumber: z.tuple([block, z.literal(false)]),
  eth_getLogs: z.tuple([
    z.strictObject({
      address: oneOrMore(address, FILTER_ADDRESSES_MAX),
      topics: z.array(oneOrMore(word, FILTER_TOPICS_MAX).nullable()).max(4).default([]),
      fromBlock: quantity,
      toBlock: quantity,
    }),
  ]),
  eth_getBlockReceipts: z.tuple([quantity]),
} as const;

type Method = keyof typeof PARAMETERS;

export const METHODS = Object.keys(PARAMETERS);

export interface Question {
  readonly method: string;
  readonly params: readonly unknown[];
  /** The same for equal questions. */
  readonly key: string;
  /** The highest block that the answer is about; null when the question is about now. */
  readonly about: number | null;
}

export type RpcId = string | number | null;

export interface Refusal {
  /** JSON-RPC's number: -32600 not a call, -32601 no such method here, -32602 wrong parameters. */
  readonly code: number;
  readonly message: string;
}

const callSchema = z.object({
  id: z.union([z.string().max(100), z.number(), z.null()]).default(null),
  method: z.string().max(100),
  params: z.array(z.unknown()).default([]),
});

export function parseCall(value: unknown): {
  readonly id: RpcId;
  readonly question: Question | Refusal;
} {
  const call = callSchema.safeParse(value);
  if (!call.success) return { id: null, question: { code: -32_600, message: "not a call of JSON-RPC 2.0" } };
  const { id, method, params } = call.data;
  if (!isMethod(method)) {
    const message = `${method} is not passed on by this relay, which only reads: ${METHODS.join(", ")}`;
    return { id, question: { code: -32_601, message } };
  }
  const checked = PARAMETERS[method].safeParse(params);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const message = `${method}: parameter ${issue?.path.join(".") || "list"}: ${issue?.message}`;
    return { id, question: { code: -32_602, message } };
  }
  return { id, question: questionOf(method, checked.data) };
}

function isMethod(method: string): method is Method {
  return Object.hasOwn(PARAMETERS, method);
}

function questionOf(method: Method, params: readonly unknown[]): Question {
  return { method, params, key: JSON.stringify([method, params]), about: aboutBlock(method, params) };
}

function aboutBlock(method: Method, params: readonly unknown[]): number | null {
  switch (method) {
    case "eth_getLogs":
      return numberOf((params[0] as { toBlock: string }).toBlock);
    case "eth_getBlockByNumber":
      return numberOf(params[0]);
    default:
      // State at an old block is gone at most providers, and the agent never asks for it; receipts are large and seldom
      // asked for.
      return null;
  }
}

function numberOf(tag: unknown): number | null {
  return typeof tag === "string" && tag.startsWith("0x") ? Number(tag) : null;
}
