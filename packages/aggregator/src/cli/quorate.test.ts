import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const COMMAND = fileURLToPath(new URL("./quorate.ts", import.meta.url));

it("error: a Node that is too old is told which one is needed, and nothing else", () => {
  const old = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });';
  const pretend = `data:text/javascript,${encodeURIComponent(old)}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", pretend, COMMAND, "--version"], {
    encoding: "utf8",
  });
  expect(stderr).toMatch(/^quorate needs Node 24 or newer, and this is Node 20\.20\.2 \(.+\)\.\n$/);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
});
