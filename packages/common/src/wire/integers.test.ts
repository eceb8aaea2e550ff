import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../hex.ts";
import { Signers } from "../signers.ts";
import { thrownCode } from "../testing/index.ts";
import * as codec from "./codec.ts";
import type { Share, SignedClaimRequest } from "./types.ts";

const RECIPIENT = toHex(new Uint8Array(20).fill(7));

/** Around every power of two that a safe integer can be: where a varint grows by a byte, and where a word ends. */
const BOUNDARIES = Array.from({ length: 54 }, (_, bits) => 2 ** bits)
  .flatMap((power) => [power - 1, power, power + 1])
  .filter((value) => Number.isSafeInteger(value));
const integer = fc.oneof(
  fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: 2 ** 31, max: 2 ** 32 - 1 }),
  fc.constantFrom(...BOUNDARIES),
);

function request(epoch: number, nodeId: number): SignedClaimRequest {
  return { recipient: RECIPIENT, epoch, nodeId, identitySignature: new Uint8Array(64).fill(5) };
}

function share(epoch: number, nodeId: number): Share {
  const message = { recipient: RECIPIENT, amount: 1n };
  return { kind: "RewardClaim", nodeId, epoch, signature: new Uint8Array(192).fill(3), message };
}

/** Every message with these as its epoch and its ids comes back as it was. */
function expectSurvives(epoch: number, id: number): void {
  const asked = request(epoch, id);
  expect(codec.decodeGossip(codec.encodeGossip({ type: "request", request: asked }))).toEqual({
    type: "request",
    request: asked,
  });
  expect(codec.decodeInquiryRequest(codec.encodeInquiryRequest(asked))).toEqual(asked);
  const report = { epoch, rewardsRoot: toHex(new Uint8Array(32)), totalOwed: 0n, activate: [id], decommission: [id] };
  const { message: _, kind: __, ...fields } = share(epoch, id);
  for (const signed of [share(epoch, id), { ...fields, kind: "EpochReport" as const, message: report }]) {
    expect(codec.decodeGossip(codec.encodeGossip({ type: "shares", shares: [signed] }))).toEqual({
      type: "shares",
      shares: [signed],
    });
  }
  const rounds = [
    { kind: "Contest" as const, epoch, subject: "" as const, signers: Signers.empty, needless: false, singles: false },
  ];
  const named = { rounds, onlyNamed: false, rest: null };
  expect(codec.decodeCatchUpRequest(codec.encodeCatchUpRequest(named))).toEqual(named);
  const reason = { type: "reason" as const, reason: { code: "EPOCH_NOT_CLOSED", closedEpochs: epoch } };
  expect(codec.decodeInquiryResponse(codec.encodeInquiryResponse(reason))).toEqual(reason);
}

describe("integers of the wire (P-82)", () => {
  it("P-82: every epoch and id survives encoding and decoding, those from 2^31 to 2^32 among them", () => {
    for (const value of BOUNDARIES) expectSurvives(value, Math.max(1, value));
    fc.assert(
      fc.property(integer, integer, (epoch, id) => expectSurvives(epoch, Math.max(1, id))),
      { numRuns: 300 },
    );
  });

  it("error: integers that are none, below their least or above 2^53 - 1 have no wire form", () => {
    for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(thrownCode(() => codec.encodeGossip({ type: "request", request: request(bad, 1) }))).toBe(
        "WIRE_MALFORMED",
      );
    }
    expect(thrownCode(() => codec.encodeGossip({ type: "request", request: request(1, 0) }))).toBe("WIRE_MALFORMED");
  });

  it("error: a varint that is longer than it needs to be, ends too early or is above 2^53 - 1 is refused", () => {
    const whole = codec.encodeGossip({ type: "request", request: request(1, 2) });
    // 0a len | 0a 14 recipient | 10 epoch | 18 node id | 22 40 signature
    const at = 2 + 2 + 20 + 1;
    expect(whole[at]).toBe(1);
    for (const varint of [
      [0x81, 0x00],
      [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
    ]) {
      const bytes = Uint8Array.from([...whole.subarray(0, at), ...varint, ...whole.subarray(at + 1)]);
      bytes[1] = bytes.length - 2;
      expect(["WIRE_MALFORMED", "WIRE_NOT_CANONICAL"]).toContain(thrownCode(() => codec.decodeGossip(bytes)));
    }
    const cut = Uint8Array.from([...whole.subarray(0, at), 0x81]);
    cut[1] = cut.length - 2;
    expect(thrownCode(() => codec.decodeGossip(cut))).toBe("WIRE_MALFORMED");
  });
});
