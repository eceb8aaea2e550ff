/**
 * How the tests' own code is compiled: by the compiler's old pipeline and without its optimiser, which takes a small
 * part of the time. In: Hardhat's configuration. Out: the same, with an override for every test source but those that
 * hold code of the contracts. What the tests deploy comes from the artifacts (`support/Code.sol`), so that it is what
 * is shipped.
 */
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SolidityBuildProfileConfig, SolidityCompilerConfig } from "hardhat/types/config";
import type { HardhatPlugin } from "hardhat/types/plugins";

const packageDir = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Test sources that inherit a contract or test an internal library: compiled as the contracts are. */
export const COMPILED_AS_CONTRACTS: readonly string[] = [
  "test/solidity/Bls.t.sol",
  "test/solidity/PoolMath.t.sol",
  "test/solidity/Vectors.t.sol",
  "test/solidity/support/RewardsHarness.sol",
];

/** All test sources, relative to the package. */
export function testSources(): string[] {
  return globSync("test/**/*.sol", { cwd: packageDir }).sort();
}

type Selection = Record<string, Record<string, string[]>>;

/**
 * What is asked of the compiler for the tests. Hardhat asks for the code of every source; that of the contracts would
 * be compiled for nothing, and is too deep for the old pipeline. The syntax tree of a source counts as its code.
 * @param sources As the compiler names them: "project/test/...".
 * @param plain Whether they are compiled without the optimiser.
 * @returns undefined when there is no test among them
 */
export function selectTests(sources: readonly string[], selection: Selection, plain: boolean): Selection | undefined {
  const tests = testSources().filter((source) => COMPILED_AS_CONTRACTS.includes(source) !== plain);
  const named = new Set(tests.map((source) => `project/${source}`));
  const selected = sources.filter((source) => named.has(source));
  if (selected.length === 0) return undefined;
  return Object.fromEntries(selected.map((source) => [source, selection["*"] ?? {}]));
}

/** Hardhat's plugin that does it. */
export const testCompile: HardhatPlugin = {
  id: "quorate-test-compile",
  hookHandlers: {
    config: async () => ({
      default: async () => ({
        resolveUserConfig: async (userConfig, resolveVariable, next) => {
          const config = await next(userConfig, resolveVariable);
          const { compilers, overrides } = config.solidity.profiles["default"] as SolidityBuildProfileConfig;
          const [compiler] = compilers as [SolidityCompilerConfig];
          const settings = { ...compiler.settings, viaIR: false, optimizer: { enabled: false } };
          // One object for all: Hardhat compiles those together whose configuration is the same object.
          const plain: SolidityCompilerConfig = { ...compiler, settings };
          for (const source of testSources()) {
            if (!COMPILED_AS_CONTRACTS.includes(source)) overrides[source] = plain;
          }
          return config;
        },
      }),
    }),
    solidity: async () => ({
      default: async () => ({
        build: (context, roots, options, next) =>
          // Two compilers, for the tests' own code and for that of the contracts; Hardhat leaves one core free.
          next(context, roots, options?.scope === "tests" ? { ...options, concurrency: 2 } : options),
        preprocessSolcInputBeforeBuilding: (context, input, next) => {
          const { settings, sources } = input;
          const plain = settings.viaIR === false;
          const selection = selectTests(Object.keys(sources), settings.outputSelection as Selection, plain);
          if (selection === undefined) return next(context, input);
          return next(context, { ...input, settings: { ...settings, outputSelection: selection } });
        },
      }),
    }),
  },
};
