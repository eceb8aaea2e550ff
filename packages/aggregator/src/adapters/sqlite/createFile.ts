/**
 * Makes a store's file whole or not at all: under another name, synced, then linked to its own. So no crash leaves an
 * empty file that could be taken for a new store. Not its job: opening it for an agent.
 */
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { quorateError } from "@quorate/common";
import { type FileForm, logPath, STORE_FILE_SCHEMA } from "./inspectFile.ts";
import { openDatabase, transact } from "./sqlite.ts";

/** @throws STORE_LOG_FOREIGN when the log of a file that is gone lies there */
export function createFile(real: string, form: FileForm): void {
  requireNoLog(real);
  const made = temporaryName(real);
  try {
    const db = openDatabase(made);
    try {
      transact(db, () => {
        db.exec(`${STORE_FILE_SCHEMA}; ${form.schema}; PRAGMA user_version = ${form.version};`);
        form.fill?.(db);
      });
    } finally {
      db.close();
    }
    place(made, real);
  } finally {
    removeFile(made);
  }
}

export function temporaryName(real: string): string {
  return `${real}.new-${randomBytes(6).toString("hex")}`;
}

/** A log without its file would be applied to whatever comes there next. */
export function requireNoLog(real: string): void {
  for (const log of [logPath(real), `${real}-journal`]) {
    const bytes = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes > 0) throw quorateError("STORE_LOG_FOREIGN", { path: real, log, bytes, reason: "the file is not there" });
  }
}

/** Gives a finished file its name, unless somebody else has it already. On disk when it returns. */
export function place(made: string, real: string): void {
  syncPath(made);
  try {
    linkSync(made, real);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    // Some file systems have no links.
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
    if (!existsSync(real)) renameSync(made, real);
  }
  syncPath(dirname(real));
}

/** The file with all that SQLite may have put beside it. */
export function removeFile(path: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(`${path}${end}`, { force: true });
}

function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
