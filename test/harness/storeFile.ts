/**
 * What an agent's store holds, read from a copy. In: the path of its SQLite file, the agent dead or alive. Out: every
 * row, those included that the agent no longer loads. A copy, because opening the file itself would do the recovery
 * that the agent is to do after a crash.
 */
import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Address,
  type Hex,
  type KindName,
  messageFromJson,
  type RoundKey,
  roundKey,
  type Subject,
} from "@quorate/common";
import { openDatabase, query } from "../../packages/aggregator/src/adapters/sqlite/sqlite.ts";
import { claimRound } from "../../packages/aggregator/src/core/kinds/rewardClaim.ts";

export interface StoreContent {
  /** Of claims. */
  readonly signings: ReadonlyMap<RoundKey, { readonly digest: Hex; readonly amount: bigint }>;
  /** Of every kind. */
  readonly digests: ReadonlyMap<RoundKey, Hex>;
  readonly claims: ReadonlySet<RoundKey>;
  readonly bundles: ReadonlySet<RoundKey>;
  /** Claims of epochs before it may have been deleted (P-70). */
  readonly firstEpoch: number;
}

export function readStore(linkOrPath: string): StoreContent {
  // SQLite keeps its log beside the file itself, not beside a link to it.
  const path = realpathSync(linkOrPath);
  const directory = mkdtempSync(join(tmpdir(), "quorate-store-"));
  try {
    const copy = join(directory, "copy.sqlite");
    copyFileSync(path, copy);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    return readContent(copy);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Row {
  readonly recipient: string;
  readonly epoch: number;
}

function readContent(path: string): StoreContent {
  const db = openDatabase(path);
  try {
    // Killed before it made its tables: it has promised nothing.
    if (query(db, "SELECT 1 FROM sqlite_schema").length === 0) {
      return { signings: new Map(), digests: new Map(), claims: new Set(), bundles: new Set(), firstEpoch: 0 };
    }
    return {
      ...readSignings(db),
      claims: new Set(query<Row>(db, "SELECT * FROM claim").map(key)),
      bundles: new Set(query<Row>(db, "SELECT * FROM bundle").map(key)),
      firstEpoch: query<{ first_epoch: number }>(db, "SELECT first_epoch FROM window")[0]?.first_epoch ?? 0,
    };
  } finally {
    db.close();
  }
}

interface SigningRow {
  readonly kind: KindName;
  readonly epoch: number;
  readonly subject: Subject;
  readonly digest: Hex;
  readonly message: string;
}

function readSignings(db: Parameters<typeof query>[0]): Pick<StoreContent, "signings" | "digests"> {
  const signings = new Map<RoundKey, { readonly digest: Hex; readonly amount: bigint }>();
  const digests = new Map<RoundKey, Hex>();
  for (const row of query<SigningRow>(db, "SELECT * FROM signing")) {
    digests.set(roundKey(row), row.digest);
    const signed = messageFromJson(row.kind, row.message);
    if (signed.kind === "RewardClaim") {
      signings.set(roundKey(row), { digest: row.digest, amount: signed.message.amount });
    }
  }
  return { signings, digests };
}

const key = ({ recipient, epoch }: Row): RoundKey => roundKey(claimRound(recipient as Address, epoch));
