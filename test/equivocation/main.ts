/**
 * `pnpm sim:equivocation`: every schedule of two-faced behaviour of up to 7 nodes (schedules.ts says which), on all
 * cores. Out: a line a space, then the sum; exit status 1 with the first schedule that breaks a promise.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { SpaceResult } from "./run.ts";
import { allSpaces, type Space } from "./schedules.ts";

interface Ended {
  readonly index: number;
  readonly result: SpaceResult;
}

/** Steps of one agent in a schedule of three rounds and of one, about: the longest spaces begin first. */
const costOf = ({ name, count, honest }: Space): number => count * honest * (name === "together" ? 18 : 3);

const spaces = allSpaces();
const order = spaces.map((_, i) => i).sort((a, b) => costOf(spaces[b] as Space) - costOf(spaces[a] as Space));
const sum = spaces.reduce((all, { count }) => all + count, 0);
const startedMs = performance.now();
let done = 0;
let broken = 0;

function tell({ index, result }: Ended): void {
  const { name, honest, liars, weights, count } = spaces[index] as Space;
  done += result.schedules;
  const what = `${name}, ${honest} honest and ${liars} two-faced, ${weights} stakes`;
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  process.stdout.write(`${what}: ${result.schedules} schedules (${done} of ${sum} after ${seconds} s)\n`);
  if (result.broken !== null) {
    broken += 1;
    process.stdout.write(`  ${result.broken.promises.join("\n  ")}\n  ${JSON.stringify(result.broken.schedule)}\n`);
  } else if (result.schedules !== count) {
    broken += 1;
    process.stdout.write(`  there should be ${count} by the formula\n`);
  }
}

const threads = Array.from({ length: Math.min(availableParallelism(), spaces.length) }, () => {
  const worker = new Worker(new URL("./worker.ts", import.meta.url));
  return new Promise<void>((resolve, reject) => {
    const next = (): void => {
      const index = order.shift();
      if (index === undefined) void worker.terminate().then(() => resolve());
      else worker.postMessage(index);
    };
    worker.on("error", reject);
    worker.on("message", (ended: Ended) => {
      tell(ended);
      next();
    });
    next();
  });
});
await Promise.all(threads);
const verdict = broken === 0 ? "every promise held" : `${broken} spaces with a broken promise`;
process.stdout.write(`${done} schedules of ${spaces.length} spaces: ${verdict}\n`);
process.exitCode = broken === 0 ? 0 : 1;
