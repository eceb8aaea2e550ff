import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstOffer, replacingOffer } from "./fees.ts";

const wei = fc.bigInt({ min: 0n, max: 10n ** 13n });
const fees = fc.record({ maxFeePerGasWei: wei, maxPriorityFeePerGasWei: wei });
const market = fc.record({ baseFeeWei: wei, suggestedPriorityFeeWei: wei });

describe("fees", () => {
  it("a first offer is within the caps, its tip within its fee, and enough for twice the base fee where the caps allow", () => {
    fc.assert(
      fc.property(market, fees, (now, caps) => {
        const offer = firstOffer(now, caps);
        expect(offer.maxFeePerGasWei).toBeLessThanOrEqual(caps.maxFeePerGasWei);
        expect(offer.maxPriorityFeePerGasWei).toBeLessThanOrEqual(caps.maxPriorityFeePerGasWei);
        expect(offer.maxPriorityFeePerGasWei).toBeLessThanOrEqual(offer.maxFeePerGasWei);
        if (offer.maxFeePerGasWei < caps.maxFeePerGasWei) {
          expect(offer.maxFeePerGasWei).toBeGreaterThanOrEqual(2n * now.baseFeeWei);
        }
      }),
    );
  });

  it("a replacement raises each fee by at least 12.5% within the caps, or there is none", () => {
    fc.assert(
      fc.property(fees, market, fees, (before, now, caps) => {
        fc.pre(before.maxPriorityFeePerGasWei <= before.maxFeePerGasWei);
        const offer = replacingOffer(before, now, caps);
        const enough = (cap: bigint, fee: bigint) => cap * 8n >= fee * 9n && cap > fee;
        if (offer === null) {
          const possible =
            enough(caps.maxFeePerGasWei, before.maxFeePerGasWei + 1n) &&
            enough(caps.maxPriorityFeePerGasWei, before.maxPriorityFeePerGasWei + 1n) &&
            caps.maxPriorityFeePerGasWei <= caps.maxFeePerGasWei;
          expect(possible).toBe(false);
          return;
        }
        expect(enough(offer.maxFeePerGasWei, before.maxFeePerGasWei)).toBe(true);
        expect(enough(offer.maxPriorityFeePerGasWei, before.maxPriorityFeePerGasWei)).toBe(true);
        expect(offer.maxFeePerGasWei).toBeLessThanOrEqual(caps.maxFeePerGasWei);
        expect(offer.maxPriorityFeePerGasWei).toBeLessThanOrEqual(caps.maxPriorityFeePerGasWei);
        expect(offer.maxPriorityFeePerGasWei).toBeLessThanOrEqual(offer.maxFeePerGasWei);
      }),
    );
  });
});
