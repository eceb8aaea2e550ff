import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { REPOSITORY } from "./child.ts";

const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as {
  scripts: Readonly<Record<string, string>>;
};
const tools = Object.entries(scripts).flatMap(([name, line]) => {
  const module = /^node .*?(test\/\S+\.ts)$/.exec(line)?.[1];
  return module === undefined ? [] : [{ name, module }];
});

/** Most run for minutes when they run: a flag that is not heard must not start them. */
describe("tools of package.json", () => {
  it.each(tools)("error: $name refuses a flag that there is not", ({ module }) => {
    const args = ["--disable-warning=ExperimentalWarning", join(REPOSITORY, module), "--no-such-flag"];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 });
    expect(stderr).toMatch(/FLAG_INVALID.*--no-such-flag/s);
    expect(status).toBe(2);
  });
});
