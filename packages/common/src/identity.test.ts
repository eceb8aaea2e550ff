import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "./hex.ts";
import { identityKeyOf, signIdentity, validateIdentityKey, verifyIdentity } from "./identity.ts";
import { thrownCode } from "./testing/index.ts";

const secret = fromHex(`0x${"07".repeat(32)}`);
const digest = new Uint8Array(32).fill(9);

/** The eight points of small order, canonical and not (RFC 8032's curve; the list of libsodium's tests). */
const SMALL_ORDER = [
  `0x01${"00".repeat(31)}`,
  `0x${"00".repeat(32)}`,
  `0x${"00".repeat(31)}80`,
  `0xec${"ff".repeat(30)}7f`,
  "0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "0xc7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];

describe("identity keys (P-7)", () => {
  it("holds to RFC 8032, section 7.1, test 1", () => {
    const key = identityKeyOf(fromHex("0x9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    expect(toHex(key)).toBe("0xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  });

  it("signs a digest; no other digest, key or signature verifies", () => {
    const key = identityKeyOf(secret);
    const signature = signIdentity(secret, digest);
    expect(signature).toHaveLength(64);
    expect(verifyIdentity(key, digest, signature)).toBe(true);
    expect(verifyIdentity(key, digest.with(0, 1), signature)).toBe(false);
    expect(verifyIdentity(identityKeyOf(secret.with(0, 1)), digest, signature)).toBe(false);
    expect(verifyIdentity(key, digest, signature.with(63, (signature[63] as number) ^ 1))).toBe(false);
  });

  it("error: a signature made malleable by adding the group order to s", () => {
    const signature = signIdentity(secret, digest);
    const s = BigInt(toHex(signature.slice(32).reverse())) + ed25519.Point.Fn.ORDER;
    const malleable = new Uint8Array(signature);
    malleable.set(fromHex(`0x${s.toString(16).padStart(64, "0")}`).reverse(), 32);
    expect(verifyIdentity(identityKeyOf(secret), digest, malleable)).toBe(false);
  });

  it.each(SMALL_ORDER)("error: %s as a key, under which one signature fits every message", (hex) => {
    const key = fromHex(hex);
    expect(thrownCode(() => validateIdentityKey(key))).toBe("IDENTITY_KEY_INVALID");
    // s = 0 with R of small order: holds for many messages where small orders are not refused.
    const universal = new Uint8Array(64);
    universal.set(key);
    for (let i = 0; i < 16; i++) expect(verifyIdentity(key, new Uint8Array(32).fill(i), universal)).toBe(false);
  });

  it("error: keys that are not canonical, and anything of wrong length", () => {
    const signature = signIdentity(secret, digest);
    for (const bad of [fromHex(`0x${"ff".repeat(32)}`), fromHex(`0xee${"ff".repeat(30)}7f`), new Uint8Array(31)]) {
      expect(thrownCode(() => validateIdentityKey(bad))).toBe("IDENTITY_KEY_INVALID");
      expect(verifyIdentity(bad, digest, signature)).toBe(false);
    }
    expect(thrownCode(() => validateIdentityKey(identityKeyOf(secret)))).toBeUndefined();
    expect(verifyIdentity(identityKeyOf(secret), digest, signature.slice(1))).toBe(false);
    expect(thrownCode(() => identityKeyOf(new Uint8Array(64)))).toBe("IDENTITY_SECRET_INVALID");
    expect(thrownCode(() => signIdentity(new Uint8Array(31), digest))).toBe("IDENTITY_SECRET_INVALID");
    expect(thrownCode(() => signIdentity(secret, new Uint8Array(31)))).toBe("DIGEST_WRONG_LENGTH");
    expect(thrownCode(() => verifyIdentity(identityKeyOf(secret), new Uint8Array(5), signature))).toBe(
      "DIGEST_WRONG_LENGTH",
    );
  });
});
