/**
 * EIP-2335 keystores as any tool writes them: hex in either case, with or without 0x, optional fields there or not.
 * Enters: a text. Leaves: a keystore in the library's form, its cost bounded. Not its job: opening it.
 */
import type { IKeystore } from "@chainsafe/bls-keystore";
import { quorateError } from "@quorate/common";
import { z } from "zod";
import { PBKDF2_MAX_ROUNDS, SCRYPT_MAX_BYTES, SCRYPT_MAX_WORK } from "./limits.ts";

const hex = z
  .string()
  .regex(/^(0x)?([0-9a-f]{2})*$/i, "not hex")
  .transform((text) => text.replace(/^0x/i, "").toLowerCase());
const whole = z.int().min(1);

/** What opening takes part in; uuid, path, description and name are for people, and some tools leave them out. */
const schema = z.object({
  version: z.literal(4),
  uuid: z.string().default(""),
  path: z.string().nullish(),
  description: z.string().nullish(),
  pubkey: hex.nullish(),
  crypto: z.object({
    kdf: z.discriminatedUnion("function", [
      z.object({
        function: z.literal("scrypt"),
        params: z.object({ dklen: z.literal(32), n: whole, r: whole, p: whole, salt: hex }),
      }),
      z.object({
        function: z.literal("pbkdf2"),
        params: z.object({ dklen: z.literal(32), c: whole, prf: z.literal("hmac-sha256"), salt: hex }),
      }),
    ]),
    checksum: z.object({ function: z.literal("sha256"), message: hex }),
    cipher: z.object({
      function: z.literal("aes-128-ctr"),
      params: z.object({ iv: hex.pipe(z.string().length(32)) }),
      message: hex,
    }),
  }),
});

/** A keystore whose public key may be left out. */
export type Keystore = Omit<IKeystore, "pubkey"> & { readonly pubkey: string | null };

/** @throws KEYS_MALFORMED */
export function parseKeystore(path: string, text: string): Keystore {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw quorateError("KEYS_MALFORMED", { path, reason: "not JSON" }, { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const at = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).slice(0, 3);
    throw quorateError("KEYS_MALFORMED", { path, reason: `not an EIP-2335 keystore (${at.join("; ")})` });
  }
  const { crypto, ...about } = parsed.data;
  const { kdf, checksum, cipher } = crypto;
  requireAffordable(path, kdf.params);
  return {
    version: about.version,
    uuid: about.uuid,
    path: about.path ?? "",
    ...(about.description == null ? {} : { description: about.description }),
    pubkey: about.pubkey ?? null,
    crypto: {
      kdf: { ...kdf, message: "" },
      checksum: { ...checksum, params: {} },
      cipher,
    } as IKeystore["crypto"],
  };
}

/** What a password's derivation costs, by the names that keystores use. */
export interface KdfCost {
  readonly n?: number;
  readonly r?: number;
  readonly p?: number;
  readonly c?: number;
}

/** A keystore that would take all memory, or minutes, is a mistake or an attack. @throws KEYS_MALFORMED */
export function requireAffordable(path: string, { n, r, p, c }: KdfCost): void {
  if (c !== undefined && !(c <= PBKDF2_MAX_ROUNDS)) {
    throw quorateError("KEYS_MALFORMED", { path, reason: "PBKDF2 of too many rounds", c, most: PBKDF2_MAX_ROUNDS });
  }
  if (n === undefined) return;
  const [bytes, work] = [128 * n * (r ?? 8), n * (r ?? 8) * (p ?? 1)];
  if (!Number.isInteger(Math.log2(n)) || n < 2) {
    throw quorateError("KEYS_MALFORMED", { path, reason: "scrypt's n is not a power of two", n });
  }
  if (!(bytes <= SCRYPT_MAX_BYTES)) {
    throw quorateError("KEYS_MALFORMED", { path, reason: "scrypt of too much memory", bytes, most: SCRYPT_MAX_BYTES });
  }
  if (!(work <= SCRYPT_MAX_WORK)) {
    throw quorateError("KEYS_MALFORMED", { path, reason: "scrypt of too much work", work, most: SCRYPT_MAX_WORK });
  }
}
