/** `quorate keys`: from one tool to another, from one password to another, and what a look shows. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { afterAll, describe, expect, it } from "vitest";
import { command } from "../../../test/support/command.ts";
import { loadKeys } from "../../adapters/keys/keys.ts";

const scheme = await loadNativeScheme();
const root = mkdtempSync(join(tmpdir(), "quorate-keys-command-"));
afterAll(() => rmSync(root, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(root, name), text, { mode: 0o600 });
  return join(root, name);
}
const OLD = file("old", "old\n");
const NEW = file("new", "new\n");
const keys = (...args: string[]) => command("keys", ...args, "--json");
const open = (directory: string, password: string) => loadKeys({ directory: join(root, directory), password, scheme });

async function made(name: string): Promise<string> {
  await keys("generate", "--devnet", "--out", join(root, name), "--password-file", OLD);
  return join(root, name);
}

describe("quorate keys", () => {
  it("imports both keys under a new password; they stay the same keys, and an existing file stays", async () => {
    const from = await made("elsewhere");
    const parts = ["--bls", join(from, "bls.json"), "--identity", join(from, "identity.json")];
    const passwords = ["--from-password-file", OLD, "--password-file", NEW, "--devnet"];
    await keys("import", ...parts, ...passwords, "--out", join(root, "here"));
    expect(await open("here", "new")).toEqual(await open("elsewhere", "old"));
    await expect(keys("import", ...parts, ...passwords, "--out", join(root, "here"))).rejects.toMatchObject({
      code: "KEYS_EXIST",
    });
  });

  it("imports a BLS key alone with a new identity, and says what that means", async () => {
    const from = await made("bls-only");
    const args = ["--bls", join(from, "bls.json"), "--password-file", OLD, "--devnet", "--out", join(root, "half")];
    const { stderr } = await keys("import", ...args);
    expect(stderr).toContain("a new identity key is made");
    const [there, here] = [await open("bls-only", "old"), await open("half", "old")];
    expect([here.blsKey, here.identityKey]).toEqual([there.blsKey, expect.not.arrayContaining([...there.identityKey])]);
    await expect(
      keys("import", "--bls", join(from, "identity.json"), "--password-file", OLD, "--out", join(root, "no")),
    ).rejects.toMatchObject({ code: expect.stringMatching(/KEYS_MALFORMED|SECRET_KEY_INVALID/) });
  });

  it("lists public keys without a password", async () => {
    const directory = await made("looked-at");
    const listed = (await keys("list", "--directory", directory)).json();
    const { pubkey } = JSON.parse(readFileSync(join(directory, "bls.json"), "utf8"));
    expect(listed).toMatchObject({
      keys: [{ kind: "bls", publicKey: `0x${pubkey}` }, { kind: "identity" }],
      peerId: expect.stringMatching(/^12D3Koo/),
    });
  });

  it("changes the password, goes on after an interruption, and refuses what neither password opens", async () => {
    const directory = await made("changed");
    const before = await open("changed", "old");
    const old = join(root, "old-files");
    mkdirSync(old);
    copyFileSync(join(directory, "identity.json"), join(old, "identity.json"));
    const args = ["--directory", directory, "--password-file", OLD, "--new-password-file", NEW, "--devnet"];
    await expect(keys("change-password", ...args.with(3, NEW).with(5, OLD))).resolves.toMatchObject({
      stdout: expect.stringContaining('"changed":[]'),
    });
    await keys("change-password", ...args);
    expect(await open("changed", "new")).toEqual(before);
    // As after an interruption between the two files.
    copyFileSync(join(old, "identity.json"), join(directory, "identity.json"));
    const again = (await keys("change-password", ...args)).json();
    expect(again["changed"]).toEqual([join(directory, "identity.json")]);
    expect(await open("changed", "new")).toEqual(before);
    const other = file("other", "other\n");
    await expect(keys("change-password", ...args.with(3, other).with(5, other))).rejects.toMatchObject({
      code: "KEYS_WRONG_PASSWORD",
    });
    await keys("generate", "--devnet", "--out", join(root, "third"), "--password-file", other);
    copyFileSync(join(root, "third", "identity.json"), join(directory, "identity.json"));
    await expect(keys("change-password", ...args)).rejects.toMatchObject({ code: "KEYS_HALF_CHANGED" });
  });
});
