/**
 * Every bound of the network adapter, with its reason (P-88). Nothing runs here. The sizes of wire
 * messages are in `@quorate/common`, the bounds of rounds and shares in the core.
 */

// ── Gossip ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * One gossipsub RPC. The largest honest one answers an IWANT of 5,000 ids (gossipsub's own cap) with shares of about 330 bytes,
 * 1.7 MB. Larger ones break the stream they come on.
 */
export const GOSSIP_RPC_MAX_BYTES = 4 * 1_048_576;

/** Small messages: an IDONTWANT costs more than the copy it saves (measured 1.1 ms of CPU a message with, 0.65 without). */
export const IDONTWANT_MIN_BYTES = 65_536;

/**
 * The core answers a message when its batch is verified, tens of milliseconds later. Past this it is taken as `ignore`, so that an
 * answer that never comes holds neither memory nor its sender; catch-up fills what that loses.
 */
export const VERDICT_TIMEOUT_MS = 5_000;

/** Twice the verdict's: gossipsub counts an IWANT as kept only after validation, and slow validation here is not the peer's fault. */
export const IWANT_FOLLOWUP_MS = 2 * VERDICT_TIMEOUT_MS;

/** One topic of under 100 bytes costs gossipsub 1.1 kB; room for ours alone and a few repeats. */
export const TOPIC_BYTES_PER_PEER = 8_192;

/** What a connection holds back within one turn of the event loop (turns.ts): what fits into one noise record. More leaves at once. */
export const GATHERED_MAX_BYTES = 65_519;

/** Texts of peer ids whose keys are remembered, 200 bytes each: many times the peers that gossipsub scores at once. Beyond it all are forgotten. */
export const PEER_KEYS_MAX = 4_096;

// ── Request and response ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Ten times what 1 MiB takes over 10 Mbit/s; a peer slower than that is of no use before a claim's deadline. */
export const REQUEST_TIMEOUT_MS = 8_000;

/** Requests to one peer go over one stream, one after the other. More than this waiting means the peer cannot keep up. */
export const QUEUED_REQUESTS_PER_PEER = 4;

/** One stream in use, one being replaced after a timeout, and room for both ends to disagree on which it is. */
export const INBOUND_STREAMS_PER_PROTOCOL = 4;

/**
 * Requests answered for one peer: a burst, then a steady rate. Honest agents ask a peer every few seconds. What is above resets the
 * stream it came on: the asker learns at once that it must wait, and nothing queues up here.
 */
export const CATCH_UP_BURST = 16;
export const CATCH_UP_PER_SECOND = 2;

/** Peers asked for the address of a node to be reached directly: each knows the nodes it met and was told of. */
export const ASKED_FOR_ADDRESS = 2;

/** An agent that collects dozens of claims inquires about each every few seconds, and every answer costs little. */
export const INQUIRY_BURST = 64;
export const INQUIRY_PER_SECOND = 10;

/** Answers for peers are large and change slowly; a node that joins asks every second or so at first. */
export const PEERS_BURST = 8;
export const PEERS_PER_SECOND = 0.5;

// ── Peer records and discovery ──────────────────────────────────────────────────────────────────────────────────────────────

/** Public, private and loopback, IPv4 and IPv6, and two to spare. More would let one peer make others dial at will. */
export const ADDRESSES_PER_RECORD = 8;

/** One attempt, all addresses of the peer. Noise takes a few milliseconds; the rest is for slow links and busy hosts. */
export const DIAL_TIMEOUT_MS = 10_000;

/**
 * A connection costs each side about 10 ms of CPU, with identify and the gossip streams: enough at once to fill a mesh in a second or so,
 * and no more than the event loop gets through between two batches of shares.
 */
export const PARALLEL_DIALS = 8;

/** First wait after a failed dial; it doubles with every further failure. */
export const DIAL_BACKOFF_FIRST_MS = 500;

/** A registered node that is down is tried once a minute. */
export const DIAL_BACKOFF_MAX_MS = 60_000;

/** Bootstrap peers are few, and a node that has none is alone. */
export const BOOTSTRAP_BACKOFF_MAX_MS = 5_000;

/** How often the number of connections is looked at; events look at it at once. */
export const DISCOVERY_TICK_MS = 1_000;

/** Peers are asked for records with growing gaps while nothing new comes, within these two. */
export const ASK_GAP_MIN_MS = 1_000;
export const ASK_GAP_MAX_MS = 30_000;

/** A connection whose peer has not identified itself by now will not speak gossipsub either. */
export const IDENTIFY_TIMEOUT_MS = 15_000;

// ── Connections ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Inbound connections a second from one address (libp2p's default of 5 drops the honest ones). Operators run dozens of nodes behind
 * one address, and all of them dial at once when their host restarts. 200 handshakes, after which strangers are refused, cost under half a
 * second of one core.
 */
export const INBOUND_PER_SECOND_PER_HOST = 200;

/** Handshakes under way at once, for the same reason; each holds a socket and a few kilobytes, for at most 10 s. */
export const INBOUND_PENDING = 128;

/** Of the maximum of connections: above it a node closes some, so that a quarter is there for those that come. */
export const FULL_SHARE = 0.75;

/** Keeps one connection of a dead peer for at most about half a minute, and outlasts a host that stalls for seconds. */
export const PING_INTERVAL_MS = 15_000;
export const PING_TIMEOUT_MS = 15_000;
