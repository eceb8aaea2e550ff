/**
 * What a person asked for, kept in this browser until it is done, so that a reload goes on with it. Enters: a claim's
 * epoch and amount, or a transaction's hash. Leaves: the same after a reload. Nothing of it is believed: the chain says
 * what became of it.
 */
import type { Address } from "@quorate/common";
import { z } from "zod";

const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
/** Atomic units. */
const amount = z.string().regex(/^[1-9][0-9]{0,77}$/);

const savedSchema = z.discriminatedUnion("step", [
  z.object({
    step: z.literal("signing"),
    way: z.enum(["cheapest", "bundle"]),
    epoch: z.int().nonnegative().nullable(),
    /** Of a part; null: all of it. */
    amount: amount.nullable().default(null),
  }),
  /** The first of two transactions is on its way: it records, and a part of this amount is to be paid then. */
  z.object({ step: z.literal("recording"), hash, amount }),
  /** Both are on their way as one: only the wallet that was asked knows of it, by this name. */
  z.object({ step: z.literal("batch"), id: z.string().min(1).max(8_194), amount }),
  z.object({ step: z.literal("sent"), hash }),
]);

export type Saved = z.output<typeof savedSchema>;

/** `localStorage`, or what is like it. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface SavedClaim {
  read(): Saved | null;
  write(saved: Saved): void;
  clear(): void;
}

export function savedClaim(
  store: Store,
  { chainId, contract }: { readonly chainId: string; readonly contract: Address },
  recipient: Address,
): SavedClaim {
  const key = `quorate.claim.${chainId}.${contract}.${recipient}`;
  return {
    read() {
      try {
        const saved = savedSchema.safeParse(JSON.parse(store.getItem(key) ?? "null"));
        return saved.success ? saved.data : null;
      } catch {
        return null;
      }
    },
    write: (saved) => store.setItem(key, JSON.stringify(saved)),
    clear: () => store.removeItem(key),
  };
}
