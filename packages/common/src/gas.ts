/**
 * Whether a call with long id lists fits a transaction (EIP-7825). In: the lists, and how much of the node set is
 * packed (P-43). Out: an upper bound of its gas, held to the contract at 10,000 nodes by
 * packages/contracts/test/caps.test.ts. What a call costs exactly is the node's to estimate; this says beforehand
 * that packing has to come first.
 */
import type { IdLists } from "./quorum.ts";

/** The most gas a transaction may have (EIP-7825). */
export const TRANSACTION_GAS_CAP = 16_777_216n;
/** Ids in a group whose keys are in one contract (P-43). */
export const PACKED_GROUP_SIZE = 219;

/** A record with full lists of 64 and 64 ids and nobody absent: pairing, event, activations and decommissions. */
const RECORD_GAS = 2_600_000n;
/** A named id: calldata, the bitmap's word, its key's sum, and its place in the event. */
const NAMED_GAS = 2_100n;
/** What reading a node's own contract adds for an id that is not packed, or a group's for the first of its ids. */
const CONTRACT_GAS = 3_300n;

/** What a call names, and how many groups of the node set are packed. */
export interface NamedIds extends IdLists {
  readonly packedGroups: number;
}

/** An upper bound of the gas of `reportEpoch` with these lists, the dearest call that takes some. */
export function recordGasBound({ nonSigners, extraSigners, packedGroups }: NamedIds): bigint {
  const packedIds = packedGroups * PACKED_GROUP_SIZE;
  const named = [...nonSigners, ...extraSigners];
  const contracts = new Set(named.map((id) => (id < packedIds ? -Math.floor(id / PACKED_GROUP_SIZE) - 1 : id)));
  return RECORD_GAS + NAMED_GAS * BigInt(named.length) + CONTRACT_GAS * BigInt(contracts.size);
}

/** Whether a record with these lists surely fits a transaction. If not, `packNodes` makes it cheaper. */
export function fitsTransaction(named: NamedIds): boolean {
  return recordGasBound(named) <= TRANSACTION_GAS_CAP;
}
