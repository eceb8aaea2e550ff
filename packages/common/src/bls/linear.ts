/**
 * INSECURE: the simulator's linear model of BLS. A point is its own discrete logarithm: key = secret · G mod r,
 * signature = secret · h mod r, so anyone divides and has the secret. What it keeps is the algebra (sums, cancelling
 * errors, random weights, infinity) and the wire forms (P-2, P-3), at microseconds each. In and out as `scheme.ts`. Its
 * points are not on BLS12-381's curves, so blst, noble and the contract refuse them, and a tidy test lets only tests
 * and the simulator import this file.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { setNewest } from "../boundedMap.ts";
import { quorateError } from "../errors.ts";
import { toHex } from "../hex.ts";
import { checkPublicKeyEncoding, checkSignatureEncoding, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../points.ts";
import {
  checkDigest,
  checkNotEmpty,
  type KeyAndSignature,
  GROUP_ORDER as ORDER,
  orFalse,
  type SignatureScheme,
  secretScalar,
} from "./scheme.ts";

/** Stands for the generator of G1; any scalar but 0 and 1 (with 1 a key would be the secret's own bytes). */
const GENERATOR: bigint = reduce(new TextEncoder().encode("quorate linear model: generator"));

/** The value sits in bytes 16 to 48, the first coordinate; the last byte marks what this model made. */
const VALUE_OFFSET_BYTES = 16;
const VALUE_BYTES = 32;
const MARK = 0x4c;

/**
 * Hashes of digests kept: more than a simulation has in flight. The oldest is dropped; a miss costs some microseconds.
 */
const MAX_CACHED_HASHES = 4_096;

/** A scheme for simulations and tests. Nothing about it is secret; see the head of this file. */
export function insecureLinearScheme(): SignatureScheme {
  const hashOf = cachedHashes();
  const scheme: SignatureScheme = {
    name: "insecure-linear",

    publicKeyOf: (secretKey) => encode((secretScalar(secretKey) * GENERATOR) % ORDER, PUBLIC_KEY_BYTES),

    sign(secretKey, digest) {
      checkDigest(digest);
      return encode((secretScalar(secretKey) * hashOf(digest)) % ORDER, SIGNATURE_BYTES);
    },

    validatePublicKey(publicKey) {
      keyOf(publicKey);
    },

    validateSignature(signature) {
      signatureOf(signature);
    },

    verify(publicKey, digest, signature) {
      const hash = hashOf(digest);
      return orFalse(() => pairs(keyOf(publicKey), hash, signatureOf(signature)));
    },

    verifyBatch(digest, items) {
      const hash = hashOf(digest);
      return items.length > 0 && orFalse(() => pairsWeighted(hash, digest, items));
    },

    verifyAggregate(publicKeys, digest, signature) {
      const hash = hashOf(digest);
      return orFalse(() => pairs(sum(publicKeys.map(keyOf)), hash, signatureOf(signature)));
    },

    aggregateSignatures: (signatures) => encode(sum(signatures.map(signatureOf)), SIGNATURE_BYTES),

    negateSignature: (signature) => encode(ORDER - signatureOf(signature), SIGNATURE_BYTES),

    aggregatePublicKeys: (publicKeys) => encode(sum(publicKeys.map(keyOf)), PUBLIC_KEY_BYTES),
  };
  return scheme;
}

/** e(key, hash) = e(G, signature), as products of logarithms. An infinite key or signature holds for nothing. */
function pairs(key: bigint, hash: bigint, signature: bigint): boolean {
  return key !== 0n && signature !== 0n && (key * hash) % ORDER === (signature * GENERATOR) % ORDER;
}

/**
 * P-6. The weights are drawn from a hash over everything they weigh, so that a run repeats exactly and whoever makes
 * the signatures still cannot choose them to fit.
 */
function pairsWeighted(hash: bigint, digest: Uint8Array, items: readonly KeyAndSignature[]): boolean {
  const transcript = sha256.create().update(digest);
  for (const { publicKey, signature } of items) transcript.update(publicKey).update(signature);
  let seed = BigInt(toHex(transcript.digest().subarray(0, 16)));
  let key = 0n;
  let signature = 0n;
  for (const item of items) {
    seed = BigInt.asUintN(128, seed * WEIGHT_MULTIPLIER + 1n);
    const weight = (seed >> 64n) | 1n;
    key += keyOf(item.publicKey) * weight;
    signature += signatureOf(item.signature) * weight;
  }
  return pairs(key % ORDER, hash, signature % ORDER);
}

/** The multiplier of PCG's 128-bit linear congruential generator (O'Neill 2014); its high 64 bits are the weights. */
const WEIGHT_MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

function sum(values: readonly bigint[]): bigint {
  checkNotEmpty(values);
  return values.reduce((total, value) => total + value, 0n) % ORDER;
}

function keyOf(publicKey: Uint8Array): bigint {
  checkPublicKeyEncoding(publicKey);
  return decode(publicKey);
}

function signatureOf(signature: Uint8Array): bigint {
  checkSignatureEncoding(signature);
  return decode(signature);
}

function decode(point: Uint8Array): bigint {
  const end = VALUE_OFFSET_BYTES + VALUE_BYTES;
  for (let i = 0; i < point.length; i++) {
    const expected = i === point.length - 1 ? MARK : 0;
    if ((i < VALUE_OFFSET_BYTES || i >= end) && point[i] !== expected) throw quorateError("POINT_NOT_ON_CURVE");
  }
  const value = BigInt(toHex(point.subarray(VALUE_OFFSET_BYTES, end)));
  if (value === 0n) throw quorateError("POINT_NOT_ON_CURVE");
  if (value >= ORDER) throw quorateError("POINT_NOT_IN_SUBGROUP");
  return value;
}

function encode(value: bigint, lengthBytes: number): Uint8Array<ArrayBuffer> {
  if (value === 0n) throw quorateError("POINT_AT_INFINITY", { reason: "the parts cancel" });
  const point = new Uint8Array(lengthBytes);
  let rest = value;
  for (let i = VALUE_OFFSET_BYTES + VALUE_BYTES - 1; i >= VALUE_OFFSET_BYTES; i--) {
    point[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  point[lengthBytes - 1] = MARK;
  return point;
}

/** 512 bits modulo the order: no digest is likelier than another, and none hashes to 0 in practice. */
function reduce(message: Uint8Array): bigint {
  const first = sha256(message);
  return BigInt(`${toHex(first)}${toHex(sha256(first)).slice(2)}`) % ORDER;
}

function cachedHashes(): (digest: Uint8Array) => bigint {
  const hashes = new Map<string, bigint>();
  return (digest) => {
    checkDigest(digest);
    const text = toHex(digest);
    const cached = hashes.get(text);
    if (cached !== undefined) return cached;
    const hash = reduce(digest);
    setNewest(hashes, text, hash, MAX_CACHED_HASHES);
    return hash;
  };
}
