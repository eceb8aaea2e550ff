/** Backups while an agent writes, and what may be put back. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "@quorate/common";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEPLOYMENT } from "../../../test/support/storeCases.ts";
import { kill, killAll, signUpTo, startStoreProcess } from "../../../test/support/storeProcess.ts";
import { SUBMISSIONS_VERSION, sqliteSubmissions } from "../submitter/store.ts";
import { openStore } from "./store.ts";
import { backUpStore, restoreStore, summariseStore } from "./storeCopies.ts";

const ALICE: Address = `0x${"aa".repeat(20)}`;
const SUBMISSIONS = { version: SUBMISSIONS_VERSION, pathOf: (path: string) => `${path}.submissions` };

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorate-copies-"));
  path = join(directory, "agent.sqlite");
});

afterEach(() => {
  killAll();
  rmSync(directory, { recursive: true });
});

const at = (name: string) => join(directory, name);
const backUp = (from: string, to: string) => backUpStore(at(from), at(to), SUBMISSIONS);
const restore = (from: string, to: string) => restoreStore(at(from), at(to), SUBMISSIONS);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "OK",
    (error: { code?: string }) => error.code ?? String(error),
  );

const signings = (name: string): number => {
  const store = openStore(at(name), DEPLOYMENT);
  const { length } = store.load().signings;
  expect(store.load().fromCopy).toEqual({ untilSeconds: null });
  store.close();
  return length;
};

describe("a backup", () => {
  it("taken again and again while the agent signs holds all that was durable when it began, and is whole", async () => {
    const writer = await startStoreProcess(path, "write");
    for (let copy = 1; copy <= 4; copy++) {
      const durable = await signUpTo(writer, copy * 150);
      await backUp("agent.sqlite", `copy-${copy}`);
      expect(await restore(`copy-${copy}`, `again-${copy}`)).toMatchObject({ whole: true });
      expect(signings(`again-${copy}`)).toBeGreaterThan(durable);
    }
    await kill(writer.child);
    expect(readdirSync(directory).filter((name) => name.includes(".new-"))).toEqual([]);
  });

  it("of a killed agent's store leaves the log where it is, and the agent goes on", async () => {
    const writer = await startStoreProcess(path, "write");
    const durable = await signUpTo(writer, 30);
    await kill(writer.child);
    await backUp("agent.sqlite", "copy");
    expect(existsSync(`${path}-wal`)).toBe(true);
    expect(summariseStore(at("copy"))).toMatchObject({ state: "backup", fromCopyUntil: undefined });
    const store = openStore(path, DEPLOYMENT);
    expect(store.load().signings.length).toBeGreaterThan(durable);
    expect(store.load().fromCopy).toBeUndefined();
    store.close();
  });

  it("error: no agent runs on it, a file that is there stays, and what is not there is named", async () => {
    openStore(path, DEPLOYMENT).close();
    await backUp("agent.sqlite", "copy");
    expect(() => openStore(at("copy"), DEPLOYMENT)).toThrow(/STORE_IS_BACKUP[\s\S]*quorate store restore/);
    expect(await codeOf(backUp("agent.sqlite", "copy"))).toBe("STORE_EXISTS");
    expect(await codeOf(restore("copy", "agent.sqlite"))).toBe("STORE_EXISTS");
    expect(await codeOf(backUp("nowhere", "other"))).toBe("STORE_NOT_FOUND");
    expect(await codeOf(backUp("agent.sqlite", "no-directory/copy"))).toBe("STORE_OPEN_FAILED");
    writeFileSync(at("empty"), "");
    expect(await codeOf(backUp("empty", "other"))).toBe("STORE_WITHOUT_SCHEMA");
    expect(await codeOf(restore("empty", "other"))).toBe("STORE_WITHOUT_SCHEMA");
  });

  it("takes the signed transactions along, and puts them back", async () => {
    openStore(path, DEPLOYMENT).close();
    const sent = { key: "report:1", nonce: 3, hash: `0x${"aa".repeat(32)}`, raw: "0x02", notAfter: 9 } as const;
    const submissions = sqliteSubmissions(`${path}.submissions`);
    submissions.put(sent);
    expect((await backUp("agent.sqlite", "copy")).files).toEqual([at("copy"), at("copy.submissions")]);
    submissions.close();
    await restore("copy", "again");
    const again = sqliteSubmissions(at("again.submissions"));
    expect(again.load()).toEqual([sent]);
    again.close();
  });
});

describe("P-108: what is restored", () => {
  it("from a raw copy of a running agent's file keeps what it has, but not the ledger, which may be torn", async () => {
    const writer = await startStoreProcess(path, "write");
    await signUpTo(writer, 600);
    copyFileSync(path, at("raw"));
    await kill(writer.child);
    expect(await restore("raw", "again")).toMatchObject({ whole: false });
    expect(signings("again")).toBeGreaterThan(0);
    expect(summariseStore(at("again"))).toMatchObject({ block: null, fromCopyUntil: null });
  });

  it("error: from a store that an agent has open, or over the log of a file that is gone", async () => {
    const writer = await startStoreProcess(path, "write");
    await signUpTo(writer, 10);
    expect(await codeOf(restore("agent.sqlite", "again"))).toBe("STORE_LOCKED");
    await backUp("agent.sqlite", "copy");
    await kill(writer.child);
    rmSync(path);
    expect(await codeOf(restore("copy", "agent.sqlite"))).toBe("STORE_LOG_FOREIGN");
    rmSync(`${path}-wal`);
    expect(await codeOf(restore("copy", "agent.sqlite"))).toBe("OK");
    expect(signings("agent.sqlite")).toBeGreaterThan(10);
  });

  it("a copy that had its moment gets a new one: what was signed after it is missing too", async () => {
    const store = openStore(path, DEPLOYMENT);
    store.persist([{ type: "claim", recipient: ALICE, epoch: 1 }]);
    store.close();
    await restore("agent.sqlite", "first");
    const first = openStore(at("first"), DEPLOYMENT);
    first.persist([{ type: "restored", untilSeconds: 100 }]);
    await backUp("first", "copy");
    first.close();
    await restore("copy", "second");
    expect(signings("second")).toBe(0);
  });
});
