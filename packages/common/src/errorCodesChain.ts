/**
 * The part of the catalogue that tells what is wrong with chain providers beyond what each of them can fail with
 * (P-65 to P-67). `errorCodes.ts` merges it; nothing else reads it.
 */

export const CHAIN_ERROR_CODES = {
  CHAIN_PROVIDER_AHEAD: {
    summary: "A chain provider's finalised block has a time that has not come yet, far beyond the other providers'.",
    remedy: "Replace the provider; where enough others are right, the agent goes on without this one.",
    where: "chain",
  },
  CHAIN_PROVIDER_SLOW: {
    summary: "The chain providers have not answered for several polls.",
    remedy:
      "Check the providers that are waited for, and the way to them; the agent goes on by itself when enough answer " +
      "in time.",
    where: "chain",
  },
  CHAIN_WRONG_POOL: {
    summary: "The rewards contract is paid from another pool than the configured one.",
    remedy: "Set chain.pool to the address that was found, if chain.rewards is right.",
    where: "chain",
  },
  CHAIN_DEPLOY_BLOCK_TOO_HIGH: {
    summary: "The rewards contract was there before the configured block of its deployment.",
    remedy:
      "Set chain.deployBlock to the block in which the contract was deployed, or to 0, and start with a new store.",
    where: "chain",
  },
  CHAIN_EVENTS_MISSING: {
    summary: "The contract counts other nodes than the events that the chain providers told of: some were left out.",
    remedy:
      "Replace the providers named, and check chain.deployBlock. If it stays, the stored ledger lacks events too: " +
      "move " +
      "the store away, and the agent reads everything again.",
    where: "chain",
  },
  CHAIN_CLOCK_DISAGREES: {
    summary: "The own clock and the chain providers' finalised block are more than an hour apart.",
    remedy:
      "Compare the clock of this machine with another. If it is right, the providers are stuck, or the chain does " +
      "not " +
      "finalise; check it elsewhere.",
    where: "chain",
  },
  // The relay.
  RELAY_LISTEN_FAILED: {
    summary: "The relay cannot listen on its address.",
    remedy: "Choose another --listen, or stop what uses it.",
    where: "relay",
  },
  RELAY_BUSY: {
    summary: "The relay's provider is being asked too much at once.",
    remedy: "Nothing, if it passes: agents ask again. If it lasts, look at the provider, or run another relay.",
    where: "relay",
  },
} as const;
