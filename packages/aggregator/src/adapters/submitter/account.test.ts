import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encryptKeystoreJsonSync, Wallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAccount } from "./account.ts";

const KEY = `0x${"5a".repeat(32)}`;
const { address } = new Wallet(KEY);
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "quorate-account-"));
});

afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe("the account's key file", () => {
  const keystore = (of: string) =>
    encryptKeystoreJsonSync({ address: of, privateKey: KEY }, "secret", { scrypt: { N: 2 } });

  it("holds a private key, or an Ethereum keystore with its password in another file", async () => {
    expect((await openAccount(file("plain", `${KEY}\n`), null)).address).toBe(address);
    const opened = await openAccount(file("keystore", keystore(address)), file("password", "secret\n"));
    expect([opened.address, opened.privateKey]).toEqual([address, KEY]);
  });

  it("error: a wrong password, no password, another address, no key at all, none of the curve", async () => {
    const path = file("keystore", keystore(address));
    await expect(openAccount(path, file("wrong", "guess"))).rejects.toMatchObject({ code: "KEYS_WRONG_PASSWORD" });
    await expect(openAccount(path, null)).rejects.toMatchObject({ code: "KEYS_MALFORMED" });
    const other = file("other", keystore(`0x${"11".repeat(20)}`));
    await expect(openAccount(other, file("password", "secret"))).rejects.toMatchObject({ code: "KEYS_MALFORMED" });
    await expect(openAccount(file("zero", "00".repeat(32)), null)).rejects.toMatchObject({ code: "KEYS_MALFORMED" });
    await expect(openAccount(join(directory, "nowhere"), null)).rejects.toMatchObject({ code: "KEYS_NOT_FOUND" });
  });
});
