/**
 * What things cost one core of this kind of machine, in milliseconds: the figures of the baselines, so that a queue in
 * a simulation grows when it would grow on a machine. Everything is charged to one core, verification too, though
 * production has it in worker threads.
 */

/** 0.65 ms for a unique message with 6.5 further copies, 0.46 with 2.5: so a copy is 0.05 and the message 0.33. */
export const GOSSIP_MS = 0.33;
export const DUPLICATE_MS = 0.05;

/** blst, with parsing. */
export const SIGN_MS = 0.38;
/** One pairing check. */
export const PAIRING_MS = 1;
/** A signature's part of a batch with random weights: 240 ms for 2,000. */
export const BATCHED_SHARE_MS = 0.12;

/** Ed25519 by OpenSSL: what the core pays for each request it has not refused before, and each registration. */
export const IDENTITY_MS = 0.2;

/** A connection made, at either end: noise takes four X25519, a signature and a check, in JavaScript. */
export const DIAL_MS = 3;

/** One transaction with full sync. */
export const PERSIST_MS = 0.3;

/** From the close of an epoch until the ledger is on disk, with 20,000 recipients credited. */
export const LEDGER_WRITE_MS = 500;

/** A message over a persistent stream, and what each kilobyte of a catch-up costs to decode. */
export const STREAM_MS = 0.04;
export const STREAM_KILOBYTE_MS = 0.2;

/** A timer, a new head, a question of a staker: what the core does in a step that costs nothing else. */
export const STEP_MS = 0.05;
