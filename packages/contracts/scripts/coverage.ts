// Line coverage of the contracts by the Solidity tests: runs them instrumented, in directories of their own so that
// nobody deploys instrumented code, and names every line that no test reaches. Exit status 0 only at 98% and more. Some
// twenty minutes.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageDir } from "../src/artifacts.ts";
import { formatCoverage, linesCovered, parseLcov } from "../src/coverage.ts";

/** What the contracts must reach, in percent of lines. */
const REQUIRED_PERCENT = 98;

const cli = fileURLToPath(new URL("./cli.js", import.meta.resolve("hardhat")));
const child = spawn(process.execPath, [cli, "test", "solidity", "--coverage"], {
  cwd: packageDir,
  env: { ...process.env, COVERAGE_PATHS: "1" },
  stdio: ["ignore", "pipe", "inherit"],
});
let report = "";
child.stdout.on("data", (chunk: Buffer) => {
  report += chunk.toString();
});
child.once("close", (status) => {
  if (status !== 0) {
    process.stderr.write(report.slice(report.indexOf("Running Solidity tests")));
    process.exitCode = 1;
    return;
  }
  const files = parseLcov(readFileSync(join(packageDir, "coverage", "lcov.info"), "utf8"), packageDir);
  process.stdout.write(`${formatCoverage(files)}\n`);
  if (linesCovered(files).percent < REQUIRED_PERCENT) process.exitCode = 1;
});
