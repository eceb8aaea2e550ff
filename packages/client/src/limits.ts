/** Every bound of what the client asks of agents and the chain: its unit, its reason, and what happens beyond it. */

/** Agents kept, given and listed ones together: each may be asked once for a claim. Later ones are passed over. */
export const AGENTS_MAX = 256;

/** Agents that may say "no proof" or "nothing owed" before that is believed: two could be behind the chain. */
export const NOES_MAX = 3;

/**
 * Claims that may end without quorum, at an agent each, before the network is held to be the reason. Each takes as
 * long as an agent collects.
 */
export const FAILED_CLAIMS_MAX = 2;

/** Times that all agents are asked anew when they were busy, before their refusal is passed on. */
export const BUSY_ROUNDS = 4;

/** Seconds to wait at most before that, whatever Retry-After says. */
export const BUSY_PAUSE_MAX_SECONDS = 30;

/** Blocks in one question for logs, to begin with: all there are. A provider that refuses is asked for half. */
export const LOG_BLOCKS_MAX = 1_000_000_000;

/** Blocks in one question for logs at least: public providers allow 500 or more. Below, the refusal is passed on. */
export const LOG_BLOCKS_MIN = 100;

/** Reports read from the chain for one question: a week of hours, so that who submits most is known. */
export const REPORTS_MAX = 168;

/** Blocks in the first question for reports: with epochs of an hour about two days, which every provider answers. */
export const REPORT_BLOCKS = 16_384;

/** Pools read at once: four calls each, and providers bound how many run side by side. */
export const POOLS_AT_ONCE = 8;

/** Milliseconds that a wallet may take for a question that no person has to confirm. */
export const WALLET_ANSWER_MS = 30_000;

/** Milliseconds for one page of a ledger: the agent folds its history for it. Other answers come much sooner. */
export const LEDGER_ANSWER_MS = 130_000;
