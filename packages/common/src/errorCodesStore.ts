/**
 * The part of the catalogue about what an agent keeps: its file, its ledger's rows and its rewards trees.
 * `errorCodes.ts` merges it; nothing else reads it.
 */

export const STORE_ERROR_CODES = {
  // The agent's own file.
  STORE_OPEN_FAILED: {
    summary: "The store's file cannot be opened or made.",
    remedy: "Give a path in a directory that exists and that the agent may write to.",
    where: "store",
  },
  STORE_LOCKED: {
    summary: "Another process has the store's file open.",
    remedy: "Stop the other agent first: two agents on one file could sign two digests for one round.",
    where: "store",
  },
  STORE_CORRUPT: {
    summary: "The store's file is damaged or is not a SQLite database.",
    remedy:
      "Restore a copy, but do not start from an older one without the operator's decision: it forgets what was signed since.",
    where: "store",
  },
  STORE_WRONG_VERSION: {
    summary: "The store's file was written by another version of the agent.",
    remedy: "Run the version that wrote it, or a newer one that says it migrates it.",
    where: "store",
  },
  STORE_WRONG_DEPLOYMENT: {
    summary: "The store's file belongs to another chain, contract or deployment block.",
    remedy:
      "Correct chain.chainId, chain.rewards, chain.pool or chain.deployBlock, or give the other deployment a store.path of its own.",
    where: "store",
  },
  STORE_WRITE_FAILED: {
    summary: "The disk refused a write; nothing of it was kept.",
    remedy: "Free space or make the file writable; the agent signs nothing it cannot record.",
    where: "store",
  },
  SIGNING_CONFLICT: {
    summary: "Another digest was already recorded as signed for this round (P-71).",
    remedy: "Do not sign. The ledger changed its mind about a closed epoch: compare its chain provider with others.",
    where: "store",
  },

  // The rewards tree and its thread (P-41).
  TREE_EPOCH_OUT_OF_ORDER: {
    summary: "The rewards tree was given an epoch that does not follow on the last one.",
    remedy: "Report this as a bug: the tree stays at its last epoch, and no root is signed from then on.",
    where: "tree",
  },
  TREE_EPOCH_NOT_KEPT: {
    summary: "The rewards tree of this epoch is not kept: it is older than those that are, or has not closed here.",
    remedy: "Ask for a newer epoch, or again when it has closed.",
    where: "tree",
  },
  TREE_AMOUNT_FELL: {
    summary: "A recipient's lifetime amount would fall, which no ledger does.",
    remedy: "Report this as a bug: the tree keeps what it had, and no root is signed from then on.",
    where: "tree",
  },
  TREE_AMOUNT_INVALID: {
    summary: "A recipient's lifetime amount is below zero or does not fit 256 bits.",
    remedy: "Report this as a bug: the tree keeps what it had, and no root is signed from then on.",
    where: "tree",
  },
  TREE_WORKER_DIED: {
    summary: "The thread that keeps the rewards tree has ended, and its tree with it.",
    remedy:
      "Restart the agent: it builds the tree anew from its ledger. If it happens again, look at this host's memory.",
    where: "tree",
  },
  TREE_CLOSED: {
    summary: "The rewards tree has been closed.",
    remedy: "Nothing to do while the agent stops.",
    where: "tree",
  },
  TREE_SUM_DISAGREES: {
    summary: "A rewards tree's sum is not what the ledger owes in all, so its root is not signed.",
    remedy:
      "The agent builds its trees anew. If it comes back, report it with the log: the two are made from one ledger.",
    where: "tree",
  },
} as const;
