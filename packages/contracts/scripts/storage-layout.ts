// Writes storage-layout.json and docs/contracts/storage.md, which a test compares with the sources (P-49). It refuses
// to overwrite a layout that upgrades could not follow, unless --force says that nothing with the old one is deployed.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageDir } from "../src/artifacts.ts";
import { currentStorageLayout, layoutProblems, renderStoragePage, type StorageLayout } from "../src/storageLayout.ts";

const path = join(packageDir, "storage-layout.json");
const layout = currentStorageLayout();
const before = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as StorageLayout) : {};
const problems = layoutProblems(before, layout);
if (problems.length > 0 && !process.argv.includes("--force")) {
  process.stderr.write(`an upgrade could not follow:\n${problems.join("\n")}\n`);
  process.exitCode = 1;
} else {
  writeFileSync(path, `${JSON.stringify(layout, null, 2)}\n`);
  writeFileSync(join(packageDir, "..", "..", "docs", "contracts", "storage.md"), renderStoragePage(layout));
}
