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
 * Shares in one verification job. 2,000 take about 0.2 s of one core, so a job never keeps a verdict waiting longer
 * than gossipsub's cache remembers.
 */
export const VERIFY_BATCH_MAX = 2_048;

/** Shares waiting for verification: four jobs. Beyond it a share is ignored; catch-up fetches it again. */
export const VERIFY_QUEUE_MAX = 8_192;

/**
 * Milliseconds for which the forwarder of a bad share is checked apart: an honest peer never forwards one (P-83), and
 * a peer that forwarded one is likely to forward another.
 */
export const BLAMED_MS = 600_000;

/**
 * Blamed forwarders remembered: several times the peers an agent has at once. The one blamed longest ago is forgotten
 * first.
 */
export const BLAMED_MAX = 1_024;

/**
 * Shares of blamed forwarders in one job, and waiting: 64 take 0.1 s when all are bad, and no more than that ever
 * stands between two jobs of others.
 */
export const SUSPECT_BATCH_MAX = 64;
export const SUSPECT_QUEUE_MAX = 1_024;

/**
 * Rounds held at once: every staker of a 2,000-staker network asking in each of the 5 epochs would be 10,000; the
 * oldest round that nobody wanted is dropped first.
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
 * Epochs ahead of the last one closed here whose requests and shares are held (P-72): a block or a poll of lag at an
 * epoch's end, twice over. Who is further behind is reading the chain and signs nothing yet; catch-up brings what it
 * missed.
 */
export const HELD_EPOCHS = 2;

/**
 * Claim requests an origin may make at once, and the refill: 10 a second. Rounds are bounded by recipients and epochs
 * anyway; this bounds the checks of identity signatures (about 1.5 ms each) that one origin can cause. Beyond it a
 * request is ignored (P-74).
 */
export const REQUEST_BURST = 256;
export const REQUEST_REFILL_MS = 100;

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

/**
 * Milliseconds after which a connected node that could not sign is taken to be well again (P-126): a provider comes
 * back within some polls.
 */
export const REFUSAL_MS = 60_000;

/** Nodes asked about one claim at a tick: 5% of a 320-node network; the others follow at the next ticks. */
export const INQUIRIES_PER_TICK = 16;

/** Milliseconds between catch-up exchanges while a claim of ours is open (its missing shares are wanted now). */
export const CATCH_UP_BUSY_MS = 1_000;

/**
 * And otherwise (requests that gossip lost). A partition or a restart may take a third of a claim's 30 s, and of the
 * peers asked some are silent: the rest must hold several tries, or an honest share comes too late (found by
 * simulation, at 10 s). Idle exchanges are small.
 */
export const CATCH_UP_IDLE_MS = 3_000;

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
 * Milliseconds a bundle is still improved after quorum (P-86): a few gossip hops, so that late honest signers are in.
 */
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
