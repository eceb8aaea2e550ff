/**
 * The devnet's directory. In: where it is to be. Out: an empty directory that is this process's. One that a devnet left
 * which was killed is emptied; one that holds anything else, or is another devnet's, is refused.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quorateError } from "@quorate/common";
import { removeDirectory } from "../harness/tempDirectory.ts";

/** Holds the process id of the devnet whose directory it is. */
const OWNER = "devnet.pid";

/** @throws QuorateError `FLAG_INVALID` when something else is there */
export function takeDirectory(directory: string): void {
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    const owner = ownerOf(directory);
    const refused = (reason: string): Error =>
      quorateError("FLAG_INVALID", { flag: "--directory", value: directory, reason });
    if (owner === null) throw refused("it holds files that are no devnet's");
    if (isAlive(owner)) throw refused(`the devnet of process ${owner} is running there`);
    removeDirectory(directory);
  }
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, OWNER), String(process.pid));
}

function ownerOf(directory: string): number | null {
  const file = join(directory, OWNER);
  if (!existsSync(file)) return null;
  const pid = Number(readFileSync(file, "utf8"));
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
