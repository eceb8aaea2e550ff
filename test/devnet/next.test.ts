import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takeName } from "./localName.ts";
import { pathFrom, shellCommand, shellWord } from "./shellCommand.ts";

const networks = mkdtempSync(join(tmpdir(), "quorate-devnet-names-"));
const before = process.env["QUORATE_NETWORKS"];
beforeAll(() => {
  process.env["QUORATE_NETWORKS"] = networks;
});
afterAll(() => {
  if (before === undefined) delete process.env["QUORATE_NETWORKS"];
  else process.env["QUORATE_NETWORKS"] = before;
  rmSync(networks, { recursive: true, force: true });
});

describe("commands to copy", () => {
  it("break between flags at 80 columns, each with its value, and never leave a backslash alone", () => {
    const directory = `/tmp/${"long/".repeat(14)}`;
    const parts = [
      "quorate register",
      `--config ${directory}agent.yaml`,
      `--account-key-file ${directory}key`,
      "--yes",
    ];
    expect(shellCommand(parts).split("\n")).toEqual([
      "quorate register \\",
      `  --config ${directory}agent.yaml \\`,
      `  --account-key-file ${directory}key \\`,
      "  --yes",
    ]);
    expect(shellCommand(["quorate run", "--config agent.yaml"])).toBe("quorate run --config agent.yaml");
    const full = "x".repeat(80 - "quorate ".length - " \\".length);
    expect(shellCommand(["quorate", full, "y"]).split("\n")).toEqual([`quorate ${full} \\`, "  y"]);
  });

  it("name what lies elsewhere by its whole path, and what a shell would split in quotes", () => {
    expect(pathFrom("/srv/quorate", "/srv/quorate/.quorate/devnet")).toBe(".quorate/devnet");
    expect(pathFrom("/srv/quorate", "/tmp/devnet/password")).toBe("/tmp/devnet/password");
    expect(shellWord("/tmp/devnet/password")).toBe("/tmp/devnet/password");
    expect(shellWord("/tmp/my net/it's")).toBe("'/tmp/my net/it'\\''s'");
  });
});

describe("the name `local`", () => {
  it("stays with a devnet that is up, and goes to the next when that one was killed", async () => {
    const chain = createServer((_request, response) => response.end("{}")).listen(0, "127.0.0.1");
    await once(chain, "listening");
    const { port } = chain.address() as { port: number };
    const facts = { name: "local", chainId: "31337", contracts: null, rpc: [`http://127.0.0.1:${port}`] };
    const giveBack = await takeName(facts);
    expect(giveBack).not.toBeNull();
    expect(await takeName({ ...facts, rpc: ["http://127.0.0.1:1"] })).toBeNull();
    chain.closeAllConnections();
    chain.close();
    await once(chain, "close");
    const second = await takeName({ ...facts, rpc: ["http://127.0.0.1:1"] });
    expect(second).not.toBeNull();
    // The first, had it only been slow, would leave the second's alone.
    giveBack?.();
    expect(readdirSync(networks)).toEqual(["local.json"]);
    second?.();
    expect(readdirSync(networks)).toEqual([]);
  });
});
