/**
 * `pnpm sim:equivocation`: every schedule of two-faced behaviour of up to 7 nodes, of signers (schedules.ts says which)
 * and of aggregators (aggregators/faces.ts), on all cores. Out: a line a space, then the sum; exit status 1 with the
 * first schedule that breaks a promise.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { withoutFlags } from "../harness/flags.ts";
import { allJobs, type Job, type JobResult } from "./jobs.ts";

const HELP = `usage: pnpm sim:equivocation

  every schedule of two-faced behaviour of up to 7 nodes, on all cores: about 20 minutes of a core
`;

interface Ended {
  readonly index: number;
  readonly result: JobResult;
}

/** Plays every space, the dearest first, and tells each as it ends. @returns how many broke a promise */
async function playAll(jobs: readonly Job[]): Promise<number> {
  const order = jobs.map((_, i) => i).sort((a, b) => (jobs[b] as Job).cost - (jobs[a] as Job).cost);
  const sum = jobs.reduce((all, { count }) => all + count, 0);
  const startedMs = performance.now();
  let done = 0;
  let broken = 0;
  const tell = ({ index, result }: Ended): void => {
    const { what, count } = jobs[index] as Job;
    done += result.schedules;
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    const { schedules, told } = result;
    process.stdout.write(`${what}: ${schedules} schedules${told} (${done} of ${sum} after ${seconds} s)\n`);
    if (result.broken !== null) {
      broken += 1;
      process.stdout.write(`  ${result.broken.promises.join("\n  ")}\n  ${JSON.stringify(result.broken.schedule)}\n`);
    } else if (result.schedules !== count) {
      broken += 1;
      process.stdout.write(`  there should be ${count} by the formula\n`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, () => work(order, tell)));
  const verdict = broken === 0 ? "every promise held" : `${broken} spaces with a broken promise`;
  process.stdout.write(`${done} schedules of ${jobs.length} spaces: ${verdict}\n`);
  return broken;
}

/** A thread that plays one space after the other, until none is left. */
function work(order: number[], tell: (ended: Ended) => void): Promise<void> {
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
}

process.exitCode = await withoutFlags(HELP, async () => ((await playAll(allJobs())) === 0 ? 0 : 1));
