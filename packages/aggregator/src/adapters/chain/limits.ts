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

/**
 * Milliseconds that an idle connection is kept: several polls, and less than the minute after which proxies close it.
 */
export const KEEP_ALIVE_MS = 30_000;

/**
 * Milliseconds, at most, for which a provider's `Retry-After` is believed: a provider that wants to be left alone for
 * an hour would silence the agent for as long, whether by mistake or not.
 */
export const RETRY_AFTER_MAX_MS = 60_000;

/** Milliseconds of the first pause after a 429 that names none; each further one in a row is twice as long. */
export const RATE_PAUSE_MS = 250;

/**
 * Logs in one answer. A block of 60 million gas holds at most some 20,000 of ours, and providers allow 10,000; a
 * range with more shrinks.
 */
export const LOGS_MAX = 20_000;

/** Logs that are checked or decoded in one go: some milliseconds, then the event loop has its turn. */
export const LOGS_AT_ONCE = 100;

/** Times that a question of a reading is asked again when the provider calls for a pause, inside one deadline. */
export const RATE_RETRIES = 4;

/**
 * Milliseconds that those who usually answer in time are waited for once enough have answered. A provider that takes
 * longer goes on at its own pace, and is compared when it is there.
 */
export const GRACE_MS = 500;

/** Ranges of one provider that make one chunk, at most: where ranges must be small a step still ends soon. */
export const RANGES_PER_CHUNK = 8;

/** Times in a row that a range is halved and asked for again at once. */
export const SHRINKS_MAX = 20;

/** Milliseconds for which the size that a provider refused is not tried again: plans and providers change seldom. */
export const REFUSED_SIZE_MS = 600_000;

/**
 * Blocks whose hash and time are kept of each provider, the oldest dropped first: a few chunks with a log in each
 * block.
 */
export const BLOCKS_KEPT = 4_096;

/** Blocks of one provider that are asked for at once. */
export const BLOCKS_AT_ONCE = 4;

/**
 * Milliseconds for which a provider that was found to have invented an event is not believed about another that the
 * others do not have: a dispute costs the others some requests, and whoever invents without end would have one for
 * each range.
 */
export const CAUGHT_MS = 600_000;

/**
 * Milliseconds until a provider is asked again for receipts of a disputed block, of which it sent some: they can have
 * ANSWER_MAX_BYTES. Until then the dispute stays as it is.
 */
export const RECEIPTS_AGAIN_MS = 10_000;

/**
 * Seconds a provider's finalised block may be older than what most of them have reached. Ethereum finalises every 6.4
 * minutes, so an hour is not lag between healthy nodes, but a stuck one.
 */
export const STALL_SECONDS = 3_600;

/** Seconds by which the finalised block may differ from the own clock before the log says so. */
export const CLOCK_SECONDS = 3_600;

/** Polls, at most, between attempts while unhealthy: a provider that is back is noticed within two. */
export const RETRY_POLLS_MAX = 2;

/** Polls that a step may last before its silence is told as ill health. */
export const STEP_POLLS = 3;
/** The same in deadlines of one answer, where that is more: a question that fails tells more than that it lasts. */
export const STEP_DEADLINES = 1.5;
