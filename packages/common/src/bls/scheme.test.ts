import { bls12_381 } from "@noble/curves/bls12-381.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import hashes from "../../vectors/hash-to-g2.json" with { type: "json" };
import signatures from "../../vectors/signatures.json" with { type: "json" };
import { concatBytes, fromHex, toHex } from "../hex.ts";
import { craft, RFC9380_G2_TAG, RFC9380_G2_VECTORS, schemeSuite } from "../testing/index.ts";
import { loadNativeScheme } from "./native.ts";
import { CIPHERSUITE, hashToG2, nobleScheme } from "./noble.ts";
import type { KeyAndSignature } from "./scheme.ts";

const native = await loadNativeScheme();

schemeSuite({ describe, it, expect }, "blst", () => native);
schemeSuite({ describe, it, expect }, "noble", () => nobleScheme);

describe("hash to G2 (P-1)", () => {
  it.each(RFC9380_G2_VECTORS)("holds to RFC 9380, J.10.1, for $msg", ({ msg, point }) => {
    const { x, y } = bls12_381.G2.hashToCurve(new TextEncoder().encode(msg), { DST: RFC9380_G2_TAG }).toAffine();
    const { Fp } = bls12_381.fields;
    expect(toHex(concatBytes(Fp.toBytes(x.c0), Fp.toBytes(x.c1), Fp.toBytes(y.c0), Fp.toBytes(y.c1)))).toBe(point);
  });

  it("uses the tag of the ciphersuite", () => {
    expect(hashes.dst).toBe(CIPHERSUITE);
    expect(CIPHERSUITE).toBe("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_");
  });

  it.each(hashes.vectors)("shared vector $digest, on both backends", ({ digest, point }) => {
    const one = craft.secretBytes(1n);
    expect(toHex(hashToG2(fromHex(digest)))).toBe(point);
    // A signature by secret 1 is the hash itself.
    expect(toHex(native.sign(one, fromHex(digest)))).toBe(point);
    expect(toHex(nobleScheme.sign(one, fromHex(digest)))).toBe(point);
  });
});

describe.each([native, nobleScheme])("shared signature vectors on $name (P-1, P-2)", (scheme) => {
  it.each(signatures.single)("single $publicKey", (vector) => {
    const [secret, digest] = [fromHex(vector.secretKey), fromHex(vector.digest)];
    expect(toHex(scheme.publicKeyOf(secret))).toBe(vector.publicKey);
    expect(toHex(scheme.sign(secret, digest))).toBe(vector.signature);
  });

  it.each(signatures.aggregate)("aggregate $aggregateKey", (vector) => {
    const keys = vector.publicKeys.map((key) => fromHex(key));
    expect(toHex(scheme.aggregatePublicKeys(keys))).toBe(vector.aggregateKey);
    expect(scheme.verifyAggregate(keys, fromHex(vector.digest), fromHex(vector.signature))).toBe(true);
  });
});

describe("the two backends", () => {
  it("agree byte for byte on keys, signatures and sums", () => {
    const secret = fc.bigInt({ min: 1n, max: craft.GROUP_ORDER - 1n });
    const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(secret, secret, digest, (a, b, message) => {
        const [first, second] = [craft.secretBytes(a), craft.secretBytes(b)];
        const sums = [native, nobleScheme].map((scheme) => {
          const pair = [scheme.sign(first, message), scheme.sign(second, message)];
          return [scheme.publicKeyOf(first), ...pair, scheme.aggregateSignatures(pair)].map(toHex);
        });
        expect(sums[0]).toEqual(sums[1]);
      }),
      { numRuns: 10 },
    );
  });
});

describe("verifyBatchAsync", () => {
  const digest = new Uint8Array(32).fill(5);
  const share = (secret: bigint, owner = secret): KeyAndSignature => ({
    publicKey: native.publicKeyOf(craft.secretBytes(owner)),
    signature: native.sign(craft.secretBytes(secret), digest),
  });

  it("gives the verdicts of verifyBatch (P-6)", async () => {
    const good = [share(3n), share(4n), share(5n)];
    const outside = { publicKey: share(7n).publicKey, signature: craft.OUTSIDE_SIGNATURE };
    expect(await native.verifyBatchAsync(digest, good)).toBe(true);
    expect(await native.verifyBatchAsync(digest, good.slice(0, 1))).toBe(true);
    expect(await native.verifyBatchAsync(digest, [])).toBe(false);
    expect(await native.verifyBatchAsync(digest, [share(4n, 3n), share(3n, 4n)])).toBe(false);
    expect(await native.verifyBatchAsync(digest, [...good, outside])).toBe(false);
    expect(await native.verifyBatchAsync(digest, [...good, { ...outside, signature: new Uint8Array(5) }])).toBe(false);
  });

  it("leaves the calling thread free", async () => {
    const many = Array.from({ length: 400 }, (_, i) => share(BigInt(i + 1)));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    expect(await native.verifyBatchAsync(digest, many)).toBe(true);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });
});
