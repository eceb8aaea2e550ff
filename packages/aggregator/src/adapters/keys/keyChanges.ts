/**
 * What happens to a node's keys after they were made: another password, a look at them. Enters: their directory.
 * Leaves: the same keys under another password, each file whole at every moment. Not its job: making them (keys.ts).
 */
import { renameSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { type Hex, isQuorateError, quorateError, type SignatureScheme } from "@quorate/common";
import { nativeIdentityKeyOf } from "./identityKey.ts";
import { encrypted, type KeyKind, type KeyProtection, keyFiles, openKey, writeNew } from "./keys.ts";
import { parseKeystore } from "./keystore.ts";
import { readText } from "./secretFile.ts";

const KINDS: readonly KeyKind[] = ["bls", "identity"];

/** What a keystore says of itself without its password. */
export interface KeyFile {
  readonly kind: KeyKind;
  readonly path: string;
  /** As the file has it: 48 bytes, compressed, of a BLS key; null where it names none. */
  readonly publicKey: Hex | null;
  readonly description: string | null;
}

/** @throws KEYS_NOT_FOUND, KEYS_MALFORMED */
export function describeKeys(directory: string): KeyFile[] {
  return keyFiles(directory).map((path, i) => {
    const { pubkey, description } = parseKeystore(path, readText(path));
    const publicKey: Hex | null = pubkey === null ? null : `0x${pubkey}`;
    return { kind: KINDS[i] as KeyKind, path, publicKey, description: description ?? null };
  });
}

/**
 * Puts both keys under a new password. Run again after an interruption it goes on with the file that was left. Returns
 * the files that it wrote.
 * @throws KEYS_WRONG_PASSWORD, KEYS_HALF_CHANGED, KEYS_NOT_FOUND, KEYS_MALFORMED, KEYS_WRITE_FAILED
 */
export async function changePassword(options: {
  readonly directory: string;
  readonly from: string;
  readonly to: string;
  readonly protection: KeyProtection;
  readonly scheme: SignatureScheme;
}): Promise<string[]> {
  const { directory, from, to, protection, scheme } = options;
  const opened: { kind: KeyKind; path: string; secret: Uint8Array | null }[] = [];
  for (const [i, path] of keyFiles(directory).entries()) {
    const kind = KINDS[i] as KeyKind;
    opened.push({ kind, path, secret: await openedBy(kind, path, from, to, scheme) });
  }
  // Of an interrupted run the first file opens with the new password already; of none both do not.
  if (opened.every(({ secret }) => secret === null)) return [];
  const written: { readonly partial: string; readonly path: string }[] = [];
  for (const { kind, path, secret } of opened) {
    if (secret === null) continue;
    const publicKey = kind === "bls" ? scheme.publicKeyOf(secret) : nativeIdentityKeyOf(secret);
    const partial = `${path}.new`;
    rmSync(partial, { force: true });
    writeNew(partial, await encrypted(kind, secret, publicKey, to, protection));
    await openKey(kind, partial, to, scheme);
    written.push({ partial, path });
  }
  for (const { partial, path } of written) renameSync(partial, path);
  return written.map(({ path }) => path);
}

/** Null where the new password opens it already. */
async function openedBy(
  kind: KeyKind,
  path: string,
  from: string,
  to: string,
  scheme: SignatureScheme,
): Promise<Uint8Array | null> {
  try {
    return await openKey(kind, path, from, scheme);
  } catch (error) {
    if (!isQuorateError(error, "KEYS_WRONG_PASSWORD")) throw error;
  }
  try {
    await openKey(kind, path, to, scheme);
    return null;
  } catch (error) {
    if (!isQuorateError(error, "KEYS_WRONG_PASSWORD")) throw error;
    if (kind === "bls") throw error;
    throw quorateError("KEYS_HALF_CHANGED", { path, file: basename(path) }, { cause: error });
  }
}
