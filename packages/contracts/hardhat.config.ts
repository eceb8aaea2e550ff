// The compiler comes from the npm package `solc`, so nothing is downloaded. The simulated network runs the
// hardfork the contracts are for: osaka, which has EIP-2537 and the transaction gas cap of EIP-7825.
import { createRequire } from "node:module";
import { defineConfig } from "hardhat/config";
import { testCompile } from "./src/testCompile.ts";
import { CHAIN_START_SECONDS } from "./src/testing/chainStart.ts";

const require = createRequire(import.meta.url);

// Instrumented code must never be taken for the real one: scripts/coverage.ts has directories of its own.
const paths: { artifacts?: string; cache?: string } =
  process.env["COVERAGE_PATHS"] === "1" ? { artifacts: "coverage/artifacts", cache: "coverage/cache" } : {};

export default defineConfig({
  plugins: [testCompile],
  paths,
  solidity: {
    version: "0.8.37",
    path: require.resolve("solc/soljson.js"),
    settings: {
      viaIR: true,
      evmVersion: "prague",
      // 10,000 runs save 0.4k gas of a claim and cost 3.8 kB of code (BASELINES): size decides.
      optimizer: { enabled: true, runs: 200 },
      metadata: { bytecodeHash: "none" },
    },
    splitTestsCompilation: true,
    npmFilesToBuild: [
      "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol",
      "@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol",
      "@openzeppelin/contracts/governance/TimelockController.sol",
    ],
  },
  test: {
    solidity: {
      fsPermissions: { readDirectory: ["../common/vectors", paths.artifacts ?? "artifacts"] },
      // A pairing takes about a millisecond: the short profile fits the tests' time, the long one is
      // `FUZZ_RUNS=10000 pnpm test:solidity`; for random lives `pnpm test:invariants`. The seed is fixed, so that a
      // failure repeats.
      invariant: {
        runs: Number(process.env["INVARIANT_RUNS"] ?? 4),
        depth: Number(process.env["INVARIANT_DEPTH"] ?? 60),
        failOnRevert: true,
      },
      fuzz: { runs: Number(process.env["FUZZ_RUNS"] ?? 16), seed: "0x51" },
    },
  },
  networks: {
    sim: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "osaka",
      initialDate: new Date(CHAIN_START_SECONDS * 1_000),
    },
  },
});
