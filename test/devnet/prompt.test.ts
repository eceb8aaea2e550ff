import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { takeDirectory } from "./directory.ts";
import { HELP, parseFlags } from "./flags.ts";
import { findPorts } from "./ports.ts";
import { PROMPT_HELP, parseCommand, renderLook } from "./prompt.ts";

const root = mkdtempSync(join(tmpdir(), "quorate-devnet-unit-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("what is typed at a devnet", () => {
  it.each([
    ["kill 3", { name: "kill", id: 3 }],
    ["  Restart agent-2 ", { name: "restart", id: 2 }],
    ["stop node-4", { name: "stop", id: 4 }],
    ["status", { name: "status" }],
    ["time 15d", { name: "time", seconds: 1_296_000 }],
    ["time 90s", { name: "time", seconds: 90 }],
    ["exit", { name: "quit" }],
    ["", null],
  ])("%j is understood", (line, command) => expect(parseCommand(line, 4)).toEqual(command));

  it.each([
    "kill",
    "kill 5",
    "kill 0",
    "kill x",
    "kill 1 2",
    "dance",
    "status 3",
    "time",
    "time 31d",
    "time 0s",
    "time 2 d",
  ])("%j is answered with help", (line) => {
    expect(parseCommand(line, 4)).toMatchObject({
      name: "wrong",
      problem: expect.stringMatching(/agent-1 to|no command|how far/),
    });
  });

  it("shows every agent in less than 80 columns, also with a full strip", () => {
    const agent = { http: "http://127.0.0.1:18901", state: "decommissioned", uptime: "UPM".repeat(8), peers: 12 };
    const agents = [
      { ...agent, name: "agent-24", isUp: true },
      { ...agent, name: "agent-3", isUp: false },
    ];
    const text = renderLook({ closedEpoch: 214, acceptedReports: 200, payableEpoch: 213, agents });
    expect(text).toContain("agent-24  decommissioned  ·●○·●○·●○·●○  12 peers");
    expect(text).toMatch(/agent-3 .* not up$/m);
    const all = `${text}\n${PROMPT_HELP}\n${HELP}`.split("\n");
    expect(all.filter((line) => line.length > 80)).toEqual([]);
  });
});

describe("how a devnet starts", () => {
  it("error: FLAG_INVALID for another chain, too few nodes, and a directory that is not its own", () => {
    expect(parseFlags(["--chain", "hardhat", "--nodes=4"])).toMatchObject({ chain: "hardhat", nodes: 4, json: false });
    for (const wrong of [["--chain", "geth"], ["--nodes", "3"], ["--nodes", "25"], ["more"]])
      expect(() => parseFlags(wrong)).toThrow(/^FLAG_INVALID/);
    const others = join(root, "others");
    mkdirSync(others);
    writeFileSync(join(others, "thesis.txt"), "");
    expect(() => takeDirectory(others)).toThrow(/no devnet's/);
  });

  it("takes a directory that a killed devnet left, and none of one that lives", () => {
    const directory = join(root, "devnet");
    takeDirectory(directory);
    expect(() => takeDirectory(directory)).toThrow(new RegExp(`process ${process.pid} is running`));
    // No process has this id: it is above what Linux gives out.
    writeFileSync(join(directory, "devnet.pid"), "4194999");
    takeDirectory(directory);
  });

  it("moves all ports together when one is taken; error: DEVNET_PORTS_TAKEN when there are none", async () => {
    const ports = await findPorts(2, async (port) => port !== 8_902);
    expect(ports.agent(2)).toEqual({ http: 8_932, health: 9_932, p2p: 7_932 });
    expect(ports.chain).toBe(8_575);
    await expect(findPorts(2, async () => false)).rejects.toMatchObject({ code: "DEVNET_PORTS_TAKEN" });
  });
});
