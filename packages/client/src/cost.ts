/**
 * What sending a call would take now. Enters: a call that is ready, who sends it. Leaves: its gas by the chain's own
 * estimate, its price, and whether the account has as much. Not its job: what the wallet asks for in the end.
 */
import type { Address } from "@quorate/common";
import { type ChainProviders, coded } from "@quorate/common/chain";
import type { Call } from "./calls.ts";

/** Amounts in wei of the chain's coin. */
export interface CallCost {
  /** Units of gas. */
  readonly gas: bigint;
  /** Of a unit of gas, at the price of this moment. */
  readonly gasPriceWei: bigint;
  /** What it takes at that price. */
  readonly costWei: bigint;
  /** Most that it may take, at the price that wallets offer so that it is mined although prices rise. */
  readonly maxCostWei: bigint;
  /** What the account has. */
  readonly balanceWei: bigint;
  /** Whether that is enough for the most that it may take. */
  readonly suffices: boolean;
}

/**
 * Of a call, or of several in their order: those behind the first cannot be estimated before it is mined, and take the
 * gas that they name.
 * @throws TRANSACTION_REVERTED when the first would be refused, CHAIN_PROVIDER_FAILED
 */
export function costOf(
  chain: ChainProviders,
  { to, data, what }: Call,
  from: Address,
  following: readonly Call[] = [],
): Promise<CallCost> {
  return coded(async () => {
    const [estimate, fees, balanceWei, block] = await Promise.all([
      chain.estimateGas({ from, to, data }),
      chain.getFeeData(),
      chain.getBalance(from),
      chain.getBlock("latest"),
    ]);
    const gas = following.reduce((sum, call) => sum + (call.gas ?? 0n), estimate);
    const offered = fees.maxFeePerGas ?? fees.gasPrice ?? 0n;
    const base = block?.baseFeePerGas ?? null;
    const now = base === null ? offered : base + (fees.maxPriorityFeePerGas ?? 0n);
    const gasPriceWei = now < offered ? now : offered;
    const maxCostWei = gas * offered;
    return { gas, gasPriceWei, costWei: gas * gasPriceWei, maxCostWei, balanceWei, suffices: balanceWei >= maxCostWei };
  }, what);
}
