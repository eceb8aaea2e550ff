import * as blst from "@chainsafe/blst";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { craft } from "../testing/index.ts";
import { type DigestGroup, loadNativeScheme } from "./native.ts";
import { type ParsedShare, weightedBySubsets } from "./nativeBatch.ts";
import type { KeyAndSignature } from "./scheme.ts";

const native = await loadNativeScheme();
const DIGEST = new Uint8Array(32).fill(0x44);
/** Enough for sums over random subsets. */
const LARGE = 400;

const share = (secret: bigint, owner = secret): KeyAndSignature => ({
  publicKey: native.publicKeyOf(craft.secretBytes(owner)),
  signature: native.sign(craft.secretBytes(secret), DIGEST),
});
let good: readonly KeyAndSignature[];
beforeAll(() => {
  good = Array.from({ length: LARGE }, (_, i) => share(7n ** 60n + BigInt(i)));
});

const at = (i: number): KeyAndSignature => good[i] as KeyAndSignature;
const signed = (i: number, change: (signature: Uint8Array) => Uint8Array): KeyAndSignature => ({
  publicKey: at(i).publicKey,
  signature: change(at(i).signature),
});
/** Each way to be bad, for the owner of position i. */
const FORGERIES: readonly ((i: number) => KeyAndSignature)[] = [
  (i) => signed(i, () => at((i + 1) % LARGE).signature),
  (i) => signed(i, (signature) => craft.addSmallOrderSignature(signature, 1)),
  (i) => signed(i, (signature) => craft.addSmallOrderSignature(signature, -1)),
  (i) => signed(i, () => craft.OUTSIDE_SIGNATURE),
  (i) => signed(i, () => craft.SMALL_ORDER_SIGNATURE),
  (i) => signed(i, craft.offCurve),
  (i) => signed(i, craft.swapped),
  (i) => signed(i, () => new Uint8Array(192)),
  (i) => signed(i, (signature) => signature.subarray(1)),
  (i) => signed(i, (signature) => craft.addModulus(signature, 2)),
  (i) => ({ publicKey: new Uint8Array(96), signature: at(i).signature }),
  (i) => ({ publicKey: craft.addSmallOrderKey(at(i).publicKey), signature: at(i).signature }),
];

function expectNamed(items: readonly KeyAndSignature[]): void {
  const oneByOne = items.flatMap(({ publicKey, signature }, i) =>
    native.verify(publicKey, DIGEST, signature) ? [] : [i],
  );
  expect(native.nameInvalid(DIGEST, items).invalid).toEqual(oneByOne);
}

describe("nameInvalid on blst (P-3, P-6)", () => {
  it("accepts valid batches of every size, and a share twice", () => {
    for (const count of [0, 1, 2, 63, 64, 287, 288, LARGE])
      expect(native.nameInvalid(DIGEST, good.slice(0, count)).invalid).toEqual([]);
    expect(native.nameInvalid(DIGEST, [...good.slice(0, 200), ...good.slice(0, 200)]).invalid).toEqual([]);
  });

  it("names what one-by-one checking names, for random forgeries at random positions", () => {
    const forgery = fc.tuple(fc.nat(LARGE - 1), fc.nat(FORGERIES.length - 1));
    fc.assert(
      fc.property(fc.constantFrom(3, 40, 100, LARGE), fc.array(forgery, { maxLength: 12 }), (count, forgeries) => {
        const items = good.slice(0, count);
        for (const [position, kind] of forgeries)
          items[position % count] = FORGERIES[kind]?.(position % count) as KeyAndSignature;
        expectNamed(items);
      }),
      { numRuns: 12 },
    );
  });

  it.each([4, 100, LARGE])("names forgeries that cancel, among %i", (count) => {
    const items = good.slice(0, count);
    // Each signed by the other: the sum is the honest one.
    items[0] = { publicKey: at(0).publicKey, signature: at(2).signature };
    items[2] = { publicKey: at(2).publicKey, signature: at(0).signature };
    items[1] = signed(1, (signature) => craft.addSmallOrderSignature(signature, 1));
    items[3] = signed(3, (signature) => craft.addSmallOrderSignature(signature, -1));
    const { invalid, checks } = native.nameInvalid(DIGEST, items);
    expect(invalid).toEqual([0, 1, 2, 3]);
    expect(checks).toBeLessThan(count < 10 ? 20 : count);
  });

  it("13 small-order parts, which cancel in a plain sum, do not pass", () => {
    const items = good.map((item, i) => (i < 13 ? signed(i, (s) => craft.addSmallOrderSignature(s, 1)) : item));
    expect(native.nameInvalid(DIGEST, items).invalid).toEqual([...Array(13).keys()]);
  });

  it("a key and its negative: honest shares whose sums are infinity are valid, forged ones are not", () => {
    const pairs = Array.from({ length: 200 }, (_, i) => [share(BigInt(i + 2)), share(-BigInt(i + 2))]).flat();
    // Two checks: the plain sum, infinity on both sides, is seen to hold.
    expect(native.nameInvalid(DIGEST, pairs)).toEqual({ invalid: [], checks: 2 });
    expect(native.nameInvalid(DIGEST, pairs.slice(0, 2)).invalid).toEqual([]);
    // Keys sum to infinity, signatures do not.
    expect(native.nameInvalid(DIGEST, [share(5n), share(-6n, -5n)]).invalid).toEqual([1]);
    expect(native.nameInvalid(DIGEST, [...pairs, share(8n, 9n)]).invalid).toEqual([400]);
  });

  it("error: a digest that is not 32 bytes is the caller's mistake", () => {
    expect(() => native.nameInvalid(new Uint8Array(31), [])).toThrow("32");
  });
});

describe("random weights by sums over random subsets (P-6)", () => {
  const parsed = ({ publicKey, signature }: KeyAndSignature): ParsedShare => {
    const bytes = craft.swapped(signature);
    return {
      key: blst.PublicKey.fromBytes(publicKey),
      signature: bytes,
      point: blst.Signature.fromBytes(bytes, false),
    };
  };
  const holds = (items: readonly KeyAndSignature[]): boolean | null => {
    const sum = weightedBySubsets(blst, items.map(parsed));
    return sum === null ? null : blst.verify(DIGEST, sum.key, sum.signature, true, true);
  };
  const exchanged = (): KeyAndSignature[] => [
    { publicKey: at(0).publicKey, signature: at(1).signature },
    { publicKey: at(1).publicKey, signature: at(0).signature },
  ];

  it("weighs key and signature alike, and differently each time", () => {
    const sums = Array.from({ length: 4 }, () => weightedBySubsets(blst, [parsed(at(0)), parsed(at(1))]));
    for (const sum of sums) expect(sum !== null && blst.verify(DIGEST, sum.key, sum.signature, true, true)).toBe(true);
    expect(new Set(sums.map((sum) => sum?.signature.toHex())).size).toBe(4);
  });

  it("two errors that cancel never meet in equal weights", () => {
    // With weights of few bits, or bits of equal worth, some of 60 would pass.
    for (let i = 0; i < 60; i++) expect(holds(exchanged())).toBe(false);
  });

  it("a point outside the subgroup is found by the subsets, before any pairing, alone and where it cancels", () => {
    const [plus, minus] = ([1, -1] as const).map((sign, i) =>
      signed(i, (signature) => craft.addSmallOrderSignature(signature, sign)),
    ) as [KeyAndSignature, KeyAndSignature];
    for (let i = 0; i < 20; i++) {
      expect(holds([plus, at(1), at(2)])).toBeNull();
      expect(holds([plus, minus, at(2)])).toBeNull();
    }
  });
});

describe("verifyGroups on blst (P-3, P-6)", () => {
  const digests = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
  const over = (digest: Uint8Array, secrets: readonly bigint[]): KeyAndSignature[] =>
    secrets.map((secret) => ({
      publicKey: native.publicKeyOf(craft.secretBytes(secret)),
      signature: native.sign(craft.secretBytes(secret), digest),
    }));
  const groups = digests.map((digest, i) => ({ digest, items: over(digest, [3n, 4n, 5n].slice(i)) }));
  const holds = (changed: readonly DigestGroup[]): Promise<boolean> => native.verifyGroups(changed);

  it("says whether all are valid, over as many digests as there are", async () => {
    for (const count of [0, 1, 2, 3]) expect(await holds(groups.slice(0, count))).toBe(true);
    expect(await holds([...groups, { digest: DIGEST, items: [] }])).toBe(true);
  });

  it("takes nothing where one share of one group is forged, in whichever way", async () => {
    const withOne = (share: KeyAndSignature) => [...groups, { digest: DIGEST, items: [at(1), share] }];
    expect(await holds(withOne(at(0)))).toBe(true);
    for (const forge of FORGERIES) {
      expect(await holds(withOne(forge(0)))).toBe(false);
      expect(await holds([...groups, { digest: DIGEST, items: [forge(0)] }])).toBe(false);
    }
  });

  it("forgeries that cancel over two digests are not taken, nor are signatures exchanged", async () => {
    const [first, second] = [groups[1], groups[2]] as [DigestGroup, DigestGroup];
    const [one, other] = [first.items[0], second.items[0]] as [KeyAndSignature, KeyAndSignature];
    // What is added here and taken away there leaves the sum of all signatures as it was.
    const extra = native.sign(craft.secretBytes(9n), DIGEST);
    const plus = native.aggregateSignatures([one.signature, extra]);
    const minus = native.aggregateSignatures([other.signature, native.negateSignature(extra)]);
    const cancelling = [
      { ...first, items: [{ ...one, signature: plus }, ...first.items.slice(1)] },
      { ...second, items: [{ ...other, signature: minus }] },
    ];
    const signatures = cancelling.flatMap(({ items }) => items.map(({ signature }) => signature));
    const honest = [first, second].flatMap(({ items }) => items.map(({ signature }) => signature));
    expect(native.aggregateSignatures(signatures)).toEqual(native.aggregateSignatures(honest));
    expect(await holds(cancelling)).toBe(false);
    const exchanged = [
      { ...first, items: [{ ...one, signature: other.signature }, ...first.items.slice(1)] },
      { ...second, items: [{ ...other, signature: one.signature }] },
    ];
    expect(await holds(exchanged)).toBe(false);
  });

  it("a digest of another length is the caller's mistake", async () => {
    await expect(holds([...groups, { digest: new Uint8Array(31), items: [] }])).rejects.toMatchObject({
      code: "DIGEST_WRONG_LENGTH",
    });
  });
});
