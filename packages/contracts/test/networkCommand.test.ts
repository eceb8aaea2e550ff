// scripts/network.ts as a person runs it: as a process, against a node over HTTP, with files.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JsonRpcProvider } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import config from "../hardhat.config.ts";
import { ensureBuilt, packageDir } from "../src/artifacts.ts";
import { parseRecord } from "../src/record.ts";

const directory = mkdtempSync(join(tmpdir(), "quorate-network-"));
const record = join(directory, "record.json");
const FIRST = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const SOMEONE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const OTHER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const ANYONE = "0x0000000000000000000000000000000000000000";
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

async function passTime(seconds: number): Promise<void> {
  const provider = new JsonRpcProvider(rpc);
  await provider.send("evm_increaseTime", [seconds]);
  await provider.send("evm_mine", []);
  provider.destroy();
}

const WRONG_USAGE: readonly (readonly [readonly string[], RegExp])[] = [
  [["deploy"], /--rpc is missing/],
  [["deploy", "--bogus", "1"], /Unknown option '--bogus'/],
  [["deploy", "--rpc", "127.0.0.1:8545"], /Write it with its scheme: http:\/\/127\.0\.0\.1:8545/],
];

describe("the network command", () => {
  const local = join(packageDir, "networks", "local.json");

  test("helps", async () => {
    expect(await run("help")).toMatchObject({ status: 0, output: expect.stringContaining("verify-deployment") });
    expect(await run("delpoy")).toMatchObject({ status: 2 });
    for (const [args, said] of WRONG_USAGE) {
      const { status, output } = await run(...args);
      expect([status, output]).toEqual([2, expect.stringMatching(said)]);
      expect(output).toMatch(/^FLAG_INVALID: .*\n(?: {2}.*\n)+$/);
    }
  });

  test("P-49: tries, deploys, reads back and upgrades", async () => {
    const dry = await run("deploy", "--rpc", rpc, "--network", local, "--dry-run");
    expect(dry).toMatchObject({ status: 0, output: expect.stringContaining("nothing was sent") });
    const deployed = await run("deploy", "--rpc", rpc, "--network", local, "--record", record);
    expect(deployed).toMatchObject({ status: 0, output: expect.stringMatching(/wrote .*\nread back: \d+ checks/) });
    expect(deployed.output).toMatch(/^sending creation of a contract: transaction 0x[0-9a-f]{64}, nonce \d+/m);
    const { deployment } = parseRecord(readFileSync(record, "utf8"));
    expect(dry.output).toContain(deployment.rewards);
    const verified = await run("verify-deployment", "--rpc", rpc, "--record", record);
    expect(verified).toMatchObject({ status: 0, output: expect.stringContaining("known answer of PAIRING: true") });

    const next = join(directory, "next.json");
    const upgraded = await run("upgrade", "--rpc", rpc, "--record", record, "--what", "pool", "--next", next);
    expect(upgraded).toMatchObject({ status: 0, output: expect.stringContaining("what is there now") });
    const after = parseRecord(readFileSync(next, "utf8")).deployment;
    expect(after.poolImplementation).not.toBe(deployment.poolImplementation);
    expect((await run("verify-deployment", "--rpc", rpc, "--record", next)).status).toBe(0);
    const outdated = await run("verify-deployment", "--rpc", rpc, "--record", record);
    expect(outdated).toMatchObject({ status: 1, output: expect.stringContaining("FAILED  implementation of pool") });

    const call = ["--on", "rewards", "--call", "setGuardian(address)", SOMEONE];
    expect(await run("call", "--rpc", rpc, "--record", next, ...call)).toMatchObject({ status: 0 });
    const changed = await run("verify-deployment", "--rpc", rpc, "--record", next);
    expect(changed).toMatchObject({ status: 1, output: expect.stringContaining("FAILED  rewards.guardian") });
    const proposed = await run("propose", "--rpc", rpc, "--record", next, ...call);
    expect(proposed).toMatchObject({ status: 1, output: expect.stringContaining("TIMELOCK_MISSING") });
  });

  test("P-114: with a timelock it proposes, waits, executes and cancels", async () => {
    const file = join(directory, "timelock.json");
    const parameters = { timelock: { minDelaySeconds: 100, proposers: [FIRST], executors: [ANYONE] } };
    writeFileSync(file, JSON.stringify({ kind: "local", chainId: "31337", parameters }));
    const own = join(directory, "own.json");
    const over = ["--guardian", SOMEONE, "--proposer", FIRST, "--proposer", OTHER];
    const deployed = await run("deploy", "--rpc", rpc, "--network", file, "--record", own, ...over);
    expect(deployed).toMatchObject({ status: 0, output: expect.stringContaining("TimelockController at") });
    const { deployment } = parseRecord(readFileSync(own, "utf8"));
    expect(deployment.parameters).toMatchObject({
      guardian: SOMEONE,
      timelock: { proposers: [FIRST, OTHER], executors: [ANYONE] },
    });

    const call = ["--on", "rewards", "--call", "setGuardian(address)", FIRST];
    const printed = await run("propose", "--rpc", rpc, "--record", own, ...call, "--print");
    expect(printed).toMatchObject({ status: 0, output: expect.stringContaining(`send to ${deployment.timelock}`) });
    const idIn = (output: string): string => /operation (0x[0-9a-f]{64}) scheduled/.exec(output)?.[1] as string;
    const proposed = await run("propose", "--rpc", rpc, "--record", own, ...call);
    const operation = idIn(proposed.output);
    expect(proposed).toMatchObject({ status: 0, output: expect.not.stringContaining("warning") });
    const early = await run("execute", "--rpc", rpc, "--record", own, "--operation", operation);
    expect(early).toMatchObject({ status: 1, output: expect.stringContaining("OPERATION_NOT_IN_STATE") });
    const next = join(directory, "own-next.json");
    const upgraded = await run("upgrade", "--rpc", rpc, "--record", own, "--what", "pool", "--next", next);
    expect(upgraded).toMatchObject({ status: 0, output: expect.stringContaining("once that is executed") });
    const hopeless = ["--on", "rewards", "--call", "setClaimLimit(uint256,uint256)", "0", "0"];
    const warned = await run("propose", "--rpc", rpc, "--record", own, ...hopeless);
    expect(warned).toMatchObject({ status: 0, output: expect.stringContaining("warning: executed now") });
    const cancelled = await run("cancel", "--rpc", rpc, "--record", own, "--operation", idIn(warned.output));
    expect(cancelled).toMatchObject({ status: 0, output: expect.stringContaining("cancelled") });

    const waiting = await run("verify-deployment", "--rpc", rpc, "--record", own);
    expect(waiting).toMatchObject({ status: 0, output: expect.stringContaining(operation) });
    await passTime(100);
    for (const ready of [operation, idIn(upgraded.output)]) {
      const executed = await run("execute", "--rpc", rpc, "--record", own, "--operation", ready);
      expect(executed).toMatchObject({ status: 0, output: expect.stringContaining(`${ready} executed`) });
    }
    const changed = readFileSync(next, "utf8").replace(`"guardian": "${SOMEONE}"`, `"guardian": "${FIRST}"`);
    writeFileSync(next, changed);
    const verified = await run("verify-deployment", "--rpc", rpc, "--record", next);
    expect(verified).toMatchObject({ status: 0, output: expect.stringContaining("waiting in the timelock: none") });
  });

  test("error: another chain, an existing record, a record that is none", async () => {
    const testnet = ["--network", join(packageDir, "networks", "testnet.json")];
    const unnamed = await run("deploy", "--rpc", rpc, ...testnet);
    expect(unnamed).toMatchObject({ status: 1, output: expect.stringContaining("guardian: must be named") });
    const names = ["--guardian", SOMEONE, "--proposer", OTHER, "--executor", ANYONE];
    const wrongChain = await run("deploy", "--rpc", rpc, ...testnet, ...names);
    expect(wrongChain).toMatchObject({ status: 1, output: expect.stringContaining("DEPLOY_WRONG_CHAIN") });
    const broken = join(directory, "broken.json");
    writeFileSync(broken, "{}");
    const unread = await run("verify-deployment", "--rpc", rpc, "--record", broken);
    expect(unread).toMatchObject({ status: 1, output: expect.stringContaining("DEPLOY_RECORD_INVALID") });
    const missing = await run("deploy", "--rpc", rpc, "--network", local, "--record", join(directory, "no", "r.json"));
    expect(missing).toMatchObject({ status: 1, output: expect.stringMatching(/^OUTPUT_FILE_UNWRITABLE/) });
    const again = await run("deploy", "--rpc", rpc, "--network", local, "--record", broken);
    expect(again).toMatchObject({ status: 1, output: expect.stringContaining("broken.json") });
  });
});
