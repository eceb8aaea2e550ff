/**
 * An identity secret's key and signatures by Node's own Ed25519 (OpenSSL), in a hundredth of the time they take in
 * JavaScript, where the first of either is a tenth of an agent's start. Enters: a secret (RFC 8032), digests. Leaves:
 * the same bytes as `identityKeyOf` and `signIdentity` of common. Not here: checks (identityCheck.ts).
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { checkDigest, IDENTITY_KEY_BYTES, quorateError } from "@quorate/common";

/** What stands before the 32 bytes of a secret in its DER form (RFC 8410). */
const DER_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** The 32-byte public key of a 32-byte secret. @throws IDENTITY_SECRET_INVALID */
export function nativeIdentityKeyOf(secret: Uint8Array): Uint8Array {
  const der = createPublicKey(privateKeyOf(secret)).export({ format: "der", type: "spki" });
  return new Uint8Array(der.subarray(-IDENTITY_KEY_BYTES));
}

/**
 * Signs 32-byte digests, 64 bytes each: the same signature each time.
 * @throws IDENTITY_SECRET_INVALID; DIGEST_WRONG_LENGTH (the signer)
 */
export function nativeIdentitySigner(secret: Uint8Array): (digest: Uint8Array) => Uint8Array {
  const key = privateKeyOf(secret);
  return (digest) => {
    checkDigest(digest);
    return new Uint8Array(sign(null, digest, key));
  };
}

function privateKeyOf(secret: Uint8Array): KeyObject {
  if (secret.length !== IDENTITY_KEY_BYTES) {
    throw quorateError("IDENTITY_SECRET_INVALID", { lengthBytes: secret.length, expectedBytes: IDENTITY_KEY_BYTES });
  }
  const der = Buffer.concat([DER_PREFIX, secret]);
  try {
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } finally {
    der.fill(0);
  }
}
