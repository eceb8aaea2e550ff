/**
 * The part of the catalogue about recomputing the ledger: files of events, an agent's answers about its ledger,
 * differences. `errorCodes.ts` merges it; nothing else reads it.
 */

export const LEDGER_ERROR_CODES = {
  EVENTS_FILE_UNREADABLE: {
    summary: "A file of events cannot be read or written.",
    remedy: "Check the path and its permissions.",
    where: "ledger",
  },
  EVENTS_FILE_INVALID: {
    summary: "A line of a file of events is not what it should be.",
    remedy: "Make the file again with `quorate ledger recompute --export`; docs/ledger.md says what each line holds.",
    where: "ledger",
  },
  LEDGER_BUSY: {
    summary: "This agent recomputes its ledger for others right now.",
    remedy: "Ask again in a few seconds, ask another agent, or recompute it yourself with `quorate ledger recompute`.",
    where: "api",
  },
  LEDGER_WORKER_DIED: {
    summary: "The thread that recomputes the ledger ended before it answered.",
    remedy: "Ask again: a new one is started. If it comes back, the agent needs more memory.",
    where: "api",
  },
  LEDGER_ROOT_DISAGREES: {
    summary: "The recomputed ledger is not what the chain has recorded, or made payable.",
    remedy:
      "Compare versions and providers first. If both are right, the stake that signed it signed another ledger:" +
      " `quorate ledger diff` with one of its agents finds where they part.",
    where: "ledger",
  },
  LEDGERS_DIFFER: {
    summary: "Two ledgers differ.",
    remedy:
      "Ask both for the recipient's lines with `quorate ledger explain`, and recompute them with `quorate " +
      "ledger recompute --recipient`: the line that differs says which node, and in which epoch.",
    where: "ledger",
  },
  LEDGER_LINES_DISAGREE: {
    summary: "The lines an agent sent do not add up to the amount it sent.",
    remedy: "Do not believe this agent. Recompute the amount yourself with `quorate ledger recompute --recipient`.",
    where: "client",
  },
} as const;
