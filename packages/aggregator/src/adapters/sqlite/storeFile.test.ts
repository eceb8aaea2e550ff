/** One store, many names and many copies: who may open what. Real processes, because locks are theirs. */
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "@quorate/common";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEPLOYMENT } from "../../../test/support/storeCases.ts";
import { kill, killAll, signUpTo, startStoreProcess } from "../../../test/support/storeProcess.ts";
import { openDatabase, openToRead, query } from "./sqlite.ts";
import { openStore } from "./store.ts";

const ALICE: Address = `0x${"aa".repeat(20)}`;

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorate-store-file-"));
  path = join(directory, "agent.sqlite");
});

afterEach(() => {
  killAll();
  rmSync(directory, { recursive: true });
});

const at = (name: string) => join(directory, name);
const open = (name: string) => openStore(at(name), DEPLOYMENT);

function codeOf(name: string): string {
  try {
    open(name).close();
    return "OK";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** A store in which a claim was taken on, closed in order. */
function closedStore(epoch = 1): void {
  const store = open("agent.sqlite");
  store.persist([{ type: "claim", recipient: ALICE, epoch }]);
  store.close();
}

/** Killed in the middle of its work, with a log that holds what the file itself does not. */
async function crashedStore(): Promise<number> {
  const writer = await startStoreProcess(path, "write");
  const durable = await signUpTo(writer, 20);
  await kill(writer.child);
  return durable;
}

const signings = (name: string): number => {
  const store = open(name);
  const count = store.load().signings.length;
  store.close();
  return count;
};

describe("a second process on one store", () => {
  it("error: by another spelling, a symbolic link, a link to a link, and a hard link; and all of them after a kill", async () => {
    mkdirSync(at("sub"));
    const { child } = await startStoreProcess(path, "hold");
    symlinkSync("agent.sqlite", at("link"));
    symlinkSync(at("link"), at("sub/link-to-link"));
    linkSync(path, at("hard"));
    for (const name of ["agent.sqlite", "sub/../agent.sqlite", "link", "sub/link-to-link", "hard"]) {
      expect([name, codeOf(name)]).toEqual([name, "STORE_LOCKED"]);
    }
    await kill(child);
    expect(codeOf("sub/link-to-link")).toBe("OK");
    expect(codeOf("agent.sqlite")).toBe("OK");
  });

  it("error: after every file beside it was deleted, the lock is the file's own", async () => {
    const { child } = await startStoreProcess(path, "hold");
    for (const name of readdirSync(directory)) if (name !== "agent.sqlite") rmSync(at(name));
    expect(codeOf("agent.sqlite")).toBe("STORE_LOCKED");
    await kill(child);
  });

  it("error: the first process is a link's, the second the file's; neither spoils the other's store", async () => {
    closedStore();
    linkSync(path, at("hard"));
    const { child } = await startStoreProcess(at("hard"), "hold");
    expect(codeOf("agent.sqlite")).toBe("STORE_LOCKED");
    await kill(child);
  });

  it("readers come and go while an agent has it", async () => {
    const { child } = await startStoreProcess(path, "hold");
    const reader = openToRead(path);
    expect(query(reader, "SELECT * FROM signing")).toEqual([]);
    reader.close();
    expect(codeOf("agent.sqlite")).toBe("STORE_LOCKED");
    await kill(child);
    expect(codeOf("agent.sqlite")).toBe("OK");
  });
});

describe("what is no store", () => {
  it.each([":memory:", "", " ", "file:agent.sqlite?mode=memory", "FILE::memory:"])("error: the path %j", (name) => {
    expect(() => openStore(name, DEPLOYMENT)).toThrow(/STORE_PATH_INVALID/);
  });

  it("error: a file without bytes, or without tables, is no new store; it stays as it is", () => {
    writeFileSync(path, "");
    expect(codeOf("agent.sqlite")).toBe("STORE_WITHOUT_SCHEMA");
    expect(readdirSync(directory)).toEqual(["agent.sqlite"]);
    const db = openDatabase(at("bare.sqlite"));
    db.exec("PRAGMA journal_mode = WAL");
    db.close();
    expect(codeOf("bare.sqlite")).toBe("STORE_WITHOUT_SCHEMA");
  });

  it("error: a new store where the log of one that is gone lies", async () => {
    await crashedStore();
    rmSync(path);
    expect(codeOf("agent.sqlite")).toBe("STORE_LOG_FOREIGN");
    expect(existsSync(path)).toBe(false);
  });

  it("a store that was deleted with its log is made anew, even where its inode is used again", async () => {
    closedStore();
    rmSync(path);
    expect(codeOf("agent.sqlite")).toBe("OK");
  });

  it("is made whole: as soon as its name is there, all tables are in the file itself", async () => {
    const { child } = await startStoreProcess(path, "hold");
    copyFileSync(path, at("copy.sqlite"));
    await kill(child);
    const copy = openDatabase(at("copy.sqlite"));
    expect(query<{ name: string }>(copy, "SELECT name FROM sqlite_schema").map(({ name }) => name)).toContain(
      "signing",
    );
    copy.close();
    expect(readdirSync(directory).filter((name) => name.includes(".new-"))).toEqual([]);
  });
});

describe("P-71: a copy that misses commits", () => {
  it("error: of the main file alone, while an agent signs; the agent's own file goes on", async () => {
    const writer = await startStoreProcess(path, "write");
    for (let copy = 0; copy < 5; copy++) {
      await signUpTo(writer, 100 * (copy + 1));
      copyFileSync(path, at("copy.sqlite"));
      expect(codeOf("copy.sqlite")).toBe("STORE_COPY_INCOMPLETE");
      for (const name of readdirSync(directory)) if (name.startsWith("copy")) rmSync(at(name));
    }
    await kill(writer.child);
    expect(signings("agent.sqlite")).toBeGreaterThan(500);
  });

  it("error: of file and log of a running agent, which may be of different moments", async () => {
    const writer = await startStoreProcess(path, "write");
    await signUpTo(writer, 50);
    for (const end of ["", "-wal", "-last"]) copyFileSync(`${path}${end}`, at(`copy.sqlite${end}`));
    expect(codeOf("copy.sqlite")).toBe("STORE_COPY_INCOMPLETE");
    await kill(writer.child);
  });

  it("error: after a kill, when a cleaner took the log, or it was cut off; the file stays as it is", async () => {
    await crashedStore();
    const [file, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    truncateSync(`${path}-wal`, 0);
    expect(codeOf("agent.sqlite")).toBe("STORE_COPY_INCOMPLETE");
    rmSync(`${path}-wal`, { force: true });
    expect(codeOf("agent.sqlite")).toBe("STORE_COPY_INCOMPLETE");
    writeFileSync(`${path}-wal`, log.subarray(0, Math.floor(log.length / 2)));
    expect(codeOf("agent.sqlite")).toBe("STORE_COPY_INCOMPLETE");
    expect(readFileSync(path).equals(file)).toBe(true);
    writeFileSync(`${path}-wal`, log);
    expect(codeOf("agent.sqlite")).toBe("OK");
  });

  it("error: an older copy put over the file by cp, with the newer log beside it, or without any", async () => {
    closedStore();
    copyFileSync(path, at("old.sqlite"));
    await crashedStore();
    copyFileSync(at("old.sqlite"), path);
    expect(["STORE_LOG_FOREIGN", "STORE_COPY_INCOMPLETE"]).toContain(codeOf("agent.sqlite"));
    rmSync(`${path}-wal`);
    expect(codeOf("agent.sqlite")).toBe("STORE_COPY_INCOMPLETE");
  });

  it("error: another store's log beside it", async () => {
    await crashedStore();
    renameSync(`${path}-wal`, at("log"));
    for (const end of ["", "-shm", "-last"]) rmSync(`${path}${end}`, { force: true });
    closedStore();
    renameSync(at("log"), `${path}-wal`);
    expect(codeOf("agent.sqlite")).toBe("STORE_LOG_FOREIGN");
  });

  it("what sqlite3 leaves when it looks into the store of a killed agent is complete", async () => {
    const durable = await crashedStore();
    const shell = openDatabase(path);
    query(shell, "SELECT * FROM signing");
    // The last connection to go takes the log along, as the sqlite3 shell does.
    shell.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(signings("agent.sqlite")).toBeGreaterThan(durable);
  });

  it("an agent that is killed again and again takes its log up each time", async () => {
    let durable = 0;
    for (let life = 0; life < 3; life++) durable = await crashedStore();
    expect(signings("agent.sqlite")).toBeGreaterThan(durable);
  });
});

describe("P-108: a store that was copied", () => {
  it("a closed one under another name or on another disk opens, and says that it is a copy; its own does not", () => {
    closedStore();
    copyFileSync(path, at("copy.sqlite"));
    for (const [name, fromCopy] of [
      ["agent.sqlite", undefined],
      ["copy.sqlite", { untilSeconds: null }],
    ] as const) {
      const store = open(name);
      expect(store.load().fromCopy).toEqual(fromCopy);
      expect(store.load().claims).toHaveLength(1);
      store.close();
    }
  });

  it("keeps the moment up to which it may have forgotten, also when it is opened again", () => {
    closedStore();
    copyFileSync(path, at("copy.sqlite"));
    const store = open("copy.sqlite");
    store.persist([{ type: "restored", untilSeconds: 1_234 }]);
    store.close();
    const again = open("copy.sqlite");
    expect(again.load().fromCopy).toEqual({ untilSeconds: 1_234 });
    again.close();
  });
});
