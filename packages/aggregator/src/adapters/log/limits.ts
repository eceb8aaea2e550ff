/** Bounds of the log, with their reasons. */

/**
 * Bytes of log lines that wait for a reader: some thousands of lines, so that a pause of a slow reader loses nothing.
 * Beyond it the oldest lines go: the newest tell how it ended.
 */
export const WAITING_MAX_BYTES = 1_048_576;

/** Milliseconds between two attempts to write to a pipe that was full. Only while lines wait. */
export const RETRY_MS = 20;

/**
 * Bytes of the newest lines that the end of the process still tries to hand over: what a pipe holds at once. Older
 * ones are dropped, so that a slow reader gets those that say why it ended.
 */
export const LAST_WORDS_MAX_BYTES = 65_536;

/**
 * Milliseconds that the end of the process waits for a reader to take them, within the grace of a stop. A reader takes
 * them in far less; where nobody reads, a dead agent must not stay for its log.
 */
export const LAST_WORDS_MS = 3_000;
