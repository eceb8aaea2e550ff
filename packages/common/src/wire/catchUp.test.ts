import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fromHex } from "../hex.ts";
import { Signers } from "../signers.ts";
import { thrownCode } from "../testing/index.ts";
import * as codec from "./codec.ts";
import * as limits from "./limits.ts";
import * as wire from "./messages.ts";

const RECIPIENT = `0x${"ab".repeat(20)}` as const;
const REQUEST = { recipient: RECIPIENT, epoch: 13, nodeId: 7, identitySignature: new Uint8Array(64).fill(4) };
const SHARE = {
  ...({ kind: "RewardClaim", nodeId: 7, epoch: 12, signature: new Uint8Array(192).fill(3) } as const),
  message: { recipient: RECIPIENT, amount: 5n },
} as const;

describe("catch-up of many rounds (P-87)", () => {
  it("P-157: a round's summand is the SHA-256 of its encoding; a rest is 32 bytes, and a pull has none", () => {
    const claim = {
      kind: "RewardClaim",
      subject: REQUEST.recipient,
      epoch: 13,
      needless: false,
      singles: false,
    } as const;
    const named = { ...claim, signers: Signers.of([1, 9]) };
    const bytes = wire.Round.encode({
      kind: 1,
      epoch: 13,
      subject: fromHex(REQUEST.recipient),
      signers: Uint8Array.of(2, 2),
      needless: false,
      singles: false,
    });
    expect(codec.catchUpSummand(named)).toBe(BigInt(`0x${createHash("sha256").update(bytes).digest("hex")}`));
    expect(codec.catchUpSummand({ ...named, needless: true })).not.toBe(codec.catchUpSummand(named));

    const one = codec.encodeCatchUpRequest({ rounds: [], onlyNamed: false, rest: 1n });
    expect(one).toHaveLength(2 + 32);
    expect(wire.CatchUpRequest.decode(one).rest.at(-1)).toBe(1);
    for (const rest of [-1n, limits.CATCH_UP_SUM_END]) {
      const run = () => codec.encodeCatchUpRequest({ rounds: [], onlyNamed: false, rest });
      expect(thrownCode(run)).toBe("WIRE_MALFORMED");
    }
    for (const bad of [{ rest: new Uint8Array(31) }, { rest: new Uint8Array(32), onlyNamed: true }]) {
      const encoded = wire.CatchUpRequest.encode({ rounds: [], ...bad });
      expect(thrownCode(() => codec.decodeCatchUpRequest(encoded))).toBe("WIRE_MALFORMED");
    }
  });

  it("rounds of 2,000 nodes and their shares fit, as the bounds say", () => {
    const signers = Signers.of(Array.from({ length: 2_000 }, (_, i) => i + 1));
    const id = { kind: "RewardClaim", subject: REQUEST.recipient } as const;
    const rounds = Array.from({ length: 200 }, (_, epoch) => ({
      ...id,
      epoch,
      signers,
      needless: false,
      singles: false,
    }));
    const request = codec.encodeCatchUpRequest({ rounds, onlyNamed: true, rest: null });
    expect(request.length).toBeLessThanOrEqual(limits.MAX_CATCH_UP_REQUEST_BYTES);
    const shares = Array.from({ length: 2_000 }, (_, i) => ({ ...SHARE, nodeId: i + 1 }));
    const encoded = codec.encodeCatchUpResponse({ requests: [REQUEST], shares, partials: [], differs: false });
    expect(encoded.length).toBeLessThanOrEqual(limits.MAX_CATCH_UP_RESPONSE_BYTES);
    expect(codec.decodeCatchUpResponse(encoded).shares).toHaveLength(2_000);
  });
});
