/**
 * Changes of lifetime amounts as bytes, which pass between threads without being copied. In: recipients and amounts.
 * Out: 52 bytes each, the address and then the amount, the highest byte first.
 */
import { quorateError } from "./errors.ts";
import { ADDRESS_BYTES, AMOUNT_BYTES, type RewardsEntry, writeAmount } from "./rewardsTree.ts";

export const CHANGE_BYTES = ADDRESS_BYTES + AMOUNT_BYTES;

const NO_DIGIT = 255;
/** What a hex digit says, by its character code. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? NO_DIGIT : digit;
});

/**
 * The changes at `from` up to, not including, `to`.
 * @throws ADDRESS_MALFORMED, TREE_AMOUNT_INVALID
 */
export function packChanges(changes: readonly RewardsEntry[], from = 0, to = changes.length): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array((to - from) * CHANGE_BYTES);
  const view = new DataView(packed.buffer);
  for (let i = from, at = 0; i < to; i++, at += CHANGE_BYTES) {
    const [recipient, amountAtomic] = changes[i] as RewardsEntry;
    writeAddress(recipient, packed, at);
    writeAmount(amountAtomic, view, at + ADDRESS_BYTES);
  }
  return packed;
}

/**
 * Writes an address as 20 bytes. By hand, because a ledger brings 100,000 at once.
 * @throws ADDRESS_MALFORMED
 */
export function writeAddress(address: string, to: Uint8Array, at: number): void {
  let wrong = address.length === 2 + 2 * ADDRESS_BYTES && address.startsWith("0x") ? 0 : NO_DIGIT;
  for (let i = 0; i < ADDRESS_BYTES; i++) {
    const high = DIGITS[address.charCodeAt(2 + 2 * i)] ?? NO_DIGIT;
    const low = DIGITS[address.charCodeAt(3 + 2 * i)] ?? NO_DIGIT;
    wrong |= (high | low) & 0xf0;
    to[at + i] = (high << 4) | low;
  }
  if (wrong !== 0) throw quorateError("ADDRESS_MALFORMED", { text: address.slice(0, 80) });
}
