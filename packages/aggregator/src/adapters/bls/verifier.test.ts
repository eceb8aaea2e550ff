import { Worker } from "node:worker_threads";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { craft } from "@quorate/common/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VerifyItem } from "../../core/io.ts";
import {
  type CountingVerifier,
  createVerifier,
  defaultWorkers,
  INLINE_DIGESTS_MAX,
  INLINE_JOB_MAX,
  INLINE_PART_MAX,
  partsFor,
} from "./verifier.ts";
import { startWorker } from "./workerPool.ts";

const scheme = await loadNativeScheme();
const DIGEST = new Uint8Array(32).fill(0x55);
const COUNT = INLINE_JOB_MAX + 24;

const share = (secret: bigint, digest = DIGEST): VerifyItem => ({
  publicKey: scheme.publicKeyOf(craft.secretBytes(secret)),
  signature: scheme.sign(craft.secretBytes(secret), digest),
});
const good: readonly VerifyItem[] = Array.from({ length: COUNT }, (_, i) => share(11n ** 50n + BigInt(i)));
const at = (i: number): VerifyItem => good[i] as VerifyItem;
const signed = (i: number, change: (signature: Uint8Array) => Uint8Array): VerifyItem => ({
  publicKey: at(i).publicKey,
  signature: change(at(i).signature),
});
const oneByOne = (items: readonly VerifyItem[]): boolean[] =>
  items.map(({ publicKey, signature }) => scheme.verify(publicKey, DIGEST, signature));
const invalidOf = (results: readonly boolean[] | undefined): number[] =>
  (results ?? []).flatMap((valid, i) => (valid ? [] : [i]));

/** Two forged by exchange and two by small-order parts, each pair with the honest sum; then every broken form. */
function adversarial(items: VerifyItem[]): VerifyItem[] {
  const forged = [
    { publicKey: at(0).publicKey, signature: at(2).signature },
    signed(1, (signature) => craft.addSmallOrderSignature(signature, 1)),
    { publicKey: at(2).publicKey, signature: at(0).signature },
    signed(3, (signature) => craft.addSmallOrderSignature(signature, -1)),
    signed(4, () => new Uint8Array(192)),
    signed(5, () => craft.OUTSIDE_SIGNATURE),
    signed(6, () => craft.SMALL_ORDER_SIGNATURE),
    signed(7, (signature) => signature.subarray(1)),
    signed(8, () => new Uint8Array()),
    signed(9, craft.offCurve),
    signed(10, (signature) => craft.addModulus(signature, 3)),
    { publicKey: new Uint8Array(96), signature: at(11).signature },
    { publicKey: at(12).publicKey.subarray(1), signature: at(12).signature },
    { publicKey: craft.addSmallOrderKey(at(13).publicKey), signature: at(13).signature },
  ];
  return [...forged, ...items.slice(forged.length)];
}

describe.each([
  ["on the calling thread", 20, 0],
  ["in workers", COUNT, 1],
] as const)("a job %s", (_, count, workersStarted) => {
  const items = good.slice(0, count);
  let verifier: CountingVerifier;
  beforeAll(() => {
    verifier = createVerifier(scheme, { workers: 2 });
  });
  afterAll(() => verifier.close());

  it("accepts valid shares", async () => {
    expect(await verifier.verify([{ digest: DIGEST, items }])).toEqual([items.map(() => true)]);
    expect(verifier.stats().workers).toBe(workersStarted);
  });

  it("P-3, P-6 names forgeries that cancel and every broken form, and spares the others", async () => {
    const bad = adversarial(items);
    const [results] = await verifier.verify([{ digest: DIGEST, items: bad }]);
    expect(invalidOf(results)).toEqual([...Array(14).keys()]);
    expect(results).toEqual(oneByOne(bad));
  });

  it("P-3 a key and its negative: honest shares are valid though their sums are infinity", async () => {
    const pairs = items.map((_, i) => share(BigInt(3 + (i >> 1)) * (i % 2 === 0 ? 1n : -1n)));
    expect(invalidOf((await verifier.verify([{ digest: DIGEST, items: pairs }]))[0])).toEqual([]);
  });

  it("keeps groups apart and in order; an empty group and a malformed digest are no error", async () => {
    const other = new Uint8Array(32).fill(0x66);
    const groups = [
      { digest: other, items: items.slice(0, 4) },
      { digest: DIGEST, items: [] },
      { digest: new Uint8Array(31), items: items.slice(0, 2) },
      { digest: DIGEST, items },
      { digest: other, items: [share(4n, other), at(1)] },
    ];
    const results = await verifier.verify(groups);
    expect(results).toEqual([Array(4).fill(false), [], [false, false], items.map(() => true), [true, false]]);
    expect(await verifier.verify([])).toEqual([]);
  });

  it("names what one-by-one checking names, for random bad positions", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(count - 1), { maxLength: 12 }), async (positions) => {
        const mixed = [...items];
        for (const i of positions) mixed[i] = { publicKey: at(i).publicKey, signature: at((i + 1) % COUNT).signature };
        const [results] = await verifier.verify([{ digest: DIGEST, items: mixed }]);
        expect(invalidOf(results)).toEqual(positions.sort((a, b) => a - b));
        expect(results).toEqual(oneByOne(mixed));
      }),
      { numRuns: 5 },
    );
  });

  it("inputs are neither changed nor remembered by reference", async () => {
    const buffer = Uint8Array.from(at(0).publicKey);
    const withBuffer = [{ publicKey: buffer, signature: at(0).signature }, ...items.slice(1)];
    expect(invalidOf((await verifier.verify([{ digest: DIGEST, items: withBuffer }]))[0])).toEqual([]);
    expect(buffer).toEqual(at(0).publicKey);
    expect(at(0).signature).toHaveLength(192);
    buffer.set(at(1).publicKey);
    expect(invalidOf((await verifier.verify([{ digest: DIGEST, items: withBuffer }]))[0])).toEqual([0]);
  });
});

describe("a few shares of each of many rounds (P-6)", () => {
  const digests = Array.from({ length: INLINE_DIGESTS_MAX }, (_, i) => new Uint8Array(32).fill(0x70 + i));
  const groups = digests.map((digest, i) => ({ digest, items: [share(5n, digest), share(6n, digest)].slice(i % 2) }));
  const valid = groups.map(({ items }) => items.map(() => true));

  it("are one check, a round of its own size beside them as many as ever", async () => {
    const verifier = createVerifier(scheme);
    expect(await verifier.verify(groups)).toEqual(valid);
    expect(verifier.stats().checks).toBe(1);
    const large = { digest: DIGEST, items: good.slice(0, INLINE_PART_MAX + 1) };
    expect(await verifier.verify([...groups.slice(1), large])).toEqual([
      ...valid.slice(1),
      large.items.map(() => true),
    ]);
    expect(verifier.stats().checks).toBe(4);
  });

  it("where one is bad, or two cancel, each round has its own check, later ones at once", async () => {
    const verifier = createVerifier(scheme);
    const [first, second] = [groups[1]?.items[0], groups[3]?.items[0]] as [VerifyItem, VerifyItem];
    const bad = groups.map((group, i) => {
      if (i === 1) return { ...group, items: [{ ...first, signature: second.signature }] };
      if (i === 3) return { ...group, items: [{ ...second, signature: first.signature }] };
      return group;
    });
    const expected = valid.map((results, i) => (i === 1 || i === 3 ? [false] : results));
    expect(await verifier.verify([...bad, ...groups])).toEqual([...expected, ...valid]);
    expect(verifier.stats().checks).toBe(1 + 2 * INLINE_DIGESTS_MAX);
  });
});

it("P-83 a job on the calling thread gives way again and again, also where every share is bad", async () => {
  const verifier = createVerifier(scheme);
  const shifted = good.slice(0, INLINE_JOB_MAX).map((_, i) => signed(i, () => at(i + 1).signature));
  let turns = 0;
  let open = true;
  const turn = () => {
    turns += 1;
    if (open) setImmediate(turn);
  };
  setImmediate(turn);
  const [results] = await verifier.verify([{ digest: DIGEST, items: shifted }]);
  open = false;
  expect(results).not.toContain(true);
  expect(verifier.stats()).toMatchObject({ workers: 0, checks: expect.any(Number) });
  // A slice is 40 ms at most, and a check takes over half a millisecond anywhere.
  expect(turns * 100).toBeGreaterThanOrEqual(verifier.stats().checks);
  await verifier.close();
});

describe("workers", () => {
  /** A verifier whose threads the test can reach. */
  function reachable(
    workers: number,
    start: (nth: number) => Worker,
  ): { verifier: CountingVerifier; started: Worker[] } {
    const started: Worker[] = [];
    const verifier = createVerifier(scheme, {
      workers,
      startWorker: () => {
        const worker = start(started.length);
        started.push(worker);
        return worker;
      },
    });
    return { verifier, started };
  }
  const bad = adversarial([...good]);
  const job = [{ digest: DIGEST, items: bad }];
  const named = oneByOne(bad);
  /** A third of a second of checks: a thread is in the middle of it when the test looks. */
  const longJob = Array.from({ length: 8 }, () => job[0] as (typeof job)[0]);

  it("one that is killed in the middle of a job is replaced, and the job is done again", async () => {
    const { verifier, started } = reachable(1, startWorker);
    const expected = longJob.map(() => named);
    /** Kills the newest thread `afterMs` into a job. */
    const killDuringJob = async (afterMs: number) => {
      const result = verifier.verify(longJob);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await started.at(-1)?.terminate();
      expect(await result).toEqual(expected);
    };
    await killDuringJob(0); // while it starts
    expect(started).toHaveLength(2);
    await killDuringJob(5); // while it checks
    expect(started).toHaveLength(3);
    await started[2]?.terminate(); // while it is idle
    expect(await verifier.verify(longJob)).toEqual(expected);
    expect(started).toHaveLength(4);
    await verifier.close();
  });

  it("where they die of every job, it is checked on the calling thread, and nobody honest is blamed", async () => {
    const dying = () => new Worker("process.exit(1)", { eval: true });
    const { verifier, started } = reachable(2, dying);
    expect(await verifier.verify(job)).toEqual([named]);
    expect(started).toHaveLength(2);
    await verifier.close();
  });

  it("where none can be started, or only some, jobs are done all the same", async () => {
    const refused = (): never => {
      throw new Error("ERR_WORKER_INIT_FAILED");
    };
    for (const startable of [0, 1]) {
      const { verifier, started } = reachable(2, (nth) => (nth < startable ? startWorker() : refused()));
      expect(await Promise.all([verifier.verify(job), verifier.verify(job)])).toEqual([[named], [named]]);
      expect(started).toHaveLength(startable);
      await verifier.close();
    }
  });

  it("do many jobs at once, each with its own result", async () => {
    const verifier = createVerifier(scheme, { workers: 2 });
    const jobs = Array.from({ length: 30 }, (_, n) => {
      const items = good.slice(0, n % 3 === 0 ? COUNT : 3 + n);
      return items.map((item, i) => (i === n % items.length ? signed(i, () => at((i + 1) % COUNT).signature) : item));
    });
    const results = await Promise.all(jobs.map((items) => verifier.verify([{ digest: DIGEST, items }])));
    results.forEach(([result], n) => {
      expect(invalidOf(result)).toEqual([n % (jobs[n]?.length ?? 1)]);
    });
    expect(verifier.stats().workers).toBe(2);
    await verifier.close();
  });

  it("close ends at once in the middle of jobs: what is unchecked is not valid, then and later", async () => {
    const verifier = createVerifier(scheme, { workers: 2 });
    const open = Array.from({ length: 50 }, () => verifier.verify([{ digest: DIGEST, items: good }]));
    const small = verifier.verify([{ digest: DIGEST, items: good.slice(0, 2) }]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await verifier.close();
    // Not after the jobs: the last of them has not been checked.
    for (const result of await Promise.all(open)) expect(result[0]).toHaveLength(COUNT);
    expect((await Promise.all(open)).at(-1)?.[0]).not.toContain(true);
    expect((await small)[0]).toHaveLength(2);
    expect(await verifier.verify([{ digest: DIGEST, items: good.slice(0, 2) }])).toEqual([[false, false]]);
    expect(verifier.stats().workers).toBe(0);
  });

  it("leave the calling thread free", async () => {
    const verifier = createVerifier(scheme, { workers: 1 });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await verifier.verify(Array.from({ length: 4 }, () => ({ digest: DIGEST, items: bad })));
    clearInterval(timer);
    // Checked here, it would have been a turn between groups at most.
    expect(turns).toBeGreaterThan(4);
    await verifier.close();
  });
});

describe("sizes", () => {
  it("a core each but one, two at least and four at most", () => {
    expect([1, 2, 3, 4, 5, 64].map(defaultWorkers)).toEqual([2, 2, 2, 3, 4, 4]);
  });

  it("splits only large groups, and keeps every part below the largest task", () => {
    expect([1, 1_999, 2_000, 2_048, 5_000].map((shares) => partsFor(shares, 4))).toEqual([1, 1, 2, 2, 4]);
    expect([2_048, 2_049, 10_000].map((shares) => partsFor(shares, 1))).toEqual([1, 2, 5]);
  });
});
