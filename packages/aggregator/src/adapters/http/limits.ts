/**
 * Every bound of the HTTP interface, its unit and its reason (P-88). The options of `createHttpServer` may lower or
 * raise those named in `HttpLimits`.
 */
import { AGENT_ANSWER_MS, HEARTBEAT_MS } from "@quorate/common/http";

/** Bytes of a request's body. The largest valid one, a claim, is below 200. */
export const BODY_MAX_BYTES = 4_096;

/**
 * Open connections. Each costs a file descriptor and some 50 kB; the usual limit of descriptors is 1,024, gossip
 * needs its share. Beyond it the connection that does least makes room, of the client that holds most.
 */
export const CONNECTIONS_MAX = 512;

/** Open connections of one client: as many watched claims as it may have, and half as many again for the rest. */
export const CONNECTIONS_PER_CLIENT_MAX = 48;

/** The same for the listener of health and metrics: a few probes, each with a connection or two. */
export const HEALTH_CONNECTIONS_MAX = 64;
export const HEALTH_CONNECTIONS_PER_CLIENT_MAX = 32;

/**
 * Requests of one connection at once. Browsers and this project's clients have one; more is a client that does not
 * wait. Cut.
 */
export const PIPELINED_MAX = 8;

/** Requests of one connection in all: a fair client opens another one, and is counted anew. Then it is closed. */
export const REQUESTS_PER_CONNECTION_MAX = 1_000;

/**
 * Milliseconds a connection without a request is kept: less than proxies keep theirs, long enough for a page's next
 * question.
 */
export const KEEP_ALIVE_MS = 5_000;

/** Bytes of a request's headers; a browser sends below 2 kB. */
export const HEADERS_MAX_BYTES = 8_192;

/** Headers of a request. What comes beyond is not read. */
export const HEADERS_MAX = 64;

/** Milliseconds in which bytes must move before a connection that is answered may be cut to make room. */
export const STALLED_MS = 2_000;

/** Milliseconds between looks at all connections: what is overdue is found late by at most this. */
export const LOOK_MS = 1_000;

/** Milliseconds a connection whose answer is sent, and whose client does not close it, is kept. */
export const LINGER_MS = 2_000;

/** Connections that were turned away and are still told why. Beyond it they are cut without a word. */
export const TURNED_AWAY_MAX = 16;

/** Bytes of answers that wait for their readers, over all connections. Whoever has not read for longest is cut. */
export const BUFFERED_MAX_BYTES = 64 * 1_048_576;

/** Milliseconds for which a page that costs much to make is given to everyone who asks: nobody reads faster. */
export const PAGE_FRESH_MS = 1_000;

/** Milliseconds in which half of a client's turns are forgotten (P-125): a claim's deadline. */
export const RECENT_HALF_LIFE_MS = 30_000;

/** One of so many turns that may be taken at once is for clients that had fewer lately than the mean. */
export const KEPT_PART = 2;

/**
 * Claims that wait for their turn (P-125): as many as have one within the wait at ten a second, twice over. Beyond it
 * 429.
 */
export const CLAIMS_WAITING_MAX = 256;

/**
 * Claims that collect at once (P-125): at the start and at least two, so that one slow claim holds nobody up, and all
 * agents of a local network that were just started do not begin more than they can end; at most as many as may be
 * watched. Beyond it claims wait for their turn.
 */
export const CLAIMS_AT_ONCE_FIRST = 2;
export const CLAIMS_AT_ONCE_MIN = 2;
export const CLAIMS_AT_ONCE_MAX = 256;

/**
 * Claims of one client that wait: no client has so many recipients at once, but a portal behind a proxy that is not
 * trusted.
 */
export const CLAIMS_WAITING_PER_CLIENT_MAX = 16;

/**
 * Clients whose request budget is remembered; beyond it the one that asked longest ago is forgotten. About 100 bytes
 * each.
 */
export const CLIENTS_MAX = 10_000;

/** Tokens a claim costs, against 1 for a read: it opens a round on every agent of the network. */
export const CLAIM_COST = 5;

/**
 * Tokens of a question that folds the stored ledger: seconds of a core for a large one. Three at once, then one a
 * second.
 */
export const LEDGER_COST = 40;

/**
 * Of these, given back when a page of lines goes on from a kept fold (P-152): a third of a second of a core at most,
 * and less than a millisecond of the event loop. A year of hours in ten nodes takes 22 pages, so some 5 seconds.
 */
export const LEDGER_GOES_ON_BACK = 30;

/** Tokens of the node set and of the metrics: made once a second, and sent to each who asks, up to a megabyte. */
export const NODES_COST = 4;
export const METRICS_COST = 1;

/**
 * Milliseconds after which a client may ask again, where nothing says when there will be room: a slow answer is read,
 * or a provider asked again, in about so long.
 */
export const COME_BACK_AFTER_MS = 5_000;

/** Milliseconds for which a file of the page named after its content is kept (P-146): a year, the most caches heed. */
export const ASSET_FRESH_MS = 365 * 86_400_000;

/** The same for the page's icon, whose name stays when it changes. */
export const ICON_FRESH_MS = 3_600_000;

/** Milliseconds for which a page need not ask again whether it may ask; an operator's change is in force after it. */
export const PREFLIGHT_FRESH_MS = 600_000;

/**
 * Milliseconds between two events of one watcher: more often than ten times a second nobody sees, and 2,000 shares
 * arrive in one.
 */
export const WATCH_INTERVAL_MS = 100;

/**
 * Milliseconds open connections have to finish when the agent stops; a client that never hangs up would hold it for
 * minutes.
 */
export const STOP_GRACE_MS = 2_000;

/** What a listener allows. */
export interface ConnectionLimits {
  /** Open connections of all clients. */
  readonly maxConnections: number;
  readonly maxConnectionsPerClient: number;
  /** Milliseconds in which a client must have read what was sent to it: 1.4 MB, the largest page, at 47 kB a second. */
  readonly writeTimeoutMs: number;
}

export interface HttpLimits extends ConnectionLimits {
  /** Watchers of claims at once: each holds a connection. */
  readonly maxClaimWatchers: number;
  /** Watchers of one client at once: an eighth of all, so that one client cannot take every place. */
  readonly maxClaimWatchersPerClient: number;
  /**
   * Tokens a client may spend at once: a page that loads asks about ten times, a terminal that polls several times a
   * second.
   */
  readonly requestBurst: number;
  /** Tokens a client gets back each second. */
  readonly requestsPerSecond: number;
  /**
   * Milliseconds between signs of life on a quiet event stream: below the 30 s after which common proxies close one.
   */
  readonly heartbeatMs: number;
  /**
   * Milliseconds a client may take to send a whole request, its head included: a slow sender must not hold a
   * connection for nothing.
   */
  readonly requestTimeoutMs: number;
  /**
   * Milliseconds the agent may take to answer. A claim is answered when its round is open, which takes one durable
   * write.
   */
  readonly answerTimeoutMs: number;
  /** The same for what folds the stored ledger: a million events take half a minute. */
  readonly ledgerTimeoutMs: number;
  /** Milliseconds a claim waits for its turn (P-125): below the time in which the agent answers. */
  readonly claimWaitMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  maxClaimWatchers: 256,
  maxClaimWatchersPerClient: 32,
  requestBurst: 120,
  requestsPerSecond: 40,
  heartbeatMs: HEARTBEAT_MS,
  requestTimeoutMs: 10_000,
  answerTimeoutMs: AGENT_ANSWER_MS,
  ledgerTimeoutMs: 120_000,
  claimWaitMs: 8_000,
  maxConnections: CONNECTIONS_MAX,
  maxConnectionsPerClient: CONNECTIONS_PER_CLIENT_MAX,
  writeTimeoutMs: 30_000,
};
