/**
 * What was sent, as it is kept in the browser, so that a reload loses nothing. Enters: the stored text, which may be
 * anybody's. Leaves: checked entries, the newest first, a bounded number of them.
 */
import type { Address } from "@quorate/common";
import { z } from "zod";

/** Entries kept; the oldest is forgotten first, and a chain forgets none of them. */
const KEPT_MAX = 30;

const sentSchema = z.object({
  /** The hash, or the wallet's name of a batch. */
  id: z.string().max(400),
  kind: z.enum(["transaction", "batch"]),
  /** The page's part that sent it. */
  topic: z.string().max(40),
  /** The functions called. */
  what: z.array(z.string().max(60)).max(40),
  chainId: z.string().max(20),
  account: z
    .string()
    .regex(/^0x[0-9a-f]{40}$/)
    .transform((text) => text as Address),
  /** Milliseconds since 1970. */
  sentAtMs: z.number(),
  state: z.enum(["waiting", "mined", "failed"]),
  /** The block that holds it. */
  block: z.number().nullable(),
  /** What went wrong, in the error's words. */
  trouble: z.string().max(1_000).nullable(),
});
export type Sent = z.output<typeof sentSchema>;

/** What cannot be read is left out: it is a memory, and the chain is the truth. */
export function parseKept(text: string | null): readonly Sent[] {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(value)) return [];
  return value
    .map((entry) => sentSchema.safeParse(entry))
    .flatMap(({ data }) => (data === undefined ? [] : [data]))
    .slice(0, KEPT_MAX);
}

/** Puts an entry first, or changes the one of its id. */
export function withSent(all: readonly Sent[], entry: Sent): readonly Sent[] {
  if (all.some(({ id }) => id === entry.id)) return all.map((one) => (one.id === entry.id ? entry : one));
  return [entry, ...all].slice(0, KEPT_MAX);
}

/** Those of an account on a chain that a part of the page sent. */
export function sentOf(
  all: readonly Sent[],
  { topic, chainId, account }: { readonly topic: string; readonly chainId: string; readonly account: Address | null },
): readonly Sent[] {
  return all.filter((one) => one.topic === topic && one.chainId === chainId && one.account === account);
}
