/**
 * Identity keys (P-7): Ed25519 by RFC 8032, strict. In: 32-byte secrets, digests. Out: 32-byte public keys, 64-byte
 * signatures, verdicts. The same key is the node's libp2p key; libp2p is not known here.
 */

import { ed25519 } from "@noble/curves/ed25519.js";
import { checkDigest } from "./bls/scheme.ts";
import { quorateError } from "./errors.ts";

export const IDENTITY_KEY_BYTES = 32;
export const IDENTITY_SIGNATURE_BYTES = 64;

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
 * Whether the signature is valid; malformed input is false. Keys and nonces must be canonical (RFC 8032, not ZIP
 * 215), and a small-order key, under which one signature fits many messages, never verifies.
 * @throws DIGEST_WRONG_LENGTH
 */
export function verifyIdentity(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  checkDigest(digest);
  if (publicKey.length !== IDENTITY_KEY_BYTES || signature.length !== IDENTITY_SIGNATURE_BYTES) return false;
  try {
    return ed25519.verify(signature, digest, publicKey, { zip215: false });
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
