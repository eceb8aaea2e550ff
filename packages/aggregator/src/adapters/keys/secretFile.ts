/**
 * Files with secrets: read within a bound, decoded strictly, and looked at for readers that they should not have.
 * Enters: paths. Leaves: texts. Not its job: what the texts say.
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { type ErrorCode, isQuorateError, quorateError } from "@quorate/common";
import { SECRET_FILE_MAX_BYTES } from "./limits.ts";

/**
 * The password in a file; one line break at its end is not part of it, and a byte order mark at its begin is none of
 * its characters.
 * @throws PASSWORD_NOT_FOUND, PASSWORD_INVALID
 */
export function readPassword(path: string): string {
  const bytes = readBounded(path, "PASSWORD_NOT_FOUND", "PASSWORD_INVALID");
  const password = decode(bytes, path, "PASSWORD_INVALID").replace(/\r?\n$/, "");
  // EIP-2335 leaves control characters out, so a password of those alone is an empty one.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are meant.
  if (password.replace(/[\u0000-\u001f\u007f-\u009f]/g, "") === "") {
    throw quorateError("PASSWORD_INVALID", { path, reason: "the password is empty" });
  }
  return password;
}

/** The key of an account that pays: hex or a keystore. @throws KEYS_NOT_FOUND, KEYS_MALFORMED */
export function readAccountKey(path: string): string {
  try {
    return readText(path).trim();
  } catch (error) {
    if (!isQuorateError(error, "KEYS_NOT_FOUND")) throw error;
    const remedy = "Correct submit.accountKeyFile in the file, or --account-key-file of a command that sends.";
    throw quorateError("KEYS_NOT_FOUND", { ...error.values, what: "the account's key" }, { remedy, cause: error });
  }
}

/** @throws KEYS_NOT_FOUND, KEYS_MALFORMED */
export function readText(path: string): string {
  return decode(readBounded(path, "KEYS_NOT_FOUND", "KEYS_MALFORMED"), path, "KEYS_MALFORMED");
}

/** A file with a secret that more than its owner can read or change. */
export interface ExposedSecret {
  readonly path: string;
  /** Octal, such as `644`. */
  readonly mode: string;
  /** The command that helps. */
  readonly remedy: string;
}

/** Those of the files that are there. */
export function exposedSecrets(paths: readonly string[]): ExposedSecret[] {
  return paths.flatMap((path) => {
    // Without modes there is nothing to say; pipes (`<(…)` in a shell) have one reader.
    const found = process.platform === "win32" ? undefined : statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() !== true || (found.mode & 0o077) === 0) return [];
    return [{ path, mode: (found.mode & 0o777).toString(8), remedy: `chmod 600 ${quoted(path)}` }];
  });
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./:@%+,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function readBounded(path: string, absent: ErrorCode, invalid: ErrorCode): Uint8Array {
  const buffer = Buffer.alloc(SECRET_FILE_MAX_BYTES + 1);
  let length = 0;
  try {
    const file = openSync(path, "r");
    try {
      for (let read = -1; read !== 0 && length < buffer.length; length += read) {
        read = readSync(file, buffer, length, buffer.length - length, null);
      }
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw quorateError(absent, { path, reason }, { cause });
  }
  if (length <= SECRET_FILE_MAX_BYTES) return buffer.subarray(0, length);
  throw quorateError(invalid, { path, reason: `longer than ${SECRET_FILE_MAX_BYTES} bytes` });
}

/** Strict: bytes that are none would all become the same character, and open what other bytes have locked. */
function decode(bytes: Uint8Array, path: string, code: ErrorCode): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw quorateError(code, { path, reason: "not UTF-8" });
  }
}
