import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { functionsOf } from "./functions.ts";
import { importsOf, readSources, type Source } from "./sources.ts";

const sources = readSources(/^(packages|test)\/.*\.tsx?$/);
const isTest = ({ path }: Source) =>
  /\.test\.tsx?$|\/testing\/|^packages\/portal\/src\/.*\/test[A-Z]\w*\.ts$|^packages\/\w+\/test\/|\.child\.ts$/.test(
    path,
  );
const inFolder = (folder: string) => sources.filter(({ path }) => path.startsWith(folder));
const ADAPTERS = "packages/aggregator/src/adapters/";
const core = inFolder("packages/aggregator/src/core/").filter((source) => !isTest(source));

/** Imports of ours as paths from the root; of packages as they stand. */
function targets({ path, text }: Source): string[] {
  return importsOf(text).map((target) => (target.startsWith(".") ? posix.join(posix.dirname(path), target) : target));
}

/** "file → import" for every import of `from` that is not allowed. */
function violations(from: readonly Source[], allowed: (target: string) => boolean): string[] {
  return from.flatMap((source) =>
    targets(source)
      .filter((target) => !allowed(target))
      .map((target) => `${source.path} → ${target}`),
  );
}

describe("dependency direction: common ← client ← portal; common ← core ← driver ← node ← cli", () => {
  it("there is a core to look at", () => expect(core.length).toBeGreaterThan(10));

  it("common needs nothing of ours and no Node module", () => {
    const common = inFolder("packages/common/src/").filter((source) => !isTest(source));
    expect(
      violations(
        common,
        (target) => target.startsWith("packages/common/") || !/^(node:|@quorate\/|packages\/|test\/)/.test(target),
      ),
    ).toEqual([]);
  });

  it("the client runs in a browser: it needs only common, ethers and zod", () => {
    const client = inFolder("packages/client/src/").filter((source) => !isTest(source));
    expect(client.length).toBeGreaterThan(4);
    const allowed = (target: string) =>
      target.startsWith("packages/client/") || /^(@quorate\/common(\/chain|\/http)?|ethers|zod)$/.test(target);
    expect(violations(client, allowed)).toEqual([]);
  });

  it("the portal runs in a browser: what it needs beside client and common is named here", () => {
    const portal = inFolder("packages/portal/src/").filter((source) => !isTest(source));
    expect(portal.filter(({ path }) => path.endsWith(".tsx")).length).toBeGreaterThan(6);
    const ours = /^@quorate\/(client|common(\/chain|\/http)?)$/;
    const pages = /^(preact(\/compat|\/hooks)?|@preact\/signals|wouter-preact(\/use-hash-location)?)$/;
    const parts =
      /^(@tanstack\/virtual-core|uplot(\/dist\/uPlot\.min\.css)?|mipd|@noble\/.*|ethers|zod|virtual:ens-tables)$/;
    const allowed = (target: string) =>
      target.startsWith("packages/portal/src/") || [ours, pages, parts].some((pattern) => pattern.test(target));
    expect(violations(portal, allowed)).toEqual([]);
  });

  it("the core needs only common and zod", () => {
    const allowed = (target: string) =>
      target.startsWith("packages/aggregator/src/core/") || ["@quorate/common", "zod"].includes(target);
    expect(violations(core, allowed)).toEqual([]);
  });

  /** What several adapters stand on: one way to ask a provider, to read a revert, to open a file, to read a key. */
  const SHARED = [
    "chain/rpc.ts",
    "chain/transport.ts",
    "chain/reverts.ts",
    "sqlite/sqlite.ts",
    "sqlite/storeFile.ts",
    "keys/identityKey.ts",
    "keys/keys.ts",
  ].map((file) => ADAPTERS + file);

  it("an adapter knows the ports and the stages, and of other adapters only what several stand on", () => {
    const folders = new Set(inFolder(ADAPTERS).map(({ path }) => path.slice(ADAPTERS.length).split("/")[0]));
    expect(folders.size).toBeGreaterThanOrEqual(7);
    for (const folder of folders) {
      const own = `${ADAPTERS}${folder}/`;
      const adapter = inFolder(own).filter((source) => !isTest(source));
      const allowed = (target: string) =>
        target.startsWith(own) ||
        SHARED.includes(target) ||
        target === "packages/aggregator/src/driver/ports.ts" ||
        ["packages/aggregator/src/core/io.ts", "packages/aggregator/src/core/ledger/events.ts"].includes(target) ||
        !target.startsWith("packages/");
      expect(violations(adapter, allowed)).toEqual([]);
    }
  });

  it("the driver knows the core's stages and its own ports only", () => {
    const driver = inFolder("packages/aggregator/src/driver/").filter((source) => !isTest(source));
    const allowed = (target: string) =>
      target.startsWith("packages/aggregator/src/driver/") ||
      ["packages/aggregator/src/core/io.ts", "packages/aggregator/src/core/ledger/events.ts"].includes(target) ||
      !target.startsWith("packages/");
    expect(violations(driver, allowed)).toEqual([]);
  });
});

describe("the core is pure (ADR 1)", () => {
  const impure =
    /\b(Date\.now|new Date\(|Math\.random|setTimeout|setInterval|setImmediate|performance\.|process\.|crypto\.getRandomValues|queueMicrotask)|\basync\b|\bawait\b|\bPromise\b|"node:/;

  it("names no clock, timer, randomness, async or Node module", () => {
    const found = core.flatMap(({ path, text }) =>
      code(text).flatMap((line, i) => (impure.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });
});

describe("time of local chains", () => {
  it("whoever makes a chain of Hardhat or anvil says when it begins", () => {
    const making = new RegExp(["type: .edr" + "-simulated", "anvilBinary\\(\\)" + ","].join("|"));
    const makers = sources.filter(({ text }) => making.test(text));
    expect(makers.length).toBeGreaterThanOrEqual(4);
    const silent = makers.filter(({ text }) => !/CHAIN_START_SECONDS|startSeconds/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});

describe("what must not appear", () => {
  it("no work left open, no skipped or only-run test", () => {
    const open = new RegExp(
      ["\\bTO" + "DO\\b", "\\bFIX" + "ME\\b", "\\bX" + "XX\\b", "\\b(it|test|describe)\\.(skip|only|todo)\\b"].join(
        "|",
      ),
    );
    expect(linesMatching(readSources(/\.(tsx?|sol|proto)$/), open)).toEqual([]);
  });

  it("no console output outside of commands, demo and benchmarks", () => {
    const quiet = sources.filter(
      ({ path }) => /^packages\//.test(path) && !/\/cli\/|\/scripts\/|\.child\.ts$/.test(path),
    );
    expect(linesMatching(quiet, /\bconsole\.(log|error|warn|info)\b/)).toEqual([]);
  });

  it("no host of a package registry, no path of a machine", () => {
    const everything = readSources(/\.(tsx?|css|html|sol|proto|md|json|yaml|yml)$|^\.ci\//).filter(
      ({ path }) => path !== "pnpm-lock.yaml",
    );
    expect(
      linesMatching(
        everything,
        new RegExp(["https?://(registry|deb)[.]", "/ro" + "ot/", "/ho" + "me/[a-z]+/", "/wo" + "rk/main"].join("|")),
      ),
    ).toEqual([]);
  });
});

/**
 * Functions that were longer before there was a bound, and are to become no longer than they are. Each is `file ›
 * first words of its head`.
 */
const LONG_ALREADY: Readonly<Record<string, number>> = {
  "packages/common/src/bls/native.ts › function nativeScheme": 106,
  "packages/common/src/testing/algebraSuite.ts › function singleTests": 81,
};

const IS_GENERATED = /\/abi\/|wire\/messages\.ts$/;

/**
 * A test's name stays on its line, because the formatter keeps its call together; and there is what cannot be broken:
 * a pattern, signatures in hex.
 */
const MAY_BE_WIDE = /^\s*(?:(?:it|test|describe)\b.*["`]|"\$name|\/.*\/\w*[,;]?$)|\S{80}/;

describe("size", () => {
  it("the guard measures a function from its head to its last brace, with a head of several lines too", () => {
    const text = [
      "function one() {",
      ...Array(3).fill("  go();"),
      "}",
      "",
      "class Two {",
      "  three(",
      "    a: number,",
      "  ): void {",
      "    if (a > 0) {",
      "      go();",
      "    }",
      "  }",
      "}",
      "const four = (): void => {",
      "  go();",
      "};",
    ].join("\n");
    expect(functionsOf(text)).toEqual([
      { line: 1, lines: 5, head: "function one() {" },
      { line: 8, lines: 7, head: "three(" },
      { line: 16, lines: 3, head: "const four = (): void => {" },
    ]);
  });

  it("no TypeScript function passes 70 lines", () => {
    const written = sources.filter(({ path }) => !/\/abi\/|wire\/messages\.ts$/.test(path));
    const found = written.flatMap(({ path, text }) =>
      functionsOf(text).map(({ lines, head }) => ({ name: `${path} › ${head}`, lines })),
    );
    expect(found.length).toBeGreaterThan(1_000);
    const known = Object.entries(LONG_ALREADY);
    const boundOf = (name: string) => known.find(([start]) => name.startsWith(start))?.[1] ?? 70;
    expect(found.filter(({ name, lines }) => lines > boundOf(name))).toEqual([]);
  });

  it("no line of TypeScript or Solidity passes 120 characters", () => {
    const files = readSources(/^(packages|test)\/.*\.(tsx?|sol)$/).filter(({ path }) => !IS_GENERATED.test(path));
    expect(files.length).toBeGreaterThan(1_000);
    const wide = files.flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, i) => ([...line].length > 120 && !MAY_BE_WIDE.test(line) ? [`${path}:${i + 1}`] : [])),
    );
    expect(wide).toEqual([]);
  });

  it("no TypeScript file passes 400 lines", () => {
    const long = sources.filter(
      ({ path, text }) => !/\/abi\/|wire\/messages\.ts$/.test(path) && text.split("\n").length > 401,
    );
    expect(long.map(({ path, text }) => `${path}: ${text.split("\n").length}`)).toEqual([]);
  });
});

/** Lines without what stands in comments; strings stay. */
function code(text: string): string[] {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
    .split("\n")
    .map((line) => line.replace(/\/\/.*$/, ""));
}

function linesMatching(files: readonly Source[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split("\n")
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}
