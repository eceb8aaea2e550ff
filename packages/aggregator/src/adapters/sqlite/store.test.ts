import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Address, type Hex, isQuorateError } from "@quorate/common";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleBundle } from "../../../test/support/sampleBundle.ts";
import { DEPLOYMENT } from "../../../test/support/storeCases.ts";
import { kill, killAll, startStoreProcess } from "../../../test/support/storeProcess.ts";
import type { PersistRecord, SigningRecord } from "../../core/io.ts";
import { claimRound } from "../../core/kinds/rewardClaim.ts";
import type { Deployment } from "./deployment.ts";
import { openDatabase } from "./sqlite.ts";
import { openStore } from "./store.ts";

const ALICE: Address = `0x${"aa".repeat(20)}`;
const BOB: Address = `0x${"bb".repeat(20)}`;
const DIGEST_1 = `0x${"01".repeat(32)}` as const;
const DIGEST_2 = `0x${"02".repeat(32)}` as const;
/** Above 2^64: what SQLite's own integers could not hold. */
const LARGE = 2n ** 200n + 1n;

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorate-store-"));
  path = join(directory, "agent.sqlite");
});

afterEach(() => {
  killAll();
  rmSync(directory, { recursive: true });
});

describe("what is stored", () => {
  it("comes back after closing and opening again", () => {
    const bundle = sampleBundle({ recipient: ALICE, epoch: 3 });
    const store = openStore(path, DEPLOYMENT);
    store.persist([
      { type: "signing", ...signing(ALICE, 3, DIGEST_1, LARGE) },
      { type: "claim", recipient: ALICE, epoch: 3 },
      { type: "bundle", recipient: ALICE, epoch: 3, bundle },
    ]);
    store.close();

    const again = openStore(path, DEPLOYMENT);
    expect(again.load()).toEqual({
      ledger: null,
      signings: [signing(ALICE, 3, DIGEST_1, LARGE)],
      claims: [{ recipient: ALICE, epoch: 3 }],
      bundles: [{ recipient: ALICE, epoch: 3, bundle }],
    });
    again.close();
  });

  it("is empty at first", () => {
    const store = openStore(path, DEPLOYMENT);
    expect(store.load()).toEqual({ ledger: null, signings: [], claims: [], bundles: [] });
    expect(store.bundle(ALICE, null)).toBeNull();
    store.close();
  });

  it("gives the bundle of an epoch, or of the latest one that has any", () => {
    const store = openStore(path, DEPLOYMENT);
    for (const epoch of [2, 10]) {
      store.persist([
        { type: "bundle", recipient: ALICE, epoch: epoch, bundle: sampleBundle({ recipient: ALICE, epoch }) },
      ]);
    }
    expect(store.bundle(ALICE, 2)).toEqual(sampleBundle({ recipient: ALICE, epoch: 2 }));
    expect(store.bundle(ALICE, null)).toEqual(sampleBundle({ recipient: ALICE, epoch: 10 }));
    expect(store.bundle(ALICE, 3)).toBeNull();
    expect(store.bundle(BOB, null)).toBeNull();
    store.close();
  });

  it("loses only claims to pruning, and loads only what is left in the window", async () => {
    const store = openStore(path, DEPLOYMENT);
    for (const epoch of [1, 2]) {
      store.persist([
        { type: "signing", ...signing(ALICE, epoch, DIGEST_1, 5n) },
        { type: "claim", recipient: ALICE, epoch },
        { type: "bundle", recipient: ALICE, epoch: epoch, bundle: sampleBundle({ recipient: ALICE, epoch }) },
      ]);
    }
    store.persist([{ type: "prune", belowEpoch: 2 }]);
    store.persist([{ type: "prune", belowEpoch: 1 }]);
    await store.written();
    const state = store.load();
    expect(state.claims).toEqual([{ recipient: ALICE, epoch: 2 }]);
    expect(state.signings.map(({ id }) => id)).toEqual([claimRound(ALICE, 2)]);
    expect(state.bundles.map(({ recipient, epoch }) => [recipient, epoch])).toEqual([[ALICE, 2]]);
    // Still on disk: the bundle is served, and the signing refuses another digest.
    expect(store.bundle(ALICE, 1)).not.toBeNull();
    expectCode("SIGNING_CONFLICT", () => store.persist([{ type: "signing", ...signing(ALICE, 1, DIGEST_2, 5n) }]));
    store.close();
  });
});

describe("P-71: one digest a round", () => {
  it("the same digest again is fine", () => {
    const store = openStore(path, DEPLOYMENT);
    const record: PersistRecord = { type: "signing", ...signing(ALICE, 1, DIGEST_1, 5n) };
    store.persist([record]);
    store.persist([record]);
    expect(store.load().signings).toHaveLength(1);
    store.close();
  });

  it("error: another digest for the round, also after a restart, and nothing of that step is kept", () => {
    const first = openStore(path, DEPLOYMENT);
    first.persist([{ type: "signing", ...signing(ALICE, 1, DIGEST_1, 5n) }]);
    first.close();
    const store = openStore(path, DEPLOYMENT);
    expectCode("SIGNING_CONFLICT", () =>
      store.persist([
        { type: "claim", recipient: BOB, epoch: 1 },
        { type: "signing", ...signing(ALICE, 1, DIGEST_2, 6n) },
      ]),
    );
    expect(store.load()).toMatchObject({ claims: [], signings: [signing(ALICE, 1, DIGEST_1, 5n)] });
    store.close();
  });

  it("the file itself refuses to change or delete a signing", () => {
    const store = openStore(path, DEPLOYMENT);
    store.persist([{ type: "signing", ...signing(ALICE, 1, DIGEST_1, 5n) }]);
    store.close();
    const db = openDatabase(path);
    expect(() => db.exec(`UPDATE signing SET digest = '${DIGEST_2}'`)).toThrow(/P-71/);
    expect(() => db.exec("DELETE FROM signing")).toThrow(/P-71/);
    db.close();
  });
});

describe("a process that dies", () => {
  it("behaviour: SIGKILL between writes loses nothing that was reported durable, and frees the lock", async () => {
    const { child, lines } = await startStoreProcess(path, "write");
    let durable = -1;
    for await (const line of lines) {
      durable = Number(line);
      if (durable >= 40) break;
    }
    await kill(child);
    const store = openStore(path, DEPLOYMENT);
    // The child may have committed more before the signal reached it.
    expect(store.load().signings.length).toBeGreaterThan(durable);
    store.close();
  });

  it("error: a second process on the same file", async () => {
    const { child } = await startStoreProcess(path, "hold");
    expectCode("STORE_LOCKED", () => openStore(path, DEPLOYMENT));
    await kill(child);
    openStore(path, DEPLOYMENT).close();
  });

  it("error: the same process twice on one file", () => {
    const store = openStore(path, DEPLOYMENT);
    expectCode("STORE_LOCKED", () => openStore(path, DEPLOYMENT));
    store.close();
    openStore(path, DEPLOYMENT).close();
  });
});

describe("a file that cannot be used", () => {
  it("error: it is not a database", () => {
    writeFileSync(path, "not a database, but long enough to have the header of one".repeat(20));
    expectCode("STORE_CORRUPT", () => openStore(path, DEPLOYMENT));
  });

  it("error: its pages are damaged", () => {
    const store = openStore(path, DEPLOYMENT);
    for (let epoch = 0; epoch < 400; epoch++) {
      store.persist([{ type: "signing", ...signing(ALICE, epoch, DIGEST_1, 1n) }]);
    }
    store.close();
    const size = statSync(path).size;
    const file = openSync(path, "r+");
    for (let page = 2; page < size / 4096; page++) writeSync(file, Buffer.alloc(512, 0xee), 0, 512, page * 4096);
    expectCode("STORE_CORRUPT", () => openStore(path, DEPLOYMENT));
  });

  it("error: its end is missing", () => {
    const store = openStore(path, DEPLOYMENT);
    for (let epoch = 0; epoch < 400; epoch++) {
      store.persist([{ type: "signing", ...signing(ALICE, epoch, DIGEST_1, 1n) }]);
    }
    store.close();
    truncateSync(path, 3 * 4096);
    expectCode("STORE_CORRUPT", () => openStore(path, DEPLOYMENT));
  });

  it("error: it is of another version", () => {
    openStore(path, DEPLOYMENT).close();
    const db = openDatabase(path);
    db.exec("PRAGMA user_version = 99");
    db.close();
    expectCode("STORE_WRONG_VERSION", () => openStore(path, DEPLOYMENT));
  });

  it.each<Partial<Deployment>>([{ chainId: 1 }, { rewards: ALICE }, { pool: BOB }, { deployBlock: 8 }])(
    "error: it belongs to another deployment than %j, and both are named",
    (other) => {
      openStore(path, DEPLOYMENT).close();
      const open = () => openStore(path, { ...DEPLOYMENT, ...other });
      expectCode("STORE_WRONG_DEPLOYMENT", open);
      for (const value of [...Object.values(DEPLOYMENT), ...Object.values(other)]) expect(open).toThrow(String(value));
      openStore(path, DEPLOYMENT).close();
    },
  );

  it("error: its path is a directory or a device, or in no directory", () => {
    const inner = join(directory, "inner");
    mkdirSync(inner);
    expectCode("STORE_OPEN_FAILED", () => openStore(inner, DEPLOYMENT));
    expectCode("STORE_OPEN_FAILED", () => openStore("/dev/null", DEPLOYMENT));
    expectCode("STORE_OPEN_FAILED", () => openStore(join(directory, "nowhere", "agent.sqlite"), DEPLOYMENT));
  });

  it("error: the disk refuses a write; nothing of it is kept, and later ones succeed", async () => {
    // A file-size limit of the operating system stands in for a full disk: the refused write and SQLite's way back
    // are the same.
    const { lines } = await startStoreProcess(path, "fill", { fileLimitKib: 1_024 });
    const next = async (): Promise<string> => (await lines.next()).value;
    expect(await next()).toBe("STORE_WRITE_FAILED");
    expect(JSON.parse(await next())).toEqual([]);
    // The ledger, written in chunks: the former one stays, and whoever gives more of it is told again.
    expect(await next()).toBe("STORE_WRITE_FAILED");
    expect(await next()).toBe("2");
    expect(await next()).toBe("STORE_WRITE_FAILED");
    expect(JSON.parse(await next())).toMatchObject([{ epoch: 2 }]);
  });
});

it("the experimental warning of node:sqlite does not reach the terminal", async () => {
  const { child } = await startStoreProcess(path, "hold");
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  await kill(child);
  expect(stderr).toBe("");
  expect(readFileSync(path).subarray(0, 15).toString()).toBe("SQLite format 3");
});

function signing(recipient: Address, epoch: number, digest: Hex, amount: bigint): SigningRecord {
  return { id: claimRound(recipient, epoch), digest, signed: { kind: "RewardClaim", message: { recipient, amount } } };
}

function expectCode(code: string, run: () => unknown): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(isQuorateError(thrown) ? thrown.code : thrown).toBe(code);
}
