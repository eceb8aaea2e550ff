import { fromHex, identityKeyOf, signIdentity, toHex } from "@quorate/common";
import { thrownCode } from "@quorate/common/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nativeIdentityKeyOf, nativeIdentitySigner } from "./identityKey.ts";

describe("an identity's key and signatures by the native library (P-7)", () => {
  it("RFC 8032, section 7.1: the keys of its first three tests", () => {
    for (const [secret, key] of [
      [
        "0x9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "0xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      ],
      [
        "0x4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "0x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      ],
      [
        "0xc5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "0xfc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      ],
    ] as const) {
      expect(toHex(nativeIdentityKeyOf(fromHex(secret)))).toBe(key);
    }
  });

  it("property: the same as common's, and leave the secret as it was", () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(bytes, bytes, (secret, digest) => {
        const before = toHex(secret);
        expect(nativeIdentityKeyOf(secret)).toEqual(identityKeyOf(secret));
        expect(nativeIdentitySigner(secret)(digest)).toEqual(signIdentity(secret, digest));
        expect(toHex(secret)).toBe(before);
      }),
      { numRuns: 30 },
    );
  });

  it("error: a secret or a digest of another length", () => {
    for (const length of [0, 31, 33, 64]) {
      expect(thrownCode(() => nativeIdentityKeyOf(new Uint8Array(length)))).toBe("IDENTITY_SECRET_INVALID");
      expect(thrownCode(() => nativeIdentitySigner(new Uint8Array(length)))).toBe("IDENTITY_SECRET_INVALID");
    }
    const signer = nativeIdentitySigner(new Uint8Array(32));
    expect(thrownCode(() => signer(new Uint8Array(31)))).toBe("DIGEST_WRONG_LENGTH");
  });
});
