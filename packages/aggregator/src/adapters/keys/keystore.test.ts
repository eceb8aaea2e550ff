/** Keystores as other tools write them, and as enemies would. The two of EIP-2335 are its own test vectors. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAccount } from "../submitter/account.ts";
import { createKeys, loadKeys, readPassword } from "./keys.ts";

const scheme = await loadNativeScheme();
const root = mkdtempSync(join(tmpdir(), "quorate-keystores-"));
const directory = join(root, "node");

const PASSWORD = "𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑";
const SECRET = "0x000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
const PUBKEY = "9612d7a727c9d0a22e185a1c768478dfe919cada9266988cb32359c11f2b7b27f4ae4040902382ae2910c15e2b420d07";
const SALT = "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3";
const IV = "264daa3f303d7259501c93d997d84fe6";

const SCRYPT = {
  kdf: { function: "scrypt", params: { dklen: 32, n: 262_144, p: 1, r: 8, salt: SALT }, message: "" },
  checksum: {
    function: "sha256",
    params: {},
    message: "d2217fe5f3e9a1e34581ef8a78f7c9928e436d36dacc5e846690a5581e8ea484",
  },
  cipher: {
    function: "aes-128-ctr",
    params: { iv: IV },
    message: "06ae90d55fe0a6e9c5c3bc5b170827b2e5cce3929ed3f116c2811e6366dfe20f",
  },
};
const PBKDF2 = {
  kdf: { function: "pbkdf2", params: { dklen: 32, c: 262_144, prf: "hmac-sha256", salt: SALT }, message: "" },
  checksum: {
    function: "sha256",
    params: {},
    message: "8a9f5d9912ed7e75ea794bc5a89bca5f193721d30868ade6f73043c6ea6febf1",
  },
  cipher: {
    function: "aes-128-ctr",
    params: { iv: IV },
    message: "cee03fde2af33149775b7223e7845e4fb2c8ae1792e5f99fe9ecf474cc8c16ad",
  },
};
const ABOUT = {
  description: "This is a test keystore that uses scrypt to secure the secret.",
  pubkey: PUBKEY,
  path: "m/12381/60/3141592653/589793238",
  uuid: "1d85ae20-35c5-4611-98e8-aa14a633906f",
  version: 4,
};

beforeAll(async () => {
  await createKeys({ directory, password: PASSWORD, protection: "devnet", scheme });
});
afterAll(() => rmSync(root, { recursive: true }));

async function secretIn(keystore: unknown, password = PASSWORD): Promise<string> {
  writeFileSync(join(directory, "bls.json"), typeof keystore === "string" ? keystore : JSON.stringify(keystore));
  return toHex((await loadKeys({ directory, password, scheme })).blsSecret);
}

/** Every hex text of a keystore in another spelling. */
function respelled(value: unknown, spell: (hex: string) => string): unknown {
  return JSON.parse(JSON.stringify(value), (_name, part: unknown) =>
    typeof part === "string" && /^[0-9a-f]{32,}$/.test(part) ? spell(part) : part,
  );
}

describe("keystores other tools write open", () => {
  it("EIP-2335's own, by scrypt and by PBKDF2", async () => {
    expect(await secretIn({ crypto: SCRYPT, ...ABOUT })).toBe(SECRET);
    expect(await secretIn({ crypto: PBKDF2, ...ABOUT })).toBe(SECRET);
  });

  it.each<[string, (hex: string) => string]>([
    ["upper case", (hex) => hex.toUpperCase()],
    ["with 0x", (hex) => `0x${hex}`],
    ["with 0X and upper case", (hex) => `0X${hex.toUpperCase()}`],
  ])("hex in %s", async (_name, spell) => {
    expect(await secretIn(respelled({ crypto: PBKDF2, ...ABOUT }, spell))).toBe(SECRET);
  });

  it("without what is optional, or with more than the EIP has", async () => {
    expect(await secretIn({ crypto: PBKDF2, version: 4 })).toBe(SECRET);
    const unused = { path: null, description: null, name: "mine", pubkey: null, uuid: "not a uuid" };
    expect(await secretIn({ crypto: PBKDF2, version: 4, ...unused })).toBe(SECRET);
  });

  it("a password in another Unicode form is the same one (NFKD)", async () => {
    expect(await secretIn({ crypto: PBKDF2, ...ABOUT }, "testpassword🔑")).toBe(SECRET);
    const path = join(root, "password");
    writeFileSync(path, `${PASSWORD}\n`);
    expect(await secretIn({ crypto: PBKDF2, ...ABOUT }, readPassword(path))).toBe(SECRET);
  });
});

describe("keystores that would hang the agent, or are none", () => {
  const scrypt = (params: object) => ({
    ...ABOUT,
    crypto: { ...SCRYPT, kdf: { ...SCRYPT.kdf, params: { ...SCRYPT.kdf.params, ...params } } },
  });
  const pbkdf2 = (params: object) => ({
    ...ABOUT,
    crypto: { ...PBKDF2, kdf: { ...PBKDF2.kdf, params: { ...PBKDF2.kdf.params, ...params } } },
  });

  it.each([
    ["memory", scrypt({ n: 2 ** 30 })],
    ["memory", scrypt({ r: 2 ** 20 })],
    ["work", scrypt({ p: 2 ** 20 })],
    ["power of two", scrypt({ n: 1 })],
    ["power of two", scrypt({ n: 1_000 })],
    ["rounds", pbkdf2({ c: 2 ** 40 })],
    ["crypto.kdf.params.c", pbkdf2({ c: "262144" })],
    ["crypto.kdf.params.dklen", pbkdf2({ dklen: 2 ** 31 })],
    ["crypto.cipher.params.iv", { ...ABOUT, crypto: { ...PBKDF2, cipher: { ...PBKDF2.cipher, params: { iv: "" } } } }],
    ["version", { ...ABOUT, version: 3, crypto: PBKDF2 }],
    ["not JSON", "x".repeat(100)],
    ["longer than", " ".repeat(100_000)],
  ])("error: %s", async (reason, keystore) => {
    await expect(secretIn(keystore)).rejects.toMatchObject({
      code: "KEYS_MALFORMED",
      values: { reason: expect.stringContaining(reason) },
    });
  });

  it("error: an account's Ethereum keystore is bounded too, however its fields are spelt", async () => {
    const [account, password] = [join(root, "account"), join(root, "account-password")];
    writeFileSync(password, "secret");
    const kdfparams = { n: 2 ** 30, N: 2 ** 30, r: 8, p: 1, dklen: 32, salt: SALT };
    for (const name of ["crypto", "Crypto"]) {
      writeFileSync(account, JSON.stringify({ version: 3, [name]: { kdf: "scrypt", kdfparams } }));
      await expect(openAccount(account, password)).rejects.toMatchObject({ code: "KEYS_MALFORMED" });
    }
  });
});
