/** `pnpm --filter @quorate/portal build`: the page as static files in `dist`. */
import { buildPortal, PORTAL } from "./portal.ts";

await buildPortal();
process.stdout.write(`${PORTAL}\n`);
