import { bls12_381 } from "@noble/curves/bls12-381.js";
import { describe, expect, it } from "vitest";
import signatures from "../vectors/signatures.json" with { type: "json" };
import { loadNativeScheme } from "./bls/native.ts";
import { nobleScheme } from "./bls/noble.ts";
import { concatBytes, fromHex, toHex } from "./hex.ts";
import { digestOf, type SigningDomain } from "./messages.ts";
import { checkPossession, type Possession, provePossession } from "./possession.ts";
import { craft } from "./testing/index.ts";
import type { Address } from "./types.ts";

const native = await loadNativeScheme();
const domain: SigningDomain = { chainId: 31337, verifyingContract: `0x${"aa".repeat(20)}` };
const operator: Address = `0x${"bb".repeat(20)}`;
const secrets = { blsSecret: craft.secretBytes(77n ** 20n), identitySecret: new Uint8Array(32).fill(5), operator };
const valid = { ...provePossession(native, domain, secrets), operator };

describe("proofs of possession (P-8)", () => {
  it.each(signatures.possession)("shared vector on chain $domain.chainId, on both backends", (vector) => {
    const where = {
      chainId: BigInt(vector.domain.chainId),
      verifyingContract: vector.domain.verifyingContract as Address,
    };
    for (const scheme of [native, nobleScheme]) {
      const proof = provePossession(scheme, where, {
        blsSecret: fromHex(vector.blsSecret),
        identitySecret: fromHex(vector.identitySecret),
        operator: vector.operator as Address,
      });
      for (const part of ["blsKey", "proofOfPossession", "identityKey", "identitySignature"] as const) {
        expect(toHex(proof[part])).toBe(vector[part]);
      }
      expect(checkPossession(scheme, where, { ...proof, operator: vector.operator as Address })).toEqual({});
    }
  });

  it("binds chain, contract, operator, BLS key and identity key", () => {
    const other = provePossession(native, domain, {
      ...secrets,
      blsSecret: craft.secretBytes(5n),
      identitySecret: new Uint8Array(32).fill(6),
    });
    const both = { bls: "POSSESSION_INVALID", identity: "IDENTITY_BAD_SIGNATURE" };
    expect(checkPossession(native, domain, valid)).toEqual({});
    expect(checkPossession(native, { ...domain, chainId: 1 }, valid)).toEqual(both);
    expect(checkPossession(native, { ...domain, verifyingContract: operator }, valid)).toEqual(both);
    expect(checkPossession(native, domain, { ...valid, operator: domain.verifyingContract })).toEqual(both);
    expect(checkPossession(native, domain, { ...valid, blsKey: other.blsKey })).toEqual(both);
    expect(checkPossession(native, domain, { ...valid, identityKey: other.identityKey })).toEqual(both);
  });

  it("tells the two halves apart: a node with a bad identity signature still has a good BLS key", () => {
    const badIdentity = { ...valid, identitySignature: valid.identitySignature.with(0, 0) };
    expect(checkPossession(native, domain, badIdentity)).toEqual({ identity: "IDENTITY_BAD_SIGNATURE" });
    const other = native.sign(craft.secretBytes(5n), new Uint8Array(32));
    expect(checkPossession(native, domain, { ...valid, proofOfPossession: other })).toEqual({
      bls: "POSSESSION_INVALID",
    });
  });

  it("error: malformed parts get their own codes and never throw", () => {
    const check = (parts: Partial<Possession>) => checkPossession(native, domain, { ...valid, ...parts });
    expect(check({ blsKey: new Uint8Array(96) }).bls).toBe("POINT_AT_INFINITY");
    expect(check({ blsKey: new Uint8Array(95) }).bls).toBe("PUBLIC_KEY_WRONG_LENGTH");
    expect(check({ blsKey: craft.OUTSIDE_KEY }).bls).toBe("POINT_NOT_IN_SUBGROUP");
    expect(check({ proofOfPossession: new Uint8Array(192) }).bls).toBe("POINT_AT_INFINITY");
    expect(check({ proofOfPossession: craft.OUTSIDE_SIGNATURE }).bls).toBe("POINT_NOT_IN_SUBGROUP");
    expect(check({ proofOfPossession: new Uint8Array(0) }).bls).toBe("SIGNATURE_WRONG_LENGTH");
    expect(check({ identityKey: new Uint8Array(32) })).toEqual({
      bls: "POSSESSION_INVALID",
      identity: "IDENTITY_KEY_INVALID",
    });
    expect(check({ identityKey: new Uint8Array(31) })).toEqual({
      bls: "POSSESSION_INVALID",
      identity: "IDENTITY_KEY_INVALID",
    });
    expect(check({ identitySignature: new Uint8Array(63) })).toEqual({ identity: "IDENTITY_BAD_SIGNATURE" });
  });

  it("refuses a rogue key, whose sum with an honest one its maker controls", () => {
    const honest = native.publicKeyOf(secrets.blsSecret);
    const known = craft.secretBytes(1234n);
    const rogue = subtractKeys(native.publicKeyOf(known), honest);
    // The attack works on sums: the attacker alone signs for both.
    const digest = new Uint8Array(32).fill(1);
    expect(native.verifyAggregate([honest, rogue], digest, native.sign(known, digest))).toBe(true);

    // The best the attacker has without the rogue key's secret: its own signature less the honest node's over the
    // digest that names the rogue key. The honest node never signs that digest, only its own.
    const { identityKey, identitySignature } = valid;
    const theirs = digestOf(domain, "ProofOfPossession", { blsKey: rogue, operator, identityKey });
    const forged = subtractSignatures(native.sign(known, theirs), valid.proofOfPossession);
    const claim = { blsKey: rogue, proofOfPossession: forged, identityKey, identitySignature, operator };
    expect(checkPossession(native, domain, claim).bls).toBe("POSSESSION_INVALID");
  });
});

function subtractKeys(a: Uint8Array, b: Uint8Array): Uint8Array {
  const { Fp } = bls12_381.fields;
  // −(x, y) = (x, −y).
  const negated = concatBytes(b.subarray(0, 48), Fp.toBytes(Fp.neg(Fp.fromBytes(b.subarray(48)))));
  return native.aggregatePublicKeys([a, negated]);
}

function subtractSignatures(a: Uint8Array, b: Uint8Array): Uint8Array {
  const { Fp } = bls12_381.fields;
  const negate = (start: number) => Fp.toBytes(Fp.neg(Fp.fromBytes(b.subarray(start, start + 48))));
  return native.aggregateSignatures([a, concatBytes(b.subarray(0, 96), negate(96), negate(144))]);
}
