/**
 * `pnpm --filter @quorate/portal build`: the page as static files in `dist`. Fails when the first load is above its
 * bound; the page is there all the same.
 */
import { FIRST_LOAD_MAX_BYTES } from "./firstLoad.ts";
import { buildPortal } from "./portal.ts";

const files = await buildPortal();
const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
const list = files.map(({ name, bytes }) => `  ${bytes} ${name}`).join("\n");
console.log(`first load: ${total} bytes compressed, of at most ${FIRST_LOAD_MAX_BYTES}\n${list}`);
if (total > FIRST_LOAD_MAX_BYTES) {
  console.error("The first load is above its bound: load by import() what the first page does not need at once.");
  process.exitCode = 1;
}
