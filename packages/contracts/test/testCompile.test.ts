// How the Solidity tests are compiled: their own code cheaply, the contracts' as it is shipped. That what they deploy
// is the shipped code, byte for byte, is in solidity/Artifacts.t.sol.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { describe, expect, test } from "vitest";
import config from "../hardhat.config.ts";
import { packageDir } from "../src/artifacts.ts";
import { COMPILED_AS_CONTRACTS, selectTests, testSources } from "../src/testCompile.ts";

const read = (source: string): string => readFileSync(join(packageDir, source), "utf8");
const plainSources = testSources().filter((source) => !COMPILED_AS_CONTRACTS.includes(source));

test("one compilation of all plain tests, and the contracts' settings for everything else", async () => {
  const { solidity } = (await createHardhatRuntimeEnvironment(config, {}, packageDir)).config;
  const { compilers, overrides } = solidity.profiles["default"] ?? { compilers: [], overrides: {} };
  expect(compilers.map(({ settings }) => settings)).toMatchObject([{ viaIR: true, optimizer: { enabled: true } }]);
  expect(Object.keys(overrides).sort()).toEqual(plainSources);
  expect(new Set(Object.values(overrides)).size).toBe(1);
  const [plain] = Object.values(overrides);
  expect(plain).toMatchObject({ version: compilers[0]?.version, settings: { viaIR: false } });
  expect(plain?.settings).toMatchObject({ optimizer: { enabled: false }, evmVersion: "prague" });
});

test("the list names sources that exist", () => {
  expect(COMPILED_AS_CONTRACTS.filter((source) => !existsSync(join(packageDir, source)))).toEqual([]);
});

test.each(plainSources.filter((source) => source.startsWith("test/solidity/")))(
  "%s holds no contract of ours: it neither creates nor inherits one",
  (source) => {
    const text = read(source);
    const imported = [...text.matchAll(/import\s*\{([^}]*)\}\s*from\s*"([^"]*)"/g)]
      .filter(([, , from]) =>
        /^(\.\.\/)+contracts\/(?!interfaces\/)|^@openzeppelin\/contracts\/(proxy|governance)\//.test(from ?? ""),
      )
      .flatMap(([, names]) => (names ?? "").split(",").map((name) => name.trim()));
    const inherited = [...text.matchAll(/^(?:abstract )?contract \w+ is ([\w, ]+)/gm)].flatMap(([, bases]) =>
      (bases ?? "").split(",").map((base) => base.trim()),
    );
    expect(imported.filter((name) => inherited.includes(name) || new RegExp(`new ${name}\\b`).test(text))).toEqual([]);
  },
);

describe("what the compiler is asked for", () => {
  const all = { "*": { "": ["ast"], "*": ["abi"] } };
  const sources = [
    "project/contracts/KeyStore.sol",
    "project/test/solidity/Bls.t.sol",
    "project/test/solidity/Exit.t.sol",
  ];

  test("of plain tests, their own code only", () => {
    expect(selectTests(sources, all, true)).toEqual({ "project/test/solidity/Exit.t.sol": all["*"] });
  });

  test("of tests compiled as the contracts are, their own code only", () => {
    expect(selectTests(sources, all, false)).toEqual({ "project/test/solidity/Bls.t.sol": all["*"] });
  });

  test("of the contracts, what Hardhat asks for", () => {
    expect(selectTests(["project/contracts/KeyStore.sol"], all, false)).toBeUndefined();
  });
});
