/** `pnpm --filter @quorate/aggregator build`: the built command, made if it is missing or of older sources. */
import { ensureBundle } from "./bundle.ts";

process.stdout.write(`${await ensureBundle()}\n`);
