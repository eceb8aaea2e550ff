/**
 * What one round is about, as a value and as a key.
 */
import type { Address } from "@quorate/common";

/** `<recipient>@<epoch>`: one round each. */
export type RoundKey = `${Address}@${number}`;

export function roundKey(recipient: Address, epoch: number): RoundKey {
  return `${recipient}@${epoch}`;
}

export function parseRoundKey(key: RoundKey): { readonly recipient: Address; readonly epoch: number } {
  const [recipient, epoch] = key.split("@") as [Address, string];
  return { recipient, epoch: Number(epoch) };
}
