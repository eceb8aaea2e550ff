import fc from "fast-check";
import { describe, expect, it } from "vitest";
import signatures from "../vectors/signatures.json" with { type: "json" };
import { fromHex, toHex } from "./hex.ts";
import * as points from "./points.ts";
import { craft, thrownCode } from "./testing/index.ts";

/** Any bytes with coordinates below the modulus: 0x1a is its first byte. */
const anyPoint = (elements: number) =>
  fc
    .uint8Array({ minLength: elements * 48, maxLength: elements * 48 })
    .map((bytes) => bytes.map((byte, i) => (i % 48 === 0 ? byte % 0x1a : byte)))
    .filter((bytes) => bytes.some((byte) => byte !== 0));

describe("EIP-2537 encodings (P-2)", () => {
  it.each(signatures.single)("shared vector $publicKey", (vector) => {
    expect(toHex(points.g1ToEip2537(fromHex(vector.publicKey)))).toBe(vector.publicKeyEip2537);
    expect(toHex(points.g1FromEip2537(fromHex(vector.publicKeyEip2537)))).toBe(vector.publicKey);
    expect(toHex(points.g2ToEip2537(fromHex(vector.signature)))).toBe(vector.signatureEip2537);
    expect(toHex(points.g2FromEip2537(fromHex(vector.signatureEip2537)))).toBe(vector.signature);
  });

  it("go there and back, each element padded with 16 zero bytes", () => {
    fc.assert(
      fc.property(anyPoint(2), anyPoint(4), (key, signature) => {
        expect(points.g1FromEip2537(points.g1ToEip2537(key))).toEqual(new Uint8Array(key));
        const padded = points.g2ToEip2537(signature);
        expect(points.g2FromEip2537(padded)).toEqual(new Uint8Array(signature));
        for (let i = 0; i < 4; i++) {
          expect(padded.subarray(i * 64, i * 64 + 16)).toEqual(new Uint8Array(16));
          expect(toHex(padded.subarray(i * 64 + 16, i * 64 + 64))).toBe(toHex(signature.subarray(i * 48, i * 48 + 48)));
        }
      }),
    );
  });

  it("structs are the words of the encoding, in Solady's order", () => {
    const [vector] = signatures.single;
    if (vector === undefined) throw new Error("no vector");
    const g1 = points.g1Struct(fromHex(vector.publicKey));
    expect(Object.keys(g1)).toEqual(["x_a", "x_b", "y_a", "y_b"]);
    expect(
      `0x${Object.values(g1)
        .map((word) => word.slice(2))
        .join("")}`,
    ).toBe(vector.publicKeyEip2537);
    const g2 = points.g2Struct(fromHex(vector.signature));
    expect(Object.keys(g2)).toEqual("x_c0_a x_c0_b x_c1_a x_c1_b y_c0_a y_c0_b y_c1_a y_c1_b".split(" "));
    expect(
      `0x${Object.values(g2)
        .map((word) => word.slice(2))
        .join("")}`,
    ).toBe(vector.signatureEip2537);
  });

  it("P-3 error: wrong lengths, infinity, values not below the modulus, padding that is not zero", () => {
    const key = fromHex((signatures.single[0] as { publicKey: string }).publicKey);
    const signature = fromHex((signatures.single[0] as { signature: string }).signature);
    const cases: readonly (readonly [string, () => unknown])[] = [
      ["PUBLIC_KEY_WRONG_LENGTH", () => points.g1ToEip2537(new Uint8Array(95).fill(1))],
      ["SIGNATURE_WRONG_LENGTH", () => points.g2ToEip2537(new Uint8Array(96).fill(1))],
      ["POINT_WRONG_LENGTH", () => points.g1FromEip2537(new Uint8Array(127))],
      ["POINT_WRONG_LENGTH", () => points.g2FromEip2537(new Uint8Array(128))],
      ["POINT_AT_INFINITY", () => points.g1ToEip2537(new Uint8Array(96))],
      ["POINT_AT_INFINITY", () => points.g1FromEip2537(new Uint8Array(128))],
      ["POINT_AT_INFINITY", () => points.g2FromEip2537(new Uint8Array(256))],
      ["POINT_AT_INFINITY", () => points.g2Struct(new Uint8Array(192))],
      ["POINT_NOT_CANONICAL", () => points.g1Struct(craft.setToModulus(key, 1))],
      ["POINT_NOT_CANONICAL", () => points.g2ToEip2537(craft.addModulus(signature, 3))],
      ["POINT_NOT_CANONICAL", () => points.g1FromEip2537(points.g1ToEip2537(key).with(64, 1))],
      ["POINT_NOT_CANONICAL", () => points.g2FromEip2537(points.g2ToEip2537(signature).with(207, 1))],
    ];
    for (const [code, run] of cases) expect(thrownCode(run)).toBe(code);
  });

  it("P-3 the largest coordinate is the modulus less one", () => {
    const largest = craft.setToModulus(new Uint8Array(96), 0);
    expect(thrownCode(() => points.checkPublicKeyEncoding(largest))).toBe("POINT_NOT_CANONICAL");
    largest[47] = (largest[47] as number) - 1;
    expect(thrownCode(() => points.checkPublicKeyEncoding(largest))).toBeUndefined();
  });
});
