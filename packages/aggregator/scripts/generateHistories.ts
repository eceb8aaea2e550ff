/**
 * Writes packages/common/vectors/histories/*.json (docs/histories.md): histories of events and what the ledger makes of
 * them. They hold this ledger and the independent one in test/conformance to one answer. Deterministic: running it
 * again changes nothing.
 *
 *   pnpm --filter @quorate/aggregator generate:histories
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { historyVectors } from "../test/support/histories.ts";

const folder = new URL("../../common/vectors/histories/", import.meta.url);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const history of historyVectors()) {
  writeFileSync(new URL(`${history.name}.json`, folder), `${JSON.stringify(history, null, 2)}\n`);
}
