/**
 * ethers' errors as coded ones. Enters: what a call, an estimate or a signer threw. Leaves: a coded error that names
 * it.
 */
import { isError } from "ethers";
import { isQuorateError, type QuorateError, quorateError } from "../errors.ts";
import { ProviderFailure } from "./endpoint.ts";
import { parseRevert, revertMeaning, revertText } from "./reverts.ts";

/** A revert with the contract's own error and what it means; anything else with ethers' short message. */
export function codedFailure(cause: unknown, what?: string): QuorateError {
  if (isQuorateError(cause)) return cause;
  if (isError(cause, "CALL_EXCEPTION") && cause.data !== null && cause.data !== undefined) {
    const revert = parseRevert(cause.data);
    const known = revert === null && cause.revert != null ? cause.revert : revert;
    const values = { call: what, error: revertText(known), meaning: revertMeaning(revert) };
    return quorateError("TRANSACTION_REVERTED", values, { cause });
  }
  if (isError(cause, "BAD_DATA") || isError(cause, "CALL_EXCEPTION")) {
    const reason = `what it answers cannot be read: ${shortOf(cause)}`;
    const remedy = "Check the contract's address and that the provider has synchronised past its deployment.";
    return quorateError("CHAIN_PROVIDER_FAILED", { call: what, reason }, { cause, remedy });
  }
  return quorateError("TRANSACTION_FAILED", { call: what, reason: shortOf(cause) }, { cause });
}

/** Runs it and throws what `codedFailure` makes of its error. */
export async function coded<T>(work: () => Promise<T>, what?: string): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw codedFailure(cause, what);
  }
}

/**
 * `coded`, of a contract that is not the network's own. The network's contracts always say why they refuse, so that a
 * revert without data is their provider's failure; others may revert without a word, which is no provider's fault
 * (P-106).
 * @throws CONTRACT_GAVE_NO_REASON, TRANSACTION_REVERTED, CHAIN_PROVIDER_FAILED
 */
export async function codedOutside<T>(work: () => Promise<T>, contract: string, what: string): Promise<T> {
  try {
    return await coded(work, what);
  } catch (error) {
    if (!isQuorateError(error, "CHAIN_PROVIDER_FAILED") || !isBareRevert(error.cause)) throw error;
    const { provider, reason } = error.values;
    throw quorateError("CONTRACT_GAVE_NO_REASON", { call: what, contract, provider, said: reason }, { cause: error });
  }
}

function isBareRevert(cause: unknown): boolean {
  return cause instanceof ProviderFailure && cause.kind === "reverted";
}

function shortOf(cause: unknown): string {
  if (cause instanceof Error && "shortMessage" in cause) return String(cause.shortMessage);
  return cause instanceof Error ? cause.message : String(cause);
}
