/** Every bound of the submitter, with its reason. Nothing runs here. */

/**
 * Calls that wait: an epoch wants a report, a few showings and a contest. What comes beyond this is refused with
 * SUBMIT_QUEUE_FULL.
 */
export const QUEUE_MAX = 64;

/** Outcomes shown by key: a day of reports and showings. */
export const OUTCOMES_MAX = 64;

/**
 * A provider that failed is not asked for this long, unless all of them failed: each question to a dead one costs its
 * whole deadline.
 */
export const PROVIDER_REST_MS = 30_000;

/**
 * Estimated gas is raised by a fifth, as the state may change until the block: another node more to subtract costs 10%
 * of a record.
 */
export const GAS_MARGIN_PERCENT = 20n;

/**
 * A nonce that is used, with no receipt of ours, in so many looks in a row: then something else used it. A receipt may
 * come a little later than the count of transactions, also at honest providers.
 */
export const LOST_LOOKS = 3;

/** Below it no block builder looks at a transaction: 0.01 gwei. */
export const MIN_PRIORITY_FEE_WEI = 10_000_000n;

/** Characters of a key, which names what is wanted. */
export const KEY_MAX_CHARS = 256;

/**
 * Milliseconds between looks while nothing is under way: the balance that an operator sees is no older, for three
 * questions a minute.
 */
export const IDLE_LOOK_MS = 60_000;
