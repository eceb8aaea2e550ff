/**
 * BLS on blst, the native library, for agents. In and out as `scheme.ts`. An entry point of its own, because browsers
 * cannot load it. `@chainsafe/bls` holds keys and signs; `@chainsafe/blst`, which it wraps, parses and checks: the
 * former's aggregation takes points outside the subgroup and has no batch check with random weights.
 */

import type { IBls, PointFormat } from "@chainsafe/bls/types";
import type * as Blst from "@chainsafe/blst";
import { setNewest } from "../boundedMap.ts";
import { isQuorateError, quorateError } from "../errors.ts";
import { toHex } from "../hex.ts";
import { checkPublicKeyEncoding, checkSignatureEncoding, negateG2, SIGNATURE_BYTES } from "../points.ts";
import { finish, type Named, type Steps } from "./naming.ts";
import { groupsHold, nameInvalidNatively, type ParsedShare } from "./nativeBatch.ts";
import {
  type AsyncVerifier,
  checkDigest,
  checkNotEmpty,
  type KeyAndSignature,
  orFalse,
  orNull,
  type SignatureScheme,
} from "./scheme.ts";

/** What agents use: the scheme, and the naming of bad shares in a batch. */
export interface NativeScheme extends SignatureScheme, AsyncVerifier {
  /**
   * Which items are invalid, malformed ones included, with few checks (`naming.ts`): a valid batch of 2,000 costs two,
   * one with 20 bad about
   * 180. Each verdict rests on random weights of 65 bits or on a check of the one share (P-6). Blocks the calling
   *      thread.
   * @throws DIGEST_WRONG_LENGTH
   */
  nameInvalid(digest: Uint8Array, items: readonly KeyAndSignature[]): Named;
  /**
   * As `nameInvalid`, in steps that hold the calling thread for one pairing check each; the one with random weights
   * takes 70 µs a share more. The digest is checked at the first step. @throws DIGEST_WRONG_LENGTH
   */
  nameInvalidInSteps(digest: Uint8Array, items: readonly KeyAndSignature[]): Steps<Named>;
  /**
   * Whether *every* item of every group is valid, up to a chance of 2^-63: one check over all digests, with independent
   * random weights for the items of a group and for the groups (P-6). It takes half of the processor time of a check
   * for each digest. The weights of a group's items leave the calling thread; the check itself holds it, 1 ms a digest
   * over two cores. Malformed items are false. @throws DIGEST_WRONG_LENGTH
   */
  verifyGroups(groups: readonly DigestGroup[]): Promise<boolean>;
}

/** Items over one digest. */
export interface DigestGroup {
  readonly digest: Uint8Array;
  readonly items: readonly KeyAndSignature[];
}

export { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../points.ts";

/**
 * Parsed keys kept: twice the largest set simulated, about 1 kB each. The oldest is dropped; a miss costs 45 µs, most
 * of it the subgroup check.
 */
const MAX_CACHED_KEYS = 4_096;

/** Shares parsed in one step: as long as a check where all keys are new, at 55 µs a share. */
const PARSED_AT_A_STEP = 16;

/** The public key of secret 1 is the generator of G1 (RFC 9380, section 8.8): the known answer at loading. */
const GENERATOR_X =
  "0x17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";

/**
 * Loads blst and makes sure that it is the one in use (P-9).
 * @throws NATIVE_BLS_MISSING
 */
export async function loadNativeScheme(): Promise<NativeScheme> {
  let bls: IBls;
  let blst: typeof Blst;
  try {
    bls = (await import("@chainsafe/bls")).default;
    blst = await import("@chainsafe/blst");
  } catch (cause) {
    throw quorateError("NATIVE_BLS_MISSING", { reason: cause instanceof Error ? cause.message : undefined }, { cause });
  }
  // Without the native part @chainsafe/bls falls back to WebAssembly and says nothing.
  if (bls.implementation !== "blst-native") {
    throw quorateError("NATIVE_BLS_MISSING", { inUse: bls.implementation, expected: "blst-native" });
  }
  const scheme = nativeScheme(bls, blst);
  const generator = scheme.publicKeyOf(Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 1 : 0)));
  if (toHex(generator.subarray(0, 48)) !== GENERATOR_X) {
    throw quorateError("NATIVE_BLS_MISSING", { reason: "it fails its known answer", got: toHex(generator) });
  }
  return scheme;
}

function readSecret(bls: IBls, secretKey: Uint8Array): ReturnType<IBls["SecretKey"]["fromBytes"]> {
  try {
    return bls.SecretKey.fromBytes(secretKey);
  } catch {
    // The library's error is dropped, not chained: the secret must not travel with it.
    throw quorateError("SECRET_KEY_INVALID", { lengthBytes: secretKey.length, expectedBytes: 32 });
  }
}

function nativeScheme(bls: IBls, blst: typeof Blst): NativeScheme {
  const keyOf = cachedKeys((bytes) => blst.PublicKey.fromBytes(bytes, true));
  const signatureOf = (signature: Uint8Array): Blst.Signature =>
    coded(() => blst.Signature.fromBytes(toBlstOrder(signature), true));
  const secretOf = (secretKey: Uint8Array) => readSecret(bls, secretKey);
  const batch = (items: readonly KeyAndSignature[]): Blst.PkAndSerializedSig[] =>
    items.map(({ publicKey, signature }) => ({ pk: keyOf(publicKey), sig: toBlstOrder(signature) }));
  const weighted = (items: readonly KeyAndSignature[]) => coded(() => blst.aggregateWithRandomness(batch(items)));
  const parse = ({ publicKey, signature }: KeyAndSignature): ParsedShare => {
    const bytes = toBlstOrder(signature);
    return { key: keyOf(publicKey), signature: bytes, point: coded(() => blst.Signature.fromBytes(bytes, false)) };
  };
  const holds = (digest: Uint8Array, { pk, sig }: Blst.PkAndSig): boolean => blst.verify(digest, pk, sig, false, false);

  const scheme: NativeScheme = {
    name: "blst",

    publicKeyOf: (secretKey) => secretOf(secretKey).toPublicKey().toBytes(UNCOMPRESSED),

    sign(secretKey, digest) {
      checkDigest(digest);
      return swapCoordinates(secretOf(secretKey).sign(digest).toBytes(UNCOMPRESSED));
    },

    validatePublicKey(publicKey) {
      keyOf(publicKey);
    },

    validateSignature(signature) {
      signatureOf(signature);
    },

    verify(publicKey, digest, signature) {
      checkDigest(digest);
      return orFalse(() => holds(digest, { pk: keyOf(publicKey), sig: signatureOf(signature) }));
    },

    verifyBatch(digest, items) {
      checkDigest(digest);
      const [first] = items;
      if (first === undefined) return false;
      if (items.length === 1) return scheme.verify(first.publicKey, digest, first.signature);
      // blst draws non-zero weights of 64 bits and checks every signature's subgroup (P-6).
      return orFalse(() => holds(digest, weighted(items)));
    },

    async verifyBatchAsync(digest, items) {
      checkDigest(digest);
      if (items.length < 2) return scheme.verifyBatch(digest, items);
      try {
        return holds(digest, await blst.asyncAggregateWithRandomness(batch(items)));
      } catch (error) {
        if (isQuorateError(translated(error))) return false;
        throw error;
      }
    },

    nameInvalid: (digest, items) => finish(scheme.nameInvalidInSteps(digest, items)),

    *nameInvalidInSteps(digest, items) {
      checkDigest(digest);
      const parsed: { readonly position: number; readonly share: ParsedShare }[] = [];
      const malformed: number[] = [];
      for (const [position, item] of items.entries()) {
        const share = orNull(() => parse(item));
        if (share === null) malformed.push(position);
        else parsed.push({ position, share });
        if (position % PARSED_AT_A_STEP === PARSED_AT_A_STEP - 1) yield;
      }
      const shares = parsed.map(({ share }) => share);
      const named = yield* nameInvalidNatively(blst, digest, shares);
      const wrong = named.invalid.map((i) => (parsed[i] as { readonly position: number }).position);
      return { invalid: [...malformed, ...wrong].sort((a, b) => a - b), checks: named.checks };
    },

    verifyGroups: (groups) => verifyGroups(blst, groups, parse),

    verifyAggregate(publicKeys, digest, signature) {
      checkDigest(digest);
      if (publicKeys.length === 0) return false;
      return orFalse(() => {
        const sig = signatureOf(signature);
        return coded(() => blst.fastAggregateVerify(digest, publicKeys.map(keyOf), sig, false));
      });
    },

    aggregateSignatures(signatures) {
      checkNotEmpty(signatures);
      const sum = coded(() => blst.aggregateSerializedSignatures(signatures.map(toBlstOrder), false));
      coded(() => sum.sigValidate(true));
      return swapCoordinates(sum.toBytes(false));
    },

    negateSignature: negateG2,

    aggregatePublicKeys(publicKeys) {
      checkNotEmpty(publicKeys);
      const sum = coded(() => blst.aggregatePublicKeys(publicKeys.map(keyOf), false));
      coded(() => sum.keyValidate());
      return sum.toBytes(false);
    },
  };
  return scheme;
}

async function verifyGroups(
  blst: typeof Blst,
  groups: readonly DigestGroup[],
  parse: (item: KeyAndSignature) => ParsedShare,
): Promise<boolean> {
  for (const { digest } of groups) checkDigest(digest);
  try {
    const parsed = groups.map(({ digest, items }) => ({ digest, shares: items.map(parse) }));
    return await groupsHold(blst, parsed);
  } catch (error) {
    if (isQuorateError(translated(error))) return false;
    throw error;
  }
}

const UNCOMPRESSED = "uncompressed" as PointFormat.uncompressed;

/**
 * Keys by their bytes, parsed and validated once. The text key is a copy: a caller who changes its bytes changes
 * nothing here.
 */
function cachedKeys(parse: (bytes: Uint8Array) => Blst.PublicKey): (publicKey: Uint8Array) => Blst.PublicKey {
  const keys = new Map<string, Blst.PublicKey>();
  return (publicKey) => {
    // Spreading would take eight times as long as the rest of the look-up. A longer key is cut: it is never one that is
    // kept.
    const text = String.fromCharCode.apply(null, publicKey.subarray(0, 97) as unknown as number[]);
    const cached = keys.get(text);
    if (cached !== undefined) return cached;
    checkPublicKeyEncoding(publicKey);
    const key = coded(() => parse(publicKey));
    setNewest(keys, text, key, MAX_CACHED_KEYS);
    return key;
  };
}

/** The wire has c0 before c1 (P-2), blst's serialisation c1 before c0. */
function toBlstOrder(signature: Uint8Array): Uint8Array {
  checkSignatureEncoding(signature);
  return swapCoordinates(signature);
}

function swapCoordinates(signature: Uint8Array): Uint8Array {
  const quarter = SIGNATURE_BYTES / 4;
  const swapped = new Uint8Array(SIGNATURE_BYTES);
  for (const [to, from] of [1, 0, 3, 2].entries()) {
    swapped.set(signature.subarray(from * quarter, (from + 1) * quarter), to * quarter);
  }
  return swapped;
}

/** Runs `check`, giving blst's refusals this package's codes. */
function coded<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw translated(error);
  }
}

/** blst names its refusals in `code`; what is refused in its thread pool has only the message. */
function translated(cause: unknown): unknown {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  if (code === "BLST_POINT_NOT_ON_CURVE") return quorateError("POINT_NOT_ON_CURVE", {}, { cause });
  if (code === "BLST_POINT_NOT_IN_GROUP" || message === "Point not in group") {
    return quorateError("POINT_NOT_IN_SUBGROUP", {}, { cause });
  }
  if (code === "BLST_PK_IS_INFINITY") return quorateError("POINT_AT_INFINITY", {}, { cause });
  return cause;
}
