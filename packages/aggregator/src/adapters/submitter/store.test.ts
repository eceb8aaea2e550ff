import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hex } from "@quorate/common";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoredTransaction } from "./interface.ts";
import { sqliteSubmissions } from "./store.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorate-submissions-"));
  path = join(directory, "submissions.sqlite");
});

afterEach(() => rmSync(directory, { recursive: true }));

const transaction = (key: string, nonce: number, byte: string): StoredTransaction => {
  const hash: Hex = `0x${byte.repeat(32)}`;
  return { key, nonce, hash, raw: `0x02${byte}`, notAfter: 1_700_000_000 };
};

const [one, dearer, two] = [
  transaction("report:1", 3, "aa"),
  transaction("report:1", 3, "bb"),
  transaction("show:1", 4, "cc"),
];

describe("stored transactions", () => {
  it("come back in order after closing and opening, but for what is forgotten: every version of a key", () => {
    const store = sqliteSubmissions(path);
    for (const each of [one, dearer, two]) store.put(each);
    store.close();
    const again = sqliteSubmissions(path);
    expect(again.load()).toEqual([one, dearer, two]);
    again.forget("report:1");
    again.close();
    const last = sqliteSubmissions(path);
    expect(last.load()).toEqual([two]);
    last.close();
  });

  it("error: the file itself refuses a key at two nonces, of which both could land", () => {
    const store = sqliteSubmissions(path);
    store.put(one);
    expect(() => store.put(transaction("report:1", 4, "dd"))).toThrow(/STORE_WRITE_FAILED[\s\S]*a key has one nonce/);
    expect(store.load()).toEqual([one]);
    store.close();
  });

  it("error: a second process, what is no database, another version", () => {
    const store = sqliteSubmissions(path);
    expect(() => sqliteSubmissions(path)).toThrow(/STORE_LOCKED/);
    store.close();
    const foreign = join(directory, "foreign");
    writeFileSync(foreign, "not a database, but long enough to have the header of one".repeat(20));
    expect(() => sqliteSubmissions(foreign)).toThrow(/STORE_CORRUPT/);
    expect(() => sqliteSubmissions(join(directory, "nowhere", "file"))).toThrow(/STORE_OPEN_FAILED/);
  });
});
