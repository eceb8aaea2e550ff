/**
 * Checks and makes BLS signatures for the driver. Enters: groups of shares, digests. Leaves: verdicts, signatures.
 */
import type { SignatureScheme } from "@quorate/common";
import type { BlsSigner } from "../../driver/ports.ts";

export { createVerifier } from "./verifier.ts";

export function createSigner(scheme: SignatureScheme, secretKey: Uint8Array): BlsSigner {
  return {
    publicKey: scheme.publicKeyOf(secretKey),
    sign: async (digest: Uint8Array) => scheme.sign(secretKey, digest),
  };
}
