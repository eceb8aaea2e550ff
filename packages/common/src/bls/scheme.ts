/**
 * The one interface to BLS (P-1 to P-3, P-6). In: keys, digests and signatures as bytes in wire form. Out: bytes,
 * booleans, coded errors. Implementations: `native.ts` (blst, agents), `noble.ts` (browsers, second opinion), the
 * simulator's linear model. All pass `testing/algebraSuite.ts`, the real ones `testing/pointSuite.ts` too. Whose key it
 * is, and what stake it has, is not its job.
 */

import { isQuorateError, quorateError } from "../errors.ts";
import { toHex } from "../hex.ts";
import { type BatchChecks, type Named, nameInvalid, type RandomBelow } from "./naming.ts";

/** A share's public key (96 bytes) and signature (192 bytes). */
export interface KeyAndSignature {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

export interface SignatureScheme {
  readonly name: string;
  /** The 96-byte public key of a 32-byte big-endian secret. @throws SECRET_KEY_INVALID */
  publicKeyOf(secretKey: Uint8Array): Uint8Array;
  /** The 192-byte signature over a 32-byte digest. @throws SECRET_KEY_INVALID, DIGEST_WRONG_LENGTH */
  sign(secretKey: Uint8Array, digest: Uint8Array): Uint8Array;
  /**
   * @throws PUBLIC_KEY_WRONG_LENGTH, POINT_AT_INFINITY, POINT_NOT_CANONICAL, POINT_NOT_ON_CURVE, POINT_NOT_IN_SUBGROUP
   */
  validatePublicKey(publicKey: Uint8Array): void;
  /**
   * @throws SIGNATURE_WRONG_LENGTH, POINT_AT_INFINITY, POINT_NOT_CANONICAL, POINT_NOT_ON_CURVE, POINT_NOT_IN_SUBGROUP
   */
  validateSignature(signature: Uint8Array): void;
  /** Whether the signature is valid; malformed input is false. @throws DIGEST_WRONG_LENGTH */
  verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
  /**
   * Whether *every* one is valid, up to a chance of 2^-64: checked together with independent random weights (P-6), so
   * forgeries do not cancel. Malformed items and an empty list are false. @throws DIGEST_WRONG_LENGTH
   */
  verifyBatch(digest: Uint8Array, items: readonly KeyAndSignature[]): boolean;
  /**
   * Whether the signature is valid under the plain sum of the keys. Proves the sum only (P-6): each key needs its proof
   * of possession. Malformed input, an empty list and keys that sum to infinity are false. @throws DIGEST_WRONG_LENGTH
   */
  verifyAggregate(publicKeys: readonly Uint8Array[], digest: Uint8Array, signature: Uint8Array): boolean;
  /**
   * The plain sum. Each input is checked for encoding and curve, the sum for subgroup and infinity: what returns is a
   * valid point and needs one verifyAggregate; its parts are not thereby proven (P-6). So summing costs 2 µs a
   * signature, not 50.
   * @throws AGGREGATE_EMPTY, POINT_AT_INFINITY when the signatures cancel, and as validateSignature
   */
  aggregateSignatures(signatures: readonly Uint8Array[]): Uint8Array;
  /**
   * What cancels with the signature in a sum (P-56). At least the encoding is checked. Throws as
   * `checkSignatureEncoding`.
   */
  negateSignature(signature: Uint8Array): Uint8Array;
  /**
   * The plain sum. Each key is validated.
   * @throws AGGREGATE_EMPTY, POINT_AT_INFINITY when the keys cancel, and as validatePublicKey
   */
  aggregatePublicKeys(publicKeys: readonly Uint8Array[]): Uint8Array;
}

/** Offered by backends whose batch check leaves the calling thread. */
export interface AsyncVerifier {
  /**
   * As `SignatureScheme.verifyBatch`. The subgroup checks and multiplications, 60 µs an item, leave the calling thread;
   * parsing (8 µs an item) and one pairing check (1 ms) stay. For none at all, run the synchronous one in a worker.
   */
  verifyBatchAsync(digest: Uint8Array, items: readonly KeyAndSignature[]): Promise<boolean>;
}

/**
 * The invalid items of a batch, malformed ones included, named on any scheme by the search that agents use
 * (`naming.ts`), which have their own checks for it (`nativeBatch.ts`). @throws DIGEST_WRONG_LENGTH
 */
export function findInvalid(
  scheme: SignatureScheme,
  digest: Uint8Array,
  items: readonly KeyAndSignature[],
  randomBelow: RandomBelow,
): Named {
  const at = (position: number): KeyAndSignature => items[position] as KeyAndSignature;
  const checks: BatchChecks = {
    one: (position) => scheme.verify(at(position).publicKey, digest, at(position).signature),
    sum(positions) {
      const chosen = positions.map(at);
      // Signatures that cancel have no sum here, and keys that do verify nothing: that costs checks, never a verdict.
      const signature = orNull(() => scheme.aggregateSignatures(chosen.map((item) => item.signature)));
      const keys = chosen.map(({ publicKey }) => publicKey);
      return signature !== null && scheme.verifyAggregate(keys, digest, signature);
    },
    weighted: (positions) => scheme.verifyBatch(digest, positions.map(at)),
  };
  return nameInvalid([...items.keys()], checks, randomBelow);
}

/** @throws DIGEST_WRONG_LENGTH: a caller's mistake, never a stranger's, so it is not folded into `false` */
export function checkDigest(digest: Uint8Array): void {
  if (digest.length !== 32)
    throw quorateError("DIGEST_WRONG_LENGTH", { lengthBytes: digest.length, expectedBytes: 32 });
}

/** The order of the groups of BLS12-381 (RFC 9380, section 8.8). */
export const GROUP_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** A secret key as a number. The secret itself never appears in the error. @throws SECRET_KEY_INVALID */
export function secretScalar(secretKey: Uint8Array): bigint {
  const value = secretKey.length === 32 ? BigInt(toHex(secretKey)) : 0n;
  if (value > 0n && value < GROUP_ORDER) return value;
  throw quorateError("SECRET_KEY_INVALID", { lengthBytes: secretKey.length, expectedBytes: 32 });
}

/** @throws AGGREGATE_EMPTY */
export function checkNotEmpty(parts: readonly unknown[]): void {
  if (parts.length === 0) throw quorateError("AGGREGATE_EMPTY");
}

/** Malformed input is a verdict here, not an error. */
export function orFalse(check: () => boolean): boolean {
  return orNull(check) ?? false;
}

/** The value, or null for a coded error: malformed input. */
export function orNull<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (isQuorateError(error)) return null;
    throw error;
  }
}
