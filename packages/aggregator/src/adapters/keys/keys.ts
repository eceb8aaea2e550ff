/**
 * A node's two secrets as EIP-2335 keystores: the BLS key it signs shares with, and the Ed25519 seed of its identity
 * (P-7). Enters: a directory and a password. Leaves: secrets, checked against their public keys. Not here:
 * registration.
 */
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { create, decrypt } from "@chainsafe/bls-keystore";
import { type ErrorCode, type Hex, isQuorateError, quorateError, type SignatureScheme, toHex } from "@quorate/common";
import { nativeIdentityKeyOf } from "./identityKey.ts";
import { parseKeystore } from "./keystore.ts";
import { readText } from "./secretFile.ts";

export { requireAffordable } from "./keystore.ts";
export { type ExposedSecret, exposedSecrets, readAccountKey, readPassword } from "./secretFile.ts";

/** BLS12-381's base field (RFC 9380, section 8.8). */
const FIELD_MODULUS =
  0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;

const BLS_FILE = "bls.json";
const IDENTITY_FILE = "identity.json";

export interface NodeKeys {
  /** 32 bytes. */
  readonly blsSecret: Uint8Array;
  /** 96 bytes (P-2). */
  readonly blsKey: Uint8Array;
  /** 32 bytes, RFC 8032. */
  readonly identitySecret: Uint8Array;
  /** 32 bytes. */
  readonly identityKey: Uint8Array;
}

/**
 * How hard a password is to guess. `standard`: scrypt with n = 2^18, EIP-2335's own numbers, about a second and 256
 * MiB each time. `devnet`: one round of PBKDF2, so that dozens of agents start at once; it protects nothing and is
 * for throw-away keys only.
 */
export type KeyProtection = "standard" | "devnet";

/** The two keys of a node. */
export type KeyKind = "bls" | "identity";

/** The two files of a directory with keys: the BLS key's, the identity key's. */
export function keyFiles(directory: string): string[] {
  return [BLS_FILE, IDENTITY_FILE].map((file) => join(directory, file));
}

/** Makes new keys and writes them, mode 0600. @throws KEYS_EXIST, KEYS_WRITE_FAILED */
export async function createKeys(options: {
  readonly directory: string;
  readonly password: string;
  readonly protection: KeyProtection;
  readonly scheme: SignatureScheme;
}): Promise<NodeKeys> {
  return writeKeys({ ...options, secrets: {} });
}

/**
 * As `createKeys`, with secrets that are there already; what is not given is made.
 * @throws KEYS_EXIST, KEYS_WRITE_FAILED, SECRET_KEY_INVALID
 */
export async function writeKeys(options: {
  readonly directory: string;
  readonly password: string;
  readonly protection: KeyProtection;
  readonly scheme: SignatureScheme;
  readonly secrets: Partial<Pick<NodeKeys, "blsSecret" | "identitySecret">>;
}): Promise<NodeKeys> {
  const { directory, password, protection, scheme, secrets } = options;
  // Both before either is written: half of an old pair must not be joined by half of a new one.
  for (const path of keyFiles(directory)) {
    if (existsSync(path)) throw quorateError("KEYS_EXIST", { path });
  }
  const blsSecret = secrets.blsSecret ?? randomBlsSecret(scheme);
  const identitySecret = secrets.identitySecret ?? new Uint8Array(randomBytes(32));
  const keys: NodeKeys = {
    blsSecret,
    blsKey: scheme.publicKeyOf(blsSecret),
    identitySecret,
    identityKey: nativeIdentityKeyOf(identitySecret),
  };
  const bls = await encrypted("bls", blsSecret, keys.blsKey, password, protection);
  const identity = await encrypted("identity", identitySecret, keys.identityKey, password, protection);
  makeDirectory(directory);
  writeNew(join(directory, BLS_FILE), bls);
  writeNew(join(directory, IDENTITY_FILE), identity);
  return keys;
}

/** A keystore's text. */
export async function encrypted(
  kind: KeyKind,
  secret: Uint8Array,
  publicKey: Uint8Array,
  password: string,
  protection: KeyProtection,
): Promise<string> {
  const shown = kind === "bls" ? compressed(publicKey) : publicKey;
  const name = kind === "bls" ? "Quorate BLS key" : "Quorate identity key";
  return JSON.stringify(await create(password, secret, shown, "", name, kdfOf(protection)), null, 2);
}

/** Opens the keys. @throws KEYS_NOT_FOUND, KEYS_MALFORMED, KEYS_WRONG_PASSWORD */
export async function loadKeys(options: {
  readonly directory: string;
  readonly password: string;
  readonly scheme: SignatureScheme;
}): Promise<NodeKeys> {
  const { directory, password, scheme } = options;
  const blsSecret = await openKey("bls", join(directory, BLS_FILE), password, scheme);
  const identitySecret = await openKey("identity", join(directory, IDENTITY_FILE), password, scheme);
  return {
    blsSecret,
    blsKey: scheme.publicKeyOf(blsSecret),
    identitySecret,
    identityKey: nativeIdentityKeyOf(identitySecret),
  };
}

/** One keystore, wherever it is. @throws KEYS_NOT_FOUND, KEYS_MALFORMED, KEYS_WRONG_PASSWORD */
export function openKey(kind: KeyKind, path: string, password: string, scheme: SignatureScheme): Promise<Uint8Array> {
  const publicKeyOf =
    kind === "bls" ? (secret: Uint8Array) => compressed(scheme.publicKeyOf(secret)) : nativeIdentityKeyOf;
  return openKeystore(path, password, publicKeyOf);
}

/** Uniform below the group order, by trying again: nine of ten 255-bit numbers are (RFC 9380 names the order). */
function randomBlsSecret(scheme: SignatureScheme): Uint8Array {
  for (;;) {
    const secret = new Uint8Array(randomBytes(32));
    secret[0] = (secret[0] as number) & 0x7f;
    try {
      scheme.publicKeyOf(secret);
      return secret;
    } catch (error) {
      if (!isQuorateError(error, "SECRET_KEY_INVALID")) throw error;
    }
  }
}

async function openKeystore(
  path: string,
  password: string,
  publicKeyOf: (secret: Uint8Array) => Uint8Array,
): Promise<Uint8Array> {
  const { pubkey, ...keystore } = parseKeystore(path, readText(path));
  let secret: Uint8Array;
  try {
    secret = new Uint8Array(await decrypt({ ...keystore, pubkey: pubkey ?? "" }, password));
  } catch (cause) {
    throw quorateError("KEYS_WRONG_PASSWORD", { path }, { cause });
  }
  const actual = secret.length === 32 ? toHex(publicKeyOf(secret)) : null;
  const expected: Hex | null = pubkey === null ? actual : `0x${pubkey}`;
  if (actual === null || actual !== expected)
    throw quorateError("KEYS_MALFORMED", { path, publicKeyOfSecret: actual, publicKeyInFile: expected });
  return secret;
}

/** The 48-byte form of a G1 key that EIP-2335 files carry: x, with flag bits for "compressed" and for the larger y. */
function compressed(blsKey: Uint8Array): Uint8Array {
  const x = blsKey.slice(0, 48);
  const yIsLarger = BigInt(toHex(blsKey.slice(48))) > (FIELD_MODULUS - 1n) / 2n;
  x[0] = (x[0] as number) | 0x80 | (yIsLarger ? 0x20 : 0);
  return x;
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw fileError("KEYS_WRITE_FAILED", path, cause);
  }
}

/**
 * `wx` fails when the file is there: a key is never overwritten. On disk before it returns, because it may be
 * registered next.
 */
export function writeNew(path: string, text: string): void {
  try {
    const file = openSync(path, "wx", 0o600);
    writeSync(file, `${text}\n`);
    fsyncSync(file);
    closeSync(file);
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === "EEXIST";
    throw fileError(exists ? "KEYS_EXIST" : "KEYS_WRITE_FAILED", path, cause);
  }
}

function fileError(code: ErrorCode, path: string, cause: unknown): Error {
  return quorateError(code, { path, reason: (cause as NodeJS.ErrnoException).code ?? String(cause) }, { cause });
}

function kdfOf(protection: KeyProtection): Parameters<typeof create>[5] {
  const salt = randomBytes(32).toString("hex");
  return protection === "standard"
    ? { function: "scrypt", params: { dklen: 32, n: 262_144, p: 1, r: 8, salt } }
    : { function: "pbkdf2", params: { dklen: 32, c: 1, prf: "hmac-sha256", salt } };
}
