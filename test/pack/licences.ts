/**
 * The licences of others' code in a package. In: directories of the npm packages whose code was built in. Out: one text
 * that names each with its version and has its licence in full. Not its job: finding out what was built in; the bundler
 * tells.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the file is called in a package. */
export const LICENCES_FILE = "THIRD-PARTY-LICENSES";

/** Files that a licence asks to be passed on. */
const LICENCE = /^(licen[cs]e|copying|notice)/i;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name: string };
}

export function licencesText(directories: readonly string[]): string {
  const sections = new Map(directories.map((directory) => sectionOf(directory)));
  const sorted = [...sections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  return ["This package holds code of the packages named here, under their licences.", ...sorted].join(RULE);
}

const RULE = `\n\n${"-".repeat(80)}\n\n`;

/** A package may be there in several versions. */
function sectionOf(directory: string): readonly [nameAndVersion: string, text: string] {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
  const { name, version, license } = manifest;
  if (license === undefined) throw new Error(`${name} ${version} names no licence: ${directory}`);
  const texts = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && LICENCE.test(entry.name))
    .map((entry) => readFileSync(join(directory, entry.name), "utf8").trim());
  const text = texts.length > 0 ? texts.join("\n\n") : withoutFile(manifest, license);
  return [`${name} ${version}`, `${name} ${version}\nLicence: ${license}\n\n${text}`];
}

/** Some packages say which licence it is, and leave its text out. @throws when it is none that is known here */
function withoutFile(manifest: Manifest, license: string): string {
  const copyright = `Copyright (c) ${authorOf(manifest)}`;
  if (/\bApache-2\.0\b/.test(license)) {
    return `${copyright}\n\nTaken under the Apache License 2.0, whose text is in LICENSE beside this file.`;
  }
  // Dedicated to the public: it asks for nothing to be passed on.
  if (license === "Unlicense") return "Released into the public domain: https://unlicense.org";
  if (license === "MIT") return `${copyright}\n\n${MIT}`;
  throw new Error(`${manifest.name} ${manifest.version} has no text of its licence, ${license}`);
}

const MIT = `\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

function authorOf({ author, name }: Manifest): string {
  const named = typeof author === "string" ? author : author?.name;
  return named === undefined || named === "" ? `the authors of ${name}` : named;
}
