/**
 * Batches on blst for `naming.ts`: parsed once, then checked in any part. In: parsed keys, signatures in blst's byte
 * order. Out: verdicts.
 *
 * Large parts get their random weights by sums over random subsets instead of by multiplication: with bits b_ij drawn
 * for share i,
 *   S_j = Σ_i b_ij · signature_i,   P_j = Σ_i b_ij · key_i   (j = 0 … 64),
 * Σ_j 2^j S_j and Σ_j 2^j P_j are the sums weighted by r_i = Σ_j 2^j b_ij, 65 random bits each (P-6). And the subgroup,
 * which costs 52 µs for a point, is checked on the 65 S_j alone: a part of a share outside of it stays in a random
 * subset's sum with a chance of at least 1/2, so it passes all of them once in 2^65. blst's own
 * `aggregateWithRandomness` checks every point: 68 µs a share against 38.
 */
import type * as Blst from "@chainsafe/blst";
import { randomBytes } from "@noble/curves/utils.js";
import { type BatchChecks, type Named, nameInvalidInSteps, type RandomBelow, type Steps } from "./naming.ts";

export interface ParsedShare {
  readonly key: Blst.PublicKey;
  /** 192 bytes, c1 before c0. */
  readonly signature: Uint8Array;
  /** On the curve; its subgroup is not checked yet. */
  readonly point: Blst.Signature;
}

/**
 * From here on subset sums are cheaper than `aggregateWithRandomness`: some 11 ms whatever the size, but 40 µs less a
 * share.
 */
const SUBSET_SUMS_MIN = 288;

/**
 * Bits taken together: 13 windows of 5. Fewer make more additions, more make more sums: 4 and 6 are each some 5% slower
 * at 2,000.
 */
const WINDOW_BITS = 5;
const WINDOWS = 13;

export function nameInvalidNatively(
  blst: typeof Blst,
  digest: Uint8Array,
  shares: readonly ParsedShare[],
): Steps<Named> {
  const at = (position: number): ParsedShare => shares[position] as ParsedShare;
  const holds = (key: Blst.PublicKey, signature: Blst.Signature): boolean => {
    if (blst.verify(digest, key, signature, false, false)) return true;
    // Sums to infinity on both sides are equal, but no pairing says so.
    return isInfinity(key) && isInfinity(signature);
  };
  const checks: BatchChecks = {
    one(position) {
      const { key, point } = at(position);
      return holds(key, point) && inSubgroup(point);
    },
    sum(positions) {
      // The subgroup is not checked: a sum outside of it hardly passes a pairing, and if it does it costs time, never a
      // verdict.
      const { key, signature } = plainSum(blst, positions.map(at));
      return holds(key, signature);
    },
    weighted(positions) {
      const chosen = positions.map(at);
      const sum = chosen.length < SUBSET_SUMS_MIN ? weightedByBlst(blst, chosen) : weightedBySubsets(blst, chosen);
      return sum !== null && holds(sum.key, sum.signature);
    },
  };
  return nameInvalidInSteps([...shares.keys()], checks, randomNumbers());
}

/** Shares over one digest. */
export interface ParsedGroup {
  readonly digest: Uint8Array;
  readonly shares: readonly ParsedShare[];
}

/**
 * Whether all shares of all groups are valid: one check, in which each digest costs a Miller loop and all together one
 * final exponentiation. blst draws weights of 64 bits for the shares of a group, and others for the groups.
 * @throws blst's errors, for points outside the subgroup
 */
export async function groupsHold(blst: typeof Blst, groups: readonly ParsedGroup[]): Promise<boolean> {
  const sets = groups.filter(({ shares }) => shares.length > 0).map((group) => weightedSet(blst, group));
  // Subgroups are checked here, those of lone shares not before.
  return sets.length === 0 || blst.verifyMultipleAggregateSignatures(await Promise.all(sets), false, true);
}

async function weightedSet(blst: typeof Blst, { digest, shares }: ParsedGroup): Promise<Blst.SignatureSet> {
  const [only] = shares;
  if (shares.length === 1 && only !== undefined) return { msg: digest, pk: only.key, sig: only.point };
  return { msg: digest, ...(await blst.asyncAggregateWithRandomness(shares.map(serialized))) };
}

/** As blst takes what it weighs. */
function serialized({ key, signature }: ParsedShare): Blst.PkAndSerializedSig {
  return { pk: key, sig: signature };
}

interface Sum {
  readonly key: Blst.PublicKey;
  readonly signature: Blst.Signature;
}

function plainSum(blst: typeof Blst, shares: readonly ParsedShare[]): Sum {
  return {
    key: blst.aggregatePublicKeys(
      shares.map(({ key }) => key),
      false,
    ),
    signature: blst.aggregateSignatures(
      shares.map(({ point }) => point),
      false,
    ),
  };
}

/** blst draws non-zero weights of 64 bits and checks every signature's subgroup. Null when one is not in it. */
function weightedByBlst(blst: typeof Blst, shares: readonly ParsedShare[]): Sum | null {
  try {
    const { pk, sig } = blst.aggregateWithRandomness(shares.map(serialized));
    return { key: pk, signature: sig };
  } catch (error) {
    if (isNotInGroup(error)) return null;
    throw error;
  }
}

/** See the head of this file. Null when a signature is outside the subgroup. Exported for its tests alone. */
export function weightedBySubsets(blst: typeof Blst, shares: readonly ParsedShare[]): Sum | null {
  const digits = randomBytes(shares.length * WINDOWS);
  let total: Sum | null = null;
  // From the highest window down, as digits of a number are read: double, add.
  for (let window = WINDOWS - 1; window >= 0; window--) {
    const buckets = bucketsOf(blst, shares, digits, window);
    for (let bit = WINDOW_BITS - 1; bit >= 0; bit--) {
      const subset = buckets.filter((_, digit) => ((digit >> bit) & 1) === 1).filter((sum) => sum !== null);
      const sum = subset.length === 0 ? null : addUp(blst, subset);
      if (sum !== null && !inSubgroup(sum.signature)) return null;
      const doubled: Sum | null = total === null ? null : addUp(blst, [total, total]);
      total = doubled === null || sum === null ? (doubled ?? sum) : addUp(blst, [doubled, sum]);
    }
  }
  return total;
}

/** Shares that drew the same digit in this window, added up once for all of its bits. Digit 0 weighs nothing. */
function bucketsOf(
  blst: typeof Blst,
  shares: readonly ParsedShare[],
  digits: Uint8Array,
  window: number,
): (Sum | null)[] {
  const members: ParsedShare[][] = Array.from({ length: 1 << WINDOW_BITS }, () => []);
  const mask = (1 << WINDOW_BITS) - 1;
  shares.forEach((share, i) => {
    members[(digits[i * WINDOWS + window] as number) & mask]?.push(share);
  });
  return members.map((bucket, digit) => (digit === 0 || bucket.length === 0 ? null : plainSum(blst, bucket)));
}

function addUp(blst: typeof Blst, sums: readonly Sum[]): Sum {
  return plainSum(
    blst,
    sums.map(({ key, signature }) => ({ key, point: signature, signature: NO_BYTES })),
  );
}
const NO_BYTES = new Uint8Array();

function inSubgroup(point: Blst.Signature): boolean {
  try {
    // Infinity is a sum like any other here; it was refused where it could be a share.
    point.sigValidate(false);
    return true;
  } catch (error) {
    if (isNotInGroup(error)) return false;
    throw error;
  }
}

function isNotInGroup(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === "BLST_POINT_NOT_IN_GROUP" || message === "Point not in group";
}

/** The infinity flag of the compressed forms, set in uncompressed ones too. */
function isInfinity(point: { toBytes(compress: boolean): Uint8Array }): boolean {
  return ((point.toBytes(false)[0] as number) & 0x40) !== 0;
}

/** Random words drawn at a time: asking the system for each takes longer than everything else that is done with it. */
const RANDOM_WORDS = 1_024;

/** Numbers uniform below a bound of at most 2^32: words above the last multiple of it are drawn again. */
function randomNumbers(): RandomBelow {
  let words = new Uint32Array();
  let used = 0;
  return (bound) => {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      if (used === words.length) {
        words = new Uint32Array(randomBytes(RANDOM_WORDS * Uint32Array.BYTES_PER_ELEMENT).buffer);
        used = 0;
      }
      const drawn = words[used++] as number;
      if (drawn < limit) return drawn % bound;
    }
  };
}
