/** Every bound of the relay, with its unit and its reason. Nothing runs here. */

/** Bytes of a request. Twenty questions for logs, with all topics of the agent, have 25 kB. */
export const BODY_MAX_BYTES = 64 * 1024;

/** Questions in one request; more are refused. An agent asks one at a time, a command a few together. */
export const BATCH_MAX = 20;

/** Open connections, further ones are closed. An agent opens at most six to a provider, at rest one. */
export const CONNECTIONS_MAX = 512;

/**
 * Questions that the provider is being asked at once, equal ones counted once; further ones are refused with "busy" and
 * come again at the next poll. The transport opens a few connections, and the rest wait inside their deadline.
 */
export const IN_FLIGHT_MAX = 128;

/** Questions that one address may ask at once, and gets back each second: a hundred agents at rest ask 40 a second. */
export const CLIENT_BURST = 1_000;
export const CLIENT_PER_SECOND = 200;

/** Addresses whose budget is remembered; beyond it the one that was new first is forgotten. About 100 bytes each. */
export const CLIENTS_MAX = 1_000;

/** Bytes of answers kept; beyond it those that nobody asked for longest go. A year of hourly reports has some 9 MB. */
export const CACHE_MAX_BYTES = 64 * 1024 * 1024;

/** Bytes that an answer takes beside its text: a map's entry, an object. */
export const ENTRY_BYTES = 200;

/**
 * Milliseconds for which an answer about finalised blocks is kept. What is final does not change; but a provider may
 * have been wrong about it, and then the relay repeats it no longer than this.
 */
export const FIXED_MS = 10 * 60_000;

/** Milliseconds a client may take to send a request: it has no body worth a second. */
export const REQUEST_TIMEOUT_MS = 10_000;

/** Milliseconds without a byte after which a connection is closed: a client that does not read, or asks no more. */
export const IDLE_MS = 60_000;

/** Milliseconds that open connections have to finish when the relay stops. */
export const STOP_GRACE_MS = 2_000;

/** Bytes of the data of a contract call: a selector and four words. The agent asks for addresses, without arguments. */
export const CALL_DATA_MAX_BYTES = 132;

/** Contracts, and values of one topic, in a filter of logs: the agent names two contracts and a dozen topics. */
export const FILTER_ADDRESSES_MAX = 8;
export const FILTER_TOPICS_MAX = 32;

/** Bytes of the provider's answer with logs or receipts: what an agent takes. */
export const LOGS_MAX_BYTES = 16 * 1024 * 1024;

/**
 * Bytes of answers that clients have not taken yet, over all connections; what would go beyond is answered with "busy"
 * instead. Eight of the largest: a client that asks for much and does not read must not take the relay's memory.
 */
export const UNTAKEN_MAX_BYTES = 128 * 1024 * 1024;
