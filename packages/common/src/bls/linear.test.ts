import { describe, expect, it } from "vitest";
import { algebraSuite, craft, thrownCode } from "../testing/index.ts";
import { insecureLinearScheme } from "./linear.ts";
import { loadNativeScheme } from "./native.ts";
import { nobleScheme } from "./noble.ts";

const linear = insecureLinearScheme();
const digest = new Uint8Array(32).fill(7);

describe("SignatureScheme: insecure-linear", () => {
  algebraSuite({ describe, it, expect }, () => linear);

  it("P-3 error: values that are not of this model, and values beyond the group", () => {
    const signature = linear.sign(craft.secretBytes(3n), digest);
    expect(thrownCode(() => linear.validateSignature(signature.with(0, 1)))).toBe("POINT_NOT_ON_CURVE");
    expect(thrownCode(() => linear.validateSignature(signature.with(191, 0)))).toBe("POINT_NOT_ON_CURVE");
    expect(thrownCode(() => linear.validateSignature(signature.fill(0, 16, 48)))).toBe("POINT_NOT_ON_CURVE");
    const beyond = linear.sign(craft.secretBytes(3n), digest).fill(0xff, 16, 48);
    expect(thrownCode(() => linear.validateSignature(beyond))).toBe("POINT_NOT_IN_SUBGROUP");
    expect(thrownCode(() => linear.validateSignature(craft.setToModulus(signature, 1)))).toBe("POINT_NOT_CANONICAL");
  });

  it("is refused by the real schemes, and refuses theirs: it cannot slip into production", async () => {
    const native = await loadNativeScheme();
    const secret = craft.secretBytes(5n ** 50n);
    const [key, signature] = [linear.publicKeyOf(secret), linear.sign(secret, digest)];
    for (const real of [native, nobleScheme]) {
      expect(thrownCode(() => real.validatePublicKey(key))).toBe("POINT_NOT_ON_CURVE");
      expect(thrownCode(() => real.validateSignature(signature))).toBe("POINT_NOT_ON_CURVE");
      expect(real.verify(key, digest, signature)).toBe(false);
      expect(linear.verify(real.publicKeyOf(secret), digest, real.sign(secret, digest))).toBe(false);
    }
  });

  it("says what it is", () => expect(linear.name).toMatch(/insecure/));
});
