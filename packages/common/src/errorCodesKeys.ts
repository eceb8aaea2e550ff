/**
 * The part of the catalogue about files with secrets: keys, passwords, accounts. `errorCodes.ts` merges it; nothing
 * else reads it.
 */

export const KEYS_ERROR_CODES = {
  KEYS_EXIST: {
    summary: "A key file is already there and is never overwritten.",
    remedy: "Choose another directory, or move the old keys to a safe place first.",
    where: "keys",
  },
  KEYS_NOT_FOUND: {
    summary: "A key file is missing or cannot be read.",
    remedy: "Make keys with `quorate keys generate`, or correct keys.directory.",
    where: "keys",
  },
  PASSWORD_NOT_FOUND: {
    summary: "The file with the password is missing or cannot be read; the keys may be there.",
    remedy: "Write the password into that file, or correct keys.passwordFile, submit.passwordFile or --password-file.",
    where: "keys",
  },
  PASSWORD_INVALID: {
    summary: "The password in a file is empty, or its bytes are not UTF-8.",
    remedy: "Save the file as UTF-8 with the password as its one line.",
    where: "keys",
  },
  KEYS_MALFORMED: {
    summary: "A key file is not a keystore of this kind, or its public key is not the one of its secret.",
    remedy: "Restore the file from its copy; where a value is named as too large, write the keystore anew with less.",
    where: "keys",
  },
  KEYS_HALF_CHANGED: {
    summary: "One of the two key files opens with neither the old password nor the new one.",
    remedy: "Restore that file from its copy; nothing was changed by this run.",
    where: "keys",
  },
  KEYS_WRONG_PASSWORD: {
    summary: "The password does not open the key file.",
    remedy: "Check keys.passwordFile; a line break at its end is ignored, other characters count.",
    where: "keys",
  },
  KEYS_WRITE_FAILED: {
    summary: "A key file cannot be written.",
    remedy: "Give a directory the agent may write to.",
    where: "keys",
  },
} as const;
