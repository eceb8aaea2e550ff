/** Writes the generated documents. Run by `npx -y pnpm@12 generate`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { GENERATED } from "./generated.ts";
import { ROOT } from "./sources.ts";

for (const { path, render } of GENERATED) {
  writeFileSync(join(ROOT, path), render());
  process.stderr.write(`wrote ${path}\n`);
}
