/**
 * What a published package says of itself. In: its package.json here, whose entries are TypeScript sources. Out: the
 * one in its tarball, whose entries are what was built. A manifest of its own rather than `publishConfig`, because
 * every entry would stand there a second time, and only here can a test's entries be left out.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "../harness/child.ts";
import { LICENCES_FILE } from "./licences.ts";

/** The packages that are published, each after those it needs. */
export const PUBLISHED = ["common", "client", "contracts", "aggregator"] as const;
export type Published = (typeof PUBLISHED)[number];

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/**
 * Entries that only this repository uses: suites that need a test runner, local chains (a dry run of a deployment is
 * one), signatures that sign nothing.
 */
const FOR_TESTS = /testing|insecure|chain-start|dry-run/;

/** Fields that mean something in this repository only. */
const LEFT_OUT = ["private", "scripts", "devDependencies", "exports", "bin", "dependencies"];

/**
 * Built in rather than depended on: it wants an older @chainsafe/blst, which does not exist, and npm then refuses to
 * install anything. Here an override in pnpm-workspace.yaml helps, which no package can bring along.
 */
export const BUILT_IN = "@chainsafe/bls";

/** SQLite of Node's own and `flushCompileCache` need it; the libraries run in browsers too. */
const NODE_OF: Readonly<Record<Published, string>> = {
  common: ">=20",
  client: ">=20",
  contracts: ">=22",
  aggregator: ">=24",
};

export const packageDirectory = (name: Published): string => join(REPOSITORY, "packages", name);

export function readManifest(name: Published): Manifest {
  return JSON.parse(readFileSync(join(packageDirectory(name), "package.json"), "utf8"));
}

/** From the name of each public entry, such as "./chain", to its source, such as "src/chain/index.ts". */
export function entriesOf({ exports }: Manifest): ReadonlyMap<string, string> {
  const published = Object.entries(exports).filter(([entry]) => !FOR_TESTS.test(entry));
  return new Map(published.map(([entry, source]) => [entry, source.replace(/^\.\//, "")]));
}

/** Where the types of a source are, from the package's root. The agent is bundled, and its types lie apart. */
export function typesOf(name: Published, source: string): string {
  const built = source.replace(/\.ts$/, ".d.ts");
  return name === "aggregator" ? `dist/types/${built}` : built.replace(/^src/, "dist");
}

export function packedManifest(name: Published): Manifest {
  const manifest = readManifest(name);
  const kept = Object.fromEntries(Object.entries(manifest).filter(([field]) => !LEFT_OUT.includes(field)));
  const exports = [...entriesOf(manifest)].map(([entry, source]) => {
    const code = source.replace(/^src/, "dist").replace(/\.ts$/, ".js");
    return [entry, { types: `./${typesOf(name, source)}`, default: `./${code}` }];
  });
  return {
    ...kept,
    name: manifest.name,
    version: manifest.version,
    engines: { node: NODE_OF[name] },
    // Where a package has none of these, npm passes it over.
    files: ["dist", LICENCES_FILE, ...(name === "contracts" ? ["artifacts", "contracts"] : [])],
    exports: Object.fromEntries(exports),
    ...(manifest.bin === undefined ? {} : { bin: { quorate: "dist/quorate.js" } }),
    dependencies: dependenciesOf(manifest),
  };
}

/** Those of this workspace by the version that they have now, exactly: they are published together. */
function dependenciesOf({ dependencies = {} }: Manifest): Record<string, string> {
  const versions = new Map(PUBLISHED.map(readManifest).map(({ name, version }) => [name, version]));
  const entries = Object.entries(dependencies).filter(([name]) => name !== BUILT_IN);
  return Object.fromEntries(
    entries.map(([name, range]) => [name, range.startsWith("workspace:") ? (versions.get(name) ?? range) : range]),
  );
}
