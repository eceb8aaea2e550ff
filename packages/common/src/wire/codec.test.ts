import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, toHex } from "../hex.ts";
import { KINDS } from "../kinds.ts";
import { Signers } from "../signers.ts";
import { MAX_SUBNET_BITS } from "../subnets.ts";
import { thrownCode } from "../testing/index.ts";
import * as codec from "./codec.ts";
import * as limits from "./limits.ts";
import * as wire from "./messages.ts";
import type { CatchUpRound, GossipMessage, PartialAggregate, Share, SignedClaimRequest } from "./types.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const address = bytes(20).map((value) => toHex(value));
const epoch = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const nodeId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const amount = fc.bigInt({ min: 1n, max: (1n << 128n) - 1n });

const request: fc.Arbitrary<SignedClaimRequest> = fc.record({
  recipient: address,
  epoch,
  nodeId,
  identitySignature: bytes(64).map((value) => new Uint8Array(value)),
});
const shareFields = { nodeId, epoch, signature: bytes(192).map((value) => new Uint8Array(value)) };
const claimShare: fc.Arbitrary<Share> = fc.record({
  ...shareFields,
  kind: fc.constant("RewardClaim" as const),
  message: fc.record({ recipient: address, amount }),
});
/** Ids of networks far larger than any: two full lists of larger ones are above the bound of gossip. */
const ids = fc.array(fc.integer({ min: 1, max: 2 ** 28 - 1 }), { maxLength: limits.MAX_REPORT_IDS });
const reportShare: fc.Arbitrary<Share> = fc
  .record({
    ...shareFields,
    report: fc.record({
      rewardsRoot: bytes(32).map((value) => toHex(value)),
      totalOwed: fc.oneof(fc.constant(0n), amount),
      activate: ids,
      decommission: ids,
    }),
  })
  .map(({ report, ...fields }) => ({ ...fields, kind: "EpochReport", message: { ...report, epoch: fields.epoch } }));
const contestShare: fc.Arbitrary<Share> = fc
  .record(shareFields)
  .map((fields) => ({ ...fields, kind: "Contest", message: { epoch: fields.epoch } }));
const share: fc.Arbitrary<Share> = fc.oneof(claimShare, reportShare, contestShare);
const partial: fc.Arbitrary<PartialAggregate> = fc
  .record({
    of: share,
    bits: fc.integer({ min: 0, max: MAX_SUBNET_BITS }),
    index: fc.integer({ min: 0, max: 255 }),
    places: fc.uniqueArray(fc.integer({ min: 1, max: 250 }), { minLength: 1, maxLength: 60 }),
  })
  .map(({ of: { nodeId: _, ...signed }, bits, index, places }) => {
    const subnet = { bits, index: index % 2 ** bits };
    return { ...signed, subnet, signers: Signers.of(places.map((place) => place * 2 ** bits + subnet.index)) };
  });
const gossip: fc.Arbitrary<GossipMessage> = fc.oneof(
  partial.map((value) => ({ type: "partial" as const, partial: value })),
  request.map((value) => ({ type: "request" as const, request: value })),
  fc.array(share, { minLength: 1, maxLength: 3 }).map((values) => ({
    type: "shares" as const,
    shares: values.map((one) => ({ ...one, nodeId: values[0]?.nodeId ?? 1 })),
  })),
);
const round: fc.Arbitrary<CatchUpRound> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    epoch,
    recipient: address,
    signers: fc.uniqueArray(fc.integer({ min: 1, max: 3000 }), { maxLength: 20 }).map((list) => Signers.of(list)),
    needless: fc.boolean(),
    singles: fc.boolean(),
  })
  .map(({ recipient, ...rest }) => ({ ...rest, subject: rest.kind === "RewardClaim" ? recipient : "" }));

const sum = fc.option(fc.bigInt({ min: 0n, max: limits.CATCH_UP_SUM_END - 1n }));

const COMMON = { nodeId: 7, epoch: 12, signature: new Uint8Array(192).fill(3) };
const SHARE = {
  ...COMMON,
  kind: "RewardClaim",
  message: { recipient: `0x${"ab".repeat(20)}`, amount: 5_000_000_000n },
} as const satisfies Share;
const REPORT = {
  epoch: COMMON.epoch,
  rewardsRoot: `0x${"cd".repeat(32)}`,
  totalOwed: 9_000n,
  activate: [3, 4],
  decommission: [11],
} as const;
const REPORT_SHARE = { ...COMMON, kind: "EpochReport", message: REPORT } as const satisfies Share;
const CONTEST_SHARE = { ...COMMON, kind: "Contest", message: { epoch: COMMON.epoch } } as const satisfies Share;
/** A claim's round as it travels. */
const WIRE_ROUND = { ...wire.Round.decode(new Uint8Array(0)), kind: 1, epoch: 1, subject: new Uint8Array(20) };
const REQUEST: SignedClaimRequest = {
  recipient: `0x${"ab".repeat(20)}`,
  epoch: 0,
  nodeId: 1,
  identitySignature: new Uint8Array(64).fill(4),
};

/** The wire form of a share with fields replaced, as a peer that does not follow the rules would send it. */
function shareBytes(changes: Partial<wire.Share>, of: Share = SHARE): Uint8Array {
  const { shares } = wire.GossipMessage.decode(codec.encodeGossip({ type: "shares", shares: [of] }));
  return wire.GossipMessage.encode({ shares: { shares: [{ ...(shares?.shares[0] as wire.Share), ...changes }] } });
}

/** The wire form of REPORT_SHARE with fields of its report replaced. */
function reportBytes(changes: Partial<wire.EpochReport>): Uint8Array {
  const encoded = codec.encodeGossip({ type: "shares", shares: [REPORT_SHARE] });
  const report = wire.GossipMessage.decode(encoded).shares?.shares[0]?.epochReport as wire.EpochReport;
  return shareBytes({ epochReport: { ...report, ...changes } }, REPORT_SHARE);
}

function requestBytes(changes: Partial<wire.ClaimRequest>): Uint8Array {
  const { request: fields } = wire.GossipMessage.decode(codec.encodeGossip({ type: "request", request: REQUEST }));
  return wire.GossipMessage.encode({ request: { ...(fields as wire.ClaimRequest), ...changes } });
}

const decodeCode = (message: Uint8Array) => thrownCode(() => codec.decodeGossip(message));

describe("gossip (P-81, P-82)", () => {
  it("goes there and back, within its bound", () => {
    fc.assert(
      fc.property(gossip, (message) => {
        const encoded = codec.encodeGossip(message);
        expect(encoded.length).toBeLessThanOrEqual(limits.MAX_GOSSIP_BYTES);
        expect(codec.decodeGossip(encoded)).toEqual(message);
      }),
    );
  });

  it("a share takes under 280 bytes, one of a report with two full lists under 960", () => {
    const largest = { ...COMMON, nodeId: Number.MAX_SAFE_INTEGER, epoch: Number.MAX_SAFE_INTEGER };
    const lengthOf = (of: Share) => codec.encodeGossip({ type: "shares", shares: [of] }).length;
    const most = (1n << 128n) - 1n;
    const claim = { ...SHARE.message, amount: most };
    expect(lengthOf({ ...largest, kind: "RewardClaim", message: claim })).toBeLessThanOrEqual(280);
    expect(lengthOf({ ...largest, kind: "Contest", message: { epoch: largest.epoch } })).toBeLessThanOrEqual(280);
    const full = Array.from({ length: limits.MAX_REPORT_IDS }, (_, i) => 2 ** 28 - 1 - i);
    const report = { ...REPORT, epoch: largest.epoch, totalOwed: most, activate: full, decommission: full };
    expect(lengthOf({ ...largest, kind: "EpochReport", message: report })).toBeLessThanOrEqual(960);
  });

  it("what it keeps is a copy: the network buffer may be reused", () => {
    const encoded = codec.encodeGossip({ type: "shares", shares: [SHARE] });
    const decoded = codec.decodeGossip(encoded);
    encoded.fill(0);
    expect(decoded).toEqual({ type: "shares", shares: [SHARE] });
  });

  it("garbage gets a code, never another error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        expect(decodeCode(garbage)).toMatch(/^(WIRE_|SHARE_WRONG_LENGTH)/);
      }),
      { numRuns: 500 },
    );
  });

  it("a message with one byte changed is another message or gets a code", () => {
    fc.assert(
      fc.property(gossip, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, change) => {
        const encoded = codec.encodeGossip(message);
        const index = at % encoded.length;
        encoded[index] = (encoded[index] as number) ^ change;
        let decoded: GossipMessage | undefined;
        const code = thrownCode(() => {
          decoded = codec.decodeGossip(encoded);
        });
        // What is accepted is the one encoding of its content (P-82).
        if (code === undefined) expect(codec.encodeGossip(decoded as GossipMessage)).toEqual(encoded);
      }),
      { numRuns: 500 },
    );
  });

  it("error: above the bound, before anything is decoded", () => {
    expect(decodeCode(new Uint8Array(limits.MAX_GOSSIP_BYTES + 1))).toBe("WIRE_TOO_LARGE");
  });

  it("error: encodings that are not canonical", () => {
    const good = codec.encodeGossip({ type: "shares", shares: [SHARE] });
    const other = codec.encodeGossip({ type: "request", request: REQUEST });
    const inner = wire.Share.encode({ nodeId: 7, epoch: 12, signature: new Uint8Array(192).fill(3) });
    const claim = wire.RewardClaim.encode({ recipient: new Uint8Array(20), amount: Uint8Array.of(1) });
    const contest = Uint8Array.of(0x32, 0);
    const field = (tag: number, encoded: Uint8Array) =>
      concatBytes(Uint8Array.of(tag, 0x80 | encoded.length, encoded.length >> 7), encoded);
    const gossipOf = (encoded: Uint8Array) => field(0x12, field(0x0a, encoded));
    expect(decodeCode(gossipOf(concatBytes(inner, contest)))).toBeUndefined();
    const reordered = concatBytes(Uint8Array.of(0x22, claim.length), claim, inner);
    for (const message of [
      concatBytes(good, Uint8Array.of(0x28, 1)), // a field nobody knows
      concatBytes(good, other), // both members of the oneof
      concatBytes(other, good),
      concatBytes(good, good), // one field twice
      gossipOf(reordered), // fields out of order
      concatBytes(other.slice(0, 1), Uint8Array.of((other[1] as number) | 0x80, 0), other.slice(2)), // long varint
      gossipOf(concatBytes(inner, Uint8Array.of(0x22, claim.length), claim, contest)),
      gossipOf(concatBytes(inner, contest, contest)),
    ]) {
      expect(decodeCode(message)).toBe("WIRE_NOT_CANONICAL");
    }
  });

  it("error: fields that lack, or are out of bounds", () => {
    const claim = { recipient: new Uint8Array(20), amount: Uint8Array.of(1) };
    for (const message of [
      new Uint8Array(0),
      wire.GossipMessage.encode({ shares: { shares: [] } }),
      // P-158: of one node.
      codec.encodeGossip({ type: "shares", shares: [SHARE, { ...SHARE, nodeId: SHARE.nodeId + 1 }] }),
      shareBytes({ nodeId: 0 }),
      wire.GossipMessage.encode({ shares: { shares: [{ nodeId: 1, epoch: 1, signature: new Uint8Array(192) }] } }),
      shareBytes({ rewardClaim: { ...claim, recipient: new Uint8Array(19) } }),
      shareBytes({ rewardClaim: { ...claim, amount: new Uint8Array(0) } }),
      shareBytes({ rewardClaim: { ...claim, amount: Uint8Array.of(0, 1) } }),
      shareBytes({ rewardClaim: { ...claim, amount: new Uint8Array(17).fill(1) } }),
      reportBytes({ rewardsRoot: new Uint8Array(31) }),
      reportBytes({ totalOwed: Uint8Array.of(0) }),
      reportBytes({ totalOwed: new Uint8Array(17).fill(1) }),
      reportBytes({ activate: [0] }),
      reportBytes({ decommission: [0] }),
      reportBytes({ activate: Array(limits.MAX_REPORT_IDS + 1).fill(1) }),
      reportBytes({ decommission: Array(limits.MAX_REPORT_IDS + 1).fill(1) }),
      requestBytes({ recipient: new Uint8Array(21) }),
      requestBytes({ nodeId: 0 }),
      requestBytes({ identitySignature: new Uint8Array(63) }),
    ]) {
      expect(decodeCode(message)).toBe("WIRE_MALFORMED");
    }
  });

  it("P-3 error: a share whose signature has another length has its own code", () => {
    for (const length of [0, 96, 191, 193]) {
      expect(decodeCode(shareBytes({ signature: new Uint8Array(length).fill(1) }))).toBe("SHARE_WRONG_LENGTH");
    }
  });

  it("error: values that have no wire form are not sent", () => {
    const message = { ...SHARE.message, amount: 0n };
    const encodeReport = (changes: object) =>
      codec.encodeGossip({ type: "shares", shares: [{ ...REPORT_SHARE, message: { ...REPORT, ...changes } }] });
    for (const run of [
      () => codec.encodeGossip({ type: "shares", shares: [{ ...SHARE, message }] }),
      () => codec.encodeGossip({ type: "shares", shares: [{ ...SHARE, nodeId: 0 }] }),
      () => codec.encodeGossip({ type: "shares", shares: [{ ...SHARE, epoch: 1.5 }] }),
      () => encodeReport({ epoch: REPORT.epoch + 1 }),
      () => encodeReport({ rewardsRoot: "0xcd" }),
      () => encodeReport({ totalOwed: -1n }),
      () => encodeReport({ totalOwed: 1n << 128n }),
      () => encodeReport({ activate: [0] }),
      () => encodeReport({ activate: Array(limits.MAX_REPORT_IDS + 1).fill(1) }),
      () => encodeReport({ decommission: Array(limits.MAX_REPORT_IDS + 1).fill(1) }),
      () => codec.encodeGossip({ type: "shares", shares: [{ ...CONTEST_SHARE, message: { epoch: 13 } }] }),
      () => codec.encodeGossip({ type: "request", request: { ...REQUEST, recipient: "0xAB" } }),
      () => codec.encodeGossip({ type: "request", request: { ...REQUEST, identitySignature: new Uint8Array(0) } }),
    ]) {
      expect(thrownCode(run)).toBe("WIRE_MALFORMED");
    }
  });
});

describe("catch-up (P-87)", () => {
  it("goes there and back", () => {
    fc.assert(
      fc.property(fc.array(round, { maxLength: 8 }), fc.boolean(), sum, (rounds, onlyNamed, of) => {
        const rest = onlyNamed ? null : of;
        const decoded = codec.decodeCatchUpRequest(codec.encodeCatchUpRequest({ rounds, onlyNamed, rest }));
        const plain = (list: readonly CatchUpRound[]) =>
          list.map(({ signers, ...rest }) => ({ ...rest, onlyNamed, signers: signers.toHex() }));
        expect(plain(decoded.rounds)).toEqual(plain(rounds));
        expect(decoded).toMatchObject({ onlyNamed, rest });
      }),
    );
    const lists = fc.record({
      requests: fc.array(request, { maxLength: 4 }),
      shares: fc.array(share, { maxLength: 4 }),
      partials: fc.array(partial, { maxLength: 4 }),
      differs: fc.boolean(),
    });
    fc.assert(
      fc.property(lists, (response) => {
        expect(codec.decodeCatchUpResponse(codec.encodeCatchUpResponse(response))).toEqual(response);
      }),
    );
  });

  it("error: too many bytes, too many entries, signers that are not canonical, garbage", () => {
    const wishes = { needless: false, singles: false };
    const empty = { kind: "Contest", subject: "", epoch: 1, signers: Signers.empty, ...wishes } as const;
    const many = Array(limits.MAX_CATCH_UP_ROUNDS + 1).fill(empty);
    const big = codec.encodeCatchUpRequest({ rounds: many, onlyNamed: false, rest: null });
    expect(thrownCode(() => codec.decodeCatchUpRequest(big))).toBe("WIRE_MALFORMED");
    const requests = Array(limits.MAX_CATCH_UP_REQUESTS + 1).fill(REQUEST);
    const much = codec.encodeCatchUpResponse({ requests, shares: [], partials: [], differs: false });
    expect(thrownCode(() => codec.decodeCatchUpResponse(much))).toBe("WIRE_MALFORMED");
    const large = new Uint8Array(Math.max(limits.MAX_CATCH_UP_REQUEST_BYTES, limits.MAX_CATCH_UP_RESPONSE_BYTES) + 1);
    expect(thrownCode(() => codec.decodeCatchUpRequest(large))).toBe("WIRE_TOO_LARGE");
    expect(thrownCode(() => codec.decodeCatchUpResponse(large))).toBe("WIRE_TOO_LARGE");
    for (const signers of [Uint8Array.of(0), Uint8Array.of(1), Uint8Array.of(2, 0), new Uint8Array(8_193).fill(2)]) {
      const bad = wire.CatchUpRequest.encode({ rounds: [{ ...WIRE_ROUND, signers }] });
      expect(thrownCode(() => codec.decodeCatchUpRequest(bad))).toBe("WIRE_MALFORMED");
    }
    const short = wire.CatchUpResponse.encode({
      requests: [],
      shares: [
        {
          nodeId: 1,
          epoch: 1,
          signature: new Uint8Array(5),
          rewardClaim: { recipient: new Uint8Array(20), amount: Uint8Array.of(1) },
        },
      ],
      partials: [],
    });
    expect(thrownCode(() => codec.decodeCatchUpResponse(short))).toBe("SHARE_WRONG_LENGTH");
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (garbage) => {
        // A field nobody knows, cut off: malformed in any of the three.
        const message = concatBytes(garbage, Uint8Array.of(0x7a, 0x05));
        for (const decode of [codec.decodeCatchUpRequest, codec.decodeCatchUpResponse, codec.decodePeersResponse]) {
          expect(thrownCode(() => decode(message))).toMatch(/^(WIRE_|SHARE_WRONG_LENGTH)/);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("rounds of every kind (P-87)", () => {
  const decodeRound = (changes: Partial<wire.Round>) =>
    thrownCode(() =>
      codec.decodeCatchUpRequest(wire.CatchUpRequest.encode({ rounds: [{ ...WIRE_ROUND, ...changes }] })),
    );

  it("a kind's number is that of its place in the list; a claim has a recipient, the others have none", () => {
    const none = { subject: new Uint8Array(0) };
    expect([decodeRound({}), decodeRound({ ...none, kind: 2 }), decodeRound({ ...none, kind: 3 })]).toEqual(
      Array(3).fill(undefined),
    );
  });

  it("error: a kind that nobody knows, a claim without its recipient, a recipient where there is none", () => {
    for (const changes of [
      { kind: 0 },
      { kind: KINDS.length + 1, subject: new Uint8Array(0) },
      { subject: new Uint8Array(0) },
      { subject: new Uint8Array(19) },
      { kind: 2 },
      { kind: 3 },
    ]) {
      expect(decodeRound(changes)).toBe("WIRE_MALFORMED");
    }
  });

  it("error: a share with too many ids, in an answer as in gossip (P-38)", () => {
    const report = {
      rewardsRoot: new Uint8Array(32),
      totalOwed: new Uint8Array(0),
      activate: Array(limits.MAX_REPORT_IDS + 1).fill(1),
      decommission: [],
    };
    const wireShare = { nodeId: 1, epoch: 1, signature: new Uint8Array(192), epochReport: report };
    const caughtUp = wire.CatchUpResponse.encode({ requests: [], shares: [wireShare], partials: [] });
    expect(thrownCode(() => codec.decodeCatchUpResponse(caughtUp))).toBe("WIRE_MALFORMED");
    const answered = wire.InquiryResponse.encode({ share: wireShare });
    expect(thrownCode(() => codec.decodeInquiryResponse(answered))).toBe("WIRE_MALFORMED");
  });
});

describe("inquiry (P-89)", () => {
  it("request, share and reason go there and back", () => {
    expect(codec.decodeInquiryRequest(codec.encodeInquiryRequest(REQUEST))).toEqual(REQUEST);
    const reason = { code: "EPOCH_NOT_CLOSED", closedEpochs: 7 };
    const shares = [SHARE, REPORT_SHARE, CONTEST_SHARE].map((one) => ({ type: "share", share: one }) as const);
    for (const answer of [...shares, { type: "reason", reason } as const]) {
      expect(codec.decodeInquiryResponse(codec.encodeInquiryResponse(answer))).toEqual(answer);
    }
  });

  it("error: nothing in it, a code that is not upper-case words or too long, too many bytes, garbage", () => {
    for (const decode of [codec.decodeInquiryRequest, codec.decodeInquiryResponse]) {
      expect(thrownCode(() => decode(new Uint8Array(0)))).toBe("WIRE_MALFORMED");
      expect(thrownCode(() => decode(new Uint8Array(limits.MAX_INQUIRY_BYTES + 1)))).toBe("WIRE_TOO_LARGE");
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (garbage) => {
          expect(thrownCode(() => decode(garbage))).toMatch(/^(WIRE_|SHARE_WRONG_LENGTH)/);
        }),
      );
    }
    for (const code of ["", "nope", "\u001b[31mRED", `A${"B".repeat(limits.MAX_REASON_CHARACTERS)}`]) {
      const bytes = wire.InquiryResponse.encode({ reason: { code, closedEpochs: 1 } });
      expect(thrownCode(() => codec.decodeInquiryResponse(bytes))).toBe("WIRE_MALFORMED");
    }
  });
});
