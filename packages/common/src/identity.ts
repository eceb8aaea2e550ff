/**
 * Identity keys (P-7): Ed25519 by RFC 8032, strict. In: 32-byte secrets, digests. Out: 32-byte public keys, 64-byte
 * signatures, verdicts. The same key is the node's libp2p key; libp2p is not known here.
 */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { checkDigest } from "./bls/scheme.ts";
import { quorateError } from "./errors.ts";
import { concatBytes, equalBytes, fromHex, toHex } from "./hex.ts";

export const IDENTITY_KEY_BYTES = 32;
export const IDENTITY_SIGNATURE_BYTES = 64;

/** 2^255 − 19, the order of the base point, and the y of the points of small order; 32 bytes, little-endian. */
const FIELD_PRIME = fromHex(`0xed${"ff".repeat(30)}7f`);
const GROUP_ORDER = fromHex("0xedd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
const SMALL_ORDER_Y = [
  fromHex(`0x01${"00".repeat(31)}`),
  fromHex(`0xec${"ff".repeat(30)}7f`),
  fromHex(`0x${"00".repeat(32)}`),
  fromHex("0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
  fromHex("0xc7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
];

/** The 32-byte public key of a 32-byte secret. @throws IDENTITY_SECRET_INVALID */
export function identityKeyOf(secret: Uint8Array): Uint8Array {
  checkSecret(secret);
  return ed25519.getPublicKey(secret);
}

/** The 64-byte signature over a 32-byte digest. @throws IDENTITY_SECRET_INVALID, DIGEST_WRONG_LENGTH */
export function signIdentity(secret: Uint8Array, digest: Uint8Array): Uint8Array {
  checkSecret(secret);
  checkDigest(digest);
  return ed25519.sign(digest, secret);
}

/**
 * Whether a key and a signature have the one form that may verify (P-7): lengths, coordinates below the field's
 * prime, s below the group's order, no key of small order, under which one signature fits many messages. By bytes
 * alone, so that every implementation of the check begins alike; whether they are points is not looked at.
 */
export function hasStrictIdentityForm(publicKey: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== IDENTITY_KEY_BYTES || signature.length !== IDENTITY_SIGNATURE_BYTES) return false;
  const y = coordinateOf(publicKey);
  if (!isBelow(y, FIELD_PRIME) || SMALL_ORDER_Y.some((small) => equalBytes(small, y))) return false;
  return isBelow(coordinateOf(signature.subarray(0, 32)), FIELD_PRIME) && isBelow(signature.subarray(32), GROUP_ORDER);
}

/**
 * P-7: whether the signature is valid; malformed input is false. The equation is s·B = R + k·A itself, not its
 * eightfold, as native libraries have it.
 * @throws DIGEST_WRONG_LENGTH
 */
export function verifyIdentity(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  checkDigest(digest);
  if (!hasStrictIdentityForm(publicKey, signature)) return false;
  const { Point } = ed25519;
  const nonce = signature.subarray(0, 32);
  try {
    const key = Point.fromBytes(publicKey, false);
    const scalar = Point.Fn.create(littleEndian(sha512(concatBytes(nonce, publicKey, digest))));
    const left = Point.BASE.multiplyUnsafe(littleEndian(signature.subarray(32)));
    return left.equals(Point.fromBytes(nonce, false).add(key.multiplyUnsafe(scalar)));
  } catch {
    return false;
  }
}

/**
 * That a key is canonical, on the curve and not of small order.
 * @throws IDENTITY_KEY_INVALID
 */
export function validateIdentityKey(publicKey: Uint8Array): void {
  let reason = "not 32 bytes";
  if (publicKey.length === IDENTITY_KEY_BYTES) {
    try {
      if (!ed25519.Point.fromBytes(publicKey, false).isSmallOrder()) return;
      reason = "of small order";
    } catch {
      reason = "not a canonical point of the curve";
    }
  }
  throw quorateError("IDENTITY_KEY_INVALID", { reason, lengthBytes: publicKey.length });
}

function checkSecret(secret: Uint8Array): void {
  if (secret.length !== IDENTITY_KEY_BYTES) {
    throw quorateError("IDENTITY_SECRET_INVALID", { lengthBytes: secret.length, expectedBytes: IDENTITY_KEY_BYTES });
  }
}

/** The y of an encoded point: without the bit that says the sign of x. */
function coordinateOf(point: Uint8Array): Uint8Array {
  return point.with(31, (point[31] as number) & 0x7f);
}

/** Of two little-endian numbers of 32 bytes. */
function isBelow(value: Uint8Array, bound: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (value[i] as number) - (bound[i] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(toHex(bytes.slice().reverse()));
}
