import { concatBytes, fromHex, identityKeyOf, signIdentity, toHex, verifyIdentity } from "@quorate/common";
import {
  challenge,
  craftIdentity as craft,
  IDENTITY_ORDER,
  littleEndian,
  NOT_CANONICAL,
  TORSION,
} from "@quorate/common/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIdentityCheck, KEYS_KEPT_MAX } from "./identityCheck.ts";

const check = createIdentityCheck();
const DIGEST = new Uint8Array(32).fill(9);
const ORDER = IDENTITY_ORDER;

/** Both implementations, which have to agree. */
function both(key: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  const native = check(key, digest, signature);
  const context = `key ${toHex(key)}, digest ${toHex(digest)}, signature ${toHex(signature)}`;
  expect(verifyIdentity(key, digest, signature), context).toBe(native);
  return native;
}

describe("identity signatures by the native library (P-7)", () => {
  it("P-7: what a node signs verifies, with either implementation", () => {
    for (let i = 1; i <= 16; i++) {
      const secret = new Uint8Array(32).fill(i);
      const digest = new Uint8Array(32).fill(255 - i);
      expect(both(identityKeyOf(secret), digest, signIdentity(secret, digest))).toBe(true);
    }
  });

  it("P-7: with parts of small order in key and R: the equation itself, never its eightfold", () => {
    let valid = 0;
    for (let key = 0; key < 8; key++) {
      for (let nonce = 0; nonce < 8; nonce++) {
        for (let i = 0; i < 2; i++) {
          const made = craft(77n + BigInt(i), 99n, { key, nonce, digest: new Uint8Array(32).fill(i) });
          const isValid = both(made.key, made.digest, made.signature);
          if (key === 0) expect(isValid).toBe(nonce === 0);
          valid += Number(isValid);
        }
      }
    }
    // Some of mixed order hold by chance of the challenge: the two agree about them.
    expect(valid).toBeGreaterThan(4);
  });

  it("P-7 error: keys of small order, with R of small order and any s that would fit", () => {
    for (const key of [...TORSION, ...NOT_CANONICAL]) {
      for (const nonce of [...TORSION, ...NOT_CANONICAL]) {
        for (const s of [0n, ORDER, 1n]) expect(both(key, DIGEST, concatBytes(nonce, littleEndian(s)))).toBe(false);
      }
    }
  });

  it("P-7 error: R of small order under a proper key holds only where the equation does", () => {
    const [a, zero] = [1_234n, 0n];
    const fits = craft(a, zero);
    expect(both(fits.key, DIGEST, fits.signature)).toBe(true);
    for (let nonce = 1; nonce < 8; nonce++) {
      const made = craft(a, zero, { nonce });
      expect(both(made.key, DIGEST, made.signature)).toBe(false);
    }
    for (const nonce of NOT_CANONICAL) {
      const s = (challenge(nonce, fits.key, DIGEST) * a) % ORDER;
      expect(both(fits.key, DIGEST, concatBytes(nonce, littleEndian(s)))).toBe(false);
    }
  });

  it("P-7 error: s of the group's order or more", () => {
    for (const times of [1n, 2n, 7n, 14n]) {
      const made = craft(55n, 66n, { offset: times * ORDER });
      expect(both(made.key, DIGEST, made.signature)).toBe(false);
    }
    const made = craft(55n, 66n);
    expect(both(made.key, DIGEST, made.signature)).toBe(true);
    expect(both(made.key, DIGEST, concatBytes(made.signature.subarray(0, 32), littleEndian(ORDER)))).toBe(false);
  });

  it("P-7 error: a key that is no point, and lengths that are wrong", () => {
    const { signature } = craft(5n, 6n);
    const noPoint = fromHex(`0x02${"00".repeat(31)}`);
    for (const key of [noPoint, new Uint8Array(31), new Uint8Array(33), new Uint8Array()]) {
      expect(both(key, DIGEST, signature)).toBe(false);
    }
    expect(both(identityKeyOf(new Uint8Array(32).fill(1)), DIGEST, signature.subarray(1))).toBe(false);
    expect(() => check(noPoint, new Uint8Array(31), signature)).toThrow(
      expect.objectContaining({ code: "DIGEST_WRONG_LENGTH" }),
    );
  });

  it("P-7: the two agree on signatures with any bit changed, any small-order part and any multiple of the order", () => {
    const scalar = fc.bigInt({ min: 1n, max: ORDER - 1n });
    const part = fc.nat({ max: 7 });
    fc.assert(
      fc.property(
        fc.record({
          a: scalar,
          r: scalar,
          key: part,
          nonce: part,
          times: fc.constantFrom(0n, 0n, 0n, 1n),
          at: fc.nat(127),
        }),
        fc.constantFrom(0, 0, 1, 64, 128),
        ({ a, r, key, nonce, times, at }, flip) => {
          const made = craft(a, r, { key, nonce, offset: times * ORDER });
          const all = concatBytes(made.key, made.signature, made.digest);
          all[at] = (all[at] as number) ^ flip;
          both(all.slice(0, 32), all.slice(96), all.slice(32, 96));
        },
      ),
      { numRuns: 150 },
    );
  });

  it("keys kept are bounded: one that was forgotten is made again", () => {
    const bounded = createIdentityCheck();
    const secret = new Uint8Array(32).fill(3);
    const [key, signature] = [identityKeyOf(secret), signIdentity(secret, DIGEST)];
    expect(bounded(key, DIGEST, signature)).toBe(true);
    for (let i = 0; i <= KEYS_KEPT_MAX; i++) {
      const other = new Uint8Array(32);
      new DataView(other.buffer).setUint32(4, i);
      bounded(other, DIGEST, signature);
    }
    expect(bounded(key, DIGEST, signature)).toBe(true);
  });
});
