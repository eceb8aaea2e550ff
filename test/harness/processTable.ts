/**
 * Which processes carry a mark in their environment. In: a name and value that a test gave to the process it started;
 * children inherit it. Out: their ids and command lines. Linux only. Processes that have ended but were not reaped do
 * not count.
 */
import { readdirSync, readFileSync } from "node:fs";
import { readProcess } from "../../packages/aggregator/src/cli/launchers.ts";

export interface MarkedProcess {
  readonly pid: number;
  readonly commandLine: string;
}

export function processesMarked(name: string, value: string): MarkedProcess[] {
  const pids = readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
  return pids.flatMap((pid) => {
    const environment = read(`/proc/${pid}/environ`).split("\0");
    if (pid === process.pid || !environment.includes(`${name}=${value}`) || isZombie(pid)) return [];
    return [{ pid, commandLine: readProcess(pid)?.commandLine ?? "" }];
  });
}

function isZombie(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat === "" || stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
}

/** A process may end between the listing and the reading. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
