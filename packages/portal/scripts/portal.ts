/**
 * The built page. In: the sources of portal, client and common, and the packages they need. Out: `dist`, each file
 * beside its brotli form: servers send that where a browser takes it. Never an old one, because `dist` says of which
 * sources it is.
 */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import type { Rollup } from "vite";
import { fingerprintOf, packagesIn } from "../../common/scripts/building.ts";
import { firstLoad } from "./firstLoad.ts";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** Where agents of this repository look for it. */
export const PORTAL = join(PACKAGE, "dist");

const INPUTS = [
  "packages/{common,client}/{package.json,src/**/*.ts}",
  "packages/common/scripts/building.ts",
  "packages/portal/{package.json,index.html,vite.config.ts,scripts/*,public/**/*,src/**/*}",
  "pnpm-lock.yaml",
];

/** In the built page: a hash of its sources. */
const FINGERPRINT = ".sources";

/** In the built page: the packages whose code is in it, by their directories from the repository's root. */
const PACKAGES = ".packages";

/**
 * The built page of the sources as they are now, built if need be: some seconds when it has to, some milliseconds
 * otherwise. Safe to call from several processes at once.
 * @returns its directory
 */
export async function ensurePortal(): Promise<string> {
  if (madeOf(PORTAL) !== fingerprint()) await buildPortal();
  return PORTAL;
}

/**
 * Agents that serve the former page go on with the new one.
 * @returns the files of the first load, with their size as they travel
 */
export async function buildPortal(): Promise<{ readonly name: string; readonly bytes: number }[]> {
  const sources = fingerprint();
  const made = mkdtempSync(join(PACKAGE, ".dist-"));
  const old = `${made}-old`;
  try {
    // Loaded only here: mostly there is nothing to build.
    const { build } = await import("vite");
    const options = { root: PACKAGE, logLevel: "warn", build: { outDir: made, emptyOutDir: true } } as const;
    const { output } = (await inProduction(() => build(options))) as Rollup.RollupOutput;
    compress(made);
    const first = ["index.html", ...firstLoad(output)];
    const files = first.map((name) => ({ name, bytes: statSync(join(made, `${name}.br`)).size }));
    writeFileSync(join(made, PACKAGES), JSON.stringify(packagesOf(output)));
    writeFileSync(join(made, FINGERPRINT), sources);
    swap(made, old);
    return files;
  } finally {
    for (const directory of [made, old]) rmSync(directory, { recursive: true, force: true });
  }
}

/** Vite heeds NODE_ENV: built by a test's process, the page would be one for development. */
async function inProduction<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}

/** Directories of the packages whose code is in the built page: their licences go with it. */
export function packagesOfPortal(): readonly string[] {
  const packages = JSON.parse(readFileSync(join(PORTAL, PACKAGES), "utf8")) as readonly string[];
  return packages.map((directory) => join(REPOSITORY, directory));
}

function packagesOf(output: Rollup.RollupOutput["output"]): readonly string[] {
  return packagesIn(output)
    .map((directory) => relative(REPOSITORY, directory).replaceAll("\\", "/"))
    .sort();
}

/** Whether a file of the built page is for visitors. */
export function isOfPage(file: string): boolean {
  return !basename(file).startsWith(".");
}

function compress(directory: string): void {
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    const file = join(directory, name);
    if (!statSync(file).isFile()) continue;
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), { params }));
  }
}

/** Another process may have been first: then it has put the same there. */
function swap(made: string, old: string): void {
  try {
    renameSync(PORTAL, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  try {
    renameSync(made, PORTAL);
  } catch (error) {
    if (madeOf(PORTAL) === null) throw error;
  }
}

function madeOf(directory: string): string | null {
  try {
    return readFileSync(join(directory, FINGERPRINT), "utf8");
  } catch {
    return null;
  }
}

function fingerprint(): string {
  return fingerprintOf(REPOSITORY, INPUTS);
}
