/**
 * Forged and broken points for tests, made on noble-curves: points outside the subgroup, of small order, off the curve,
 * and in forms that are not canonical. In: nothing, or a valid point in wire form. Out: bytes that P-3 says to reject.
 */

import { bls12_381 } from "@noble/curves/bls12-381.js";
import { concatBytes, fromHex, toHex } from "../hex.ts";

const { G1, G2, fields } = bls12_381;
const { Fp, Fp2 } = fields;

/** The order of the groups (RFC 9380, section 8.8), also that of secret keys. */
export const GROUP_ORDER: bigint = fields.Fr.ORDER;

/** A secret key as 32 bytes, reduced modulo the group order: algebra on secrets is algebra on keys and signatures. */
export function secretBytes(secret: bigint): Uint8Array {
  return integerBytes(((secret % GROUP_ORDER) + GROUP_ORDER) % GROUP_ORDER, 32);
}

/** A point of G1's curve of order 3: x = 0, y = 2. */
export const SMALL_ORDER_KEY: Uint8Array = concatBytes(integerBytes(0n, 48), integerBytes(2n, 48));

/** A point of G1's curve outside the subgroup. */
export const OUTSIDE_KEY: Uint8Array = encodeG1(onCurveG1());

/** A point of G2's curve outside the subgroup, of large order. */
export const OUTSIDE_SIGNATURE: Uint8Array = encodeG2(onCurveG2());

/** A point of G2's curve of order 13, which divides the cofactor (RFC 9380, section 8.8.2). */
export const SMALL_ORDER_SIGNATURE: Uint8Array = encodeG2(smallOrderG2());

/** `publicKey` plus the point of order 3: pairs like `publicKey` where nobody checks the subgroup. */
export function addSmallOrderKey(publicKey: Uint8Array): Uint8Array {
  return encodeG1(decodeG1(publicKey).add(decodeG1(SMALL_ORDER_KEY)));
}

/** `signature` plus, or minus, the point of order 13: pairs like `signature` where nobody checks the subgroup. */
export function addSmallOrderSignature(signature: Uint8Array, sign: 1 | -1): Uint8Array {
  const torsion = decodeG2(SMALL_ORDER_SIGNATURE);
  return encodeG2(decodeG2(signature).add(sign === 1 ? torsion : torsion.negate()));
}

/** The same point with the modulus added to one coordinate: still 48 bytes, no longer canonical. */
export function addModulus(point: Uint8Array, coordinate: number): Uint8Array {
  const out = new Uint8Array(point);
  const start = coordinate * 48;
  out.set(integerBytes(BigInt(toHex(point.subarray(start, start + 48))) + Fp.ORDER, 48), start);
  return out;
}

/** A coordinate that is the modulus itself: zero, written another way. */
export function setToModulus(point: Uint8Array, coordinate: number): Uint8Array {
  const out = new Uint8Array(point);
  out.set(integerBytes(Fp.ORDER, 48), coordinate * 48);
  return out;
}

/** One of the three flag bits of the compressed encodings, set in one coordinate. */
export function setFlag(point: Uint8Array, coordinate: number, flag: 0x80 | 0x40 | 0x20): Uint8Array {
  const out = new Uint8Array(point);
  out[coordinate * 48] = (out[coordinate * 48] as number) | flag;
  return out;
}

/** The last bit flipped: off the curve. */
export function offCurve(point: Uint8Array): Uint8Array {
  const out = new Uint8Array(point);
  out[out.length - 1] = (out.at(-1) as number) ^ 1;
  return out;
}

/** A signature with c0 and c1 exchanged, as blst's own serialisation has them. */
export function swapped(signature: Uint8Array): Uint8Array {
  const part = (i: number) => signature.subarray(i * 48, (i + 1) * 48);
  return concatBytes(part(1), part(0), part(3), part(2));
}

/** The wire form of a published compressed G2 point (96 bytes). */
export function g2FromCompressed(hex: string): Uint8Array {
  return encodeG2(G2.Point.fromHex(hex));
}

/** The wire form of a published compressed G1 point (48 bytes). */
export function g1FromCompressed(hex: string): Uint8Array {
  return encodeG1(G1.Point.fromHex(hex));
}

type G1Point = typeof G1.Point.BASE;
type G2Point = typeof G2.Point.BASE;

function onCurveG1(): G1Point {
  for (let x = 1n; ; x++) {
    const ySquared = Fp.add(Fp.pow(x, 3n), G1.Point.CURVE().b);
    const point = squareRoot(
      () => Fp.sqrt(ySquared),
      (y) => G1.Point.fromAffine({ x, y }),
    );
    if (point !== undefined && !point.isTorsionFree()) return point;
  }
}

function onCurveG2(): G2Point {
  for (let c0 = 1n; ; c0++) {
    const x = Fp2.fromBigTuple([c0, 1n]);
    const ySquared = Fp2.add(Fp2.pow(x, 3n), G2.Point.CURVE().b);
    const point = squareRoot(
      () => Fp2.sqrt(ySquared),
      (y) => G2.Point.fromAffine({ x, y }),
    );
    if (point !== undefined && !point.isTorsionFree()) return point;
  }
}

function squareRoot<Y, P>(root: () => Y, point: (y: Y) => P): P | undefined {
  try {
    return point(root());
  } catch {
    return undefined;
  }
}

function smallOrderG2(): G2Point {
  const { h, n } = G2.Point.CURVE();
  const point = multiply(onCurveG2(), (h / 169n) * n);
  // The 13-part of the cofactor is 13 squared: what is left has order 13 or 169.
  const reduced = multiply(point, 13n);
  return reduced.is0() ? point : reduced;
}

/** Double and add: noble's own multiplication reduces scalars modulo the group order. */
function multiply(point: G2Point, scalar: bigint): G2Point {
  let sum = G2.Point.ZERO;
  for (const bit of scalar.toString(2)) {
    sum = sum.double();
    if (bit === "1") sum = sum.add(point);
  }
  return sum;
}

function decodeG1(bytes: Uint8Array): G1Point {
  const [x, y] = integers(bytes) as [bigint, bigint];
  return G1.Point.fromAffine({ x, y });
}

function decodeG2(bytes: Uint8Array): G2Point {
  const [x0, x1, y0, y1] = integers(bytes) as [bigint, bigint, bigint, bigint];
  return G2.Point.fromAffine({ x: Fp2.fromBigTuple([x0, x1]), y: Fp2.fromBigTuple([y0, y1]) });
}

function encodeG1(point: G1Point): Uint8Array {
  const { x, y } = point.toAffine();
  return concatBytes(integerBytes(x, 48), integerBytes(y, 48));
}

function encodeG2(point: G2Point): Uint8Array {
  const { x, y } = point.toAffine();
  return concatBytes(...[x.c0, x.c1, y.c0, y.c1].map((value) => integerBytes(value, 48)));
}

function integers(bytes: Uint8Array): bigint[] {
  return Array.from({ length: bytes.length / 48 }, (_, i) => BigInt(toHex(bytes.subarray(i * 48, (i + 1) * 48))));
}

function integerBytes(value: bigint, lengthBytes: number): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(lengthBytes * 2, "0")}`, lengthBytes);
}
