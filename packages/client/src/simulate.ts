/**
 * Calls that build on each other, tried before any of them is sent (P-106). Enters: a chain, who sends, calls in their
 * order. Leaves: what each would do in the state that the ones before it leave. Nobody keeps that state.
 */
import type { Address } from "@quorate/common";
import { type ChainProviders, parseRevert, revertMeaning, revertText } from "@quorate/common/chain";
import type { Call } from "./calls.ts";
import type { Refusal } from "./refusal.ts";

/** A call as `eth_simulateV1` tells of it. */
export interface SimulatedCall {
  readonly status: string;
  readonly gasUsed: string;
  readonly returnData?: string;
  readonly error?: { readonly data?: string; readonly message?: string };
}

/** Null where no provider can do that. */
export async function simulateCalls(
  chain: ChainProviders,
  from: Address,
  calls: readonly Call[],
): Promise<readonly SimulatedCall[] | null> {
  const blockStateCalls = [{ calls: calls.map(({ to, data }) => ({ from, to, data })) }];
  try {
    const blocks = (await chain.send("eth_simulateV1", [{ blockStateCalls, validation: false }, "latest"])) as
      | readonly { readonly calls: readonly SimulatedCall[] }[]
      | null;
    const found = blocks?.[0]?.calls;
    return found?.length === calls.length ? found : null;
  } catch {
    return null;
  }
}

/** Why the contract would refuse it; null where it goes through. */
export function simulatedRefusal({ status, error, returnData }: SimulatedCall): Refusal | null {
  if (BigInt(status) === 1n) return null;
  const revert = parseRevert(error?.data ?? returnData);
  return { error: revertText(revert), meaning: revertMeaning(revert) ?? null };
}
