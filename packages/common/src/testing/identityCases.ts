/**
 * Identity signatures at the edges where implementations of Ed25519 differ: small order, encodings that are not
 * canonical, s beyond the order. Enters: scalars and parts. Leaves: keys and signatures, some of them valid (P-7).
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, fromHex, toHex } from "../hex.ts";

const { Point } = ed25519;
/** Of the base point. */
export const IDENTITY_ORDER: bigint = Point.Fn.ORDER;

/** The eight points of the torsion subgroup: multiples of one of order 8. */
const EIGHTH = Point.fromBytes(fromHex("0xc7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), true);
const TORSION_POINTS = Array.from({ length: 8 }, (_, i) => EIGHTH.multiplyUnsafe(BigInt(i)));
export const TORSION: readonly Uint8Array[] = TORSION_POINTS.map((point) => point.toBytes());

/** Encodings that RFC 8032 does not allow: y of at least 2^255 − 19, and a sign for x = 0. */
export const NOT_CANONICAL: readonly Uint8Array[] = [
  `0xed${"ff".repeat(30)}7f`,
  `0xed${"ff".repeat(30)}ff`,
  `0xee${"ff".repeat(30)}7f`,
  `0xee${"ff".repeat(30)}ff`,
  `0x${"ff".repeat(32)}`,
  `0x01${"00".repeat(30)}80`,
  `0xec${"ff".repeat(31)}`,
].map((hex) => fromHex(hex));

export function littleEndian(value: bigint): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(64, "0")}`).reverse();
}

export function challenge(nonce: Uint8Array, key: Uint8Array, digest: Uint8Array): bigint {
  return Point.Fn.create(BigInt(toHex(sha512(concatBytes(nonce, key, digest)).reverse())));
}

/** A signature by the scalar `a` with nonce `r`, where key and R may carry a part of small order. */
export function craftIdentity(
  a: bigint,
  r: bigint,
  parts: { key?: number; nonce?: number; digest?: Uint8Array; offset?: bigint } = {},
): { readonly key: Uint8Array; readonly digest: Uint8Array; readonly signature: Uint8Array } {
  const { key: keyPart = 0, nonce: noncePart = 0, digest = new Uint8Array(32).fill(9), offset = 0n } = parts;
  const key = Point.BASE.multiplyUnsafe(a)
    .add(TORSION_POINTS[keyPart] as typeof EIGHTH)
    .toBytes();
  const nonce = Point.BASE.multiplyUnsafe(r)
    .add(TORSION_POINTS[noncePart] as typeof EIGHTH)
    .toBytes();
  const s = Point.Fn.create(r + challenge(nonce, key, digest) * a) + offset;
  return { key, digest, signature: concatBytes(nonce, littleEndian(s)) };
}
