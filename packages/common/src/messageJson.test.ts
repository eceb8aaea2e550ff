import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "./hex.ts";
import type { KindMessage, KindName } from "./kinds.ts";
import { messageFromJson, messageToJson } from "./messageJson.ts";
import { thrownCode } from "./testing/index.ts";

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => toHex(value));
const amount = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });
const epoch = fc.maxSafeNat();
const ids = fc.array(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { maxLength: 4 });

const anyMessage: fc.Arbitrary<KindMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("RewardClaim" as const),
    message: fc.record({ recipient: hex(20), amount }),
  }),
  fc.record({
    kind: fc.constant("EpochReport" as const),
    message: fc.record({ epoch, rewardsRoot: hex(32), totalOwed: amount, activate: ids, decommission: ids }),
  }),
  fc.record({ kind: fc.constant("Contest" as const), message: fc.record({ epoch }) }),
);

const CLAIM = { recipient: `0x${"ab".repeat(20)}`, amount: "7" };
const REPORT = { epoch: 1, rewardsRoot: `0x${"cd".repeat(32)}`, totalOwed: "0", activate: [1], decommission: [] };

describe("messages as JSON", () => {
  it("property: every kind goes there and back, amounts of 256 bits included", () => {
    fc.assert(
      fc.property(anyMessage, (signed) => {
        expect(messageFromJson(signed.kind, messageToJson(signed))).toEqual(signed);
      }),
    );
  });

  it("amounts are decimal strings, as in bundles (P-100)", () => {
    const message = { recipient: `0x${"ab".repeat(20)}`, amount: 2n ** 70n } as const;
    const json = `{"recipient":"${message.recipient}","amount":"1180591620717411303424"}`;
    expect(messageToJson({ kind: "RewardClaim", message })).toBe(json);
  });

  it.each<[string, KindName, unknown]>([
    ["a message of another kind", "Contest", CLAIM],
    ["a field that lacks", "RewardClaim", { recipient: CLAIM.recipient }],
    ["a field too many", "Contest", { epoch: 1, more: 1 }],
    ["a recipient of another length", "RewardClaim", { ...CLAIM, recipient: "0xab" }],
    ["an amount as a number", "RewardClaim", { ...CLAIM, amount: 7 }],
    ["an amount with a leading zero", "RewardClaim", { ...CLAIM, amount: "07" }],
    ["an amount below zero", "EpochReport", { ...REPORT, totalOwed: "-1" }],
    ["a root in capitals", "EpochReport", { ...REPORT, rewardsRoot: `0x${"CD".repeat(32)}` }],
    ["an id of zero", "EpochReport", { ...REPORT, activate: [0] }],
    ["an epoch that is no integer", "Contest", { epoch: 1.5 }],
  ])("error: %s", (_what, kind, value) => {
    expect(thrownCode(() => messageFromJson(kind, JSON.stringify(value)))).toBe("MESSAGE_INVALID");
  });

  it("error: a text that is no JSON", () => {
    expect(thrownCode(() => messageFromJson("Contest", "{"))).toBe("MESSAGE_INVALID");
  });
});
