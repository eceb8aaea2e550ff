/**
 * Every bound of the network adapter, with its reason (P-88). Nothing runs here. The sizes of wire
 * messages are in `@quorate/common`, the bounds of rounds and shares in the core.
 */

export * from "./gossipLimits.ts";

// ── Request and response
// ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Ten times what 1 MiB takes over 10 Mbit/s; a peer slower than that is of no use before a claim's deadline. */
export const REQUEST_TIMEOUT_MS = 8_000;

/**
 * The same for an inquiry (P-89), whose answer is a few hundred bytes: three round trips of the slowest link and the
 * turn of a busy host. Where many nodes are silent, each keeps a question from one that would answer for so long.
 */
export const INQUIRY_TIMEOUT_MS = 3_000;

/**
 * Requests to one peer go over one stream, one after the other. More than this waiting means the peer cannot keep up.
 */
export const QUEUED_REQUESTS_PER_PEER = 4;

/** One stream in use, one being replaced after a timeout, and room for both ends to disagree on which it is. */
export const INBOUND_STREAMS_PER_PROTOCOL = 4;

/**
 * Requests answered for one peer: a burst, then a steady rate. Honest agents ask a peer every few seconds. What is
 * above resets the stream it came on: the asker learns at once that it must wait, and nothing queues up here.
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

// ── Peer records and discovery
// ──────────────────────────────────────────────────────────────────────────────────────────────

/** Public, private and loopback, IPv4 and IPv6, and two to spare. More would let one peer make others dial at will. */
export const ADDRESSES_PER_RECORD = 8;

/**
 * Addresses of one record in one attempt that nobody has proved yet. Those that failed wait longest, so all get their
 * turn.
 */
export const UNPROVED_PER_DIAL = 2;

/**
 * Dials to addresses that no handshake has proved, over all peers: a burst, then so many a minute. An agent that starts
 * wants a dozen peers and finds some down; afterwards it needs few. What is above waits.
 */
export const UNPROVED_DIALS_BURST = 40;
export const UNPROVED_DIALS_PER_MINUTE = 20;

/**
 * The same for mates (P-131), so that an agent that restarts finds all of them at once: two addresses of each of 128.
 * Only a registered node can be a mate, and it is one of about sqrt(N) nodes: it cannot make more than those dial.
 */
export const UNPROVED_MATE_DIALS_BURST = 256;
export const UNPROVED_MATE_DIALS_PER_MINUTE = 60;

/**
 * First and longest wait of an address that failed, whoever claims it; it doubles. A foreign service is asked three
 * times in half a minute.
 */
export const ADDRESS_BACKOFF_FIRST_MS = 5_000;
export const ADDRESS_BACKOFF_MAX_MS = 10 * 60_000;

/**
 * Between two times that an address or a peer which failed is tried before its wait is over, because a new record of
 * it came, or the peer itself, or this agent has peers again after it had none. So a node that was down for an hour is
 * dialled when it is back; and whoever claims a foreign service's address has it dialled once a minute more.
 */
export const DIAL_HURRY_GAP_MS = 60_000;

/**
 * Addresses whose failures are remembered, 150 bytes each: two for each of 2,000 nodes. The one that failed longest ago
 * is forgotten.
 */
export const ADDRESSES_REMEMBERED_MAX = 4_096;

/**
 * Addresses of one peer where a handshake has proved it: those of a host with two families, before and after a move.
 */
export const PROVED_PER_PEER = 4;

/**
 * Peers that are given this agent's new record at once, or asked for the one they hold. All others hear of it from
 * them.
 */
export const ANNOUNCED_TO = 8;

/**
 * Records sealed because others hold a newer one: a burst, then one a minute. Two agents with the same keys would
 * outbid each other.
 */
export const RESEALS_BURST = 4;
export const RESEALS_PER_SECOND = 1 / 60;

/**
 * One attempt, all addresses of the peer. Noise takes a few milliseconds; the rest is for slow links and busy hosts.
 */
export const DIAL_TIMEOUT_MS = 10_000;

/**
 * And for one question (P-131): the asked side gives a handshake three seconds. Where many nodes are down, each that
 * swallows dials keeps a place from one that would answer.
 */
export const VISIT_DIAL_TIMEOUT_MS = 4_000;

/**
 * A connection costs each side about 10 ms of CPU, with identify and the gossip streams: enough at once to fill a mesh
 * in a second or so, and no more than the event loop gets through between two batches of shares.
 */
export const PARALLEL_DIALS = 8;

/** Of the parallel dials, at most so many to mates: while there are other peers to dial, too, both go on. */
export const PARALLEL_MATE_DIALS = 4;

/**
 * Dials to mates that begin: a burst, then so many a second. 128 mates are all dialled within 15 s and take a sixth of
 * a core meanwhile, here and where many nodes restart together; half of them dial this node.
 */
export const MATE_DIALS_BURST = 16;
export const MATE_DIALS_PER_SECOND = 8;

/**
 * Mates of an agent: about sqrt(N), 100 of 10,000 nodes (P-131). Of more, those that are liked least are treated like
 * other peers.
 */
export const MATES_MAX = 128;

/**
 * Dials for one question (P-131): at once, and beginning in a burst and then so many a second. A claim of 2,000 nodes
 * that a tenth of is silent asks 400 before its deadline, at a sixth of a core. The others wait for their turn, each so
 * long, which is more than a dial takes; then its question fails, which says nothing about the node.
 */
export const VISITS_MAX = 32;
export const VISITS_BURST = 128;
export const VISITS_PER_SECOND = 16;
export const VISIT_WAIT_MS = 6_000;
export const VISITS_WAITING_MAX = 512;

/** A connection for one question goes after so long without another: a claim asks again after a second or two. */
export const VISIT_IDLE_MS = 10_000;

/** And where there are more than so many, those idle longest go once an inquiry's answer has had its time. */
export const VISITS_KEPT = 32;
export const VISIT_ANSWER_MS: number = INQUIRY_TIMEOUT_MS;

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

/**
 * Peers asked for records because they have just connected, beside those that are given the own one: a burst, then so
 * many a second. When an agent starts, all its mates come within seconds, and an answer is up to 128 kB.
 */
export const ARRIVAL_ASKS_BURST = 16;
export const ARRIVAL_ASKS_PER_SECOND = 0.1;

/**
 * Peers asked whether they have a newer record of a node that is to be reached and failed lately: a burst, then so many
 * a second. Half of what one peer answers (PEERS_PER_SECOND), and most who are silent are down.
 */
export const FRESH_ASKS_BURST = 4;
export const FRESH_ASKS_PER_SECOND = 0.25;

/** The same for an agent that lacks records of mates alone: some may never have been there, and an answer is 64 kB. */
export const ASK_MATES_GAP_MAX_MS = 60_000;

/**
 * The longest gap for an agent that has all the peers it wants, and lacks only records: an answer is about 64 kB. In a
 * quarter of an hour it has asked ten times, for 2,560 records.
 */
export const REFRESH_GAP_MAX_MS = 10 * 60_000;

/**
 * Between two exchanges of the own dial that is liked least for a peer that is liked better. An enemy that was all an
 * agent knew at first has lost its six places within as many minutes.
 */
export const EXCHANGE_GAP_MS = 60_000;

/** A connection whose peer has not identified itself by now will not speak gossipsub either. */
export const IDENTIFY_TIMEOUT_MS = 15_000;

/** The same for one that gossip went out to before: its stream has ended, because it did not read or closed it. */
export const UNHEARD_TIMEOUT_MS = 3_000;

// ── Connections
// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * From the first byte to the muxer. Two round trips and 3 ms of processor on each side; a host that stalls for longer
 * is dialled again.
 */
export const HANDSHAKE_TIMEOUT_MS = 3_000;

/**
 * What a connection may send until then. An honest handshake is about 600 bytes, with the first frames of the muxer
 * behind it below 2 kB. Each line of a protocol selection costs an answer, so more of it is closed.
 */
export const HANDSHAKE_MAX_BYTES = 4_096;

/** The same for the selection of one stream's protocol: the names take below 200 bytes. */
export const SELECTION_MAX_BYTES = 1_024;

/**
 * Handshakes under way at once, of a host where a node was met (or says it is) and of another; each holds a socket and
 * a few kilobytes. Operators run dozens of nodes behind one address, and all dial at once when their host restarts.
 * Above it the oldest makes room.
 */
export const PENDING_PER_KNOWN_HOST = 64;
export const PENDING_PER_STRANGER_HOST = 8;

/**
 * The same over all hosts of each sort, so that strangers never take the room of nodes. Above it the oldest of the sort
 * makes room.
 */
export const PENDING_KNOWN = 128;
export const PENDING_STRANGERS = 64;

/**
 * Inbound connections of one host: a burst, then so many a second. A handshake costs 3 ms of one core. Above it they
 * are closed unread.
 */
export const KNOWN_HOST_BURST = 128;
export const KNOWN_HOST_PER_SECOND = 50;
export const STRANGER_HOST_BURST = 32;
export const STRANGER_HOST_PER_SECOND = 8;

/** Of all hosts where no node was met together: an enemy with many addresses takes a seventh of a core. */
export const STRANGERS_BURST = 200;
export const STRANGERS_PER_SECOND = 50;

/** Hosts that are remembered, of each sort, 100 bytes each. The one that came longest ago is forgotten. */
export const HOSTS_MAX = 4_096;

/**
 * Two peers that dial each other at once have two. Of more the oldest goes: whoever comes back after a crash has a dead
 * one here.
 */
export const CONNECTIONS_PER_PEER = 2;

/**
 * Inbound connections of one peer: a burst, then one in five seconds. Each costs 10 ms; honest peers wait longer after
 * the first failures.
 */
export const PEER_CONNECTIONS_BURST = 8;
export const PEER_CONNECTIONS_PER_SECOND = 0.2;

/**
 * Of the maximum of connections without those of mates: above it a node closes some, so that a quarter is there for
 * those that come.
 */
export const FULL_SHARE = 0.75;

/**
 * Of those kept, which mates (P-131) do not count among: inbound peers that have been here longest are not closed for
 * newcomers. The rest is open to all.
 */
export const LONG_LIVED_SHARE = 0.5;

/**
 * What a newcomer is left at least, where others can go: long enough to exchange records, so that it finds peers
 * elsewhere.
 */
export const NEWCOMER_MS = 2_000;

/** Of the wanted peers: dialled by this node's own choice, however many have dialled it. */
export const OWN_DIALS_SHARE = 0.5;

/**
 * Streams that one connection opens: a burst, then so many a second. Honest peers open a dozen at first, then one each
 * few seconds. Above it closed and blamed.
 */
export const NEW_STREAMS_BURST = 128;
export const NEW_STREAMS_PER_SECOND = 20;

/**
 * Frames of one connection, of 15 µs each: one a message and one an answer to each of ours, see
 * `PEER_MESSAGES_PER_SECOND`. Above it closed and blamed.
 */
export const FRAMES_BURST = 32_768;
export const FRAMES_PER_SECOND = 4_000;

/**
 * Pings and farewells of one connection: honest ones send a ping each half a minute and answer ours. Above it closed
 * and blamed.
 */
export const PINGS_BURST = 32;
export const PINGS_PER_SECOND = 2;

/**
 * All bytes of one connection: a few of the largest answers, then four times what gossip may take. Above it closed and
 * blamed.
 */
export const CONNECTION_BYTES_BURST = 32 * 1_048_576;
export const CONNECTION_BYTES_PER_SECOND = 4 * 1_048_576;

/**
 * The window of one stream, and so the largest frame: the largest answer of a catch-up. yamux's 16 MB would all be
 * held.
 */
export const STREAM_WINDOW_MAX_BYTES = 1_048_576;

/**
 * Streams that one peer holds open on a connection: about 16 for the protocols here, and as many being replaced. Above
 * it reset.
 */
export const INBOUND_STREAMS_MAX = 32;

/** From a stream's first byte to its protocol. */
export const SELECTION_TIMEOUT_MS = 5_000;

/**
 * How often connections are counted, the own addresses compared with the record, and the clocks with each other:
 * network interfaces come and go without an event, and so does the time.
 */
export const TIDY_TICK_MS = 1_000;

/** Keeps one connection of a dead peer for at most about half a minute, and outlasts a host that stalls for seconds. */
export const PING_INTERVAL_MS = 15_000;
export const PING_TIMEOUT_MS = 15_000;

/**
 * A wall clock that jumps further than this against the one that only goes forward was set. NTP slews by at most a
 * twentieth of a second in a hundred.
 */
export const CLOCK_JUMP_MS = 2_000;

/**
 * Mesh peers to have, at least and at most; the simulation's figures are of these. With subnets only requests are
 * gossiped, and with eight neighbours one reaches 2,000 nodes in four hops; gossipsub's own six take a hop more. In one
 * flood every share is, and two neighbours more are a third more copies of each.
 */
export const MESH_FLOOD = { D: 6, Dlo: 4, Dhi: 12 } as const;
export const MESH_SUBNETS = { D: 8, Dlo: 6, Dhi: 12 } as const;
/**
 * The part of the other peers that hear of each message's id at a heartbeat, six at least. Gossipsub's own quarter is
 * 35 of 140 connections, and twice the bytes of the request itself; catch-up finds what six do not have.
 */
export const GOSSIP_FACTOR = 0.05;
