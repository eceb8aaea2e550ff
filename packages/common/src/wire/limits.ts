/**
 * Bounds of the wire messages (P-81, P-82, P-88), each with its reason. A message beyond one is rejected before it is
 * decoded.
 */

/**
 * The largest gossip message is a partial over an epoch report with two full lists of ids below 2^28, under 960 bytes,
 * with the bitfield of a sixteenth of all ids: 512. Shares of reports are under 960 bytes, others under 280.
 */
export const MAX_GOSSIP_BYTES = 1_536;

/** 200 rounds of a 2,000-node set (280 bytes each) fit. */
export const MAX_CATCH_UP_REQUEST_BYTES = 65_536;
/** More rounds than an agent has in flight; the count bounds the work of a request that is all empty rounds. */
export const MAX_CATCH_UP_ROUNDS = 256;

/**
 * Every share of one round of a 2,000-node set (270 bytes each), and more: what is left comes with the next
 * comparison.
 */
export const MAX_CATCH_UP_RESPONSE_BYTES = 1_048_576;
/** What fits into the bytes above; it bounds objects, as the bytes bound memory. */
export const MAX_CATCH_UP_SHARES = 4_096;
/** Partials of one subnet for each round named. */
export const MAX_CATCH_UP_PARTIALS: number = MAX_CATCH_UP_ROUNDS;
/** One request opens one round. */
export const MAX_CATCH_UP_REQUESTS: number = MAX_CATCH_UP_ROUNDS;

/** Sums over rounds are counted modulo this (P-157). */
export const CATCH_UP_SUM_END: bigint = 1n << 256n;

/** An inquiry and its answer carry one request or one share, as gossip does. */
export const MAX_INQUIRY_BYTES: number = MAX_GOSSIP_BYTES;
/** The longest code of the catalogue has 26 characters. */
export const MAX_REASON_CHARACTERS = 64;

/** A signed peer record with one or two addresses is 200 to 300 bytes. */
export const MAX_PEER_RECORD_BYTES = 1_024;
/** Identities that a request for records names: all mates of an agent in the largest network (P-134). */
export const MAX_WANTED_RECORDS = 128;
/** An identity is an Ed25519 key (P-7). */
export const IDENTITY_BYTES = 32;
/** The asker's own record, a byte of tag and two of length; each identity, a byte of tag and one of length. */
export const MAX_PEERS_REQUEST_BYTES: number = MAX_PEER_RECORD_BYTES + 3 + MAX_WANTED_RECORDS * (IDENTITY_BYTES + 2);
/** Enough to fill a mesh many times over; more come from the next peer asked. */
export const MAX_PEER_RECORDS = 256;
export const MAX_PEERS_RESPONSE_BYTES = 131_072;

/** Lifetime amounts: 16 bytes hold 3 · 10^29 tokens of 9 decimals, far above any supply, and bound the field. */
export const MAX_AMOUNT_BYTES = 16;

/** Ids in one list of an epoch report: what the contract takes (P-38). */
export const MAX_REPORT_IDS = 64;
/** The same bound for the decoder, wherever a share stands. */
export const SHARE_LISTS: { readonly epochReport: { readonly activate: number; readonly decommission: number } } = {
  epochReport: { activate: MAX_REPORT_IDS, decommission: MAX_REPORT_IDS },
};
