// The static analyser over every contract. What is switched off in .solhint.json is answered in
// docs/contracts/analysis.md.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageDir } from "../src/artifacts.ts";

const analysis = readFileSync(join(packageDir, "..", "..", "docs", "contracts", "analysis.md"), "utf8");
const config = JSON.parse(readFileSync(join(packageDir, ".solhint.json"), "utf8")) as {
  rules: Record<string, unknown>;
};

/** Runs solhint over files, without looking for newer versions of itself. */
function solhint(...files: string[]): { status: number | null; report: string } {
  const cli = join(packageDir, "node_modules", "solhint", "solhint.js");
  const args = [cli, "--noPoster", "--disc", "--max-warnings", "0", "-f", "unix", ...files];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: packageDir, encoding: "utf8" });
  return { status, report: `${stdout}${stderr}`.trim() };
}

test("solhint finds nothing in the contracts", () => {
  expect(solhint("contracts/**/*.sol")).toEqual({ status: 0, report: "" });
});

test("solhint does look: it finds what is wrong with a test's token", () => {
  const { status, report } = solhint("test/solidity/support/HostileToken.sol");
  expect(status).toBe(1);
  expect(report).toContain("avoid-low-level-calls");
});

test("every rule that is off is answered", () => {
  const off = Object.keys(config.rules).filter((rule) => config.rules[rule] === "off");
  expect(off.length).toBeGreaterThan(0);
  expect(off.filter((rule) => !analysis.includes(`\`${rule}\``))).toEqual([]);
});
