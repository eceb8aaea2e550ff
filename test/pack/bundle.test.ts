/** The bundle: what it says of others' code in it, and how its text is written. */
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundle } from "../../packages/aggregator/scripts/bundle.ts";
import { licencesText } from "./licences.ts";

/** The bundler writes the path of each module before its code. */
const MODULE = /^\/\/ .*node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/\S+$/gm;

const directory = mkdtempSync(join(tmpdir(), "quorate-bundle-"));
let builtIn: readonly string[];
let code: readonly string[];
beforeAll(async () => {
  builtIn = await bundle(directory);
  code = globSync("*.js", { cwd: directory }).map((file) => readFileSync(join(directory, file), "utf8"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("names every package whose code is in the bundle, with its licence", () => {
  const inBundle = [...new Set(code.flatMap((file) => [...file.matchAll(MODULE)].map(([, name]) => name as string)))];
  expect(inBundle).toEqual(expect.arrayContaining(["ethers", "fastify", "@libp2p/gossipsub", "@chainsafe/bls"]));
  const text = licencesText(builtIn);
  const named = new Map([...text.matchAll(/^(\S+) \d+\.\d+\.\S+\nLicence: (.+)\n\n(\S+)/gm)].map((of) => [of[1], of]));
  expect([...named.keys()].sort()).toEqual(inBundle.sort());
  expect([...named.values()].filter(([, , licence]) => !/MIT|Apache|ISC|BSD|MPL|BlueOak/.test(licence ?? ""))).toEqual(
    [],
  );
});

it("is ASCII, because V8 would keep it at two bytes a character otherwise, and says the same", () => {
  expect(code.length).toBeGreaterThan(10);
  expect(code.filter((text) => /[^\0-\x7f]/.test(text))).toEqual([]);
  // Of the strip of epochs: a mark that people see.
  expect(code.some((text) => text.includes("\\u25cf"))).toBe(true);
  // Raw templates and escapes do not go together.
  expect(code.filter((text) => /String\.raw`[^`]*\\u[0-9a-f]{4}/.test(text))).toEqual([]);
});
