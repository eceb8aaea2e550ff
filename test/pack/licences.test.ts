/** What the packed agent says of others' code in it. */
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bundle } from "../../packages/aggregator/scripts/bundle.ts";
import { licencesText } from "./licences.ts";

/** The bundler writes the path of each module before its code. */
const MODULE = /^\/\/ .*node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/\S+$/gm;

it("names every package whose code is in the bundle, with its licence", async () => {
  const directory = mkdtempSync(join(tmpdir(), "quorate-licences-"));
  try {
    const text = licencesText(await bundle(directory));
    const code = globSync("*.js", { cwd: directory }).map((file) => readFileSync(join(directory, file), "utf8"));
    const inBundle = [...new Set(code.flatMap((file) => [...file.matchAll(MODULE)].map(([, name]) => name as string)))];
    expect(inBundle).toEqual(expect.arrayContaining(["ethers", "fastify", "@libp2p/gossipsub", "@chainsafe/bls"]));
    const named = new Map(
      [...text.matchAll(/^(\S+) \d+\.\d+\.\S+\nLicence: (.+)\n\n(\S+)/gm)].map((of) => [of[1], of]),
    );
    expect([...named.keys()].sort()).toEqual(inBundle.sort());
    expect([...named.values()].filter(([, , licence]) => !/MIT|Apache|ISC|BSD|MPL/.test(licence ?? ""))).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
