/**
 * What would happen if calls were sent now (P-106). Enters: a chain, an account, calls in their order. Leaves: gas and
 * price of each, whether the contract would refuse it and why, what the account has for gas. Nothing is sent.
 */
import { type ReadyCall, type SimulatedCall, simulateCalls, simulatedRefusal } from "@quorate/client";
import { type Address, type ErrorCode, isQuorateError, type QuorateError, quorateError } from "@quorate/common";
import { type ChainProviders, coded } from "@quorate/common/chain";
import { formatEther } from "ethers";

/** Percent added to an estimate: the call is executed some blocks later, in a changed state. */
const GAS_MARGIN_PERCENT = 20n;

/** Gas shown for a call that can be tried by nobody before the one in front of it is mined, and names none itself. */
const UNTRIED_GAS = 300_000n;

export interface PlannedCall {
  readonly call: ReadyCall;
  /** With room above the estimate. */
  readonly gas: bigint;
  readonly costWei: bigint;
  /** Why the contract would refuse it; null where it would not, or where it could not be tried yet. */
  readonly refusal: QuorateError | null;
  /** Whether it was tried, in the state that the calls before it leave. */
  readonly isTried: boolean;
}

export interface Plan {
  readonly account: Address;
  readonly calls: readonly PlannedCall[];
  readonly gas: bigint;
  /** Most that a unit of gas may cost. */
  readonly feePerGasWei: bigint;
  /** Of all calls together, at most. */
  readonly costWei: bigint;
  readonly haveWei: bigint;
}

/** @throws CHAIN_PROVIDER_FAILED */
export async function planCalls(chain: ChainProviders, account: Address, calls: readonly ReadyCall[]): Promise<Plan> {
  const [fees, haveWei, outcomes] = await Promise.all([
    coded(() => chain.getFeeData()),
    coded(() => chain.getBalance(account)),
    outcomesOf(chain, account, calls),
  ]);
  const feePerGasWei = fees.maxFeePerGas ?? fees.gasPrice ?? 0n;
  const planned = calls.map((call, i) => {
    const { gas, refusal, isTried } = outcomes[i] as Outcome;
    return { call, gas, costWei: gas * feePerGasWei, refusal, isTried };
  });
  const gas = planned.reduce((sum, one) => sum + one.gas, 0n);
  return { account, calls: planned, gas, feePerGasWei, costWei: gas * feePerGasWei, haveWei };
}

/** Why it is not sent now: the first refusal of the contract, or too little ether for the gas; null when nothing is. */
export function obstacleOf({ account, calls, gas, costWei, haveWei }: Plan): QuorateError | null {
  const refused = calls.find(({ refusal }) => refusal !== null);
  if (refused !== undefined) return refused.refusal;
  if (haveWei >= costWei) return null;
  const values = { account, have: `${formatEther(haveWei)} ether`, need: `${formatEther(costWei)} ether`, gas };
  return quorateError("ACCOUNT_LACKS_ETHER", values);
}

interface Outcome {
  readonly gas: bigint;
  readonly refusal: QuorateError | null;
  readonly isTried: boolean;
}

async function outcomesOf(chain: ChainProviders, from: Address, calls: readonly ReadyCall[]): Promise<Outcome[]> {
  const [first, ...rest] = calls;
  if (first === undefined) return [];
  const [one, simulated] = await Promise.all([
    estimate(chain, from, first),
    rest.length === 0 ? null : simulateCalls(chain, from, calls),
  ]);
  return [one, ...rest.map((call, i) => followingOutcome(call, simulated?.[i + 1] ?? null))];
}

async function estimate(chain: ChainProviders, from: Address, { to, data, what, gas }: ReadyCall): Promise<Outcome> {
  try {
    const found = await coded(() => chain.estimateGas({ from, to, data }), what);
    return { gas: withMargin(found), refusal: null, isTried: true };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { gas: gas ?? UNTRIED_GAS, refusal: error, isTried: true };
  }
}

function isRefusal(error: unknown): error is QuorateError {
  const codes: readonly ErrorCode[] = ["TRANSACTION_REVERTED", "TRANSACTION_FAILED"];
  return isQuorateError(error) && codes.includes(error.code);
}

/** Of a call behind others: tried where the chain can simulate several; otherwise what was measured stands for it. */
export function followingOutcome(call: ReadyCall, simulated: SimulatedCall | null): Outcome {
  const measured = call.gas ?? UNTRIED_GAS;
  if (simulated === null) return { gas: measured, refusal: null, isTried: false };
  const refused = simulatedRefusal(simulated);
  if (refused === null) return { gas: withMargin(BigInt(simulated.gasUsed)), refusal: null, isTried: true };
  const { error, meaning } = refused;
  const values = { call: call.what, error, meaning: meaning ?? undefined };
  return { gas: measured, refusal: quorateError("TRANSACTION_REVERTED", values), isTried: true };
}

function withMargin(gas: bigint): bigint {
  return gas + (gas * GAS_MARGIN_PERCENT) / 100n;
}
