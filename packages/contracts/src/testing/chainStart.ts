// When local chains begin. Apart from `chain.ts`, which loads Hardhat: the processes that are nodes need this alone.

/**
 * The timestamp of a local chain's first block, in seconds: 2026-01-01T00:00:00Z. Fixed, because what the contracts
 * count in multiples of time (claim cycles of 12 hours, P-26) would otherwise turn at another point of a test at each
 * time of day. Midnight, because then a cycle, a day and an hour begin with the chain, and none turns in the first
 * transactions.
 */
export const CHAIN_START_SECONDS = 1_767_225_600;
