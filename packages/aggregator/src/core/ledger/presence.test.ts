/**
 * Blocks of presence (P-56): disjoint, each sum its nodes' own, whatever is shown. The contracts' model judges the
 * same in test/conformance.
 */
import { GROUP_ORDER, type Hex, type NodeId, sumsOf, toHex } from "@quorate/common";
import { craft } from "@quorate/common/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf, ReportChain, scheme } from "../../../test/support/reportChain.ts";
import type { RecordedReport } from "./events.ts";
import {
  beginPresence,
  blockSums,
  type EpochPresence,
  payableParts,
  presentNodes,
  recordLater,
  showSigners,
} from "./presence.ts";

const NODES = 12;
/** Two keys of one hand, which cancel. */
const TWINS: readonly NodeId[] = [11, 12];
const EPOCH = 3;
const secretOf = (id: NodeId): bigint => (id === 12 ? GROUP_ORDER - secretOf(11) : 5n ** BigInt(40 + (id % 80)));
const chain = new ReportChain(1, secretOf);
const range = (from: NodeId, to: NodeId): NodeId[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const all = range(1, NODES);
const everyone = (): boolean => true;

/** Null where the keys cancel: the contract takes no such showing. */
function signatureOf(ids: readonly NodeId[]): Hex | null {
  const secret = ids.reduce((sum, id) => sum + secretOf(id), 0n) % GROUP_ORDER;
  return secret === 0n ? null : toHex(scheme.sign(craft.secretBytes(secret), digestOf(EPOCH)));
}

function recordBy(signers: readonly NodeId[], active: readonly NodeId[] = all): RecordedReport {
  return {
    epoch: EPOCH,
    submitter: `0x${"99".repeat(20)}`,
    digest: toHex(digestOf(EPOCH)),
    isFirst: true,
    becamePayable: false,
    signature: signatureOf(signers) as Hex,
    nonSigners: active.filter((id) => !signers.includes(id)),
    extraSigners: signers.filter((id) => !active.includes(id)),
  };
}

const show = (presence: EpochPresence, signers: readonly NodeId[], isJudged = everyone as (id: NodeId) => boolean) =>
  showSigners(presence, { epoch: EPOCH, signature: signatureOf(signers) as Hex, signers }, isJudged);

const idsOf = ({ blocks }: EpochPresence): (readonly NodeId[])[] => blocks.map(({ ids }) => ids);

/** Disjoint blocks, each with the one signature of its nodes, and the whole verifies under their keys. */
function expectSound(presence: EpochPresence): void {
  const union = idsOf(presence).flat();
  expect(new Set(union).size).toBe(union.length);
  const parts = payableParts(presence);
  expect(parts.ids).toEqual([...union].sort((a, b) => a - b));
  const sums = blockSums(parts, sumsOf(scheme));
  expect(sums.map((sum) => sum && toHex(sum))).toEqual(idsOf(presence).map(signatureOf));
  const whole = sumsOf(scheme).add(sums);
  const keys = parts.ids.map((id) => scheme.publicKeyOf(craft.secretBytes(secretOf(id))));
  if (whole === null) expect(signatureOf(parts.ids)).toBeNull();
  else expect(scheme.verifyAggregate(keys, digestOf(EPOCH), whole)).toBe(true);
}

describe("P-56: which showings count", () => {
  const first = beginPresence(recordBy([1, 2, 3]), all);

  it("P-56 the first block is the record's signers: the active ones but for its non-signers, and its extra signers", () => {
    const active = range(1, 5);
    expect(idsOf(beginPresence(recordBy([1, 2, 3, 7], active), active))).toEqual([[1, 2, 3, 7]]);
  });

  it("P-56 what it lists of earlier blocks must be whole blocks; the rest is a block", () => {
    expect(show(first, [3, 4])).toBe(first);
    const second = show(show(first, [1, 2, 3, 4]), [4, 5]);
    expect(idsOf(second)).toEqual([[1, 2, 3], [4], [5]]);
    expect(second.blocks.map(({ minus }) => minus)).toEqual([[], [0], [1]]);
    expect(show(second, [4, 5])).toBe(second);
    expectSound(second);
  });

  it("P-56 a node that the epoch does not judge spoils its showing, and no other", () => {
    const isJudged = (id: NodeId): boolean => id !== 9;
    expect(show(first, [4, 9], isJudged)).toBe(first);
    expect(idsOf(show(first, [4], isJudged)).at(-1)).toEqual([4]);
  });

  it("P-56 the sum of a block may be infinity, and the others' still add up", () => {
    const presence = show(show(show(first, [4]), [4, ...TWINS]), [5, ...TWINS]);
    expect(idsOf(presence)).toEqual([[1, 2, 3], [4], [...TWINS], [5]]);
    expect(blockSums(payableParts(presence), sumsOf(scheme))[2]).toBeNull();
    expectSound(presence);
  });

  it("P-56 the signers of a later record are present and form no block", () => {
    const later = recordLater(first, { ...recordBy([1, 2, 4, 5]), isFirst: false, becamePayable: true }, all);
    expect(later).toMatchObject({ isPayable: true, recordedLater: [1, 2, 4, 5], blocks: first.blocks });
    expect([...presentNodes(later)].sort()).toEqual([1, 2, 3, 4, 5]);
    // And who is in no block may still be shown.
    expect(idsOf(show(later, [5]))).toEqual([[1, 2, 3], [5]]);
  });
});

describe("P-56: whatever is shown", () => {
  const someIds = fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: NODES });
  const few = fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: 2 });
  /** Somebody singly, and then the twins without a signature of their own. */
  const twins = fc.constantFrom(...all).map((id) => [[id], [...new Set([id, ...TWINS])]]);
  const set = fc.oneof(few, someIds).map((one) => [one]);
  const drawnSets = fc
    .array(fc.oneof({ weight: 6, arbitrary: set }, { weight: 1, arbitrary: twins }), { maxLength: 12 })
    .map((sets) => sets.flat());

  it("P-56 blocks are disjoint and their recipes right; whoever is then shown singly is present", () => {
    const seen = { passedOver: 0, minus: 0, infinite: 0 };
    fc.assert(
      fc.property(someIds, drawnSets, (signers, sets) => {
        if (signatureOf(signers) === null) return;
        let presence = beginPresence(recordBy(signers), all);
        for (const set of sets) {
          const before = presence;
          const list = [...set].sort((a, b) => a - b);
          if (signatureOf(list) !== null) presence = show(presence, list);
          seen.passedOver += presence === before ? 1 : 0;
        }
        seen.minus += presence.blocks.some(({ minus }) => minus.length > 1) ? 1 : 0;
        seen.infinite += idsOf(presence).some((ids) => signatureOf(ids) === null) ? 1 : 0;
        expectSound(presence);
        for (const id of all) presence = show(presence, [id]);
        for (const id of all) expect(presentNodes(presence)).toContain(id);
        expectSound(presence);
      }),
      { numRuns: 500 },
    );
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(5);
  });

  it("P-56 a chain of showings whose sums written out would be 1.46^200 terms is added up block by block", () => {
    const many = range(1, 200).filter((id) => !TWINS.includes(id));
    let presence = beginPresence(recordBy([1], many), many);
    for (const [place, id] of many.entries()) {
      if (place === 0) continue;
      // Its own node, the block before and the third before it.
      const named = [place - 3, place - 1].filter((earlier) => earlier >= 0).map((earlier) => many[earlier] as NodeId);
      presence = show(presence, [...named, id]);
    }
    expect(presence.blocks).toHaveLength(many.length);
    expect(presence.blocks.at(-1)?.minus).toEqual([many.length - 4, many.length - 2]);
    expectSound(presence);
  });
});

describe("the chain of these tests", () => {
  it("signs as its nodes do", () => expect(chain.signatureOf(EPOCH, [1, 2])).toBe(signatureOf([1, 2])));
});
