import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { exposedSecrets, readAccountKey, readPassword } from "./secretFile.ts";

const root = mkdtempSync(join(tmpdir(), "quorate-secrets-"));
afterAll(() => rmSync(root, { recursive: true }));

function file(content: string | Uint8Array, name = "password"): string {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
}

describe("a password file", () => {
  it.each([
    ["correct horse", "correct horse"],
    ["correct horse\n", "correct horse"],
    ["correct horse\r\n", "correct horse"],
    ["two breaks\n\n", "two breaks\n"],
    [" spaces count ", " spaces count "],
    ["\ufeffbyte order mark", "byte order mark"],
    ["pässwörd🔑\n", "pässwörd🔑"],
  ])("with %j holds the password %j", (content, password) => {
    expect(readPassword(file(content))).toBe(password);
  });

  it("error: not UTF-8, so that no other bytes open what these have locked", () => {
    for (const bytes of [
      [0x70, 0xe4, 0x73],
      [0xff, 0xfe, 0x70, 0x00],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
    ]) {
      expect(() => readPassword(file(Uint8Array.from(bytes)))).toThrow(/PASSWORD_INVALID[\s\S]*not UTF-8/);
    }
  });

  it.each(["", "\n", "\r\n", "\n\n", "\u0000", "\ufeff\n"])("error: empty, as %j is", (content) => {
    expect(() => readPassword(file(content))).toThrow(/PASSWORD_INVALID[\s\S]*empty/);
  });

  it("error: endless or far too long", () => {
    expect(() => readPassword("/dev/zero")).toThrow(/PASSWORD_INVALID[\s\S]*longer than/);
    expect(() => readPassword(file("x".repeat(70_000)))).toThrow(/PASSWORD_INVALID[\s\S]*longer than/);
  });

  it("error: missing; path and field are named, and nobody is told to make keys", () => {
    const path = join(root, "nowhere");
    expect(() => readPassword(path)).toThrow(/PASSWORD_NOT_FOUND[\s\S]*nowhere[\s\S]*ENOENT[\s\S]*keys\.passwordFile/);
    expect(() => readPassword(path)).not.toThrow(/keys generate/);
    expect(() => readPassword(root)).toThrow(/PASSWORD_NOT_FOUND[\s\S]*EISDIR/);
  });
});

describe("an account's key", () => {
  it("error: missing; its own field is named", () => {
    const path = join(root, "nowhere");
    expect(() => readAccountKey(path)).toThrow(/KEYS_NOT_FOUND[\s\S]*nowhere[\s\S]*submit\.accountKeyFile/);
    expect(() => readAccountKey(path)).not.toThrow(/keys generate/);
  });
});

describe("secrets that others can read", () => {
  it.each([
    [0o600, null],
    [0o400, null],
    [0o640, "640"],
    [0o604, "604"],
    [0o666, "666"],
    [0o620, "620"],
  ])("mode %o is reported as %s, with the command that helps", (mode, reported) => {
    const path = file("secret", "mode");
    chmodSync(path, mode);
    const expected = reported === null ? [] : [{ path, mode: reported, remedy: `chmod 600 ${path}` }];
    expect(exposedSecrets([path, join(root, "nowhere"), root])).toEqual(expected);
  });

  it("quotes a path that a shell would split", () => {
    const path = file("secret", "it's mine");
    chmodSync(path, 0o644);
    expect(exposedSecrets([path])[0]?.remedy).toBe(`chmod 600 '${root}/it'\\''s mine'`);
  });
});
