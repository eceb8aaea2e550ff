/**
 * Point encodings. In: a key or signature in wire form (P-2), or its EIP-2537 form. Out: the other form, or the words a
 * contract call takes. Checks lengths, canonical coordinates and infinity (P-3); whether a point is on the curve and in
 * the subgroup is the `SignatureScheme`'s job.
 */

import { type ErrorCode, quorateError } from "./errors.ts";
import { toHex } from "./hex.ts";
import type { Hex } from "./types.ts";

/** One field element on the wire. */
const FIELD_BYTES = 48;
/** One field element in EIP-2537: left-padded with 16 zero bytes. */
const PADDED_BYTES = 64;
const PADDING_BYTES: number = PADDED_BYTES - FIELD_BYTES;

/** Lengths of P-2. */
export const PUBLIC_KEY_BYTES: number = 2 * FIELD_BYTES;
export const SIGNATURE_BYTES: number = 4 * FIELD_BYTES;

/** The modulus of the base field (RFC 9380, section 8.8), big-endian. */
const MODULUS: readonly number[] = [
  0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7, 0x64, 0x77, 0x4b,
  0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24, 0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53,
  0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab,
];

/** Solady's `BLS.G1Point`: each coordinate as its high (a) and low (b) 32 bytes. */
export interface G1Struct {
  readonly x_a: Hex;
  readonly x_b: Hex;
  readonly y_a: Hex;
  readonly y_b: Hex;
}

/** Solady's `BLS.G2Point`. */
export interface G2Struct {
  readonly x_c0_a: Hex;
  readonly x_c0_b: Hex;
  readonly x_c1_a: Hex;
  readonly x_c1_b: Hex;
  readonly y_c0_a: Hex;
  readonly y_c0_b: Hex;
  readonly y_c1_a: Hex;
  readonly y_c1_b: Hex;
}

/**
 * Checks the encoding of a public key: 96 bytes, not infinity, coordinates below the modulus.
 * @throws PUBLIC_KEY_WRONG_LENGTH, POINT_AT_INFINITY, POINT_NOT_CANONICAL
 */
export function checkPublicKeyEncoding(publicKey: Uint8Array): void {
  checkEncoding(publicKey, PUBLIC_KEY_BYTES, "PUBLIC_KEY_WRONG_LENGTH");
}

/**
 * Checks the encoding of a signature: 192 bytes, not infinity, coordinates below the modulus.
 * @throws SIGNATURE_WRONG_LENGTH, POINT_AT_INFINITY, POINT_NOT_CANONICAL
 */
export function checkSignatureEncoding(signature: Uint8Array): void {
  checkEncoding(signature, SIGNATURE_BYTES, "SIGNATURE_WRONG_LENGTH");
}

/** 96 bytes to EIP-2537's 128. Throws as `checkPublicKeyEncoding`. */
export function g1ToEip2537(publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  checkPublicKeyEncoding(publicKey);
  return pad(publicKey);
}

/** EIP-2537's 128 bytes to 96. @throws POINT_WRONG_LENGTH, POINT_NOT_CANONICAL, POINT_AT_INFINITY */
export function g1FromEip2537(padded: Uint8Array): Uint8Array<ArrayBuffer> {
  const publicKey = unpad(padded, 2);
  checkPublicKeyEncoding(publicKey);
  return publicKey;
}

/** 192 bytes to EIP-2537's 256. Throws as `checkSignatureEncoding`. */
export function g2ToEip2537(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  checkSignatureEncoding(signature);
  return pad(signature);
}

/** EIP-2537's 256 bytes to 192. @throws POINT_WRONG_LENGTH, POINT_NOT_CANONICAL, POINT_AT_INFINITY */
export function g2FromEip2537(padded: Uint8Array): Uint8Array<ArrayBuffer> {
  const signature = unpad(padded, 4);
  checkSignatureEncoding(signature);
  return signature;
}

/** A public key as a contract argument. Throws as `checkPublicKeyEncoding`. */
export function g1Struct(publicKey: Uint8Array): G1Struct {
  const [x_a, x_b, y_a, y_b] = words(g1ToEip2537(publicKey)) as [Hex, Hex, Hex, Hex];
  return { x_a, x_b, y_a, y_b };
}

/** A signature as a contract argument. Throws as `checkSignatureEncoding`. */
export function g2Struct(signature: Uint8Array): G2Struct {
  const [x_c0_a, x_c0_b, x_c1_a, x_c1_b, y_c0_a, y_c0_b, y_c1_a, y_c1_b] = words(g2ToEip2537(signature)) as [
    Hex,
    Hex,
    Hex,
    Hex,
    Hex,
    Hex,
    Hex,
    Hex,
  ];
  return { x_c0_a, x_c0_b, x_c1_a, x_c1_b, y_c0_a, y_c0_b, y_c1_a, y_c1_b };
}

/** The negative of a point of G2: (x, y) to (x, −y). Throws as `checkSignatureEncoding`. */
export function negateG2(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  checkSignatureEncoding(signature);
  const negative = Uint8Array.from(signature);
  for (const start of [2 * FIELD_BYTES, 3 * FIELD_BYTES]) negateElement(negative, start);
  return negative;
}

/** The field element at a place, in place: the modulus minus it, and zero for zero. */
function negateElement(point: Uint8Array, start: number): void {
  if (point.subarray(start, start + FIELD_BYTES).every((byte) => byte === 0)) return;
  let borrow = 0;
  for (let i = FIELD_BYTES - 1; i >= 0; i--) {
    const difference = (MODULUS[i] as number) - (point[start + i] as number) - borrow;
    borrow = difference < 0 ? 1 : 0;
    point[start + i] = difference + 256 * borrow;
  }
}

function checkEncoding(point: Uint8Array, lengthBytes: number, wrongLength: ErrorCode): void {
  if (point.length !== lengthBytes) {
    throw quorateError(wrongLength, { lengthBytes: point.length, expectedBytes: lengthBytes });
  }
  if (point.every((byte) => byte === 0)) throw quorateError("POINT_AT_INFINITY", { lengthBytes });
  for (let start = 0; start < lengthBytes; start += FIELD_BYTES) {
    if (!isBelowModulus(point, start)) {
      throw quorateError("POINT_NOT_CANONICAL", {
        coordinate: start / FIELD_BYTES,
        value: toHex(point.subarray(start, start + FIELD_BYTES)),
      });
    }
  }
}

function isBelowModulus(point: Uint8Array, start: number): boolean {
  for (let i = 0; i < FIELD_BYTES; i++) {
    const byte = point[start + i] as number;
    const limit = MODULUS[i] as number;
    if (byte !== limit) return byte < limit;
  }
  return false;
}

function pad(point: Uint8Array): Uint8Array<ArrayBuffer> {
  const elements = point.length / FIELD_BYTES;
  const padded = new Uint8Array(elements * PADDED_BYTES);
  for (let i = 0; i < elements; i++) {
    padded.set(point.subarray(i * FIELD_BYTES, (i + 1) * FIELD_BYTES), i * PADDED_BYTES + PADDING_BYTES);
  }
  return padded;
}

function unpad(padded: Uint8Array, elements: number): Uint8Array<ArrayBuffer> {
  if (padded.length !== elements * PADDED_BYTES) {
    throw quorateError("POINT_WRONG_LENGTH", { lengthBytes: padded.length, expectedBytes: elements * PADDED_BYTES });
  }
  const point = new Uint8Array(elements * FIELD_BYTES);
  for (let i = 0; i < elements; i++) {
    const start = i * PADDED_BYTES;
    if (padded.subarray(start, start + PADDING_BYTES).some((byte) => byte !== 0)) {
      throw quorateError("POINT_NOT_CANONICAL", { coordinate: i, reason: "padding is not zero" });
    }
    point.set(padded.subarray(start + PADDING_BYTES, start + PADDED_BYTES), i * FIELD_BYTES);
  }
  return point;
}

function words(bytes: Uint8Array): Hex[] {
  const out: Hex[] = [];
  for (let start = 0; start < bytes.length; start += 32) out.push(toHex(bytes.subarray(start, start + 32)));
  return out;
}
