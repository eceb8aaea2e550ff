/**
 * The packed packages as a stranger gets them. In: tarballs and an empty directory. Out: the installed `quorate`; what
 * is wrong with a tarball. Installing needs npm's cache or the registry, for the few packages that are not built in.
 */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "../harness/child.ts";

const run = promisify(execFile);

/** Milliseconds: seconds with a warm cache on a free machine. */
const INSTALL_TIMEOUT_MS = 300_000;

/** npm's own settings would install into the directory of whoever started us. */
function withoutPrefix(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_config_.*prefix$/i.test(name)));
}

/** @returns the path of the installed command, a module */
export async function installPacked(tarballs: readonly string[], directory: string): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", directory];
  await run("npm", ["install", ...flags, ...tarballs], {
    cwd: directory,
    env: withoutPrefix(),
    timeout: INSTALL_TIMEOUT_MS,
  });
  return join(directory, "node_modules/@quorate/aggregator/dist/quorate.js");
}

/**
 * What publint and @arethetypeswrong/cli say: they look at a tarball, so they are part of the tests and not of `check`.
 */
export async function complaintsOf(tarball: string): Promise<string[]> {
  const tools = [
    ["publint", "run", tarball, "--strict"],
    ["attw", tarball, "--profile", "esm-only", "--no-emoji"],
  ];
  const said = tools.map(async ([tool = "", ...args]) => {
    try {
      await run(join(REPOSITORY, "node_modules/.bin", tool), args);
      return [];
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      return [`${tool} of ${tarball}: ${stdout}${stderr}`];
    }
  });
  return (await Promise.all(said)).flat();
}
