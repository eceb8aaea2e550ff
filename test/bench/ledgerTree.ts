/**
 * The rewards tree as an agent keeps it (P-41): in its thread, with a ledger of many recipients and epochs in which a
 * fifth of them change. In: how many recipients. Out: times, memory, and how long the agent's own thread was ever held.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Address } from "@quorate/common";
import { type RewardsEntry, verifyRewardsProof } from "@quorate/common/rewards-tree";
import { startWorker, TreeWorker } from "../../packages/aggregator/src/adapters/tree/treeWorker.ts";
import { median, round2 } from "./figures.ts";

export const TREE_RECIPIENTS = 100_000;
/** One in so many changes in an epoch: 2,000 nodes of 10 contributors among 100,000. */
const CHANGED = 5;
const EPOCHS = 5;
const LOOKUPS = 1_000;
const RESOLUTION_MS = 1;

/** What the project holds itself to at 100,000 recipients, each at most. */
export const TREE_TARGETS = { rootMs: 2_500, lookupMs: 1, maxStallMs: 50 };

export interface LedgerTreeResult {
  readonly recipients: number;
  /** From changes in memory to the root, of all recipients, with the thread's start. */
  readonly rootMs: number;
  /** Processor time of both threads for it: what it takes on a machine that nobody else loads. */
  readonly rootCpuMs: number;
  /** The same as `rootMs` of an epoch in which a fifth changed: median of the epochs. */
  readonly updateMs: number;
  /** A proof of the newest epoch, there and back: median. */
  readonly lookupMs: number;
  /** Longest time in which this thread served no timer meanwhile. */
  readonly maxStallMs: number;
  /** Milliseconds of processor that it took at most between two timers: a stall that is nobody's but ours. */
  readonly maxStallCpuMs: number;
  /** Of the process, from its beginning, with the recipients that the bench itself holds. */
  readonly peakRssMb: number;
}

export async function benchLedgerTree(recipients: number = TREE_RECIPIENTS): Promise<LedgerTreeResult> {
  const epochs = [everyone(recipients), ...Array.from({ length: EPOCHS }, (_, i) => aFifth(recipients, i))];
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const worker = startWorker();
  const tree = new TreeWorker(() => worker);
  const own = watchCpu();
  try {
    delay.enable();
    const applied: number[] = [];
    let rootCpuMs = 0;
    let root: `0x${string}` = "0x";
    for (const [epoch, changes] of epochs.entries()) {
      applied.push(
        await timed(async () => {
          ({ root } = await tree.apply(epoch, changes));
        }),
      );
      if (epoch === 0) rootCpuMs = own.sinceMs() + msOf(await worker.cpuUsage());
    }
    const lookups: number[] = [];
    for (let i = 0; i < LOOKUPS; i++) {
      const recipient = recipientOf((i * 7_919) % recipients);
      lookups.push(await timed(() => mustProve(tree, root, recipient, i)));
    }
    delay.disable();
    const maxStallCpuMs = own.stopMs();
    const [rootMs, ...updates] = applied as [number, ...number[]];
    return {
      recipients,
      rootMs: round2(rootMs),
      rootCpuMs: round2(rootCpuMs),
      updateMs: round2(median(updates)),
      lookupMs: round2(median(lookups)),
      maxStallMs: round2(Math.max(0, delay.max / 1e6 - RESOLUTION_MS)),
      maxStallCpuMs: round2(maxStallCpuMs),
      peakRssMb: round2(process.resourceUsage().maxRSS / 1_024),
    };
  } finally {
    own.stopMs();
    await tree.close();
  }
}

/** Asks for a proof, and checks one in a hundred: checking takes longer than asking. */
async function mustProve(tree: TreeWorker, root: `0x${string}`, recipient: Address, i: number): Promise<void> {
  const found = await tree.proof(EPOCHS, recipient);
  if (found === null) throw new Error(`no proof for ${recipient}; the figures would mean nothing`);
  if (i % 100 === 0 && !verifyRewardsProof(root, recipient, found.amount, found.proof)) {
    throw new Error(`the proof for ${recipient} does not lead to ${root}; the figures would mean nothing`);
  }
}

/** Spread over all addresses, as real ones are. */
function recipientOf(i: number): Address {
  const spread = (BigInt(i + 1) * 0x9e3779b97f4a7c15f39cc0605cedc8341082276bn) % 2n ** 160n;
  return `0x${spread.toString(16).padStart(40, "0")}`;
}

function amountOf(i: number, epoch: number): bigint {
  return BigInt(i + 1) * 1_000_000_007n + BigInt(epoch) * 12_345_678n;
}

function everyone(recipients: number): RewardsEntry[] {
  return Array.from({ length: recipients }, (_, i): RewardsEntry => [recipientOf(i), amountOf(i, 0)]);
}

function aFifth(recipients: number, epoch: number): RewardsEntry[] {
  return Array.from({ length: Math.floor(recipients / CHANGED) }, (_, k): RewardsEntry => {
    const i = k * CHANGED + (epoch % CHANGED);
    return [recipientOf(i), amountOf(i, epoch + 1)];
  });
}

async function timed(run: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await run();
  return performance.now() - startedMs;
}

function msOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}

/** Processor time of this thread: since now, and the most between two timers of a millisecond. */
function watchCpu(): { sinceMs(): number; stopMs(): number } {
  const fromMs = msOf(process.threadCpuUsage());
  let lastMs = fromMs;
  let mostMs = 0;
  const look = (): void => {
    const nowMs = msOf(process.threadCpuUsage());
    mostMs = Math.max(mostMs, nowMs - lastMs);
    lastMs = nowMs;
  };
  const timer = setInterval(look, RESOLUTION_MS);
  return {
    sinceMs: () => msOf(process.threadCpuUsage()) - fromMs,
    stopMs() {
      clearInterval(timer);
      return mostMs;
    },
  };
}
