/**
 * What a transaction offers for gas (EIP-1559). Enters: what the chain asks now, the operator's caps, what was offered
 * before. Leaves: an offer within the caps, or null where a replacement would have to pass them.
 */
import type { Fees } from "./interface.ts";
import { MIN_PRIORITY_FEE_WEI } from "./limits.ts";

/** What the chain asks now. */
export interface MarketFees {
  readonly baseFeeWei: bigint;
  readonly suggestedPriorityFeeWei: bigint;
}

/** Twice the base fee stays includable for six full blocks in a row; what is not needed is not paid. */
export function firstOffer(market: MarketFees, caps: Fees): Fees {
  const tip = max(market.suggestedPriorityFeeWei, MIN_PRIORITY_FEE_WEI);
  const maxFeePerGasWei = min(2n * market.baseFeeWei + tip, caps.maxFeePerGasWei);
  return { maxFeePerGasWei, maxPriorityFeePerGasWei: min(min(tip, caps.maxPriorityFeePerGasWei), maxFeePerGasWei) };
}

/**
 * An offer that nodes take in place of `before`: each fee at least 12.5% higher, and at least what the chain asks now.
 * Null beyond the caps.
 */
export function replacingOffer(before: Fees, market: MarketFees, caps: Fees): Fees | null {
  const fresh = firstOffer(market, caps);
  const offer: Fees = {
    maxFeePerGasWei: max(raised(before.maxFeePerGasWei), fresh.maxFeePerGasWei),
    maxPriorityFeePerGasWei: max(raised(before.maxPriorityFeePerGasWei), fresh.maxPriorityFeePerGasWei),
  };
  if (offer.maxFeePerGasWei > caps.maxFeePerGasWei) return null;
  if (offer.maxPriorityFeePerGasWei > caps.maxPriorityFeePerGasWei) return null;
  // A tip above the whole fee is malformed; both rise by the same factor, so only a fresh tip can get there.
  return offer.maxPriorityFeePerGasWei > offer.maxFeePerGasWei
    ? { ...offer, maxFeePerGasWei: offer.maxPriorityFeePerGasWei }
    : offer;
}

/** The higher of two offers in each fee. */
export function highest(a: Fees, b: Fees): Fees {
  return {
    maxFeePerGasWei: max(a.maxFeePerGasWei, b.maxFeePerGasWei),
    maxPriorityFeePerGasWei: max(a.maxPriorityFeePerGasWei, b.maxPriorityFeePerGasWei),
  };
}

/** An eighth more, rounded up, and never the same. */
function raised(wei: bigint): bigint {
  return wei === 0n ? 1n : wei + (wei + 7n) / 8n;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
