/**
 * Sums and differences of signatures in which infinity may come up: keys of one hand may cancel (P-56). In: a scheme,
 * which itself refuses infinity. Out: sums, null where nothing is left. Nothing is proven of the parts (P-6).
 */
import { isQuorateError } from "../errors.ts";
import type { SignatureScheme } from "./scheme.ts";

/** A sum of signatures, 192 bytes (P-2); null is infinity. */
export type Sum = Uint8Array | null;

export interface Sums {
  /**
   * The sum of any number of them; of none it is null. Throws as `SignatureScheme.aggregateSignatures` for malformed
   * parts.
   */
  add(parts: readonly Sum[]): Sum;
  negate(part: Sum): Sum;
}

/** The sums of a signature scheme. */
export function sumsOf(scheme: SignatureScheme): Sums {
  return {
    add(parts) {
      const finite = parts.filter((part) => part !== null);
      if (finite.length === 0) return null;
      try {
        return scheme.aggregateSignatures(finite);
      } catch (error) {
        if (isQuorateError(error) && error.code === "POINT_AT_INFINITY") return null;
        throw error;
      }
    },
    negate: (part) => (part === null ? null : scheme.negateSignature(part)),
  };
}
