/** For tests of what an agent does with the built page: files as the bundler names them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

export const HTML = "<!doctype html><title>Quorate</title>";
export const SCRIPT = "export const page = 1;\n".repeat(50);

/** What a browser is told with the page by an agent that is asked by a public name, as docs/operating.md has it. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' https:; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'";

/** @returns the directory */
export function builtPage(directory: string): string {
  mkdirSync(join(directory, "assets"));
  writeFileSync(join(directory, "index.html"), HTML);
  writeFileSync(join(directory, "icon.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>");
  writeFileSync(join(directory, "assets/index-1.js"), SCRIPT);
  writeFileSync(join(directory, "assets/index-1.js.br"), brotliCompressSync(SCRIPT));
  return directory;
}
