/**
 * Proofs of possession (P-8): one digest, over BLS key, operator and identity key, signed by both keys. In: secrets,
 * or the registration's public parts. Out: those parts, or a verdict for each half. Leaving the BLS key out of the
 * digest would be fatal: with pk' = xG − pk a proof could be made from another's.
 */

import type { SignatureScheme } from "./bls/scheme.ts";
import type { ErrorCode } from "./errors.ts";
import { isQuorateError } from "./errors.ts";
import { IDENTITY_KEY_BYTES, identityKeyOf, signIdentity, validateIdentityKey, verifyIdentity } from "./identity.ts";
import { digestOf, type SigningDomain } from "./messages.ts";
import type { Address } from "./types.ts";

export interface PossessionSecrets {
  /** 32 bytes. */
  readonly blsSecret: Uint8Array;
  /** 32 bytes. */
  readonly identitySecret: Uint8Array;
  readonly operator: Address;
}

/** What a registration publishes. */
export interface Possession {
  /** 96 bytes (P-2). */
  readonly blsKey: Uint8Array;
  /** 192 bytes (P-2). */
  readonly proofOfPossession: Uint8Array;
  /** 32 bytes (P-7). */
  readonly identityKey: Uint8Array;
  /** 64 bytes (P-7). */
  readonly identitySignature: Uint8Array;
}

/** A half is valid when its code is absent. Without the BLS half no registration; without the identity half no peer. */
export interface PossessionResult {
  readonly bls?: ErrorCode;
  readonly identity?: ErrorCode;
}

/** @throws SECRET_KEY_INVALID, IDENTITY_SECRET_INVALID */
export function provePossession(
  scheme: SignatureScheme,
  domain: SigningDomain,
  secrets: PossessionSecrets,
): Possession {
  const blsKey = scheme.publicKeyOf(secrets.blsSecret);
  const identityKey = identityKeyOf(secrets.identitySecret);
  const digest = digestOf(domain, "ProofOfPossession", { blsKey, operator: secrets.operator, identityKey });
  return {
    blsKey,
    proofOfPossession: scheme.sign(secrets.blsSecret, digest),
    identityKey,
    identitySignature: signIdentity(secrets.identitySecret, digest),
  };
}

/** Checks both halves apart; never throws for malformed parts, which come from the chain. */
export function checkPossession(
  scheme: SignatureScheme,
  domain: SigningDomain,
  possession: Possession & { readonly operator: Address },
): PossessionResult {
  const { blsKey, operator, identityKey } = possession;
  const bls = codeOf(() => {
    scheme.validatePublicKey(blsKey);
    scheme.validateSignature(possession.proofOfPossession);
  });
  let identity = codeOf(() => validateIdentityKey(identityKey));
  // Without 32 bytes of identity key there is no digest that either half could have signed.
  if (identityKey.length !== IDENTITY_KEY_BYTES) return verdict(bls ?? "POSSESSION_INVALID", identity);

  const digest = digestOf(domain, "ProofOfPossession", { blsKey, operator, identityKey });
  if (identity === undefined && !verifyIdentity(identityKey, digest, possession.identitySignature)) {
    identity = "IDENTITY_BAD_SIGNATURE";
  }
  const valid = bls === undefined && scheme.verify(blsKey, digest, possession.proofOfPossession);
  return verdict(bls ?? (valid ? undefined : "POSSESSION_INVALID"), identity);
}

function verdict(bls: ErrorCode | undefined, identity: ErrorCode | undefined): PossessionResult {
  return { ...(bls === undefined ? {} : { bls }), ...(identity === undefined ? {} : { identity }) };
}

function codeOf(check: () => void): ErrorCode | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isQuorateError(error)) return error.code;
    throw error;
  }
}
