/**
 * What passes between the agent's thread and those that check (worker.ts). Bytes only: blst's objects do not survive
 * the way.
 */
// Not from the main entry: a worker that loads ethers takes 15 MB more.
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "@quorate/common/bls/native";
import type { VerifyItem } from "../../core/io.ts";
import type { KeyTable } from "./keyTable.ts";

/** Shares over one digest. Keys are shared, signatures are handed over. */
export interface TaskMessage {
  readonly digest: Uint8Array;
  readonly keys: SharedArrayBuffer;
  readonly slots: Uint32Array;
  /** 192 bytes each, in the order of the slots. */
  readonly signatures: Uint8Array;
}

export interface TaskResult {
  /** Positions in the task, ascending. */
  readonly invalid: readonly number[];
  /** Pairing checks made. */
  readonly checks: number;
}

/** Whether an item has the lengths a task can carry (P-2). Others are invalid without a check. */
export function fits({ publicKey, signature }: VerifyItem): boolean {
  return publicKey.length === PUBLIC_KEY_BYTES && signature.length === SIGNATURE_BYTES;
}

export function packTask(digest: Uint8Array, items: readonly VerifyItem[], table: KeyTable): TaskMessage {
  const signatures = new Uint8Array(items.length * SIGNATURE_BYTES);
  items.forEach(({ signature }, i) => {
    signatures.set(signature, i * SIGNATURE_BYTES);
  });
  const { keys, slots } = table.place(items.map(({ publicKey }) => publicKey));
  return { digest: Uint8Array.from(digest), keys, slots, signatures };
}

export function unpackTask({ keys, slots, signatures }: TaskMessage): VerifyItem[] {
  return Array.from(slots, (slot, i) => ({
    publicKey: new Uint8Array(keys, slot * PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES),
    signature: signatures.subarray(i * SIGNATURE_BYTES, (i + 1) * SIGNATURE_BYTES),
  }));
}
