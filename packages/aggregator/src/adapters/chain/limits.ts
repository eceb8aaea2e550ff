/** Every bound of what is asked of a chain provider and taken from it, with its reason. Nothing runs here. */

/**
 * Bytes of an answer with logs, as read from the wire; a longer one is refused and its socket closed. A range of 2,000
 * blocks of a busy network has well under 1 MB; the range shrinks when it does not fit.
 */
export const ANSWER_MAX_BYTES = 16 * 1024 * 1024;

/**
 * Bytes of any other answer. The largest is a block with the hashes of its transactions: 70 bytes each, some thousands
 * at most.
 */
export const SMALL_ANSWER_MAX_BYTES = 1024 * 1024;

/** Bytes read of an answer with a status other than 2xx: enough for what the provider says of it. */
export const REFUSAL_MAX_BYTES = 16 * 1024;

/** Characters of a provider's own words in an error, a log line or the status. */
export const WORDS_MAX_CHARS = 300;

/** Bytes of headers of one answer: what Node itself takes. */
export const HEADERS_MAX_BYTES = 16 * 1024;

/** Sockets open to one provider at once; further questions wait for one, inside their deadline. */
export const CONNECTIONS_MAX = 6;

/** Milliseconds that an idle connection is kept: several polls, and less than the minute after which proxies close it. */
export const KEEP_ALIVE_MS = 30_000;

/**
 * Milliseconds, at most, for which a provider's `Retry-After` is believed: a provider that wants to be left alone for an
 * hour would silence the agent for as long, whether by mistake or not.
 */
export const RETRY_AFTER_MAX_MS = 60_000;

/** Milliseconds of the first pause after a 429 that names none; each further one in a row is twice as long. */
export const RATE_PAUSE_MS = 250;

/**
 * Logs in one answer. A block of 60 million gas holds at most some 20,000 of ours, and providers allow 10,000; a range with
 * more shrinks.
 */
export const LOGS_MAX = 20_000;
