/**
 * `npx -y pnpm@12 test`: the entry point. Compiles contracts and command, then runs Solidity beside unit tests, then
 * end-to-end tests: first those that wait for epochs and for healing more than they compute, side by side, then the
 * others, which want both cores.
 */
import { join } from "node:path";
import { REPOSITORY } from "../harness/child.ts";
import { withoutFlags } from "../harness/flags.ts";
import { scriptPart } from "./parts.ts";
import { runTests } from "./run.ts";

const CONTRACTS = join(REPOSITORY, "packages/contracts");
const AGENT = join(REPOSITORY, "packages/aggregator");
const AGAIN = "npx -y pnpm@12";

const HELP = `usage: npx -y pnpm@12 test

  all tests, and what they need, built before them

  one file or folder of the unit tests:  npx -y pnpm@12 test:unit <path>
  one of the end-to-end tests:           npx -y pnpm@12 test:e2e <path>
`;

const PARTS = [
  [
    scriptPart("contracts", CONTRACTS, "build", `${AGAIN} --filter @quorate/contracts build`),
    scriptPart("command", AGENT, "build", `${AGAIN} --filter @quorate/aggregator build`),
  ],
  [
    scriptPart("solidity", CONTRACTS, "test:solidity", `${AGAIN} test:solidity`),
    scriptPart("unit", REPOSITORY, "test:unit", `${AGAIN} test:unit`),
  ],
  [
    scriptPart("life", REPOSITORY, "test:e2e:life", `${AGAIN} test:e2e:life`),
    scriptPart("faults", REPOSITORY, "test:e2e:faults", `${AGAIN} test:e2e:faults`),
  ],
  [scriptPart("e2e", REPOSITORY, "test:e2e:others", `${AGAIN} test:e2e:others`)],
];

process.exitCode = await withoutFlags(HELP, () => runTests(PARTS));
