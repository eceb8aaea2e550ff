/**
 * `pnpm --filter @quorate/aggregator build`: the built command and the page that agents serve, each made if it is
 * missing or of older sources.
 */
import { ensurePortal } from "../../portal/scripts/portal.ts";
import { ensureBundle } from "./bundle.ts";

await ensurePortal();
process.stdout.write(`${await ensureBundle()}\n`);
