import { toHex } from "@quorate/common";
import { describe, expect, it } from "vitest";
import type { PeerKey } from "../io.ts";
import {
  FORWARDER_BATCH_FIRST,
  FORWARDER_BATCH_MAX,
  SUSPECT_BATCH_MAX,
  SUSPECT_QUEUE_MAX,
  VERIFY_BATCH_MAX,
  VERIFY_DELAY_MAX_MS,
  VERIFY_DELAY_MS,
  VERIFY_GROUPS_MAX,
  VERIFY_QUEUE_MAX,
} from "../limits.ts";
import { companyMs, type PendingShare, VerificationQueue } from "./verification.ts";

const BAD: PeerKey = "0xbad";
const HONEST: PeerKey = "0x900d";
const nobody = () => false;
const theBad = (peer: PeerKey) => peer.startsWith(BAD);

function pending(nodeId: number, digestNumber: number, from: PeerKey = "0xfe"): PendingShare {
  const share = {
    kind: "RewardClaim",
    message: { recipient: `0x${"01".repeat(20)}`, amount: 1n },
    epoch: 1,
    nodeId,
    signature: new Uint8Array([nodeId & 255]),
  } as const;
  const digest = new Uint8Array(32);
  new DataView(digest.buffer).setUint32(0, digestNumber);
  return {
    type: "share",
    signed: share,
    digest: { bytes: digest, hex: toHex(digest) },
    publicKey: new Uint8Array([nodeId & 255]),
    from,
    handle: null,
    opens: false,
  };
}

/** Adds shares of one forwarder over one digest. */
function addMany(queue: VerificationQueue, count: number, from: PeerKey): void {
  for (let i = 0; i < count; i++) queue.add(pending(i, 1, from), nobody);
}

/** The node ids of the next job's groups, by forwarder where asked; the job ends with these verdicts. */
function runJob(queue: VerificationQueue, isSuspect = nobody as (peer: PeerKey) => boolean, valid = true): number[][] {
  const job = queue.next(isSuspect);
  if (job === null) return [];
  const groups = job.groups.map(({ items }) => items.map(({ publicKey }) => publicKey[0] as number));
  queue.settle(
    job.job,
    groups.map((ids) => ids.map(() => valid)),
  );
  return groups;
}

const sizeOf = (groups: number[][]) => groups.flat().length;

describe("VerificationQueue", () => {
  const three = [
    [1, 1],
    [2, 2],
    [3, 1],
  ] as const;

  it("groups by digest, so that each group is over one message (P-6)", () => {
    const queue = new VerificationQueue();
    for (const [id, digest] of three) queue.add(pending(id, digest), nobody);
    expect(runJob(queue)).toEqual([[1, 3], [2]]);
  });

  it("gives every share its own result back, and none for a job it does not know", () => {
    const queue = new VerificationQueue();
    for (const [id, digest] of three) queue.add(pending(id, digest), nobody);
    const job = queue.next(nobody)?.job ?? 0;
    expect(queue.settle(job + 1, [])).toEqual([]);
    const settled = queue
      .settle(job, [[true, false], [true]])
      .map(({ pending: { signed }, valid }) => ["nodeId" in signed ? signed.nodeId : 0, valid]);
    expect(settled).toEqual([
      [1, true],
      [3, false],
      [2, true],
    ]);
    expect(queue.settle(job, [[true, true], [true]])).toEqual([]);
  });

  it("counts a missing result as invalid, and a job that failed as unchecked", () => {
    const queue = new VerificationQueue();
    for (const results of [[], null]) {
      queue.add(pending(1, 1), nobody);
      const settled = queue.settle(queue.next(nobody)?.job ?? 0, results);
      expect(settled.map(({ valid }) => valid)).toEqual([results === null ? null : false]);
    }
  });

  it("has one job in flight, of bounded size and of bounded digests (P-88)", () => {
    const queue = new VerificationQueue();
    for (let f = 0; f < 20; f++) addMany(queue, 400, `0xf${f}`);
    const first = queue.next(nobody);
    expect(queue.next(nobody)).toBeNull();
    expect(first?.groups[0]?.items).toHaveLength(20 * FORWARDER_BATCH_FIRST);
    queue.settle(first?.job ?? 0, [Array(20 * FORWARDER_BATCH_FIRST).fill(true)]);
    runJob(queue);
    expect(sizeOf(runJob(queue))).toBe(VERIFY_BATCH_MAX);

    const many = new VerificationQueue();
    for (let i = 0; i < 2 * VERIFY_GROUPS_MAX; i++) many.add(pending(i, i, `0xf${i % 8}`), nobody);
    expect(runJob(many)).toHaveLength(VERIFY_GROUPS_MAX);
    expect(runJob(many)).toHaveLength(VERIFY_GROUPS_MAX);
    expect(many.waiting).toBe(0);
  });
});

describe("turns of forwarders (P-97)", () => {
  it("P-97: one that floods delays its own: another's share is in the next job, however much waits", () => {
    const queue = new VerificationQueue();
    addMany(queue, 4_000, "0xf100d");
    queue.add(pending(77, 1, HONEST), nobody);
    expect(runJob(queue).flat()).toContain(77);
    queue.add(pending(78, 1, HONEST), nobody);
    expect(runJob(queue).flat()).toContain(78);
  });

  it("P-97: an unknown forwarder has few shares in its first job, twice as many after each good one, up to a bound", () => {
    const queue = new VerificationQueue();
    addMany(queue, 1_000, HONEST);
    const sizes = Array.from({ length: 5 }, () => sizeOf(runJob(queue)));
    expect(sizes).toEqual([32, 64, 128, 256, 256]);
    expect([sizes[0], sizes[4]]).toEqual([FORWARDER_BATCH_FIRST, FORWARDER_BATCH_MAX]);
  });

  it("P-97: a bad share, or one that could not be checked, sets its forwarder back", () => {
    const queue = new VerificationQueue();
    addMany(queue, 1_000, HONEST);
    runJob(queue);
    expect(sizeOf(runJob(queue, nobody, false))).toBe(64);
    expect(sizeOf(runJob(queue))).toBe(32);
    const job = queue.next(nobody);
    expect(job?.groups[0]?.items).toHaveLength(64);
    queue.settle(job?.job ?? 0, null);
    expect(sizeOf(runJob(queue))).toBe(32);
  });

  it("when all is full, the newest of whoever has most waiting makes room, and is given back for its verdict (P-88)", () => {
    const queue = new VerificationQueue();
    addMany(queue, VERIFY_QUEUE_MAX, "0xf100d");
    const one = pending(1, 1, HONEST);
    expect(queue.add(one, nobody)).toMatchObject({ from: "0xf100d", signed: { nodeId: VERIFY_QUEUE_MAX - 1 } });
    expect(queue.waiting).toBe(VERIFY_QUEUE_MAX);
    const late = pending(2, 1, "0xf100d");
    expect(queue.add(late, nobody)).toBe(late);
    expect(runJob(queue).flat()).toContain(1);
  });

  it("what a peer has waiting can be taken out, all of it", () => {
    const queue = new VerificationQueue();
    addMany(queue, 5, BAD);
    addMany(queue, 2, HONEST);
    expect(queue.drop(BAD)).toHaveLength(5);
    expect(queue.drop(BAD)).toEqual([]);
    expect(queue.waiting).toBe(2);
    expect(sizeOf(runJob(queue))).toBe(2);
  });
});

describe("forwarders of bad shares (P-83)", () => {
  it("what they send is checked in jobs of its own, in groups of its own, in turn with the others", () => {
    const queue = new VerificationQueue();
    for (const [id, from] of [
      [1, BAD],
      [2, HONEST],
      [3, "0xbad2"],
      [4, HONEST],
      [5, BAD],
    ] as const)
      queue.add(pending(id, 1, from), theBad);
    expect(runJob(queue, theBad)).toEqual([[2, 4]]);
    queue.add(pending(6, 1, HONEST), theBad);
    expect(runJob(queue, theBad)).toEqual([[1, 5], [3]]);
    expect(runJob(queue, theBad)).toEqual([[6]]);
    expect(queue.next(theBad)).toBeNull();
  });

  it("what they have waiting already is set apart too", () => {
    const queue = new VerificationQueue();
    for (const [id, from] of [
      [3, BAD],
      [4, HONEST],
    ] as const)
      queue.add(pending(id, 1, from), nobody);
    expect([runJob(queue, theBad), runJob(queue, theBad)]).toEqual([[[4]], [[3]]]);
  });

  it("their jobs, and what each of them has waiting, are bounded (P-88); others keep their own room", () => {
    const queue = new VerificationQueue();
    for (let f = 0; f < 4; f++) {
      for (let i = 0; i < SUSPECT_QUEUE_MAX; i++) expect(queue.add(pending(i, 1, `${BAD}${f}`), theBad)).toBeNull();
    }
    const beyond = pending(1, 1, "0xbad1");
    expect(queue.add(beyond, theBad)).toBe(beyond);
    expect(queue.add(pending(1, 1, HONEST), theBad)).toBeNull();
    const sizes = [sizeOf(runJob(queue, theBad)), sizeOf(runJob(queue, theBad))];
    expect(sizes).toEqual([1, SUSPECT_BATCH_MAX]);
  });
});

describe("how long a share waits for company", () => {
  it("longer the later the host is, up to a second", () => {
    expect(companyMs(0)).toBe(VERIFY_DELAY_MS);
    expect(companyMs(20)).toBeGreaterThan(companyMs(10));
    expect(companyMs(60_000)).toBe(VERIFY_DELAY_MAX_MS);
  });
});
