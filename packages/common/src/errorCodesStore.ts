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
  STORE_PATH_INVALID: {
    summary: "The store's path does not name a file that stays.",
    remedy: "Give store.path as the path of a file on a disk: what was signed has to outlive the agent.",
    where: "store",
  },
  STORE_LOCKED: {
    summary: "Another process has the store's file open, perhaps by another name.",
    remedy:
      "Stop the other agent first: two agents on one file could sign two digests for one round. If none runs, end " +
      "the program that reads the file, such as sqlite3, and start again.",
    where: "store",
  },
  STORE_WITHOUT_SCHEMA: {
    summary: "The store's file is there, but has no tables: it is not a store, or what is left of one.",
    remedy:
      "If an agent has signed with these keys, put a backup in its place with `quorate store restore`. Only for a " +
      "new node: delete the file, and the agent makes a new one.",
    where: "store",
  },
  STORE_COPY_INCOMPLETE: {
    summary: "The store's file misses commits: it was copied while an agent wrote it, or its log was taken away.",
    remedy:
      "Put the log back beside it if it is still there. Otherwise move the file away and give it to `quorate store " +
      "restore`: the agent then signs nothing of epochs that have ended, and reads the chain anew. Take copies with " +
      "`quorate store backup`.",
    where: "store",
  },
  STORE_LOG_FOREIGN: {
    summary: "The log beside the store's file is not this file's.",
    remedy:
      "Move file and log away together. Put a backup in their place with `quorate store restore`, never by copying " +
      "over a file whose log is still there.",
    where: "store",
  },
  STORE_IS_BACKUP: {
    summary: "The store's file is a backup.",
    remedy: "Put it in place with `quorate store restore`: an agent does not run on the backup itself.",
    where: "store",
  },
  STORE_EXISTS: {
    summary: "A file is there already; nothing was written over it.",
    remedy: "Give another name, or move that file away, with those whose names begin with its own.",
    where: "store",
  },
  STORE_NOT_FOUND: {
    summary: "The store's file is not there.",
    remedy: "Check store.path, or the path that was given.",
    where: "store",
  },
  STORE_RESTORED: {
    summary: "This node's store came from a copy: what it signed for this epoch may not be in it (P-108).",
    remedy: "Wait: it signs the epochs that end from now on.",
    where: "store",
  },
  STORE_CORRUPT: {
    summary: "The store's file is damaged or is not a SQLite database.",
    remedy:
      "Restore a copy, but do not start from an older one without the operator's decision: it forgets what was " +
      "signed since.",
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
      "Correct chain.chainId, chain.rewards, chain.pool or chain.deployBlock, or give the other deployment a " +
      "store.path of its own.",
    where: "store",
  },
  STORE_WRITE_FAILED: {
    summary: "The disk refused a write; nothing of it was kept.",
    remedy: "Free space or make the file writable; the agent signs nothing it cannot record.",
    where: "store",
  },
  AGGREGATE_INVALID: {
    summary: "The signatures are there, but their aggregate does not verify: a fault of this agent (P-109).",
    remedy: "Ask another agent for the claim, and report this with the log, which names round and signers.",
    where: "agent",
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
