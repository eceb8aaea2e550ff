/** What both ends of the HTTP interface know of each other. */

/** Epochs in one answer: a few rows of SQLite each. */
export const LEDGER_EPOCHS_MAX = 256;

/** Nodes in one page of the node set: some 700 bytes each, checked by a browser in about ten milliseconds. */
export const NODES_PAGE_MAX = 256;

/** A comment at least so often on every event stream: silence is a fault. */
export const HEARTBEAT_MS = 15_000;

/** An agent has answered, or refused, within this. */
export const AGENT_ANSWER_MS = 10_000;

/** Agents that `/portal.json` names (P-143): a page asks a few of them, and hears of the others from these. */
export const PORTAL_AGENTS_MAX = 32;

/** JSON-RPC URLs that it names: as many as an agent asks itself. */
export const PORTAL_RPC_MAX = 8;

/** Characters of an agent's public URL (P-138): thousands of them are in one answer. */
export const AGENT_URL_MAX_CHARS = 200;
