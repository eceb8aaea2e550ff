/**
 * Every bound of the HTTP interface, its unit and its reason (P-88). The options of `createHttpServer` may lower or raise those named
 * in `HttpLimits`.
 */

/** Bytes of a request's body. The largest valid one, a claim, is below 200. */
export const BODY_MAX_BYTES = 4_096;

/** Open connections. Each costs a file descriptor and some 50 kB; the usual limit of descriptors is 1,024, gossip needs its share. */
export const CONNECTIONS_MAX = 512;

/** Clients whose request budget is remembered; beyond it the one that asked longest ago is forgotten. About 100 bytes each. */
export const CLIENTS_MAX = 10_000;

/** Tokens a claim costs, against 1 for a read: it opens a round on every agent of the network. */
export const CLAIM_COST = 5;

/**
 * Tokens of a question that folds the stored ledger: seconds of a core for a large one. Three at once, then one a
 * second.
 */
export const LEDGER_COST = 40;

/** Epochs in one answer: a few rows of SQLite each. */
export const LEDGER_EPOCHS_MAX = 256;

/** Milliseconds between two events of one watcher: more often than ten times a second nobody sees, and 2,000 shares arrive in one. */
export const WATCH_INTERVAL_MS = 100;

/** Milliseconds open connections have to finish when the agent stops; a client that never hangs up would hold it for minutes. */
export const STOP_GRACE_MS = 2_000;

export interface HttpLimits {
  /** Watchers of claims at once: each holds a connection. */
  readonly maxClaimWatchers: number;
  /** Watchers of one client at once: an eighth of all, so that one client cannot take every place. */
  readonly maxClaimWatchersPerClient: number;
  /** Tokens a client may spend at once: a page that loads asks about ten times, a terminal that polls several times a second. */
  readonly requestBurst: number;
  /** Tokens a client gets back each second. */
  readonly requestsPerSecond: number;
  /** Milliseconds between signs of life on a quiet event stream: below the 30 s after which common proxies close one. */
  readonly heartbeatMs: number;
  /** Milliseconds a client may take to send a whole request: a slow sender must not hold a connection for nothing. */
  readonly requestTimeoutMs: number;
  /** Milliseconds the agent may take to answer. A claim is answered when its round is open, which takes one durable write. */
  readonly answerTimeoutMs: number;
  /** The same for what folds the stored ledger: a million events take half a minute. */
  readonly ledgerTimeoutMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  maxClaimWatchers: 256,
  maxClaimWatchersPerClient: 32,
  requestBurst: 120,
  requestsPerSecond: 40,
  heartbeatMs: 15_000,
  requestTimeoutMs: 10_000,
  answerTimeoutMs: 10_000,
  ledgerTimeoutMs: 120_000,
};
