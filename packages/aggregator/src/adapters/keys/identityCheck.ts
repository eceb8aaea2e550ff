/**
 * Checks identity signatures by Node's own Ed25519 (OpenSSL), more than ten times faster than in JavaScript: a request
 * must not hold the agent's thread for milliseconds. Enters: key, digest, signature. Leaves: a verdict, the same as
 * `verifyIdentity` of common for every input (P-7): what OpenSSL would be lax about is refused before it is asked.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { checkDigest, hasStrictIdentityForm, setNewest } from "@quorate/common";

/** What stands before the 32 bytes of a key in its DER form (RFC 8410). */
const DER_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/**
 * Keys kept as OpenSSL's objects, about 1 kB each: more than the nodes of the largest network simulated. Making one
 * takes as long as a quarter of a check. The one kept longest goes first.
 */
export const KEYS_KEPT_MAX = 4_096;

export type IdentityCheck = (publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array) => boolean;

/** @throws (the check) DIGEST_WRONG_LENGTH */
export function createIdentityCheck(): IdentityCheck {
  const keys = new Map<string, KeyObject>();

  function keyOf(publicKey: Uint8Array): KeyObject {
    const text = Buffer.from(publicKey).toString("latin1");
    const known = keys.get(text);
    if (known !== undefined) return known;
    const key = createPublicKey({ key: Buffer.concat([DER_PREFIX, publicKey]), format: "der", type: "spki" });
    setNewest(keys, text, key, KEYS_KEPT_MAX);
    return key;
  }

  return (publicKey, digest, signature) => {
    checkDigest(digest);
    if (!hasStrictIdentityForm(publicKey, signature)) return false;
    try {
      return verify(null, digest, keyOf(publicKey), signature);
    } catch {
      return false;
    }
  };
}
