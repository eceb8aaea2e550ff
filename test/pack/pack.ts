/**
 * Builds the public packages and packs them. In: the sources. Out: a tarball of each in a directory, as a registry
 * would have it. Libraries are what the compiler makes of them, file by file; the agent is its bundle with types
 * beside it. Not its job: publishing.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { contractNames, ensureBuilt, packageFilesOf } from "@quorate/contracts";
import { buildIn, bundle } from "../../packages/aggregator/scripts/bundle.ts";
import { ensurePortal } from "../../packages/portal/scripts/portal.ts";
import { REPOSITORY } from "../harness/child.ts";
import { LICENCES_FILE, licencesText } from "./licences.ts";
import {
  BUILT_IN,
  entriesOf,
  PUBLISHED,
  type Published,
  packageDirectory,
  packedManifest,
  readManifest,
  typesOf,
} from "./manifest.ts";

const run = promisify(execFile);

/** What the tarballs are packed from, for whoever wants to look at it. */
const STAGE = join(REPOSITORY, "dist/stage");

/** @returns the tarballs, by package */
export async function packAll(directory: string): Promise<ReadonlyMap<Published, string>> {
  await ensureBuilt();
  mkdirSync(directory, { recursive: true });
  const tarballs = new Map<Published, string>();
  for (const name of PUBLISHED) {
    const builtIn = await build(name);
    tarballs.set(name, await pack(name, directory, builtIn));
  }
  return tarballs;
}

/** @returns the directories of others' packages whose code is in it now */
async function build(name: Published): Promise<readonly string[]> {
  const dist = join(packageDirectory(name), "dist");
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const bundled = name === "aggregator" ? await bundle(dist) : [];
  // Beside the command, where the agent looks for the page that it serves (P-143).
  if (name === "aggregator") cpSync(await ensurePortal(), join(dist, "portal"), { recursive: true });
  await compile(name, dist);
  return name === "common" ? buildIn(join(dist, "bls/native.js"), BUILT_IN) : bundled;
}

/** Only what an entry leads to is compiled, so no test is. */
async function compile(name: Published, dist: string): Promise<void> {
  const directory = packageDirectory(name);
  const bundled = name === "aggregator";
  const config = {
    extends: join(directory, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      // The agent imports its package.json, which lies above its sources.
      ...(bundled
        ? { emitDeclarationOnly: true, rootDir: directory, outDir: join(dist, "types") }
        : { rootDir: join(directory, "src"), outDir: dist }),
      paths: builtPackages(),
    },
    files: [...entriesOf(readManifest(name)).values()].map((source) => join(directory, source)),
    include: [],
  };
  const file = join(dist, "tsconfig.json");
  writeFileSync(file, JSON.stringify(config));
  await run(process.execPath, [commandOf("typescript", "tsc"), "-p", file]);
  rmSync(file);
  for (const path of globSync("**/*.d.ts", { cwd: dist })) nameBuiltFiles(join(dist, path));
}

/** Of packages built so far: their types, so that their sources are not compiled along. */
function builtPackages(): Record<string, string[]> {
  const paths = PUBLISHED.filter((name) => existsSync(join(packageDirectory(name), "dist"))).flatMap((name) => {
    const manifest = readManifest(name);
    return [...entriesOf(manifest)].map(([entry, source]) => [
      `${manifest.name}${entry.slice(1)}`,
      [join(packageDirectory(name), typesOf(name, source))],
    ]);
  });
  return Object.fromEntries(paths);
}

/** The compiler renames the sources that code imports, and leaves them in types. */
function nameBuiltFiles(path: string): void {
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace(/((?:from|import)\s*\(?\s*"\.[^"]*)\.ts"/g, '$1.js"'));
}

async function pack(name: Published, directory: string, builtIn: readonly string[]): Promise<string> {
  const from = packageDirectory(name);
  const stage = join(STAGE, name);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  cpSync(join(from, "dist"), join(stage, "dist"), { recursive: true });
  if (name === "contracts") copyContracts(from, stage);
  if (existsSync(join(from, "README.md"))) cpSync(join(from, "README.md"), join(stage, "README.md"));
  cpSync(join(REPOSITORY, "LICENSE"), join(stage, "LICENSE"));
  if (builtIn.length > 0) writeFileSync(join(stage, LICENCES_FILE), licencesText(builtIn));
  writeFileSync(join(stage, "package.json"), `${JSON.stringify(packedManifest(name), null, 2)}\n`);
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", directory], { cwd: stage });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return join(directory, filename);
}

/** The compiled contracts that can be deployed, and the sources that a block explorer wants to see. */
function copyContracts(from: string, stage: string): void {
  for (const path of packageFilesOf(contractNames)) {
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    cpSync(join(from, path), join(stage, path));
  }
}

/** A command of a package that is installed here, as a module. */
function commandOf(name: string, command: string): string {
  const manifest = createRequire(join(REPOSITORY, "package.json")).resolve(`${name}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { bin: Record<string, string> };
  return join(dirname(manifest), bin[command] ?? "");
}
