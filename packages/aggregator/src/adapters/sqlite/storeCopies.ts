/**
 * The agent's store as one thing: its file, and beside it the file of its signed transactions. Enters: paths. Leaves:
 * backups, restored stores, a summary. Not its job: how a file is copied (copies.ts).
 */
import { rmSync } from "node:fs";
import { isQuorateError } from "@quorate/common";
import { backUpFile, type CopyForm, readFileState, restoreFile } from "./copies.ts";
import { readHead } from "./ledgerReader.ts";
import { inodeOf, realFile } from "./paths.ts";
import { DERIVED_TABLES, SCHEMA_VERSION } from "./schema.ts";
import { openToRead, query } from "./sqlite.ts";

const STORE: CopyForm = { version: SCHEMA_VERSION, derived: DERIVED_TABLES };

/** Of the file of signed transactions, whose form is submitter/store.ts's. */
export interface SubmissionsForm {
  readonly version: number;
  readonly pathOf: (storePath: string) => string;
}

export interface Copied {
  readonly files: readonly string[];
  /** Whether the copy was known to be whole. */
  readonly whole: boolean;
}

/** Both files, each at a moment of its own: transactions first, as what they send follows from the store. */
export async function backUpStore(from: string, to: string, submissions: SubmissionsForm): Promise<Copied> {
  const [source, target] = [submissions.pathOf(from), submissions.pathOf(to)];
  const files: string[] = [];
  if (isThere(source)) {
    await backUpFile(source, target, { version: submissions.version, derived: [] });
    files.push(target);
  }
  try {
    await backUpFile(from, to, STORE);
  } catch (error) {
    // Half a backup is none.
    for (const file of files) rmSync(file, { force: true });
    throw error;
  }
  return { files: [to, ...files], whole: true };
}

export async function restoreStore(from: string, to: string, submissions: SubmissionsForm): Promise<Copied> {
  const [source, target] = [submissions.pathOf(from), submissions.pathOf(to)];
  const files: string[] = [];
  if (isThere(source)) {
    await restoreFile(source, target, { version: submissions.version, derived: [] });
    files.push(target);
  }
  try {
    const { whole } = await restoreFile(from, to, STORE);
    return { files: [to, ...files], whole };
  } catch (error) {
    for (const file of files) rmSync(file, { force: true });
    throw error;
  }
}

export interface StoreSummary {
  readonly state: string;
  readonly deployment: string;
  readonly block: number | null;
  readonly openEpoch: number | null;
  readonly signings: number;
  readonly lastSignedEpoch: number | null;
  readonly bundles: number;
  /** P-108: chain time in seconds, null while not fixed; undefined for a store that is no copy. */
  readonly fromCopyUntil: number | null | undefined;
}

/** @throws the codes of the store */
export function summariseStore(path: string): StoreSummary {
  const { state } = readFileState(path);
  const db = openToRead(realFile(path));
  try {
    const number = <T>(sql: string): T => Object.values(query<Record<string, T>>(db, sql)[0] ?? {})[0] as T;
    const head = readHead(db);
    return {
      state,
      deployment: number<string>("SELECT 'chain ' || chain_id || ', rewards ' || rewards FROM deployment"),
      block: head?.head.number ?? null,
      openEpoch: head?.openEpoch ?? null,
      signings: number<number>("SELECT count(*) FROM signing"),
      lastSignedEpoch: number<number | null>("SELECT max(epoch) FROM signing"),
      bundles: number<number>("SELECT count(*) FROM bundle"),
      fromCopyUntil: query<{ until_seconds: number | null }>(db, "SELECT * FROM restored")[0]?.until_seconds,
    };
  } finally {
    db.close();
  }
}

function isThere(path: string): boolean {
  try {
    return inodeOf(realFile(path)) !== null;
  } catch (error) {
    if (isQuorateError(error)) throw error;
    return false;
  }
}
