/**
 * Generates src/wire/messages.ts from messages.proto. Protons writes TypeScript namespaces, which Node cannot run without a
 * build step, so each namespace becomes a constant of the same name; the streaming decoders, unused here, are left out.
 *
 *   node scripts/generateWire.mjs [output directory]
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const wire = join(dirname(fileURLToPath(import.meta.url)), "../src/wire");
const protons = fileURLToPath(new URL("../bin/protons.js", import.meta.resolve("protons")));

const scratch = mkdtempSync(join(tmpdir(), "quorate-wire-"));
try {
  copyFileSync(join(wire, "messages.proto"), join(scratch, "messages.proto"));
  execFileSync(process.execPath, [protons, join(scratch, "messages.proto")], { stdio: "inherit" });
  const generated = readFileSync(join(scratch, "messages.ts"), "utf8");
  writeFileSync(join(process.argv[2] ?? wire, "messages.ts"), eraseNamespaces(generated));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function eraseNamespaces(source) {
  const erased = source
    .replace(/^import \{ alloc as uint8ArrayAlloc \}.*\n/m, "")
    .replaceAll("uint8ArrayAlloc(0)", "new Uint8Array(0)")
    .replace(", streamMessage }", " }")
    .replaceAll(/\n {2}export interface \w+ \{\n(?: {4}.*\n)* {2}\}\n/g, "")
    .replaceAll(/\n {2}export function stream [\s\S]*?\n {2}\}\n/g, "")
    .replaceAll(
      /, function \* \(reader, length, prefix, opts = \{\}\) \{\n[\s\S]*?\n {6}\}\)\n/g,
      ", function * () {})\n",
    )
    .replaceAll(/^export namespace (\w+) \{$/gm, "export const $1 = (() => {")
    .replaceAll(/^ {2}export (const|function)/gm, "  $1")
    .replaceAll(/(return decodeMessage\(.*\)\n {2}\})\n\}/g, "$1\n\n  return { codec, encode, decode }\n})()");
  if (/namespace|uint8ArrayAlloc|streamMessage/.test(erased)) {
    throw new Error(
      "messages.ts still holds what Node cannot run: protons' output changed, adapt scripts/generateWire.mjs",
    );
  }
  // Protons does not write for exactOptionalPropertyTypes; the types it exports are checked where they are used.
  return `// @ts-nocheck\n// Generated from messages.proto by \`pnpm generate:wire\`. Do not edit.\n${erased}`;
}
