/**
 * A temporary directory that does not outlive its owner for long. In: a prefix. Out: a new directory; those of the same
 * prefix whose process was killed before it could remove them go now. Not its job: removing what is no longer needed;
 * the owner does.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Holds the process id of the owner. */
const OWNER = "owner.pid";

export function makeTempDirectory(prefix: string): string {
  for (const name of readdirSync(tmpdir())) {
    if (name.startsWith(prefix) && isOrphan(join(tmpdir(), name))) removeDirectory(join(tmpdir(), name));
  }
  const directory = mkdtempSync(join(tmpdir(), prefix));
  writeFileSync(join(directory, OWNER), String(process.pid));
  return directory;
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** For a person to read: from now on nobody removes it. */
export function keepDirectory(directory: string): void {
  rmSync(join(directory, OWNER), { force: true });
}

function isOrphan(directory: string): boolean {
  let pid: number;
  try {
    pid = Number(readFileSync(join(directory, OWNER), "utf8"));
  } catch {
    // Being made, or kept.
    return false;
  }
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
