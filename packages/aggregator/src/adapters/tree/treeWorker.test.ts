import { Worker } from "node:worker_threads";
import type { Address } from "@quorate/common";
import { buildRewardsTree, type RewardsEntry, RewardsTree } from "@quorate/common/rewards-tree";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { loadKeccakMany } from "./keccak.ts";
import { startWorker, TreeWorker } from "./treeWorker.ts";

const addressOf = (value: number): Address => `0x${(BigInt(value) << 96n).toString(16).padStart(40, "0")}`;
const ledger = (count: number, amountAtomic = 7n): RewardsEntry[] =>
  Array.from({ length: count }, (_, i) => [addressOf(i + 1), amountAtomic]);
const coded = (code: string, values: object) =>
  expect.objectContaining({ code, values: expect.objectContaining(values) });

const started: TreeWorker[] = [];
afterEach(() => Promise.all(started.splice(0).map((tree) => tree.close())));

function start(worker?: () => Worker): TreeWorker {
  const tree = new TreeWorker(worker);
  started.push(tree);
  return tree;
}

/** Takes everything and never answers. */
function silentWorker(): Worker {
  return new Worker(`require("node:worker_threads").parentPort.on("message", () => {})`, { eval: true });
}

describe("test_P41: the tree in its thread", () => {
  it("test_P41_roots and proofs are those of the tree on this thread", async () => {
    const tree = start();
    const here = new RewardsTree();
    const more = fc.bigInt({ min: 1n, max: 2n ** 70n });
    const drawn = fc.sample(fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), more), { maxLength: 40 }), 20);
    const owed = new Map<Address, bigint>();
    for (const [epoch, list] of drawn.entries()) {
      const changes = list.map(([who, by]): RewardsEntry => {
        const recipient = addressOf(who);
        owed.set(recipient, (owed.get(recipient) ?? 0n) + by);
        return [recipient, owed.get(recipient) as bigint];
      });
      expect(await tree.apply(epoch, changes)).toEqual(here.apply(epoch, changes));
    }
    for (const epoch of [4, 19, 12, 4]) {
      for (let who = 1; who <= 60; who++) {
        expect(await tree.proof(epoch, addressOf(who))).toEqual(here.proofOf(epoch, addressOf(who)));
      }
    }
  });

  it("epochs asked for at once, of several pieces each, do not mix", async () => {
    const tree = start();
    const epochs = [ledger(10_000, 1n), ledger(5_000, 2n), [], ledger(9_000, 3n)];
    const totals = await Promise.all(epochs.map((changes, i) => tree.apply(i + 8, changes)));
    const here = new RewardsTree({ keccakMany: await loadKeccakMany() });
    expect(totals).toEqual(epochs.map((changes, i) => here.apply(i + 8, changes)));
  });

  it("error: an epoch skipped, one repeated, one not kept, an amount that falls; the tree stays as it was", async () => {
    const tree = start();
    const before = await tree.apply(5, ledger(3));
    await expect(tree.apply(7, [])).rejects.toThrow(coded("TREE_EPOCH_OUT_OF_ORDER", { epoch: 7, expected: 6 }));
    await expect(tree.apply(5, [])).rejects.toThrow(coded("TREE_EPOCH_OUT_OF_ORDER", { epoch: 5, expected: 6 }));
    await expect(tree.proof(4, addressOf(1))).rejects.toThrow(coded("TREE_EPOCH_NOT_KEPT", { epoch: 4, oldest: 5 }));
    const fall = coded("TREE_AMOUNT_FELL", { recipient: addressOf(1), hadAtomic: 7n, nowAtomic: 6n });
    await expect(tree.apply(6, ledger(1, 6n))).rejects.toThrow(fall);
    expect(await tree.apply(6, [])).toEqual(before);
  });

  it("error: a malformed address in a late piece; its epoch can be given again", async () => {
    const tree = start();
    const wrong: RewardsEntry[] = [...ledger(5_000), ["0x12", 1n]];
    await expect(tree.apply(0, wrong)).rejects.toThrow(coded("ADDRESS_MALFORMED", { text: "0x12" }));
    expect((await tree.apply(0, ledger(2))).root).toBe(buildRewardsTree(ledger(2)).root);
  });
});

describe("when the thread ends", () => {
  it("error: what is under way rejects, naming what was asked and how the thread ended", async () => {
    const worker = silentWorker();
    const tree = start(() => worker);
    const settled = Promise.allSettled([tree.apply(1, ledger(50_000)), tree.proof(0, addressOf(1))]);
    await worker.terminate();
    expect(await settled).toEqual([
      { status: "rejected", reason: coded("TREE_WORKER_DIED", { asked: "apply", epoch: 1, changes: 50_000 }) },
      { status: "rejected", reason: coded("TREE_WORKER_DIED", { asked: "proof", reason: "none given" }) },
    ]);
  });

  it("error: what is asked afterwards rejects, for no new thread would know the ledger", async () => {
    const worker = startWorker();
    const tree = start(() => worker);
    await tree.apply(0, ledger(10));
    await worker.terminate();
    await expect(tree.apply(1, [])).rejects.toThrow(coded("TREE_WORKER_DIED", { epoch: 1, exitCode: 1 }));
    await expect(tree.proof(0, addressOf(1))).rejects.toThrow(coded("TREE_WORKER_DIED", { asked: "proof" }));
  });

  it("error: a thread that throws is named with what it threw", async () => {
    const fails = `() => { throw new Error("out of memory"); }`;
    const source = `require("node:worker_threads").parentPort.on("message", ${fails})`;
    const tree = start(() => new Worker(source, { eval: true }));
    await expect(tree.apply(0, ledger(1))).rejects.toThrow(coded("TREE_WORKER_DIED", { reason: "out of memory" }));
  });

  it("error: a thread that the system does not give", () => {
    const none = () => {
      throw new Error("no more threads");
    };
    const values = { asked: "start", reason: "no more threads" };
    expect(() => new TreeWorker(none)).toThrow(coded("TREE_WORKER_DIED", values));
  });

  it("error: closing rejects what is under way; it may be closed twice", async () => {
    const tree = start(silentWorker);
    const settled = Promise.allSettled([tree.apply(0, ledger(30_000)), tree.proof(0, addressOf(1))]);
    await tree.close();
    expect(await settled).toEqual([
      { status: "rejected", reason: coded("TREE_CLOSED", { asked: "apply", epoch: 0 }) },
      { status: "rejected", reason: coded("TREE_CLOSED", { asked: "proof", epoch: 0 }) },
    ]);
    await tree.close();
  });
});
