/**
 * The bounds of what peers send unasked, by gossip or to this node alone, each with its reason (P-88). Nothing runs
 * here; all are used as part of limits.ts.
 */

// ── Gossip
// ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * One gossipsub RPC, in bytes. The largest honest one answers an IWANT of 5,000 ids (gossipsub's own cap) with shares
 * of about 330 bytes, 1.7 MB. A larger one breaks the stream it comes on.
 */
export const GOSSIP_RPC_MAX_BYTES = 2 * 1_048_576;

/** Messages in one RPC: gossipsub's cap of what one IWANT asks for. */
export const RPC_MAX_MESSAGES = 5_000;

/** Ids in one IHAVE or IWANT: gossipsub's own cap of what it sends. */
export const RPC_MAX_IDS = 5_000;

/** Subscriptions, or control messages of one kind, in one RPC. There is one topic, so honest ones have one or two. */
export const RPC_MAX_CONTROLS = 16;

/**
 * Messages of one peer, counted before anything is decoded: a burst, then so many a second. 128 agents that collect ten
 * claims a second, more than they can, send each neighbour 1,300 a second. The burst is what waits on both sides of a
 * link (write buffer and window, 3 MB) while this host stalls, and then comes at once. An RPC beyond it is
 * dropped and blamed.
 */
export const PEER_MESSAGES_BURST = 16_384;
export const PEER_MESSAGES_PER_SECOND = 2_000;

/**
 * Bytes of one peer's RPCs, likewise: twice the largest RPC, then twice what those messages take. Beyond it dropped and
 * blamed.
 */
export const PEER_RPC_BYTES_BURST = 2 * GOSSIP_RPC_MAX_BYTES + 1_048_576;
export const PEER_RPC_BYTES_PER_SECOND = 1_048_576;

/**
 * Subscriptions and control messages of one peer, likewise. Honest agents send about two a second, at their heartbeats;
 * the burst is what a minute's stall of this host leaves waiting. Beyond it dropped and blamed.
 */
export const PEER_CONTROLS_BURST = 128;
export const PEER_CONTROLS_PER_SECOND = 16;

/**
 * Work that one peer may cause for nothing. A message that the core ends as `ignore` costs it about 0.1 ms, and costs
 * its sender so much of this bucket; without tokens, a peer's messages are dropped before the core sees them. That
 * blames nobody: an enemy can make an honest peer forward what only this agent ignores. The burst is the shares of
 * 2,000 nodes that close an epoch before this one does, brought by three neighbours.
 */
export const IGNORED_BURST = 700;
export const IGNORED_PER_SECOND = 50;

/** Between two blames for the same flood: what is on its way already is one fault, not hundreds. */
export const FLOOD_BLAME_GAP_MS = 250;

/** Points of conduct for a flood, out of `BAN_POINTS`: three within some minutes are a ban. */
export const FLOOD_POINTS = 4;

/**
 * Ids of messages that are remembered, in each of gossipsub's three memories, about 300 bytes each. They are kept for
 * two minutes or until there are so many; the oldest go first. Copies circulate for seconds: the busiest network hears
 * half of it in ten.
 */
export const SEEN_IDS_MAX = 32_768;

/**
 * Of one version of gossipsub on one connection: one in use and one that replaces it. Each may hold the beginning of
 * one RPC.
 */
export const INBOUND_GOSSIP_STREAMS = 2;

/**
 * RPCs that wait for a peer which does not read, in bytes: one of the largest. Beyond it the stream ends, and with it
 * the connection.
 */
export const GOSSIP_WRITE_BUFFER_BYTES = GOSSIP_RPC_MAX_BYTES;

/**
 * Small messages: an IDONTWANT costs more than the copy it saves (measured 1.1 ms of CPU a message with, 0.65 without).
 */
export const IDONTWANT_MIN_BYTES = 65_536;

/**
 * The core answers a message when its batch is verified, tens of milliseconds later. Past this it is taken as `ignore`,
 * so that an answer that never comes holds neither memory nor its sender; catch-up fills what that loses.
 */
export const VERDICT_TIMEOUT_MS = 5_000;

/**
 * Twice the verdict's: gossipsub counts an IWANT as kept only after validation, and slow validation here is not the
 * peer's fault.
 */
export const IWANT_FOLLOWUP_MS = 2 * VERDICT_TIMEOUT_MS;

/** One topic of under 100 bytes costs gossipsub 1.1 kB; room for ours alone and a few repeats. */
export const TOPIC_BYTES_PER_PEER = 8_192;

/**
 * What a connection holds back within one turn of the event loop (turns.ts): what fits into one noise record. More
 * leaves at once.
 */
export const GATHERED_MAX_BYTES = 65_519;

/**
 * Texts of peer ids whose keys are remembered, 200 bytes each: many times the peers that gossipsub scores at once.
 * Beyond it all are forgotten.
 */
export const PEER_KEYS_MAX = 4_096;

// ── Direct messages
// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Direct messages that one peer is sent (P-130): a burst, then so many a second. Half of what a peer takes before it
 * blames (`PEER_MESSAGES_BURST`), so that an honest sender is never blamed, however long its link or its peer stood
 * still. An agent that passes on the partials of 64 subnets for ten claims a second sends one peer 640.
 */
export const DIRECT_SENT_BURST = PEER_MESSAGES_BURST / 2;
export const DIRECT_SENT_PER_SECOND = PEER_MESSAGES_PER_SECOND / 2;

/**
 * Direct messages that wait for a peer which does not take them, of at most 1 kB. The newest is dropped and counted:
 * who lacks it asks by catch-up. With 168 peers that all stand still, that is 44 MB for shares of about 250 bytes.
 */
export const DIRECT_QUEUE_MAX = 1_024;

/** Until messages above the rate are tried again: 20 of them have become due. */
export const DIRECT_PACE_MS = 20;

/** Until a line looks whether it may open a stream again. */
export const DIRECT_RETRY_MS = 250;

/**
 * First and longest wait after a stream that ended or was refused; it doubles. A stream that lived for longer than the
 * longest wait begins anew.
 */
export const DIRECT_BACKOFF_FIRST_MS = 250;
export const DIRECT_BACKOFF_MAX_MS = 30_000;
