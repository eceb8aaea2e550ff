/**
 * Notices that the command which started us is gone. In: our ancestors, as they are at the start. Out: one callback
 * when a link of that chain breaks. Needed because SIGKILL to `npx` reaches nobody: npm's shell, pnpm and its shell
 * survive it, and us with them. Not its job: stopping anything.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  readonly commandLine: string;
}

/** One process and its parent, as they were at the start. */
export interface Link {
  readonly pid: number;
  readonly parentPid: number;
}

/** Half a second after the kill is "with it" for a person, and two reads of /proc cost nothing. */
const POLL_MS = 500;

/** Deeper than npx → sh → pnpm → sh → node nested twice; a bound, not a target. */
const MAX_ANCESTORS = 16;

/**
 * The chain to watch: from us up to the topmost package manager (npx, npm, pnpm, yarn) that is reached through package
 * managers and `sh -c` alone; at least our own parent. Whatever started that package manager (a terminal's shell, a job
 * runner) is not watched: it may end first with good reason, as in `npx … &`.
 */
export function launcherChain(self: number, read: (pid: number) => ProcessInfo | null = readProcess): readonly Link[] {
  return chainAbove(self, 1, read);
}

/**
 * The same without our own parent: nothing where no package manager started us. Whoever else started an agent may end
 * first with good reason: a terminal, a script.
 */
export function packageManagersAbove(
  self: number,
  read: (pid: number) => ProcessInfo | null = readProcess,
): readonly Link[] {
  return chainAbove(self, 0, read);
}

function chainAbove(self: number, atLeast: number, read: (pid: number) => ProcessInfo | null): readonly Link[] {
  const links: Link[] = [];
  let keep = atLeast;
  for (let info = read(self); info !== null && links.length < MAX_ANCESTORS; ) {
    links.push({ pid: info.pid, parentPid: info.parentPid });
    const parent = info.parentPid > 1 ? read(info.parentPid) : null;
    if (parent === null) break;
    const kind = launcherKind(parent.commandLine);
    if (kind === "package-manager") keep = links.length;
    if (kind === "other") break;
    info = parent;
  }
  return links.slice(0, keep);
}

/**
 * Calls `onBroken` once, when a process of the chain has died: its child then has another parent. Returns the end of
 * the watch.
 */
export function watchLaunchers(chain: readonly Link[], onBroken: (link: Link) => void): () => void {
  if (chain.length === 0) return () => {};
  const timer = setInterval(() => {
    const broken = chain.find(({ pid, parentPid }) => parentOf(pid) !== parentPid);
    if (broken === undefined) return;
    clearInterval(timer);
    onBroken(broken);
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

export function launcherKind(commandLine: string): "package-manager" | "shell" | "other" {
  const [first = "", second = ""] = commandLine.split(" ");
  // A login shell's name starts with a dash; npm sets its whole title to "npm exec …".
  const program = basename(first).replace(/^-/, "");
  if (/^(npm|npx|pnpm|pnpx|yarn|corepack)$/.test(program)) return "package-manager";
  if (/^(node|bun)$/.test(program) && /(npm|npx|pnpm|yarn|corepack)(-cli)?\.[cm]?js$/.test(second))
    return "package-manager";
  if (/^(sh|dash|bash|ash|zsh)$/.test(program) && second === "-c") return "shell";
  return "other";
}

/** Parent and command line of a process; null when there is none. */
export function readProcess(pid: number): ProcessInfo | null {
  if (process.platform !== "linux") return readProcessByPs(pid);
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, parentPid: parentFromStat(readFileSync(`/proc/${pid}/stat`, "utf8")), commandLine };
  } catch {
    return null;
  }
}

function parentOf(pid: number): number | null {
  if (pid === process.pid) return process.ppid;
  return readProcess(pid)?.parentPid ?? null;
}

/**
 * The fourth field of proc_pid_stat(5). The second is the program's name, which may itself hold spaces and parentheses.
 */
function parentFromStat(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function readProcessByPs(pid: number): ProcessInfo | null {
  try {
    const line = execFileSync("ps", ["-o", "ppid=,command=", "-p", String(pid)], { encoding: "utf8" }).trim();
    const [, parentPid, commandLine] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    return parentPid === undefined || commandLine === undefined
      ? null
      : { pid, parentPid: Number(parentPid), commandLine };
  } catch {
    return null;
  }
}
