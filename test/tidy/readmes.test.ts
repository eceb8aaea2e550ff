/** The READMEs of packages: their JavaScript is run as it stands, each in a process of its own, in its package. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { contractNames, ensureBuilt } from "@quorate/contracts";
import { describe, expect, it } from "vitest";
import { REPOSITORY } from "../harness/child.ts";

async function runExample(name: string): Promise<string[]> {
  const cwd = join(REPOSITORY, "packages", name);
  const [, code = ""] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(cwd, "README.md"), "utf8")) ?? [];
  expect(code).toContain(`from "@quorate/${name}"`);
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { cwd });
  return stdout.trimEnd().split("\n");
}

describe("the examples of READMEs", () => {
  it("common: an amount, a digest, a tree's root and a quorum", async () => {
    const [amount, digest, root, quorum, ...more] = await runExample("common");
    expect(amount).toBe("0.239408912 SESH");
    expect(digest).toMatch(/^0x[0-9a-f]{64}$/);
    expect(root).toMatch(/^0x[0-9a-f]{64}$/);
    expect(quorum).toBe("true");
    expect(more).toEqual([]);
  });

  it("contracts: every contract with its size", async () => {
    await ensureBuilt();
    const lines = await runExample("contracts");
    expect(lines.map((line) => line.split(":")[0])).toEqual(contractNames);
    for (const line of lines) expect(line).toMatch(/: [1-9]\d* entries of ABI, [1-9]\d+ bytes$/);
  });

  it("aggregator: a configuration with its defaults", async () => {
    expect(await runExample("aggregator")).toEqual([
      expect.stringMatching(/^quorate \d+\.\d+\.\d+ serves on 127\.0\.0\.1:8900, and asks 3 providers$/),
    ]);
  });
});
