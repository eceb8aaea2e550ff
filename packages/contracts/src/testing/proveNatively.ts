// The proof of possession of a test node (P-8), byte for byte that of `provePossession`: Ed25519 is deterministic. Its
// identity half is signed by OpenSSL, in 0.1 ms instead of 2: some tests make ten thousand nodes.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import {
  digestOf,
  type Possession,
  type PossessionSecrets,
  type SignatureScheme,
  type SigningDomain,
} from "@quorate/common";

/** What stands before the 32 bytes of a secret in PKCS #8, and before those of a key in SPKI (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_HEAD_BYTES = 12;

export function proveNatively(scheme: SignatureScheme, domain: SigningDomain, secrets: PossessionSecrets): Possession {
  const blsKey = scheme.publicKeyOf(secrets.blsSecret);
  const der = Buffer.concat([PKCS8_HEAD, secrets.identitySecret]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const identityKey = new Uint8Array(spki.subarray(SPKI_HEAD_BYTES));
  const digest = digestOf(domain, "ProofOfPossession", { blsKey, operator: secrets.operator, identityKey });
  return {
    blsKey,
    proofOfPossession: scheme.sign(secrets.blsSecret, digest),
    identityKey,
    identitySignature: new Uint8Array(sign(null, digest, key)),
  };
}
