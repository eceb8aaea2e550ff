/** What the store's tests and the processes they start agree on. */
import type { Deployment } from "../../src/adapters/sqlite/deployment.ts";

export const DEPLOYMENT: Deployment = {
  chainId: 31_337,
  rewards: `0x${"c0".repeat(20)}`,
  pool: `0x${"b0".repeat(20)}`,
  deployBlock: 7,
};

/** Nodes, and contributors of each: a record of it takes several chunks (ledgerWriter.ts). */
export const LEDGER_NETWORK = [150, 10] as const;
