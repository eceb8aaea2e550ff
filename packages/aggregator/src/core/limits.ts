/**
 * Every bound of the core, its unit, its reason and what happens when it is reached (P-88). Bounds of sockets, disks
 * and HTTP stand with their adapters.
 */

/**
 * Closed epochs whose claims are signed (P-70): long enough for a claim asked just before an epoch closes to finish,
 * short enough to keep few ledgers.
 */
export const SIGNING_WINDOW_EPOCHS = 5;

/**
 * Milliseconds a share waits for company. Shares of one round arrive within tens of milliseconds, and one check of 24
 * costs little more than one of 1.
 */
export const VERIFY_DELAY_MS = 25;

/**
 * And milliseconds more for each millisecond of lateness: on a full host the nodes sign a round over some seconds, and
 * checked as they come, 24,000 shares took 14,000 checks, a quarter of all processor time.
 */
export const VERIFY_LATE_SPACING = 16;
export const VERIFY_DELAY_MAX_MS = 1_000;

/**
 * Nodes that forward a share which they have from its own node (P-153), on average, of those that are late by so many
 * milliseconds or more. Who made it sends it to every peer it has, all of a small set: with all of them forwarding,
 * each share was sent 139 times among 20 agents. Those in time all forward: after a partition, or to whoever is no peer
 * of the maker, that is a second faster than catch-up.
 */
export const SHARE_RELAYS_LATE_MS = 10;
export const SHARE_RELAYS = 2;
/** And only those connected to this part of the nodes: 50 agents with a few peers each took four times as long. */
export const SHARE_RELAYS_REACH = 0.6;

/** And a partial, which waits so at every node on its way back; one check is a pairing, whatever it covers. */
export const PARTIAL_VERIFY_DELAY_MS = 4;

/**
 * Shares in one verification job. 2,000 take about 0.2 s of one core, so a job never keeps a verdict waiting longer
 * than gossipsub's cache remembers.
 */
export const VERIFY_BATCH_MAX = 2_048;

/** Digests in one verification job: each is a pairing of its own, 1.2 ms with its hash. The others wait. */
export const VERIFY_GROUPS_MAX = 128;

/**
 * Shares waiting for verification: four jobs. Beyond it the newest of whoever has most waiting is ignored; catch-up
 * fetches it again.
 */
export const VERIFY_QUEUE_MAX = 8_192;

/**
 * Shares of one forwarder in one job (P-97): first, and at most. It doubles with each job without a bad one of it, and
 * a bad one sets it back. 256 bad shares keep a core busy for 0.4 s, and a forwarder is known for what it is after the
 * first job; a dozen forwarders fill a job at once.
 */
export const FORWARDER_BATCH_FIRST = 32;
export const FORWARDER_BATCH_MAX = 256;

/**
 * Milliseconds for which a blamed peer is checked apart: an honest peer is never blamed (P-79), and a peer that sent
 * a bad share is likely to send another.
 */
export const BLAMED_MS = 600_000;

/**
 * Blames, of which half are forgotten in BLAMED_MS, after which nothing of a peer is looked at: what it has waiting is
 * ignored, and so is all it sends. As many as the network bans for, by the same rule (adapters/libp2p/conduct.ts): what
 * of it has arrived by then must not be checked one by one.
 */
export const SILENCING_BLAMES = 10;

/**
 * Blamed peers remembered: several times the peers an agent has at once. The one blamed longest ago is forgotten
 * first.
 */
export const BLAMED_MAX = 1_024;

/**
 * Shares of blamed forwarders in one job, and of each of them waiting (more are ignored): 64 take 0.1 s when all are
 * bad, and no more than that ever stands between two jobs of others.
 */
export const SUSPECT_BATCH_MAX = 64;
export const SUSPECT_QUEUE_MAX = 256;

/**
 * Rounds held at once: every staker of a 2,000-staker network asking in each of the 5 epochs would be 10,000. The
 * oldest round that nobody wanted is dropped first, then the oldest of the node that asked for most (P-78).
 */
export const ROUNDS_MAX = 10_000;

/**
 * Rounds that exist only because a share of one node came and nobody asked. Its next one is ignored, until somebody
 * asks: only shares that the node has signed use this up, though others may replay them under other epochs.
 */
export const UNWANTED_ROUNDS_PER_NODE_MAX = 64;

/**
 * Messages of one node in one round that are not the own ledger's: evidence enough, be it of a wrong ledger or of
 * shares for other epochs that someone replays. More is ignored; the own ledger's message is always taken.
 */
export const OTHERS_PER_NODE_MAX = 2;

/**
 * Messages of one node in one round, other than the own ledger's, that one peer may offer (P-97); it is blamed for
 * more. An honest one forwards the own ledger's and OTHERS_PER_NODE_MAX besides, which may all be others to this agent,
 * and as many again after a restart.
 */
export const OFFERED_MESSAGES_MAX: number = 2 * (OTHERS_PER_NODE_MAX + 1);

/**
 * Peers, rounds and nodes whose offers are counted, 300 bytes each: an agent's peers times the nodes that say something
 * else in a few rounds. The one longest without a new message is forgotten, which only spares a blame.
 */
export const OFFERS_KEPT_MAX = 4_096;

/**
 * Epochs ahead of the last one closed here whose requests and shares are held (P-72): a block or a poll of lag at an
 * epoch's end, twice over. Who is further behind is reading the chain and signs nothing yet; catch-up brings what it
 * missed.
 */
export const HELD_EPOCHS = 2;

/**
 * Milliseconds of processor that one round takes of every agent: its own share is recorded and signed, and the request
 * passed on (8 ms with ten agents on two cores); and for each node whose share it may hear, all of a small set or those
 * of its subnet, that comes (0.33 ms by gossip, and further copies), is checked with others, and forwarded. With 128
 * nodes that is about 0.1 s, with 2,000 at most 32 ms.
 */
export const ROUND_COST_MS = 8;
export const ROUND_COST_PER_NODE_MS = 0.75;

/**
 * Rounds of others take half of the processor at most: one that costs a second begins every two (P-77); and no more
 * than four a second begin, because agents of small sets often share a host: ten of them on two cores are half busy
 * then.
 */
export const ROUNDS_PROCESSOR_PART = 2;
export const ROUND_INTERVAL_MIN_MS = 250;

/**
 * Milliseconds of work, in rounds, that may begin at once after a rest, or as many rounds as may be in progress: eight
 * rounds of each of 20 agents on two cores held every one of them up for ten seconds.
 */
export const ROUNDS_BURST_WORK_MS = 100;

/**
 * Milliseconds of work that rounds of others in progress may be, and how many rounds at least and at most: a claim
 * waits behind no more than that. Four, so that small networks and single stakers never notice.
 */
export const ROUNDS_AT_ONCE_WORK_MS = 60;
export const ROUNDS_AT_ONCE_MIN = 4;
export const ROUNDS_AT_ONCE_MAX = 16;

/**
 * A round is in progress until so much of the set has signed, when most of its work is done, or for so many
 * milliseconds (or twice its cost, or on a late host twice the time in which as many begin as may be in progress): a
 * loaded host must slow the turns down, and silent nodes must not; a set of which more are silent has no quorum.
 */
export const SETTLED_SHARE_BPS = 7_500;
export const ROUND_PROGRESS_MS = 3_000;

/**
 * What a tick's lateness says of the load of the host: at most so many milliseconds of it count, so that an agent that
 * stood still is soon itself again; it fades by this part a tick, to half in about a second.
 */
export const LATE_MAX_MS = 160;
export const LATE_FADES_PART = 7 / 8;
/**
 * Milliseconds between two rounds of others, or exchanges, for each millisecond of lateness: four rounds a second
 * still at 7 ms, one a second at 28 ms, and one in six seconds at 160 ms or more. With 20 instead, twenty agents on two
 * cores were 130 ms late at the 99th percentile; with 60 they were 67, and one claim in eighteen missed its deadline.
 */
export const LATE_SPACING = 36;

/**
 * Claim requests an origin may make at once (P-74): what the turns get through in so many milliseconds, because
 * whoever asks that origin next waits behind them; and how many at least. Beyond it a request is ignored; catch-up
 * brings it again.
 */
export const REQUEST_BURST_WORK_MS = 5_000;
export const REQUEST_BURST_MIN = 8;

/**
 * Requests of one origin that are held for an epoch that has not closed here, in a set with subnets (P-72). An honest
 * one asks for closed epochs, and is a few seconds ahead of this agent at most; anyone may ask for whom it likes,
 * because who is owed nothing is not known yet. Beyond it a request is ignored; catch-up brings it again.
 */
export const HELD_REQUESTS_MAX = 2;

/**
 * In the long run an origin may have half of the turns, so that what it asked for is worked off and others have room:
 * two a second.
 */
export const ORIGIN_TURNS_PART = 2;

/** Milliseconds between looks at deadlines: a claim's end is late by at most this. */
export const TICK_MS = 250;

/**
 * Milliseconds after a claim's start before those who have not signed are asked why (P-89): gossip takes one,
 * catch-up another second.
 */
export const INQUIRE_AFTER_MS = 1_500;

/** Milliseconds before the same node is asked again about the same claim. */
export const INQUIRE_AGAIN_MS = 3_000;

/**
 * Epochs for which it counts that a node was connected, has signed, or did not (P-126): every node that is well signs
 * the report of each.
 */
export const REACH_EPOCHS = 2;

/** Milliseconds after which a connected node that could not sign counts again (P-126): providers come back soon. */
export const REFUSAL_MS = 60_000;

/**
 * Nodes asked at a tick, about all claims together: 5% of a 320-node network; the others follow at the next ticks. And
 * milliseconds between two for each millisecond of lateness: a question takes a stream, which costs both sides more
 * than a dozen shares by gossip, and those who are asked on a full host wait for their turn and sign without it. And
 * questions under way to nodes that must be dialled: as many as begin in the time that a silent one takes (P-131).
 */
export const INQUIRIES_PER_TICK = 16;
export const INQUIRY_LATE_SPACING = 32;
export const INQUIRY_VISITS_MAX = 64;

/**
 * Nodes of a subnet that get each share of a round in a set with subnets (P-134). With a tenth of all nodes silent or
 * lying, and a way back of three hops, one of five reaches the origin in all but one case of a hundred; pulling (P-137)
 * is for that one.
 */
export const AGGREGATORS = 5;
/** Own shares that an aggregator gets which connects later: of 2,000 nodes about 40 of them go to each, 12 kB. */
export const OWN_SHARES_AGAIN_MAX = 256;

/**
 * Milliseconds from an aggregator's first share of a round to its first partial: mates hear a request within about
 * 150 ms of each other, and their shares take one hop. Then at least so many to the next partial, doubling: late shares
 * travel together. Tuned by simulation at 1,500 nodes: with 120 and 100 it takes 15 ms longer, and no fewer bytes.
 */
export const PARTIAL_AFTER_MS = 170;
export const PARTIAL_AGAIN_MS = 50;
/** Partials one aggregator sends of one round: the last one comes 13 s after the first. */
export const PARTIALS_SENT_MAX = 9;

/**
 * Partials of one subnet kept of a round: those of honest aggregators soon lie within one, and what a liar sends never
 * makes fewer nodes count.
 */
export const PARTIALS_KEPT_MAX = 4;

/** Sums of a round's shares that are remembered: many ask an aggregator at an epoch's close, and most hold the same. */
export const PARTIALS_MADE_MAX = 16;

/** Milliseconds after a claim's start before what it lacks is asked for (P-137): requests and partials take one. */
export const PULL_AFTER_MS = 1_000;
/**
 * Milliseconds before the same node is asked again for signatures of the same round; doubled with each question, up to
 * the most. Who is silent stays so for hours, and every sender of reports asks: at 2,000 nodes with a twentieth silent
 * a steady 4 s would be 25 questions a second from each.
 */
export const PULL_AGAIN_MS = 4_000;
/** The same for who has answered: what an aggregator learns later it sends by itself. */
export const PULL_ANSWERED_AGAIN_MS = 16_000;
export const PULL_AGAIN_MAX_MS = 5 * 60_000;
/** Milliseconds for an answer before the next node of a subnet is asked: an exchange with a dial before it. */
export const PULL_NEXT_MS = 1_000;
/** Questions for signatures at a tick; and under way to nodes that must be dialled, beside inquiries. */
export const PULLS_PER_TICK = 16;
export const PULL_VISITS_MAX = 32;
/** Where less than a fourth of a subnet is missing two aggregators are asked: the missing are most likely silent. */
export const PULL_ENOUGH_ASKED: { readonly part: number; readonly aggregators: number } = { part: 4, aggregators: 2 };
/** Single shares in an answer rather than the partial: 8 are 2 kB, and add to whatever the asker has. */
export const PULL_SINGLES_MAX = 8;

/** Milliseconds between catch-up exchanges while a claim of ours is open (its missing shares are wanted now). */
export const CATCH_UP_BUSY_MS = 1_000;

/**
 * And otherwise (requests that gossip lost). A partition or a restart may take a third of a claim's 30 s, and of the
 * peers asked some are silent: the rest must hold several tries, or an honest share comes too late (found by
 * simulation, at 10 s). Idle exchanges are small.
 */
export const CATCH_UP_IDLE_MS = 3_000;

/**
 * Milliseconds without a change after which a round is not named in catch-up but summed up with others (P-157). Shares
 * come within a second, or some on a full host: what comes later makes two agents name all rounds once more.
 */
export const CATCH_UP_SETTLED_MS = 10_000;
/** Peers asked with a sum whose answers are remembered to be missing: those of several exchanges with slow peers. */
export const CATCH_UP_COMPARED_MAX = 64;

/** Peers asked at each catch-up: two, so that one silent or lying peer never decides. */
export const CATCH_UP_PEERS = 2;

/**
 * Bytes of signers bitfields in one catch-up request, newest rounds first: with 40 bytes a round for the rest it
 * stays below the wire's 64 KiB.
 */
export const CATCH_UP_ROUND_OVERHEAD_BYTES = 40;
export const CATCH_UP_ROUNDS_BYTES = 60_000;

/** Shares in one catch-up answer: below 1 MiB at about 270 bytes each. The rest comes with the next exchange. */
export const CATCH_UP_SHARES_MAX = 3_000;
/**
 * And their bytes: a report's share is up to 960 when it lists 128 nodes. 30,000 of the wire's 1 MiB are left for
 * 256 requests.
 */
export const CATCH_UP_ANSWER_BYTES = 1_000_000;
/** Bytes of a share on the wire at most: of a claim or contest; of a report, and of each id in its lists. */
export const SHARE_WIRE_BYTES = 280;
export const REPORT_SHARE_WIRE_BYTES = 320;
export const REPORT_ID_WIRE_BYTES = 5;

/** Milliseconds a bundle is improved after quorum (P-86): a few gossip hops, for late honest signers. */
export const IMPROVE_MS = 2_000;

/** Claims this agent keeps collecting for its own stakers at once; the next is refused with a code. */
export const CLAIMS_MAX = 1_024;

/**
 * Claims an operator's status looks at, the newest: a network that does not sign leaves all of them for the same
 * reasons.
 */
export const UNSIGNED_CLAIMS_MAX = 8;

/**
 * Digests remembered, by message: two for each of 2,000 rounds. The oldest is forgotten; a miss costs 50 µs of
 * hashing.
 */
export const DIGESTS_MAX = 4_096;

/** Origins with a request budget: more than any network has nodes. */
export const BUDGET_ORIGINS_MAX = 65_536;

/**
 * Milliseconds for which the shares of a report are collected, at most: the rest of half an epoch is for landing the
 * record (P-37).
 */
export const REPORT_COLLECT_MAX_MS = 180_000;
/** And at most this part of the epoch, so that short epochs work too. */
export const REPORT_COLLECT_PART_OF_EPOCH = 8;

/** Milliseconds of one turn to send, at most: five blocks of 12 seconds, in which the turn before lands and is seen. */
export const TURN_MAX_MS = 60_000;
/**
 * All turns together take a quarter of an epoch: they follow on an eighth for collecting, and a record has to land
 * within a half.
 */
export const TURNS_PART_OF_EPOCH = 4;
/** Calls whose turn is remembered: several epochs' of all kinds. */
export const TURNS_KEPT_MAX = 64;

/** Milliseconds between plans of what to send: one of a 2,000-node set takes a few, and no call is in such a hurry. */
export const PLAN_MS = 1_000;

/** Tries of one call that was refused, or did not land: each waits twice as long as the one before. */
export const SUBMIT_TRIES_MAX = 6;
/** Showings this agent sends for one epoch: one of everyone missing, and smaller ones when that counted for nobody. */
export const SHOWINGS_PER_EPOCH_MAX = 8;
/** Nodes in one showing or contest: at 4,400 gas each they stay below half of a transaction's gas. */
export const SHOWN_MAX = 1_024;
/** Nodes that leave the floor in one call: at 10,000 gas each. */
export const DROPPED_MAX = 256;

/**
 * Silent reports from which a node's contest is worth a transaction: a quarter of what takes it out of the floor
 * (P-110, P-111).
 */
export const CONTEST_FROM_SILENT = 12;
/** And from which its operator is alarmed. */
export const ALARM_FROM_SILENT = 24;
/** P-110. */
export const DROP_FROM_SILENT = 48;
/** P-36. */
export const LIQUIDATE_FROM_SILENT = 168;

/** Roots remembered: those that the contract may still accept proofs against (P-40), twice over. */
export const ROOTS_MAX = 16;
/**
 * Milliseconds before trees that were lost are built again: a worker that dies at once shall not keep a processor
 * busy.
 */
export const TREE_RETRY_MS = 5_000;

/**
 * Closed epochs whose reports are of use: the last one is recorded, and the one before may still become payable
 * (P-39).
 */
export const REPORTED_EPOCHS = 2;

/**
 * Orders of aggregators kept for each subnet: those of the rounds under way, which every share and partial asks for.
 * The one made first goes first, and is sorted again.
 */
export const ORDERS_MAX = 64;
