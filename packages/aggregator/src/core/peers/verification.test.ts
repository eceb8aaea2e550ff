import { toHex } from "@quorate/common";
import { describe, expect, it } from "vitest";
import type { PeerKey } from "../io.ts";
import {
  BLAMED_MAX,
  BLAMED_MS,
  SUSPECT_BATCH_MAX,
  SUSPECT_QUEUE_MAX,
  VERIFY_BATCH_MAX,
  VERIFY_QUEUE_MAX,
} from "../limits.ts";
import { type PendingShare, VerificationQueue } from "./verification.ts";

function pending(nodeId: number, digestByte: number, from: PeerKey = "0xfe"): PendingShare {
  const share = {
    kind: "RewardClaim",
    message: { recipient: `0x${"01".repeat(20)}`, amount: 1n },
    epoch: 1,
    nodeId,
    signature: new Uint8Array([nodeId & 255]),
  } as const;
  const digest = new Uint8Array(32).fill(digestByte);
  return {
    share,
    digest: { bytes: digest, hex: toHex(digest) },
    publicKey: new Uint8Array([nodeId & 255]),
    from,
    handle: null,
  };
}

describe("VerificationQueue", () => {
  it("groups by digest, so that each group is over one message (P-6)", () => {
    const queue = new VerificationQueue();
    for (const [id, digest] of [
      [1, 1],
      [2, 2],
      [3, 1],
    ] as const)
      queue.add(pending(id, digest), 0);
    const job = queue.next();
    expect(job?.groups.map(({ digest, items }) => [digest[0], items.length])).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });

  it("gives every share its own result back, and none for a job it does not know", () => {
    const queue = new VerificationQueue();
    for (const [id, digest] of [
      [1, 1],
      [2, 2],
      [3, 1],
    ] as const)
      queue.add(pending(id, digest), 0);
    const job = queue.next()?.job ?? 0;
    expect(queue.settle(job + 1, [], 0)).toEqual([]);
    const settled = queue
      .settle(job, [[true, false], [true]], 0)
      .map(({ pending: { share }, valid }) => [share.nodeId, valid]);
    expect(settled).toEqual([
      [1, true],
      [3, false],
      [2, true],
    ]);
    expect(queue.settle(job, [[true, true], [true]], 0)).toEqual([]);
  });

  it("counts a missing result as invalid", () => {
    const queue = new VerificationQueue();
    queue.add(pending(1, 1), 0);
    expect(queue.settle(queue.next()?.job ?? 0, [], 0).map(({ valid }) => valid)).toEqual([false]);
  });

  it("has one job in flight, of bounded size, and a bounded queue (P-88)", () => {
    const queue = new VerificationQueue();
    for (let i = 0; i < VERIFY_QUEUE_MAX; i++) expect(queue.add(pending(i, 1), 0)).toBe(true);
    expect(queue.add(pending(1, 1), 0)).toBe(false);
    const job = queue.next();
    expect(job?.groups[0]?.items).toHaveLength(VERIFY_BATCH_MAX);
    expect(queue.next()).toBeNull();
    queue.settle(job?.job ?? 0, [], 0);
    expect(queue.next()).not.toBeNull();
  });
});

describe("forwarders of bad shares (P-83)", () => {
  const BAD: PeerKey = "0xbad";
  const HONEST: PeerKey = "0x900d";

  /** A queue that has seen a bad share of `forwarder` at time 0. */
  function afterBlame(forwarder: PeerKey): VerificationQueue {
    const queue = new VerificationQueue();
    queue.add(pending(1, 1, forwarder), 0);
    queue.settle(queue.next()?.job ?? 0, [[false]], 0);
    return queue;
  }
  /** The node ids of the next job's groups; the job ends with all shares valid. */
  function nextIds(queue: VerificationQueue, nowMs: number): number[][] {
    const job = queue.next();
    if (job === null) return [];
    const groups = job.groups.map(({ items }) => items.map(({ publicKey }) => publicKey[0] as number));
    queue.settle(
      job.job,
      groups.map((ids) => ids.map(() => true)),
      nowMs,
    );
    return groups;
  }

  it("what they send later is checked in jobs of its own, in groups of its own, in turn with the others", () => {
    const queue = afterBlame(BAD);
    queue.add(pending(1, 1, "0xbad2"), 1);
    queue.settle(queue.next()?.job ?? 0, [[false]], 1);
    for (const [id, from] of [
      [1, BAD],
      [2, HONEST],
      [3, "0xbad2"],
      [4, HONEST],
      [5, BAD],
    ] as const)
      queue.add(pending(id, 1, from), 2);
    expect(nextIds(queue, 2)).toEqual([[2, 4]]);
    queue.add(pending(6, 1, HONEST), 3);
    expect(nextIds(queue, 3)).toEqual([[1, 5], [3]]);
    expect(nextIds(queue, 3)).toEqual([[6]]);
    expect(queue.next()).toBeNull();
  });

  it("what they have waiting already is set apart too; who forwarded a valid share is not", () => {
    const queue = new VerificationQueue();
    queue.add(pending(1, 1, BAD), 0);
    queue.add(pending(2, 1, HONEST), 0);
    const job = queue.next()?.job ?? 0;
    for (const [id, from] of [
      [3, BAD],
      [4, HONEST],
    ] as const)
      queue.add(pending(id, 1, from), 0);
    queue.settle(job, [[false, true]], 0);
    expect([nextIds(queue, 0), nextIds(queue, 0)].sort()).toEqual([[[3]], [[4]]]);
  });

  it("they are forgotten after a while, counted from their last bad share", () => {
    const queue = afterBlame(BAD);
    queue.add(pending(2, 1, BAD), BLAMED_MS - 1);
    queue.settle(queue.next()?.job ?? 0, [[false]], BLAMED_MS - 1);
    const sentAt = (nowMs: number) => {
      queue.add(pending(3, 1, BAD), nowMs);
      queue.add(pending(4, 1, HONEST), nowMs);
      return [nextIds(queue, nowMs), nextIds(queue, nowMs)].filter((groups) => groups.length > 0).length;
    };
    expect(sentAt(2 * BLAMED_MS - 2)).toBe(2);
    expect(sentAt(2 * BLAMED_MS - 1)).toBe(1);
  });

  it("their jobs, what they have waiting and how many are remembered is bounded (P-88); others keep their own room", () => {
    const queue = afterBlame(BAD);
    for (let i = 0; i < SUSPECT_QUEUE_MAX; i++) expect(queue.add(pending(i, 1, BAD), 1)).toBe(true);
    expect(queue.add(pending(1, 1, BAD), 1)).toBe(false);
    expect(queue.add(pending(1, 1, HONEST), 1)).toBe(true);
    const sizes = [nextIds(queue, 1), nextIds(queue, 1)].map((groups) => groups.flat().length);
    expect(sizes.sort((a, b) => a - b)).toEqual([1, SUSPECT_BATCH_MAX]);

    const crowded = afterBlame(BAD);
    for (let i = 0; i < BLAMED_MAX; i++) crowded.add(pending(1, 1, `0x${i.toString(16)}`), 1);
    const job = crowded.next();
    crowded.settle(job?.job ?? 0, [], 1);
    crowded.add(pending(7, 1, BAD), 2);
    crowded.add(pending(8, 1, HONEST), 2);
    expect(nextIds(crowded, 2)).toEqual([[7, 8]]);
  });
});
