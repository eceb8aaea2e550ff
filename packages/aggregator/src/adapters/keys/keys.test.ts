import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeys, loadKeys } from "./keys.ts";

const scheme = await loadNativeScheme();
const root = mkdtempSync(join(tmpdir(), "quorate-keys-"));
const directory = join(root, "node");
const password = "correct horse";
let made: Awaited<ReturnType<typeof createKeys>>;

beforeAll(async () => {
  made = await createKeys({ directory, password, protection: "devnet", scheme });
});
afterAll(() => rmSync(root, { recursive: true }));

const load = (at: string, word = password) => loadKeys({ directory: at, password: word, scheme });

function damaged(change: (text: string) => string, file = "bls.json"): string {
  const at = mkdtempSync(join(root, "damaged-"));
  for (const name of ["bls.json", "identity.json"]) {
    const text = readFileSync(join(directory, name), "utf8");
    writeFileSync(join(at, name), name === file ? change(text) : text);
  }
  return at;
}

describe("keys", () => {
  it("come back as they were made", async () => {
    expect(await load(directory)).toEqual(made);
    expect(toHex(made.blsKey)).toBe(toHex(scheme.publicKeyOf(made.blsSecret)));
  });

  it("standard protection is EIP-2335's scrypt and opens too", async () => {
    const at = join(root, "standard");
    const keys = await createKeys({ directory: at, password, protection: "standard", scheme });
    expect(JSON.parse(readFileSync(join(at, "bls.json"), "utf8")).crypto.kdf).toMatchObject({
      function: "scrypt",
      params: { n: 262_144 },
    });
    expect(await load(at)).toEqual(keys);
  });

  it("carry the key as other EIP-2335 tools write it: compressed, 48 bytes", async () => {
    const { default: bls } = await import("@chainsafe/bls");
    const { pubkey } = JSON.parse(readFileSync(join(directory, "bls.json"), "utf8"));
    expect(pubkey).toBe(bls.SecretKey.fromBytes(made.blsSecret).toPublicKey().toHex().slice(2));
  });

  it("are readable by their owner only", () => {
    expect(statSync(join(directory, "bls.json")).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "identity.json")).mode & 0o777).toBe(0o600);
  });

  it("error: KEYS_EXIST instead of overwriting", async () => {
    await expect(createKeys({ directory, password, protection: "devnet", scheme })).rejects.toMatchObject({
      code: "KEYS_EXIST",
    });
    expect(await load(directory)).toEqual(made);
  });

  it("error: KEYS_EXIST when only the other half is there, and nothing is written beside it", async () => {
    const at = mkdtempSync(join(root, "half-"));
    writeFileSync(join(at, "identity.json"), "old");
    await expect(createKeys({ directory: at, password, protection: "devnet", scheme })).rejects.toMatchObject({
      code: "KEYS_EXIST",
    });
    expect(readdirSync(at)).toEqual(["identity.json"]);
  });

  it("error: KEYS_WRONG_PASSWORD", async () => {
    await expect(load(directory, "wrong")).rejects.toMatchObject({ code: "KEYS_WRONG_PASSWORD" });
  });

  it("error: KEYS_NOT_FOUND", async () => {
    await expect(load(join(root, "nowhere"))).rejects.toMatchObject({ code: "KEYS_NOT_FOUND" });
  });

  it("error: KEYS_MALFORMED for what is not a keystore, or not of this key", async () => {
    await expect(load(damaged(() => "{"))).rejects.toMatchObject({ code: "KEYS_MALFORMED" });
    await expect(load(damaged(() => "{}"))).rejects.toMatchObject({ code: "KEYS_MALFORMED" });
    await expect(load(damaged((text) => text.replace(/"pubkey": "..../, '"pubkey": "ffff')))).rejects.toMatchObject({
      code: "KEYS_MALFORMED",
    });
  });

  it("error: KEYS_WRITE_FAILED where no directory can be", async () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    const attempt = createKeys({ directory: join(file, "keys"), password, protection: "devnet", scheme });
    await expect(attempt).rejects.toMatchObject({ code: "KEYS_WRITE_FAILED" });
  });
});
