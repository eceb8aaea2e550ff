// Writes packages/common/src/abi from the compiled contracts. `--check` writes nothing and fails when a file differs.
// A test runs the same comparison, so a committed ABI is never stale.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { abiFiles } from "../src/abi-files.ts";
import { ensureBuilt, packageDir } from "../src/artifacts.ts";

const abiDir = join(packageDir, "..", "common", "src", "abi");

await ensureBuilt();
const check = process.argv.includes("--check");
const stale: string[] = [];
mkdirSync(abiDir, { recursive: true });
for (const [name, text] of abiFiles()) {
  const path = join(abiDir, name);
  if (check) {
    if (readFileSync(path, "utf8") !== text) stale.push(name);
  } else {
    writeFileSync(path, text);
  }
}
if (stale.length > 0) {
  process.stderr.write(`stale ABI: ${stale.join(", ")}. Run \`pnpm --filter @quorate/contracts generate:abi\`.\n`);
  process.exitCode = 1;
}
