/** A process of its own that has a store open (adapters/sqlite/store.child.ts), and its end. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const CHILD = join(import.meta.dirname, "../../src/adapters/sqlite/store.child.ts");

export interface StoreProcess {
  readonly child: ChildProcess;
  /** What it prints, after `open`. */
  readonly lines: AsyncIterableIterator<string>;
}

const started: ChildProcess[] = [];

/** Resolves when it has opened the store. */
export async function startStoreProcess(
  path: string,
  mode: "hold" | "write" | "fill",
  limit?: { fileLimitKib: number },
): Promise<StoreProcess> {
  // The signal of the limit is ignored, so that the write fails instead of the process.
  const shell = `trap '' XFSZ; ${limit === undefined ? "" : `ulimit -f ${limit.fileLimitKib};`} exec "$@"`;
  const child = spawn("bash", ["-c", shell, "bash", process.execPath, CHILD, path, mode]);
  started.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = (await lines.next()).value;
  if (first !== "open") throw new Error(`the process did not open ${path}: ${first}`);
  return { child, lines };
}

export async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await ended;
}

/** Writes until this many epochs are signed; resolves to the last one that is durable. */
export async function signUpTo({ lines }: StoreProcess, epoch: number): Promise<number> {
  for (;;) {
    const next = await lines.next();
    if (next.done === true) throw new Error("the process ended");
    if (Number(next.value) >= epoch) return Number(next.value);
  }
}

export function killAll(): void {
  for (const child of started.splice(0)) child.kill("SIGKILL");
}
