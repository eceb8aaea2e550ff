/**
 * BLS on `@noble/curves`: portable JavaScript for browsers, and the independent second implementation in tests. In and
 * out as `scheme.ts`. Twenty times slower than blst; agents must not use it (P-9).
 */

import { bls12_381 } from "@noble/curves/bls12-381.js";
import { randomBytes } from "@noble/curves/utils.js";
import { quorateError } from "../errors.ts";
import { concatBytes, toHex } from "../hex.ts";
import { checkPublicKeyEncoding, checkSignatureEncoding } from "../points.ts";
import {
  checkDigest,
  checkNotEmpty,
  type KeyAndSignature,
  orFalse,
  type SignatureScheme,
  secretScalar,
} from "./scheme.ts";

/** The ciphersuite, which is also the domain separation tag of its hash to G2 (P-1). */
export const CIPHERSUITE = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

const { G1, G2, fields, longSignatures } = bls12_381;
const { Fp, Fp2 } = fields;

type G1Point = typeof G1.Point.BASE;
type G2Point = typeof G2.Point.BASE;

/** Weights of 128 bits: twice what P-6 asks for, and still half the cost of full scalars. */
const WEIGHT_BYTES = 16;

export const nobleScheme: SignatureScheme = {
  name: "noble",

  publicKeyOf(secretKey) {
    secretScalar(secretKey);
    return encodePublicKey(longSignatures.getPublicKey(secretKey));
  },

  sign(secretKey, digest) {
    secretScalar(secretKey);
    return encodeSignature(longSignatures.sign(hashToPoint(digest), secretKey));
  },

  validatePublicKey(publicKey) {
    decodePublicKey(publicKey);
  },

  validateSignature(signature) {
    decodeSignature(signature);
  },

  verify(publicKey, digest, signature) {
    const message = hashToPoint(digest);
    return orFalse(() => pairs(decodePublicKey(publicKey), message, decodeSignature(signature)));
  },

  verifyBatch(digest, items) {
    const message = hashToPoint(digest);
    return items.length > 0 && orFalse(() => pairsWeighted(message, items));
  },

  verifyAggregate(publicKeys, digest, signature) {
    const message = hashToPoint(digest);
    return orFalse(() => pairs(sumKeys(publicKeys), message, decodeSignature(signature)));
  },

  aggregateSignatures(signatures) {
    checkNotEmpty(signatures);
    const sum = signatures.map(decodeOnCurve).reduce((left, right) => left.add(right));
    return encodeSignature(inSubgroup(sum));
  },

  negateSignature: (signature) => encodeSignature(decodeOnCurve(signature).negate()),

  aggregatePublicKeys(publicKeys) {
    return encodePublicKey(sumKeys(publicKeys));
  },
};

/** The point a signature over `digest` is a multiple of: RFC 9380 hash to G2 with the ciphersuite's tag, 192 bytes. */
export function hashToG2(digest: Uint8Array): Uint8Array {
  return encodeSignature(hashToPoint(digest));
}

function hashToPoint(digest: Uint8Array): G2Point {
  checkDigest(digest);
  return G2.hashToCurve(digest, { DST: CIPHERSUITE }) as G2Point;
}

/** e(key, message) = e(generator, signature). An infinite key or signature would make it hold for nothing signed. */
function pairs(key: G1Point, message: G2Point, signature: G2Point): boolean {
  if (key.is0() || signature.is0()) return false;
  const product = bls12_381.pairingBatch([
    { g1: key.negate(), g2: message },
    { g1: G1.Point.BASE, g2: signature },
  ]);
  return fields.Fp12.eql(product, fields.Fp12.ONE);
}

function pairsWeighted(message: G2Point, items: readonly KeyAndSignature[]): boolean {
  let key = G1.Point.ZERO;
  let signature = G2.Point.ZERO;
  for (const item of items) {
    const weight = randomWeight();
    key = key.add(decodePublicKey(item.publicKey).multiplyUnsafe(weight));
    signature = signature.add(decodeSignature(item.signature).multiplyUnsafe(weight));
  }
  return pairs(key, message, signature);
}

function randomWeight(): bigint {
  for (;;) {
    const weight = BigInt(toHex(randomBytes(WEIGHT_BYTES)));
    if (weight !== 0n) return weight;
  }
}

function sumKeys(publicKeys: readonly Uint8Array[]): G1Point {
  checkNotEmpty(publicKeys);
  return publicKeys.map(decodePublicKey).reduce((sum, point) => sum.add(point));
}

function decodePublicKey(publicKey: Uint8Array): G1Point {
  checkPublicKeyEncoding(publicKey);
  const [x, y] = integers(publicKey) as [bigint, bigint];
  const { b } = G1.Point.CURVE();
  if (!Fp.eql(Fp.sqr(y), Fp.add(Fp.mul(Fp.sqr(x), x), b))) {
    throw quorateError("POINT_NOT_ON_CURVE", { publicKey: toHex(publicKey) });
  }
  const point = G1.Point.fromAffine({ x, y });
  if (!point.isTorsionFree()) throw quorateError("POINT_NOT_IN_SUBGROUP", { publicKey: toHex(publicKey) });
  return point;
}

function decodeSignature(signature: Uint8Array): G2Point {
  return inSubgroup(decodeOnCurve(signature));
}

function decodeOnCurve(signature: Uint8Array): G2Point {
  checkSignatureEncoding(signature);
  const [x0, x1, y0, y1] = integers(signature) as [bigint, bigint, bigint, bigint];
  const x = Fp2.fromBigTuple([x0, x1]);
  const y = Fp2.fromBigTuple([y0, y1]);
  const { b } = G2.Point.CURVE();
  if (!Fp2.eql(Fp2.sqr(y), Fp2.add(Fp2.mul(Fp2.sqr(x), x), b))) {
    throw quorateError("POINT_NOT_ON_CURVE", { signature: toHex(signature) });
  }
  return G2.Point.fromAffine({ x, y });
}

function inSubgroup(point: G2Point): G2Point {
  if (!point.isTorsionFree()) throw quorateError("POINT_NOT_IN_SUBGROUP", { group: "G2" });
  return point;
}

function encodePublicKey(point: G1Point): Uint8Array {
  if (point.is0()) throw quorateError("POINT_AT_INFINITY", { reason: "the keys cancel" });
  const { x, y } = point.toAffine();
  return concatBytes(Fp.toBytes(x), Fp.toBytes(y));
}

function encodeSignature(point: G2Point): Uint8Array {
  if (point.is0()) throw quorateError("POINT_AT_INFINITY", { reason: "the signatures cancel" });
  const { x, y } = point.toAffine();
  return concatBytes(Fp.toBytes(x.c0), Fp.toBytes(x.c1), Fp.toBytes(y.c0), Fp.toBytes(y.c1));
}

function integers(point: Uint8Array): bigint[] {
  const out: bigint[] = [];
  for (let start = 0; start < point.length; start += 48) out.push(BigInt(toHex(point.subarray(start, start + 48))));
  return out;
}
