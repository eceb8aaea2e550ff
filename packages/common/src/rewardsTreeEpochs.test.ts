import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packChanges } from "./rewardsChanges.ts";
import { buildRewardsTree, EMPTY_ROOT, nobleKeccakMany, type RewardsEntry } from "./rewardsTree.ts";
import { RewardsTree } from "./rewardsTreeEpochs.ts";
import type { Address } from "./types.ts";

const addressOf = (value: number): Address => `0x${(BigInt(value) << 96n).toString(16).padStart(40, "0")}`;
const coded = (code: string, values: object) => expect.objectContaining({ code, values });

/** What a ledger holds after each epoch, by the plainest means. */
class PlainLedger {
  readonly epochs: Map<Address, bigint>[] = [];

  apply(changes: readonly RewardsEntry[]): void {
    this.epochs.push(new Map([...(this.epochs.at(-1) ?? []), ...changes]));
  }

  /** Changes by (recipient, how much more), so that amounts never fall. */
  changesOf(drawn: readonly (readonly [number, bigint])[]): RewardsEntry[] {
    const owed = new Map(this.epochs.at(-1) ?? []);
    return drawn.map(([who, more]) => {
      const recipient = addressOf(who);
      const amountAtomic = (owed.get(recipient) ?? 0n) + more;
      owed.set(recipient, amountAtomic);
      return [recipient, amountAtomic];
    });
  }
}

const more = fc.oneof(fc.constantFrom(0n, 1n, 2n ** 32n, 2n ** 200n), fc.bigInt({ min: 0n, max: 2n ** 64n }));
const histories = fc.array(fc.array(fc.tuple(fc.nat(30), more), { maxLength: 12 }), { minLength: 1, maxLength: 24 });

describe("test_P41: a tree kept by epoch", () => {
  it("test_P41_each kept epoch has the root, sum and proofs of a tree built from nothing", () => {
    fc.assert(
      fc.property(histories, fc.nat(50), (history, first) => {
        const tree = new RewardsTree({ keptEpochs: 5, builtTrees: 2 });
        const plain = new PlainLedger();
        for (const [i, drawn] of history.entries()) {
          const changes = plain.changesOf(drawn);
          plain.apply(changes);
          const owed = [...(plain.epochs.at(-1) as Map<Address, bigint>)];
          expect(tree.apply(first + i, changes)).toEqual({
            root: buildRewardsTree(owed).root,
            totalOwed: owed.reduce((sum, [, amountAtomic]) => sum + amountAtomic, 0n),
            recipients: owed.filter(([, amountAtomic]) => amountAtomic > 0n).length,
          });
        }
        const oldest = Math.max(0, history.length - 5);
        for (let i = oldest; i < history.length; i++) {
          const built = buildRewardsTree([...(plain.epochs[i] as Map<Address, bigint>)]);
          expect(tree.totalsOf(first + i).root).toBe(built.root);
          for (let who = 0; who <= 30; who++) {
            expect(tree.proofOf(first + i, addressOf(who))).toEqual(built.proofOf(addressOf(who)));
          }
        }
        if (oldest > 0) {
          const values = { epoch: first + oldest - 1, oldest: first + oldest, newest: first + history.length - 1 };
          expect(() => tree.proofOf(values.epoch, addressOf(1))).toThrow(coded("TREE_EPOCH_NOT_KEPT", values));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("test_P41_pieces of changes, however cut, come to the same tree", () => {
    const changes = Array.from({ length: 500 }, (_, i): RewardsEntry => [addressOf(i), BigInt(i * i)]);
    const whole = new RewardsTree().apply(3, changes);
    const cut = [packChanges(changes, 0, 1), packChanges(changes, 1, 1), packChanges(changes, 1)];
    expect(new RewardsTree().applyPacked(3, cut)).toEqual(whole);
  });

  it("test_P41_5,000 recipients, more than the table begins with, half of them new in the second epoch", () => {
    const large = 2n ** 250n - 1n;
    const ledger = Array.from({ length: 5_000 }, (_, i): RewardsEntry => [addressOf(i + 1), large + BigInt(i)]);
    const tree = new RewardsTree();
    tree.apply(0, ledger.slice(0, 2_500));
    expect(tree.apply(1, ledger.slice(2_500))).toEqual({
      root: buildRewardsTree(ledger).root,
      totalOwed: 5_000n * large + (4_999n * 5_000n) / 2n,
      recipients: 5_000,
    });
    expect(tree.proofOf(0, addressOf(2_501))).toBeNull();
    expect(tree.proofOf(1, addressOf(2_501))).toEqual(buildRewardsTree(ledger).proofOf(addressOf(2_501)));
  });

  it("only leaves of recipients that changed are hashed again", () => {
    let leaves = 0;
    const keccakMany: typeof nobleKeccakMany = (input, messageBytes, output) => {
      // Only the second hash of a leaf is of 32 bytes.
      if (messageBytes === 32) leaves += input.length / messageBytes;
      nobleKeccakMany(input, messageBytes, output);
    };
    const tree = new RewardsTree({ keccakMany });
    tree.apply(
      0,
      Array.from({ length: 100 }, (_, i): RewardsEntry => [addressOf(i), 5n]),
    );
    expect(leaves).toBe(100);
    tree.apply(1, [[addressOf(7), 6n]]);
    expect(leaves).toBe(101);
    tree.proofOf(0, addressOf(7));
    expect(leaves).toBe(101);
  });

  it("an epoch in which nothing changed keeps the root; a ledger of nobody has the root zero", () => {
    const tree = new RewardsTree();
    expect(tree.apply(0, [])).toEqual({ root: EMPTY_ROOT, totalOwed: 0n, recipients: 0 });
    expect(tree.proofOf(0, addressOf(1))).toBeNull();
    const { root } = tree.apply(1, [[addressOf(1), 1n]]);
    expect(tree.apply(2, []).root).toBe(root);
  });

  it("the 16 epochs of which the contract tells whether they are payable are kept", () => {
    const tree = new RewardsTree();
    for (let epoch = 0; epoch < 20; epoch++) tree.apply(epoch, [[addressOf(epoch + 1), 1n]]);
    expect(tree.totalsOf(4).recipients).toBe(5);
    expect(() => tree.totalsOf(3)).toThrow(coded("TREE_EPOCH_NOT_KEPT", { epoch: 3, oldest: 4, newest: 19 }));
    expect(tree.proofOf(4, addressOf(5))).toEqual(
      buildRewardsTree(Array.from({ length: 5 }, (_, i) => [addressOf(i + 1), 1n])).proofOf(addressOf(5)),
    );
  });
});

describe("test_P41: what a tree refuses, and that it then stays as it was", () => {
  const start = (): RewardsTree => {
    const tree = new RewardsTree();
    tree.apply(5, [[addressOf(1), 10n]]);
    return tree;
  };

  it.each([[5], [4], [7], [-1], [6.5], [Number.NaN]])("error: epoch %d after epoch 5", (epoch) => {
    const tree = start();
    expect(() => tree.apply(epoch, [])).toThrow(coded("TREE_EPOCH_OUT_OF_ORDER", { epoch, expected: 6 }));
    expect(() => new RewardsTree().apply(-1, [])).toThrow(
      coded("TREE_EPOCH_OUT_OF_ORDER", { epoch: -1, expected: "any" }),
    );
  });

  it("error: an amount that falls", () => {
    const tree = start();
    const before = tree.totalsOf(5);
    const falling: RewardsEntry[] = [
      [addressOf(2), 3n],
      [addressOf(1), 9n],
    ];
    const values = { epoch: 6, recipient: addressOf(1), hadAtomic: 10n, nowAtomic: 9n };
    expect(() => tree.apply(6, falling)).toThrow(coded("TREE_AMOUNT_FELL", values));
    expect(tree.apply(6, [])).toEqual(before);
  });

  it.each([
    ["an address too short", `0x${"1".repeat(39)}`],
    ["one too long", `0x${"1".repeat(41)}`],
    ["one without 0x", "1".repeat(42)],
    ["a digit that is none", `0x${"1".repeat(39)}g`],
    ["a character beyond ASCII", `0x${"1".repeat(39)}é`],
  ])("error: %s", (_, text) => {
    const tree = start();
    expect(() => tree.apply(6, [[text as Address, 1n]])).toThrow(coded("ADDRESS_MALFORMED", { text }));
    expect(() => tree.proofOf(5, text as Address)).toThrow(coded("ADDRESS_MALFORMED", { text }));
  });

  it.each([[-1n], [2n ** 256n]])("error: an amount of %d", (amountAtomic) => {
    expect(() => start().apply(6, [[addressOf(3), amountAtomic]])).toThrow(
      coded("TREE_AMOUNT_INVALID", { amountAtomic }),
    );
  });
});
