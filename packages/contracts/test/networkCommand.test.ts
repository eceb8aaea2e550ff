// scripts/network.ts as a person runs it: as a process, against a node over HTTP, with files.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import config from "../hardhat.config.ts";
import { ensureBuilt, packageDir } from "../src/artifacts.ts";
import { parseRecord } from "../src/record.ts";

const directory = mkdtempSync(join(tmpdir(), "quorate-network-"));
const record = join(directory, "record.json");
let rpc = "";
let closeServer: () => Promise<void>;

beforeAll(async () => {
  await ensureBuilt();
  const hre = await createHardhatRuntimeEnvironment(config, {}, packageDir);
  const server = await hre.network.createServer("sim", "127.0.0.1", 0);
  const { port } = await server.listen();
  rpc = `http://127.0.0.1:${port}`;
  closeServer = () => server.close();
});
afterAll(async () => {
  await closeServer();
  rmSync(directory, { recursive: true });
});

/** Runs a command to its end. */
function run(...args: string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, [join(packageDir, "scripts", "network.ts"), ...args], { cwd: packageDir });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, output })));
}

describe("the network command", () => {
  const local = join(packageDir, "networks", "local.json");

  test("helps", async () => {
    expect(await run("help")).toMatchObject({ status: 0, output: expect.stringContaining("verify-deployment") });
    expect(await run("delpoy")).toMatchObject({ status: 2 });
    expect(await run("deploy")).toMatchObject({ status: 1, output: expect.stringContaining("--rpc is missing") });
  });

  test("P-49: tries, deploys, reads back, upgrades and hands over", async () => {
    const dry = await run("deploy", "--rpc", rpc, "--network", local, "--dry-run");
    expect(dry).toMatchObject({ status: 0, output: expect.stringContaining("nothing was sent") });
    const deployed = await run("deploy", "--rpc", rpc, "--network", local, "--record", record);
    expect(deployed).toMatchObject({ status: 0, output: expect.stringContaining("wrote") });
    const { deployment } = parseRecord(readFileSync(record, "utf8"));
    expect(dry.output).toContain(deployment.rewards);
    const verified = await run("verify-deployment", "--rpc", rpc, "--record", record);
    expect(verified).toMatchObject({ status: 0, output: expect.stringContaining("known answer of PAIRING: true") });

    const upgraded = await run("upgrade", "--rpc", rpc, "--record", record, "--what", "pool");
    expect(upgraded).toMatchObject({ status: 0, output: expect.stringContaining("runs") });
    const after = parseRecord(readFileSync(record, "utf8")).deployment;
    expect(after.poolImplementation).not.toBe(deployment.poolImplementation);
    expect((await run("verify-deployment", "--rpc", rpc, "--record", record)).status).toBe(0);

    const to = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    const offered = await run("hand-over", "--rpc", rpc, "--record", record, "--to", to);
    expect(offered).toMatchObject({ status: 0, output: expect.stringContaining(`next is ${to}`) });
    const wrongOwner = await run("verify-deployment", "--rpc", rpc, "--record", record, "--owner", to);
    expect(wrongOwner).toMatchObject({ status: 1, output: expect.stringContaining("FAILED  rewards.owner") });
  });

  test("error: another chain, an existing record, a record that is none", async () => {
    const wrongChain = await run("deploy", "--rpc", rpc, "--network", join(packageDir, "networks", "testnet.json"));
    expect(wrongChain).toMatchObject({ status: 1, output: expect.stringContaining("DEPLOY_WRONG_CHAIN") });
    const broken = join(directory, "broken.json");
    writeFileSync(broken, "{}");
    const unread = await run("verify-deployment", "--rpc", rpc, "--record", broken);
    expect(unread).toMatchObject({ status: 1, output: expect.stringContaining("DEPLOY_RECORD_INVALID") });
    const again = await run("deploy", "--rpc", rpc, "--network", local, "--record", broken);
    expect(again).toMatchObject({ status: 1, output: expect.stringContaining("broken.json") });
  });
});
