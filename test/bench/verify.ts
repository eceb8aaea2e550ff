/**
 * `pnpm bench verify`: 2,000 shares over one message, checked as the agent does it, against one pairing each on one
 * thread. In: how many rounds. Out: ratios, which hardly depend on the machine. Every round has a digest and signatures
 * of its own, made outside of the measurement, and runs all ways by turns, with a part of the one-by-one before and
 * after each, so that all see the same machine; figures are medians of the rounds. Signatures are decoded from 192
 * bytes in every way; keys are parsed once before, on both sides.
 */
import { availableParallelism } from "node:os";
import { type KeyAndSignature, SIGNATURE_BYTES } from "@quorate/common";
import { loadNativeScheme, type NativeScheme } from "@quorate/common/bls/native";
import {
  type CountingVerifier,
  createVerifier,
  INLINE_JOB_MAX,
} from "../../packages/aggregator/src/adapters/bls/verifier.ts";
import { median, round2 } from "./figures.ts";
import { type Stall, watchStalls } from "./stalls.ts";

export const VERIFY_ROUNDS = 7;
const SHARES = 2_000;
const BAD = 20;
/** One by one before, between and after the others. */
const PART_SHARES = SHARES / 4;

/** What the project holds itself to: ratios at least, the others at most. */
const TARGETS = { goodRatio: 40, weightedRatio: 10, onePercentBadRatio: 12, checksToName20Bad: 200, maxStallMs: 50 };

export interface VerifyResult {
  readonly verify2000: {
    readonly rounds: number;
    readonly cores: number;
    readonly workers: number;
    /** One pairing each, one thread, decoding included. */
    readonly oneByOneMs: number;
    /** Plain sum of signatures and one check under the sum of the keys: what an aggregate costs. One thread. */
    readonly goodMs: number;
    /** All valid, by random weights: what shares cost before they are forwarded. In the workers. */
    readonly weightedMs: number;
    /** 20 bad at random positions, all named. In the workers. */
    readonly onePercentBadMs: number;
    readonly goodRatio: number;
    readonly weightedRatio: number;
    /**
     * How much sooner an agent is done: by the clock, workers against one thread. On two free cores it is nearly twice
     * the next figure. Where many others want them it is chance, because blst hands half of each check to another
     * thread and waits for it.
     */
    readonly onePercentBadRatio: number;
    /**
     * How much less it costs: processor of all threads against that of the one. Others on the machine hardly change it.
     */
    readonly onePercentBadCpuRatio: number;
    /** Pairing checks, the most of any round. */
    readonly checksToName20Bad: number;
    /**
     * Longest time in which the main thread served no timer while it had shares checked, in any round, whoever caused
     * it: what a socket or a client waits. Large jobs in the workers, and the largest that is done on the main thread
     * itself, all bad.
     */
    readonly maxStallMs: number;
    /** The median of the rounds' longest: what others on the machine do stalls some rounds, what the agent does all. */
    readonly medianStallMs: number;
    /**
     * Milliseconds of processor that the main thread took at most between two timers, of all rounds: a stall that is
     * nobody's but ours.
     */
    readonly maxStallCpuMs: number;
    readonly signatureBytes: number;
  };
}

interface Round {
  readonly oneByOneMs: number;
  readonly goodMs: number;
  readonly weightedMs: number;
  readonly onePercentBadMs: number;
  /** Of processor, over all threads. */
  readonly oneByOneCpuMs: number;
  readonly onePercentBadCpuMs: number;
  readonly checks: number;
  readonly stall: Stall;
}

export async function benchVerify({ rounds }: { readonly rounds: number }): Promise<VerifyResult> {
  const scheme = await loadNativeScheme();
  const verifier = createVerifier(scheme);
  try {
    const secrets = Array.from({ length: SHARES }, (_, i) => secretOf(i));
    const publicKeys = secrets.map((secret) => scheme.publicKeyOf(secret));
    const measured: Round[] = [];
    // The round before the first starts the workers, parses the keys and warms the compiler; it does not count.
    for (let n = 0; n <= rounds; n++) {
      const round = await runRound(scheme, verifier, secrets, publicKeys, n);
      if (n > 0) measured.push(round);
      process.stderr.write(`round ${n} of ${rounds}: ${describeRound(round)}\n`);
    }
    return { verify2000: summary(measured, verifier.stats().workers) };
  } finally {
    await verifier.close();
  }
}

async function runRound(
  scheme: NativeScheme,
  verifier: CountingVerifier,
  secrets: readonly Uint8Array[],
  publicKeys: readonly Uint8Array[],
  n: number,
): Promise<Round> {
  const digest = new Uint8Array(32).fill(n + 1);
  const items = publicKeys.map((publicKey, i) => ({
    publicKey,
    signature: scheme.sign(secrets[i] as Uint8Array, digest),
  }));
  const { mixed, bad } = withBad(scheme, secrets, items, digest);
  const stalls = watchStalls();

  const parts: Times[] = [];
  const partOfOneByOne = async (): Promise<void> => {
    const start = parts.length * PART_SHARES;
    const part = items.slice(start, start + PART_SHARES);
    parts.push(
      await timed(() => {
        for (const { publicKey, signature } of part) must(scheme.verify(publicKey, digest, signature));
      }),
    );
  };
  await partOfOneByOne();
  const good = await timed(() => {
    const sum = scheme.aggregateSignatures(items.map(({ signature }) => signature));
    must(scheme.verifyAggregate(publicKeys, digest, sum));
  });
  await partOfOneByOne();
  stalls.start();
  const weighted = await timed(async () => {
    const [results] = await verifier.verify([{ digest, items }]);
    must(results?.every((valid) => valid) === true);
  });
  stalls.pause();
  await partOfOneByOne();
  const checksBefore = verifier.stats().checks;
  stalls.start();
  const onePercentBad = await timed(async () => {
    const [results] = await verifier.verify([{ digest, items: mixed }]);
    must(results?.every((valid, i) => valid !== bad.has(i)) === true);
  });
  const checks = verifier.stats().checks - checksBefore;
  await checkInline(scheme, digest, items);
  const stall = stalls.stop();
  await partOfOneByOne();
  const sum = (pick: (times: Times) => number): number => parts.reduce((total, part) => total + pick(part), 0);
  return {
    oneByOneMs: sum(({ ms }) => ms),
    oneByOneCpuMs: sum(({ cpuMs }) => cpuMs),
    goodMs: good.ms,
    weightedMs: weighted.ms,
    onePercentBadMs: onePercentBad.ms,
    onePercentBadCpuMs: onePercentBad.cpuMs,
    checks,
    stall,
  };
}

/** The largest job that an agent without workers does on its own thread, and the slowest: every share is bad. */
async function checkInline(scheme: NativeScheme, digest: Uint8Array, items: readonly KeyAndSignature[]): Promise<void> {
  const verifier = createVerifier(scheme);
  const shifted = items.slice(0, INLINE_JOB_MAX).map(({ publicKey }, i) => {
    const { signature } = items[i + 1] as KeyAndSignature;
    return { publicKey, signature };
  });
  const [results] = await verifier.verify([{ digest, items: shifted }]);
  must(results?.every((valid) => !valid) === true && verifier.stats().workers === 0);
  await verifier.close();
}

/** The hardest kind of bad share: a signature by the right key, over another message. */
function withBad(
  scheme: NativeScheme,
  secrets: readonly Uint8Array[],
  items: readonly KeyAndSignature[],
  digest: Uint8Array,
): { readonly mixed: readonly KeyAndSignature[]; readonly bad: ReadonlySet<number> } {
  const other = digest.map((byte) => byte ^ 0xff);
  const bad = new Set<number>();
  while (bad.size < BAD) bad.add(Math.floor(Math.random() * items.length));
  const mixed = items.map((item, i) =>
    bad.has(i) ? { ...item, signature: scheme.sign(secrets[i] as Uint8Array, other) } : item,
  );
  return { mixed, bad };
}

function secretOf(index: number): Uint8Array {
  const secret = new Uint8Array(32).fill(7);
  new DataView(secret.buffer).setUint32(28, index + 1);
  return secret;
}

interface Times {
  readonly ms: number;
  /** Of all threads. */
  readonly cpuMs: number;
}

async function timed(run: () => void | Promise<void>): Promise<Times> {
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { ms: performance.now() - startedMs, cpuMs: (user + system) / 1_000 };
}

function summary(rounds: readonly Round[], workers: number): VerifyResult["verify2000"] {
  const of = (pick: (round: Round) => number): number => round2(median(rounds.map(pick)));
  return {
    rounds: rounds.length,
    cores: availableParallelism(),
    workers,
    oneByOneMs: of(({ oneByOneMs }) => oneByOneMs),
    goodMs: of(({ goodMs }) => goodMs),
    weightedMs: of(({ weightedMs }) => weightedMs),
    onePercentBadMs: of(({ onePercentBadMs }) => onePercentBadMs),
    goodRatio: of(({ oneByOneMs, goodMs }) => oneByOneMs / goodMs),
    weightedRatio: of(({ oneByOneMs, weightedMs }) => oneByOneMs / weightedMs),
    onePercentBadRatio: of(({ oneByOneMs, onePercentBadMs }) => oneByOneMs / onePercentBadMs),
    onePercentBadCpuRatio: of(({ oneByOneCpuMs, onePercentBadCpuMs }) => oneByOneCpuMs / onePercentBadCpuMs),
    checksToName20Bad: Math.max(...rounds.map(({ checks }) => checks)),
    maxStallMs: round2(Math.max(...rounds.map(({ stall }) => stall.ms))),
    medianStallMs: of(({ stall }) => stall.ms),
    maxStallCpuMs: round2(Math.max(...rounds.map(({ stall }) => stall.cpuMs))),
    signatureBytes: SIGNATURE_BYTES,
  };
}

function describeRound({ oneByOneMs, goodMs, weightedMs, onePercentBadMs, checks, stall }: Round): string {
  const ms = [oneByOneMs, goodMs, weightedMs, onePercentBadMs].map((value) => value.toFixed(0)).join(", ");
  return (
    `${ms} ms one by one, plain, weighted, 1% bad (${checks} checks); stall ${stall.ms.toFixed(1)} ms, ` +
    `${stall.cpuMs.toFixed(1)} of CPU`
  );
}

/** A benchmark of wrong answers is worth nothing. */
function must(holds: boolean): void {
  if (!holds) throw new Error("a check gave the wrong verdict; the figures would mean nothing");
}

export function printVerify({ verify2000: result }: VerifyResult): string {
  const row = (what: string, ms: number, ratio: number | null, target: number | null): string =>
    [
      what.padEnd(44),
      ms.toFixed(0).padStart(8),
      (ratio === null ? "" : `×${ratio.toFixed(1)}`).padStart(9),
      (target === null ? "" : `×${target}`).padStart(8),
    ].join("");
  return `${[
    `2,000 shares over one message: median of ${result.rounds} rounds, ${result.cores} cores, ${result.workers} ` +
      "workers",
    "",
    `${"".padEnd(44)}${"ms".padStart(8)}${"ratio".padStart(9)}${"target".padStart(8)}`,
    row("one pairing each, one thread", result.oneByOneMs, null, null),
    row("plain sum, one check (an aggregate)", result.goodMs, result.goodRatio, TARGETS.goodRatio),
    row("random weights (before forwarding)", result.weightedMs, result.weightedRatio, TARGETS.weightedRatio),
    row("1% bad, all 20 named", result.onePercentBadMs, result.onePercentBadRatio, TARGETS.onePercentBadRatio),
    "",
    `checks to name 20 bad, at most: ${result.checksToName20Bad} (target ${TARGETS.checksToName20Bad})`,
    `1% bad by processor of all threads instead of the clock: ×${result.onePercentBadCpuRatio.toFixed(1)}`,
    `longest stall of the main thread: ${result.maxStallMs.toFixed(1)} ms (target ${TARGETS.maxStallMs}); median of ` +
      `the rounds ${result.medianStallMs.toFixed(1)} ms; at most ${result.maxStallCpuMs.toFixed(1)} ms of processor ` +
      "at a stretch",
    `bytes of a signature: ${result.signatureBytes}`,
  ].join("\n")}\n`;
}
