/**
 * Builds the page into `dist`, each file beside its brotli form: servers send that where a browser takes it. Fails when
 * the first load is above its bound.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build, type Rollup } from "vite";
import { FIRST_LOAD_MAX_BYTES, firstLoad } from "./firstLoad.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { output } = (await build({ root, logLevel: "warn" })) as Rollup.RollupOutput;
const dist = join(root, "dist");
for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
  const file = join(dist, name);
  if (!statSync(file).isFile() || /\.br$/.test(file)) continue;
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), { params }));
}

const files = ["index.html", ...firstLoad(output)];
const bytes = files.map((name) => statSync(join(dist, `${name}.br`)).size);
const total = bytes.reduce((sum, size) => sum + size, 0);
const list = files.map((name, at) => `  ${bytes[at]} ${name}`).join("\n");
console.log(`first load: ${total} bytes compressed, of at most ${FIRST_LOAD_MAX_BYTES}\n${list}`);
if (total > FIRST_LOAD_MAX_BYTES) {
  console.error("The first load is above its bound: load by import() what the first page does not need at once.");
  process.exitCode = 1;
}
