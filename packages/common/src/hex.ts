/**
 * Bytes and their hex text. In: untrusted text or bytes. Out: the one canonical form (lower case), or a coded error.
 */

import { keccak_256 } from "@noble/hashes/sha3.js";
import { quorateError } from "./errors.ts";
import type { Address, Hex } from "./types.ts";

const BYTE_TEXT: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case 0x-hex of `bytes`. */
export function toHex(bytes: Uint8Array): Hex {
  let text = "0x";
  for (const byte of bytes) text += BYTE_TEXT[byte];
  return text as Hex;
}

/**
 * The bytes of 0x-hex, either case.
 * @throws HEX_MALFORMED when it is anything else, or not `lengthBytes` long where that is given.
 */
export function fromHex(hex: string, lengthBytes?: number): Uint8Array<ArrayBuffer> {
  const digits = hex.length - 2;
  const isHex = hex.startsWith("0x") && digits % 2 === 0;
  if (!isHex || (lengthBytes !== undefined && digits !== lengthBytes * 2)) {
    throw quorateError("HEX_MALFORMED", { text: excerpt(hex), expectedBytes: lengthBytes });
  }
  const bytes = new Uint8Array(digits / 2);
  for (let i = 0; i < bytes.length; i++) {
    const byte = digitAt(hex, 2 + i * 2) * 16 + digitAt(hex, 3 + i * 2);
    if (Number.isNaN(byte)) throw quorateError("HEX_MALFORMED", { text: excerpt(hex), expectedBytes: lengthBytes });
    bytes[i] = byte;
  }
  return bytes;
}

/** Read digit by digit: a catch-up answer has hundreds of addresses. NaN for anything else. */
function digitAt(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : Number.NaN;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Whether both hold the same bytes. Not constant-time: for public data only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * The address that `text` names, in lower case. Mixed case must satisfy EIP-55, because a person may have typed it.
 * @throws ADDRESS_MALFORMED, ADDRESS_BAD_CHECKSUM
 */
export function parseAddress(text: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw quorateError("ADDRESS_MALFORMED", { text: excerpt(text) });
  const lower = text.toLowerCase() as Address;
  if (text !== lower && text.slice(2) !== text.slice(2).toUpperCase() && text !== checksummed(lower)) {
    throw quorateError("ADDRESS_BAD_CHECKSUM", { address: text, expected: checksummed(lower) });
  }
  return lower;
}

/**
 * EIP-55. By hand, because the threads that check signatures load this file, and ethers would cost each of them 25
 * MB.
 */
function checksummed(lower: Address): Address {
  const hash = toHex(keccak_256(new TextEncoder().encode(lower.slice(2))));
  const digits = [...lower.slice(2)].map((digit, i) => (hash.charAt(i + 2) >= "8" ? digit.toUpperCase() : digit));
  return `0x${digits.join("")}`;
}

/** Long enough to recognise, short enough for a log: what a stranger sent must not fill it. */
function excerpt(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
