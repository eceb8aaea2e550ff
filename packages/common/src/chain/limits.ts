/** Every bound of what commands ask of chain providers, its unit and its reason (P-106). */

/**
 * Milliseconds for one whole answer: connection, headers and every byte. A healthy provider takes well under one
 * second.
 */
export const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Bytes of one answer: a page of nodes is below 100 kB, a block with its transactions below 2 MB. A larger one is
 * refused.
 */
export const ANSWER_MAX_BYTES = 16 * 1_048_576;

/**
 * Times that all providers are asked while one of them says that it has no such block yet, or too many requests.
 * Behind one address there are often machines that are a block or two apart.
 */
export const ROUNDS = 4;

/**
 * Milliseconds between two such rounds: together half a slot of Ethereum, which is what machines of one address
 * differ by.
 */
export const ROUND_PAUSE_MS = 2_000;

/** Milliseconds that a command waits for its transaction: 25 slots of Ethereum. Then it says how to go on. */
export const WAIT_MS = 300_000;

/** Milliseconds that an external signer has for its answer: a person reads what it shows, and presses a button. */
export const SIGNER_TIMEOUT_MS = 300_000;

/** Milliseconds between two looks for a receipt: a twelfth of a slot, one small request each. */
export const POLL_MS = 1_000;

/** A look in this many also asks whether the transaction is still known and whether its nonce was used. */
export const FATE_EVERY_POLLS = 4;

/** Looks in a row, of those at the fate, in which nobody knows a transaction and all refuse it: then it is dropped. */
export const DROPPED_AFTER_LOOKS = 3;

/** Percent added to what a provider estimates a call to need: it is executed some blocks later, in a changed state. */
export const GAS_MARGIN_PERCENT = 20n;

/** Characters of what a provider said that an error repeats. */
export const SAID_MAX_CHARACTERS = 200;

/** Characters from which a part of an address may be a key, and is not repeated. */
export const SECRET_MIN_CHARACTERS = 8;
