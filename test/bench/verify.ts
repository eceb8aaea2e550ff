/**
 * `pnpm bench verify`: 2,000 shares over one message, checked as the agent does it, against one pairing each on one thread. In: how many
 * rounds. Out: ratios, which hardly depend on the machine. Every round has a digest and signatures of its own, made outside of the
 * measurement, and runs all ways one after the other; figures are medians of the rounds. Signatures are decoded from 192 bytes in
 * every way; keys are parsed once before, on both sides.
 */
import { availableParallelism } from "node:os";
import { type KeyAndSignature, SIGNATURE_BYTES } from "@quorate/common";
import { loadNativeScheme, type NativeScheme } from "@quorate/common/bls/native";
import { type CountingVerifier, createVerifier } from "../../packages/aggregator/src/adapters/bls/verifier.ts";
import { median, round2 } from "./figures.ts";
import { type Stall, watchStalls } from "./stalls.ts";

export const VERIFY_ROUNDS = 7;
const SHARES = 2_000;
const BAD = 20;

/** What the project holds itself to: ratios at least, the others at most. */
const TARGETS = { goodRatio: 40, weightedRatio: 10, onePercentBadRatio: 8, checksToName20Bad: 200, maxStallMs: 50 };

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
    readonly onePercentBadRatio: number;
    /** Pairing checks, the most of any round. */
    readonly checksToName20Bad: number;
    /**
     * Longest time in which the main thread served no timer while the workers checked: of each round, and of those the median, as everything
     * here. What the agent does is the same in every round and stalls in every one; what others on the machine do stalls some.
     */
    readonly maxStallMs: number;
    /** The same of the worst round, whoever caused it. */
    readonly worstStallMs: number;
    /** Milliseconds of processor that the main thread took at most between two timers, of all rounds: a stall that is nobody's but ours. */
    readonly maxStallCpuMs: number;
    readonly signatureBytes: number;
  };
}

interface Round {
  readonly oneByOneMs: number;
  readonly goodMs: number;
  readonly weightedMs: number;
  readonly onePercentBadMs: number;
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

  const oneByOneMs = await timed(() => {
    for (const { publicKey, signature } of items) must(scheme.verify(publicKey, digest, signature));
  });
  const goodMs = await timed(() => {
    const sum = scheme.aggregateSignatures(items.map(({ signature }) => signature));
    must(scheme.verifyAggregate(publicKeys, digest, sum));
  });
  stalls.start();
  const weightedMs = await timed(async () => {
    const [results] = await verifier.verify([{ digest, items }]);
    must(results?.every((valid) => valid) === true);
  });
  const checksBefore = verifier.stats().checks;
  const onePercentBadMs = await timed(async () => {
    const [results] = await verifier.verify([{ digest, items: mixed }]);
    must(results?.every((valid, i) => valid !== bad.has(i)) === true);
  });
  const stall = stalls.stop();
  return { oneByOneMs, goodMs, weightedMs, onePercentBadMs, checks: verifier.stats().checks - checksBefore, stall };
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

async function timed(run: () => void | Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await run();
  return performance.now() - startedMs;
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
    checksToName20Bad: Math.max(...rounds.map(({ checks }) => checks)),
    maxStallMs: of(({ stall }) => stall.ms),
    worstStallMs: round2(Math.max(...rounds.map(({ stall }) => stall.ms))),
    maxStallCpuMs: round2(Math.max(...rounds.map(({ stall }) => stall.cpuMs))),
    signatureBytes: SIGNATURE_BYTES,
  };
}

function describeRound({ oneByOneMs, goodMs, weightedMs, onePercentBadMs, checks, stall }: Round): string {
  const ms = [oneByOneMs, goodMs, weightedMs, onePercentBadMs].map((value) => value.toFixed(0)).join(", ");
  return `${ms} ms one by one, plain, weighted, 1% bad (${checks} checks); stall ${stall.ms.toFixed(1)} ms, ${stall.cpuMs.toFixed(1)} of CPU`;
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
    `2,000 shares over one message: median of ${result.rounds} rounds, ${result.cores} cores, ${result.workers} workers`,
    "",
    `${"".padEnd(44)}${"ms".padStart(8)}${"ratio".padStart(9)}${"target".padStart(8)}`,
    row("one pairing each, one thread", result.oneByOneMs, null, null),
    row("plain sum, one check (an aggregate)", result.goodMs, result.goodRatio, TARGETS.goodRatio),
    row("random weights (before forwarding)", result.weightedMs, result.weightedRatio, TARGETS.weightedRatio),
    row("1% bad, all 20 named", result.onePercentBadMs, result.onePercentBadRatio, TARGETS.onePercentBadRatio),
    "",
    `checks to name 20 bad, at most: ${result.checksToName20Bad} (target ${TARGETS.checksToName20Bad})`,
    `longest stall of the main thread: ${result.maxStallMs.toFixed(1)} ms (target ${TARGETS.maxStallMs}), median of the rounds; worst round ${result.worstStallMs.toFixed(1)} ms; at most ${result.maxStallCpuMs.toFixed(1)} ms of processor at a stretch`,
    `bytes of a signature: ${result.signatureBytes}`,
  ].join("\n")}\n`;
}
