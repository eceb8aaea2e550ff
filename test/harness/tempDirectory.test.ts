import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { keepDirectory, makeTempDirectory, removeDirectory } from "./tempDirectory.ts";

it("directories of processes that are gone are removed; those that are used or kept stay", () => {
  const prefix = `quorate-temporary-${process.pid}-`;
  const [used, orphan, kept] = [1, 2, 3].map(() => makeTempDirectory(prefix)) as [string, string, string];
  const gone = String(spawnSync(process.execPath, ["--version"]).pid);
  for (const directory of [orphan, kept]) writeFileSync(join(directory, "owner.pid"), gone);
  keepDirectory(kept);
  const last = makeTempDirectory(prefix);
  expect([used, orphan, kept, last].map((directory) => existsSync(directory))).toEqual([true, false, true, true]);
  for (const directory of [used, kept, last]) removeDirectory(directory);
});
