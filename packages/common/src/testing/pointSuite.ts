/**
 * Conformance of a real BLS12-381 `SignatureScheme`: the ciphersuite against published vectors, and every broken point
 * of P-3 wherever points enter.
 */

import type { SignatureScheme } from "../bls/scheme.ts";
import type { ErrorCode } from "../errors.ts";
import { fromHex, toHex } from "../hex.ts";
import * as craft from "./craft.ts";
import { ETHEREUM_SIGN_VECTORS } from "./publishedVectors.ts";
import { type Runner, thrownCode } from "./runner.ts";

const DIGEST = new Uint8Array(32).fill(0x33);

export function pointSuite(runner: Runner, load: () => SignatureScheme | Promise<SignatureScheme>): void {
  const { describe, it, expect } = runner;
  const test = (name: string, body: (scheme: SignatureScheme) => void) => it(name, async () => body(await load()));

  for (const { privkey, pubkey, message, signature } of ETHEREUM_SIGN_VECTORS) {
    test(`P-1 published vector: ethereum sign case over ${message.slice(0, 8)}…`, (scheme) => {
      const secret = fromHex(`0x${privkey}`);
      const digest = fromHex(`0x${message}`);
      const expected = craft.g2FromCompressed(signature);
      expect(toHex(scheme.sign(secret, digest))).toBe(toHex(expected));
      expect(toHex(scheme.publicKeyOf(secret))).toBe(toHex(craft.g1FromCompressed(pubkey)));
      expect(scheme.verify(craft.g1FromCompressed(pubkey), digest, expected)).toBe(true);
    });
  }

  describe("broken signatures", () => brokenSignatures(runner, test));
  describe("broken keys", () => brokenKeys(runner, test));
  describe("points outside the subgroup", () => smallOrder(runner, test));
}

type Test = (name: string, body: (scheme: SignatureScheme) => void) => void;

function parts(scheme: SignatureScheme, secret = 9n ** 40n) {
  const secretKey = craft.secretBytes(secret);
  return { publicKey: scheme.publicKeyOf(secretKey), signature: scheme.sign(secretKey, DIGEST) };
}

function brokenSignatures({ expect }: Runner, test: Test): void {
  const broken: readonly (readonly [string, ErrorCode, (signature: Uint8Array) => Uint8Array])[] = [
    ["off the curve", "POINT_NOT_ON_CURVE", craft.offCurve],
    ["c0 and c1 exchanged", "POINT_NOT_ON_CURVE", craft.swapped],
    ["outside the subgroup", "POINT_NOT_IN_SUBGROUP", () => craft.OUTSIDE_SIGNATURE],
    ["of small order", "POINT_NOT_IN_SUBGROUP", () => craft.SMALL_ORDER_SIGNATURE],
    ["valid plus a point of small order", "POINT_NOT_IN_SUBGROUP", (s) => craft.addSmallOrderSignature(s, 1)],
    ...[0, 1, 2, 3].flatMap((i) => [
      [`modulus added to coordinate ${i}`, "POINT_NOT_CANONICAL", (s: Uint8Array) => craft.addModulus(s, i)] as const,
      [`coordinate ${i} is the modulus`, "POINT_NOT_CANONICAL", (s: Uint8Array) => craft.setToModulus(s, i)] as const,
      ...([0x80, 0x40, 0x20] as const).map(
        (flag) =>
          [
            `flag 0x${flag.toString(16)} in coordinate ${i}`,
            "POINT_NOT_CANONICAL",
            (s: Uint8Array) => craft.setFlag(s, i, flag),
          ] as const,
      ),
    ]),
    ["infinity by flag", "POINT_NOT_CANONICAL", () => craft.setFlag(new Uint8Array(192), 1, 0x40)],
  ];
  for (const [name, code, breakIt] of broken) {
    test(`P-3 error: signature ${name}`, (scheme) => {
      const { publicKey, signature } = parts(scheme);
      const other = parts(scheme, 10n ** 30n);
      const bad = breakIt(signature);
      expect(thrownCode(() => scheme.validateSignature(bad))).toBe(code);
      expect(scheme.verify(publicKey, DIGEST, bad)).toBe(false);
      expect(scheme.verifyBatch(DIGEST, [other, { publicKey, signature: bad }])).toBe(false);
      expect(scheme.verifyAggregate([publicKey], DIGEST, bad)).toBe(false);
      expect(thrownCode(() => scheme.aggregateSignatures([other.signature, bad]))).toBe(code);
    });
  }
}

function brokenKeys({ expect }: Runner, test: Test): void {
  const broken: readonly (readonly [string, ErrorCode, (publicKey: Uint8Array) => Uint8Array])[] = [
    ["off the curve", "POINT_NOT_ON_CURVE", craft.offCurve],
    ["outside the subgroup", "POINT_NOT_IN_SUBGROUP", () => craft.OUTSIDE_KEY],
    ["of order 3", "POINT_NOT_IN_SUBGROUP", () => craft.SMALL_ORDER_KEY],
    ["valid plus the point of order 3", "POINT_NOT_IN_SUBGROUP", craft.addSmallOrderKey],
    ...[0, 1].flatMap((i) => [
      [`modulus added to coordinate ${i}`, "POINT_NOT_CANONICAL", (k: Uint8Array) => craft.addModulus(k, i)] as const,
      [`coordinate ${i} is the modulus`, "POINT_NOT_CANONICAL", (k: Uint8Array) => craft.setToModulus(k, i)] as const,
      ...([0x80, 0x40, 0x20] as const).map(
        (flag) =>
          [
            `flag 0x${flag.toString(16)} in coordinate ${i}`,
            "POINT_NOT_CANONICAL",
            (k: Uint8Array) => craft.setFlag(k, i, flag),
          ] as const,
      ),
    ]),
    ["infinity by flag", "POINT_NOT_CANONICAL", () => craft.setFlag(new Uint8Array(96), 0, 0x40)],
  ];
  for (const [name, code, breakIt] of broken) {
    test(`P-3 error: key ${name}`, (scheme) => {
      const { publicKey, signature } = parts(scheme);
      const other = parts(scheme, 10n ** 30n);
      const bad = breakIt(publicKey);
      expect(thrownCode(() => scheme.validatePublicKey(bad))).toBe(code);
      expect(scheme.verify(bad, DIGEST, signature)).toBe(false);
      expect(scheme.verifyBatch(DIGEST, [other, { publicKey: bad, signature }])).toBe(false);
      expect(scheme.verifyAggregate([other.publicKey, bad], DIGEST, signature)).toBe(false);
      expect(thrownCode(() => scheme.aggregatePublicKeys([other.publicKey, bad]))).toBe(code);
    });
  }
}

function smallOrder({ expect }: Runner, test: Test): void {
  test("P-6 small-order parts that cancel in a plain sum fail a batch and each share alone", (scheme) => {
    const [a, b] = [parts(scheme), parts(scheme, 10n ** 30n)];
    const forged = [
      { publicKey: a.publicKey, signature: craft.addSmallOrderSignature(a.signature, 1) },
      { publicKey: b.publicKey, signature: craft.addSmallOrderSignature(b.signature, -1) },
    ];
    // The sum is the honest one: a plain sum proves nothing else.
    expect(toHex(scheme.aggregateSignatures(forged.map(({ signature }) => signature)))).toBe(
      toHex(scheme.aggregateSignatures([a.signature, b.signature])),
    );
    expect(scheme.verifyBatch(DIGEST, forged)).toBe(false);
    for (const { publicKey, signature } of forged) expect(scheme.verify(publicKey, DIGEST, signature)).toBe(false);
  });
}
