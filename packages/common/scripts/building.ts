/** For whoever builds from this repository's sources: of which sources a build is, and whose packages are in it. */
import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** A hash of the names and contents of the inputs below a directory, without tests. */
export function fingerprintOf(directory: string, inputs: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of globSync(inputs, { cwd: directory, exclude: ["**/*.test.ts"] }).sort()) {
    const file = join(directory, path);
    if (!statSync(file).isFile()) continue;
    const content = readFileSync(file);
    hash.update(`${path} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Such as `…/node_modules/zod`; a module that a plugin makes has a NUL before its path. */
const IN_PACKAGE = /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

/** Directories of the packages whose code is in what Rolldown, or Vite with it, has put out; not this workspace's. */
export function packagesIn(
  output: readonly ({ readonly type: "asset" } | { readonly type: "chunk"; readonly moduleIds: readonly string[] })[],
): string[] {
  const modules = output.flatMap((part) => (part.type === "chunk" ? part.moduleIds : []));
  return [...new Set(modules.flatMap((id) => IN_PACKAGE.exec(id)?.[1] ?? []))];
}
