// What the build must hold: the committed ABI is that of the sources, and every contract may be deployed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { abiFileNames, abiFiles } from "../src/abi-files.ts";
import { contractNames, ensureBuilt, isBuildStale, librariesOf, loadArtifact, packageDir } from "../src/artifacts.ts";
import { compileProbe } from "../src/compile.ts";
import { linkedBytecode } from "../src/link.ts";
import { errorCode } from "./support.ts";

/** The largest code of a contract, in bytes (EIP-170). */
const MAX_CODE_BYTES = 24_576;

beforeAll(async () => ensureBuilt());

test("ensureBuilt leaves nothing stale", () => {
  expect(isBuildStale()).toBe(false);
});

test.each(abiFileNames)("the committed ABI %s is not stale", (name) => {
  const generated = new Map(abiFiles()).get(name);
  const committed = readFileSync(join(packageDir, "..", "common", "src", "abi", name), "utf8");
  expect(committed, "run `pnpm generate`").toBe(generated);
});

describe("code size", () => {
  test.each(contractNames)("%s is below 24,576 bytes", (name) => {
    const bytes = (loadArtifact(name).deployedBytecode.length - 2) / 2;
    process.stdout.write(`${name}: ${bytes} bytes\n`);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(MAX_CODE_BYTES);
  });
});

test("error: a library is not given", () => {
  expect(errorCode(() => linkedBytecode(loadArtifact("ServiceNodeRewards"), {}))).toBe("LIBRARY_NOT_LINKED");
});

test("error: CONTRACTS_NOT_BUILT for a library that was never compiled", () => {
  const linkReferences = { "project/contracts/Nowhere.sol": { Nowhere: [] } };
  const artifact = { ...loadArtifact("ServiceNodeRewards"), linkReferences };
  expect(errorCode(() => librariesOf(artifact))).toBe("CONTRACTS_NOT_BUILT");
});

test("error: CONTRACTS_BUILD_FAILED for a source that does not compile", () => {
  expect(errorCode(() => compileProbe("contract Broken {", []))).toBe("CONTRACTS_BUILD_FAILED");
});
