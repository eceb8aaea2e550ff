/**
 * Conformance of any `SignatureScheme`, the simulator's linear model included: what follows from signatures being
 * linear in the secret. Forgeries are made by algebra on secrets alone, so nothing here knows how points are encoded.
 */

import { findInvalid, type KeyAndSignature, type SignatureScheme } from "../bls/scheme.ts";
import { toHex } from "../hex.ts";
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../points.ts";
import { GROUP_ORDER, secretBytes } from "./craft.ts";
import { type Runner, thrownCode } from "./runner.ts";

const DIGEST = new Uint8Array(32).fill(0x11);
const OTHER_DIGEST = new Uint8Array(32).fill(0x22);
const SECRETS: readonly bigint[] = [3n, 5n ** 50n, 7n ** 60n, 11n ** 40n, 13n ** 45n, 17n ** 30n];

export function algebraSuite(runner: Runner, load: () => SignatureScheme | Promise<SignatureScheme>): void {
  const { describe, it } = runner;
  const test = (name: string, body: (scheme: SignatureScheme) => void) => it(name, async () => body(await load()));

  describe("single signatures", () => singleTests(runner, test));
  describe("batches", () => batchTests(runner, test));
  describe("aggregates", () => aggregateTests(runner, test));
}

type Test = (name: string, body: (scheme: SignatureScheme) => void) => void;

/** A share by `secret`, claimed under the key of `owner`. */
function share(scheme: SignatureScheme, secret: bigint, owner: bigint = secret): KeyAndSignature {
  return {
    publicKey: scheme.publicKeyOf(secretBytes(owner)),
    signature: scheme.sign(secretBytes(secret), DIGEST),
  };
}

/** Shares of which two carry errors that cancel: their sum is the honest sum. */
function cancellingForgeries(scheme: SignatureScheme): KeyAndSignature[] {
  const [a = 0n, b = 0n, ...rest] = SECRETS;
  const error = 123_456_789n;
  return [share(scheme, a + error, a), share(scheme, b - error, b), ...rest.map((secret) => share(scheme, secret))];
}

function singleTests({ expect }: Runner, test: Test): void {
  test("P-1 a signature verifies under its key and digest, and under no other", (scheme) => {
    const { publicKey, signature } = share(scheme, 5n ** 50n);
    const other = share(scheme, 7n ** 60n);
    expect(scheme.verify(publicKey, DIGEST, signature)).toBe(true);
    expect(scheme.verify(publicKey, OTHER_DIGEST, signature)).toBe(false);
    expect(scheme.verify(other.publicKey, DIGEST, signature)).toBe(false);
    expect(scheme.verify(publicKey, DIGEST, other.signature)).toBe(false);
  });

  test("P-2 keys have 96 bytes and signatures 192, and signing is deterministic", (scheme) => {
    const first = share(scheme, 3n);
    expect(first.publicKey).toHaveLength(PUBLIC_KEY_BYTES);
    expect(first.signature).toHaveLength(SIGNATURE_BYTES);
    expect(toHex(share(scheme, 3n).signature)).toBe(toHex(first.signature));
  });

  test("P-3 what a scheme makes, it validates", (scheme) => {
    const { publicKey, signature } = share(scheme, GROUP_ORDER - 1n);
    expect(thrownCode(() => scheme.validatePublicKey(publicKey))).toBeUndefined();
    expect(thrownCode(() => scheme.validateSignature(signature))).toBeUndefined();
  });

  test("error: keys, signatures and secrets of wrong length, zero or out of range", (scheme) => {
    const { publicKey, signature } = share(scheme, 3n);
    for (const length of [0, 48, 95, 97, 128, 192]) {
      expect(thrownCode(() => scheme.validatePublicKey(new Uint8Array(length).fill(1)))).toBe(
        "PUBLIC_KEY_WRONG_LENGTH",
      );
      expect(scheme.verify(new Uint8Array(length).fill(1), DIGEST, signature)).toBe(false);
    }
    for (const length of [0, 96, 191, 193, 256]) {
      expect(thrownCode(() => scheme.validateSignature(new Uint8Array(length).fill(1)))).toBe("SIGNATURE_WRONG_LENGTH");
      expect(scheme.verify(publicKey, DIGEST, new Uint8Array(length).fill(1))).toBe(false);
    }
    const order = secretBytes(-1n).with(31, 1);
    for (const secret of [new Uint8Array(32), order, new Uint8Array(32).fill(255), new Uint8Array(31).fill(1)]) {
      expect(thrownCode(() => scheme.publicKeyOf(secret))).toBe("SECRET_KEY_INVALID");
      expect(thrownCode(() => scheme.sign(secret, DIGEST))).toBe("SECRET_KEY_INVALID");
    }
  });

  test("P-3 error: the identity as key or as signature", (scheme) => {
    const { publicKey, signature } = share(scheme, 3n);
    const noKey = new Uint8Array(PUBLIC_KEY_BYTES);
    const noSignature = new Uint8Array(SIGNATURE_BYTES);
    expect(thrownCode(() => scheme.validatePublicKey(noKey))).toBe("POINT_AT_INFINITY");
    expect(thrownCode(() => scheme.validateSignature(noSignature))).toBe("POINT_AT_INFINITY");
    expect(scheme.verify(noKey, DIGEST, signature)).toBe(false);
    expect(scheme.verify(publicKey, DIGEST, noSignature)).toBe(false);
    expect(scheme.verify(noKey, DIGEST, noSignature)).toBe(false);
    expect(scheme.verifyAggregate([noKey], DIGEST, noSignature)).toBe(false);
    expect(scheme.verifyBatch(DIGEST, [{ publicKey: noKey, signature: noSignature }, share(scheme, 5n)])).toBe(false);
  });

  test("error: a digest that is not 32 bytes is the caller's mistake, not a verdict", (scheme) => {
    const { publicKey, signature } = share(scheme, 3n);
    for (const digest of [new Uint8Array(0), new Uint8Array(31), new Uint8Array(33)]) {
      for (const run of [
        () => scheme.sign(secretBytes(3n), digest),
        () => scheme.verify(publicKey, digest, signature),
        () => scheme.verifyBatch(digest, [{ publicKey, signature }]),
        () => scheme.verifyAggregate([publicKey], digest, signature),
      ]) {
        expect(thrownCode(run)).toBe("DIGEST_WRONG_LENGTH");
      }
    }
  });

  test("inputs are neither changed nor remembered by reference", (scheme) => {
    const { publicKey, signature } = share(scheme, 5n ** 50n);
    const other = share(scheme, 7n ** 60n);
    const buffer = new Uint8Array(publicKey);
    expect(scheme.verify(buffer, DIGEST, signature)).toBe(true);
    expect(buffer).toEqual(publicKey);
    buffer.set(other.publicKey);
    expect(scheme.verify(buffer, DIGEST, signature)).toBe(false);
    expect(scheme.verify(buffer, DIGEST, other.signature)).toBe(true);
    expect(scheme.verify(publicKey, DIGEST, signature)).toBe(true);
  });
}

/** In the order given: verdicts must not depend on how the search shuffles. */
function invalidOf(scheme: SignatureScheme, shares: readonly KeyAndSignature[]): readonly number[] {
  return findInvalid(scheme, DIGEST, shares, (bound) => bound - 1).invalid;
}

function batchTests({ expect }: Runner, test: Test): void {
  test("P-6 a batch of valid shares is valid, with one share twice as well", (scheme) => {
    const shares = SECRETS.map((secret) => share(scheme, secret));
    expect(scheme.verifyBatch(DIGEST, shares)).toBe(true);
    expect(scheme.verifyBatch(OTHER_DIGEST, shares)).toBe(false);
    expect(scheme.verifyBatch(DIGEST, [...shares.slice(0, 2), ...shares.slice(0, 2)])).toBe(true);
    expect(scheme.verifyBatch(DIGEST, shares.slice(0, 1))).toBe(true);
    expect(invalidOf(scheme, shares)).toEqual([]);
  });

  test("P-6 forgeries that cancel in a plain sum fail a batch, and are both found", (scheme) => {
    const shares = cancellingForgeries(scheme);
    const sum = scheme.aggregateSignatures(shares.map(({ signature }) => signature));
    const keys = shares.map(({ publicKey }) => publicKey);
    expect(scheme.verifyAggregate(keys, DIGEST, sum)).toBe(true);
    expect(scheme.verifyBatch(DIGEST, shares)).toBe(false);
    expect(scheme.verifyBatch(DIGEST, shares.slice(0, 2))).toBe(false);
    expect(invalidOf(scheme, shares)).toEqual([0, 1]);
  });

  test("P-6 signatures exchanged between two keys fail a batch, though their sum holds", (scheme) => {
    const [a, b] = [share(scheme, 3n), share(scheme, 5n ** 50n)];
    const exchanged = [
      { publicKey: a.publicKey, signature: b.signature },
      { publicKey: b.publicKey, signature: a.signature },
    ];
    expect(scheme.verifyBatch(DIGEST, exchanged)).toBe(false);
    expect(invalidOf(scheme, exchanged)).toEqual([0, 1]);
  });

  test("P-6 findInvalid names exactly the bad ones, wherever they are", (scheme) => {
    const good = SECRETS.map((secret) => share(scheme, secret));
    const bad = SECRETS.map((secret) => share(scheme, secret + 1n, secret));
    for (const positions of [[0], [5], [2, 3], [0, 2, 5], [0, 1, 2, 3, 4, 5]]) {
      const mixed = good.map((item, i) => (positions.includes(i) ? (bad[i] as KeyAndSignature) : item));
      expect(invalidOf(scheme, mixed)).toEqual(positions);
    }
  });

  test("P-3 a malformed share spoils only itself", (scheme) => {
    const shares = SECRETS.slice(0, 3).map((secret) => share(scheme, secret));
    const broken = [
      { publicKey: new Uint8Array(95), signature: new Uint8Array(192) },
      { publicKey: (shares[0] as KeyAndSignature).publicKey, signature: new Uint8Array(191) },
    ];
    expect(scheme.verifyBatch(DIGEST, [...shares, ...broken])).toBe(false);
    expect(invalidOf(scheme, [...shares, ...broken])).toEqual([3, 4]);
  });

  test("an empty batch proves nothing", (scheme) => {
    expect(scheme.verifyBatch(DIGEST, [])).toBe(false);
    expect(invalidOf(scheme, [])).toEqual([]);
  });
}

function aggregateTests({ expect }: Runner, test: Test): void {
  test("P-56 a signature and its negative cancel, and a negative taken away leaves the others' sum", (scheme) => {
    const [a, b, c] = SECRETS.slice(0, 3).map((secret) => share(scheme, secret).signature) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const negative = scheme.negateSignature(a);
    expect(thrownCode(() => scheme.validateSignature(negative))).toBeUndefined();
    expect(thrownCode(() => scheme.aggregateSignatures([a, negative]))).toBe("POINT_AT_INFINITY");
    expect(toHex(scheme.negateSignature(negative))).toBe(toHex(a));
    const all = scheme.aggregateSignatures([a, b, c]);
    expect(toHex(scheme.aggregateSignatures([all, negative]))).toBe(toHex(scheme.aggregateSignatures([b, c])));
    expect(thrownCode(() => scheme.negateSignature(new Uint8Array(SIGNATURE_BYTES)))).toBe("POINT_AT_INFINITY");
    expect(thrownCode(() => scheme.negateSignature(new Uint8Array(96)))).toBe("SIGNATURE_WRONG_LENGTH");
  });

  test("the sum of signatures verifies under the sum of keys, in any order and grouping", (scheme) => {
    const shares = SECRETS.map((secret) => share(scheme, secret));
    const signatures = shares.map(({ signature }) => signature);
    const keys = shares.map(({ publicKey }) => publicKey);
    const sum = scheme.aggregateSignatures(signatures);
    const grouped = scheme.aggregateSignatures([
      scheme.aggregateSignatures(signatures.slice(3).toReversed()),
      scheme.aggregateSignatures(signatures.slice(0, 3)),
    ]);
    expect(toHex(grouped)).toBe(toHex(sum));
    expect(scheme.verifyAggregate(keys.toReversed(), DIGEST, sum)).toBe(true);
    expect(scheme.verify(scheme.aggregatePublicKeys(keys), DIGEST, sum)).toBe(true);
    expect(scheme.verifyAggregate(keys.slice(1), DIGEST, sum)).toBe(false);
    expect(scheme.verifyAggregate([...keys, keys[0] as Uint8Array], DIGEST, sum)).toBe(false);
    expect(scheme.verifyAggregate(keys, OTHER_DIGEST, sum)).toBe(false);
  });

  test("P-3 a key and its negative: their sum is refused, their signatures' sum too, their batch is not confused", (scheme) => {
    const [a, b, c] = [share(scheme, 5n ** 50n), share(scheme, -(5n ** 50n)), share(scheme, 3n)];
    const keys = [a.publicKey, b.publicKey];
    expect(thrownCode(() => scheme.aggregatePublicKeys(keys))).toBe("POINT_AT_INFINITY");
    expect(thrownCode(() => scheme.aggregateSignatures([a.signature, b.signature]))).toBe("POINT_AT_INFINITY");
    expect(scheme.verifyAggregate(keys, DIGEST, a.signature)).toBe(false);
    expect(scheme.verifyAggregate(keys, DIGEST, new Uint8Array(SIGNATURE_BYTES))).toBe(false);
    expect(scheme.verifyBatch(DIGEST, [a, b])).toBe(true);
    const sum = scheme.aggregateSignatures([a.signature, b.signature, c.signature]);
    expect(scheme.verifyAggregate([...keys, c.publicKey], DIGEST, sum)).toBe(true);
  });

  test("error: nothing to aggregate", (scheme) => {
    expect(thrownCode(() => scheme.aggregateSignatures([]))).toBe("AGGREGATE_EMPTY");
    expect(thrownCode(() => scheme.aggregatePublicKeys([]))).toBe("AGGREGATE_EMPTY");
    expect(scheme.verifyAggregate([], DIGEST, share(scheme, 3n).signature)).toBe(false);
  });

  test("error: malformed parts of an aggregate", (scheme) => {
    const { publicKey, signature } = share(scheme, 3n);
    expect(thrownCode(() => scheme.aggregateSignatures([signature, new Uint8Array(191)]))).toBe(
      "SIGNATURE_WRONG_LENGTH",
    );
    expect(thrownCode(() => scheme.aggregateSignatures([signature, new Uint8Array(192)]))).toBe("POINT_AT_INFINITY");
    expect(thrownCode(() => scheme.aggregatePublicKeys([publicKey, new Uint8Array(97)]))).toBe(
      "PUBLIC_KEY_WRONG_LENGTH",
    );
    expect(thrownCode(() => scheme.aggregatePublicKeys([publicKey, new Uint8Array(96)]))).toBe("POINT_AT_INFINITY");
    expect(scheme.verifyAggregate([publicKey, new Uint8Array(96)], DIGEST, signature)).toBe(false);
    expect(scheme.verifyAggregate([publicKey], DIGEST, new Uint8Array(192))).toBe(false);
  });
}
