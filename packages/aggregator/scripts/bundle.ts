/**
 * The built `quorate`. In: the sources of common, client and aggregator, and the packages they need. Out: a directory
 * with a few files of JavaScript that hold all of it. An agent then opens 20 files instead of 1,500, none of them
 * TypeScript, and starts in a quarter of the time (`bench start`). Not its job: types and packing (test/pack/).
 */
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import http from "node:http";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "rolldown";
import { fingerprintOf, packagesIn } from "../../common/scripts/building.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../", import.meta.url));

/** Bundles of these sources and of others, each in a directory named after its sources. */
const BUNDLES = join(PACKAGE, ".bundles");

/** Bundles kept: those of the branches that somebody works on. The ones that were used longest ago are removed. */
const BUNDLES_KEPT = 4;

/** What a bundle is made from; tests are not. */
const INPUTS = ["packages/{common,client,aggregator}/{package.json,src/**/*.ts}", "pnpm-lock.yaml"];
const SELF = ["packages/aggregator/scripts/bundle.ts", "packages/common/scripts/building.ts"];

/** Left out, and so in `dependencies`: native code, and what reads files beside its own. */
const EXTERNAL = /^@chainsafe\/blst$|^@quorate\/contracts(\/|$)/;

/** The file of a bundle that is the command. */
export const COMMAND = "quorate.js";

/**
 * The built command of the sources as they are now, built if need be: two seconds when it has to, some milliseconds
 * otherwise. Never an old one, because the directory is named after what it is built from. Safe to call from several
 * processes at once.
 * @returns the path of the command
 */
export async function ensureBundle(): Promise<string> {
  const directory = join(BUNDLES, fingerprint());
  if (!existsSync(directory)) {
    mkdirSync(BUNDLES, { recursive: true });
    const made = mkdtempSync(join(BUNDLES, "making-"));
    try {
      await bundle(made);
      moveUnlessThere(made, directory);
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
    removeOld();
  }
  const now = new Date();
  utimesSync(directory, now, now);
  return join(directory, COMMAND);
}

/**
 * Writes the command, its threads and the library into a directory.
 * @returns the directories of the packages whose code is in it, but for this workspace's
 */
export async function bundle(directory: string): Promise<readonly string[]> {
  // Loaded only here: mostly there is nothing to build.
  const { rolldown } = await import("rolldown");
  const build = await rolldown({
    input: { quorate: join(PACKAGE, "src/cli/quorate.ts"), index: join(PACKAGE, "src/index.ts") },
    platform: "node",
    external: [EXTERNAL],
    plugins: [threads(), withoutWasm(), poolOfUndici(), plainHttp(), inAscii()],
  });
  try {
    const { output } = await build.write({
      dir: directory,
      format: "esm",
      entryFileNames: "[name].js",
      chunkFileNames: "[name]-[hash].js",
      // Names and lines stay, for whoever reads a stack.
      minify: false,
      // V8 keeps the text of what it runs: comments would be a third of an agent's heap.
      comments: { legal: true, annotation: false, jsdoc: false },
    });
    return packagesIn(output);
  } finally {
    await build.close();
  }
}

/**
 * Puts the code of one package into a built module; whatever else the module imports stays outside.
 * @returns as `bundle`
 */
export async function buildIn(file: string, name: string): Promise<readonly string[]> {
  const { rolldown } = await import("rolldown");
  const build = await rolldown({
    input: file,
    platform: "node",
    external: (id, importer, isResolved) => !isResolved && (EXTERNAL.test(id) || (importer === file && id !== name)),
    plugins: [withoutWasm()],
  });
  try {
    const { output } = await build.generate({ format: "esm", chunkFileNames: `${basename(file, ".js")}-[name].js` });
    for (const part of output) {
      if (part.type === "chunk") writeFileSync(join(dirname(file), part.fileName), part.code);
    }
    return packagesIn(output);
  } finally {
    await build.close();
  }
}

const THREAD = /new URL\("(\.\/\w+\.ts)", import\.meta\.url\)/;

/** A thread is started by the URL of its file, which is then a file of the bundle. */
function threads(): Plugin {
  return {
    name: "threads",
    transform: {
      filter: { code: THREAD },
      handler(code, id) {
        const [url = "", file = ""] = THREAD.exec(code) ?? [];
        const reference = this.emitFile({
          type: "chunk",
          id: join(dirname(id), file),
          name: `${basename(dirname(id))}-${file.slice(2, -3)}`,
        });
        return { code: code.replace(url, `new URL(import.meta.ROLLUP_FILE_URL_${reference})`) };
      },
    },
  };
}

/**
 * @chainsafe/bls falls back to a slow library in WebAssembly, which nobody here accepts (P-9): 740 kB that only a
 * failing start would read. Without it the start fails all the same, with the reason.
 */
function withoutWasm(): Plugin {
  return {
    name: "without-wasm",
    load: {
      filter: { id: /@chainsafe[\\/]bls[\\/]lib[\\/]herumi[\\/]index\.js$/ },
      handler: () => 'throw new Error("@chainsafe/blst could not be loaded"); export const bls = undefined;',
    },
  };
}

/**
 * Of undici the agent uses a pool of sockets. Its index loads all that it has, fetch, caches and mocks among them:
 * 1.1 MB that every start reads.
 */
function poolOfUndici(): Plugin {
  return {
    name: "pool-of-undici",
    load: {
      filter: { id: /[\\/]undici[\\/]index\.js$/ },
      handler: () => `
        const Dispatcher = require("./lib/dispatcher/dispatcher");
        Object.assign(Dispatcher.prototype, require("./lib/api"));
        module.exports = { Dispatcher, Pool: require("./lib/dispatcher/pool") };
      `,
    },
  };
}

/**
 * An import of node:http reads each of its exports, and `WebSocket` among them loads Node's own copy of undici, which
 * nobody here uses. What is read by a getter only is left out.
 */
function plainHttp(): Plugin {
  const plain = "\0plain:http";
  return {
    name: "plain-http",
    resolveId: {
      filter: { id: /^(node:)?http$/ },
      // A require makes no such import.
      handler: (_id, _importer, { kind }) => (kind === "import-statement" ? plain : null),
    },
    load: {
      filter: { id: /^\0plain:http$/ },
      handler: () => {
        const descriptors = Object.entries(Object.getOwnPropertyDescriptors(http));
        const names = descriptors.filter(([, { get }]) => get === undefined).map(([name]) => name);
        return [
          'const http = process.getBuiltinModule("node:http");',
          "export default http;",
          `export const { ${names.join(", ")} } = http;`,
        ].join("\n");
      },
    },
  };
}

/**
 * One letter beyond Latin-1, and V8 holds the whole file at two bytes a character: 5 MB more in each agent. Escapes
 * mean the same in strings, templates, patterns and names.
 */
function inAscii(): Plugin {
  return {
    name: "in-ascii",
    renderChunk: (code) =>
      code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  };
}

function fingerprint(): string {
  return fingerprintOf(REPOSITORY, [...INPUTS, ...SELF]);
}

/** Another process may have been first: then the directory is the same, and in use. */
function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

function removeOld(): void {
  const bundles = globSync("*", { cwd: BUNDLES }).map((name) => join(BUNDLES, name));
  const usedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  for (const path of bundles.sort((a, b) => usedAt(b) - usedAt(a)).slice(BUNDLES_KEPT)) {
    rmSync(path, { recursive: true, force: true });
  }
}
