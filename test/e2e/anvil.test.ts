/**
 * Separate agent processes over TCP on anvil, whose finalised block is two behind its latest, and whose chain
 * reorganises above it. Agents read finalised blocks only (P-57), so that what a reorganisation undoes has never
 * happened for them. They are those of the packed packages, installed into an empty directory.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "@quorate/aggregator";
import { provePossession } from "@quorate/common";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeys } from "../../packages/aggregator/src/adapters/keys/keys.ts";
import { PASSWORD } from "../harness/agentConfig.ts";
import { runCli } from "../harness/cli.ts";
import type { LocalNetwork } from "../harness/network.ts";
import { connect, registrationStruct, send } from "../harness/seed.ts";
import { balanceOf, claimRewards, submitBundle } from "../harness/settle.ts";
import { makeTempDirectory, removeDirectory } from "../harness/tempDirectory.ts";
import { waitFor } from "../harness/waitFor.ts";
import { complaintsOf, installPacked } from "../pack/install.ts";
import { packAll } from "../pack/pack.ts";
import { claimFrom, type Fixture, startFixture, untilReady } from "./fixture.ts";

const NODES = 4;

let fixture: Fixture;
let network: LocalNetwork;
let packed: readonly string[];
/** The installed `quorate`. */
let command: string;
const directory = makeTempDirectory("quorate-packed-");

beforeAll(async () => {
  packed = [...(await packAll(join(directory, "tarballs"))).values()];
  command = await installPacked(packed, join(directory, "installed"));
  fixture = await startFixture("anvil", { nodes: NODES, epochSeconds: 15, claimDeadlineMs: 60_000, command });
  network = fixture.network;
  await network.startAgents([1, 2, 3, 4]);
  await untilReady(network);
});

afterAll(async () => {
  await fixture?.close();
  removeDirectory(directory);
});

/** Registers node 5 without the command line, so that the block it lands in is known at once. */
async function registerFifth(): Promise<number> {
  const operator = network.chain.signer(NODES + 1);
  const stake = network.deployment.parameters.stakingRequirementAtomic;
  const keys = await createKeys({
    directory: join(network.directory, "fifth"),
    password: PASSWORD,
    protection: "devnet",
    scheme: network.scheme,
  });
  const address = operator.address.toLowerCase() as `0x${string}`;
  const possession = provePossession(network.scheme, network.domain, { ...keys, operator: address });
  const token = (account: number) => connect("SessionToken", network.token, network.chain.signer(account));
  await send(token(0), "transfer", address, stake);
  await send(token(NODES + 1), "approve", network.rewards, stake);
  // The preparation is final before the registration lands, so that the reorganisation undoes the registration alone.
  const prepared = await network.chain.provider.getBlockNumber();
  await untilFinalised(prepared);
  const rewards = connect("ServiceNodeRewards", network.rewards, operator);
  const contributors = [{ addr: address, beneficiary: address, stake }];
  // From here on blocks come only when asked for: this one must not become final before it is undone.
  await network.chain.provider.send("evm_setIntervalMining", [0]);
  const response = await rewards.getFunction("addBLSPublicKey")(registrationStruct(possession), contributors);
  await network.chain.provider.send("evm_mine", []);
  const receipt = await response.wait();
  return receipt.blockNumber;
}

async function nextId(): Promise<bigint> {
  return connect("ServiceNodeRewards", network.rewards, network.chain.signer(0)).getFunction("nextId")();
}

async function untilFinalised(blockNumber: number): Promise<void> {
  await waitFor({ what: `block ${blockNumber} to be final`, timeoutMs: 60_000 }, async () => {
    const block = await network.chain.provider.getBlock("finalized");
    return block !== null && block.number >= blockNumber ? true : null;
  });
}

/** Until every agent has read the block. */
async function untilRead(blockNumber: number): Promise<void> {
  await waitFor({ what: `agents to read block ${blockNumber}`, timeoutMs: 60_000 }, async (report) => {
    const heads = await Promise.all(
      network.agents.map(async ({ client }) => (await client.status()).head?.number ?? 0),
    );
    report(`heads ${heads.join(", ")}`);
    return heads.every((head) => head >= blockNumber) ? true : null;
  });
}

describe("on a chain with a lagging finalised block", () => {
  it("the packed packages are as publint and attw want them, and hold no test", async () => {
    expect((await Promise.all(packed.map(complaintsOf))).flat()).toEqual([]);
    const files = packed.flatMap((tarball) => execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).split("\n"));
    expect(files.filter((file) => /\.test\.|\/testing\/|\.env|\.key$|node_modules/.test(file))).toEqual([]);
    // Of the agent, and of common, which has the BLS library built in.
    expect(files.filter((file) => file === "package/THIRD-PARTY-LICENSES")).toHaveLength(2);
  });

  it("the installed `quorate` says its version, and starts while no registry can be reached", () => {
    const env = { ...process.env, npm_config_registry: "http://127.0.0.1:9/" };
    const said = execFileSync(process.execPath, [command, "--version"], { env, encoding: "utf8" });
    expect(said).toBe(`${VERSION}\n`);
  });

  it("the installed agent serves the page that was packed (P-143)", async () => {
    const { http } = network.agent(1);
    const html = await (await fetch(http)).text();
    const [, script] = /src="[.]([^"]+[.]js)"/.exec(html) ?? [];
    expect((await fetch(http + script)).headers.get("content-type")).toContain("javascript");
    expect(await (await fetch(`${http}/portal.json`)).json()).toMatchObject({ contract: network.rewards });
  });

  it("agents read no further than the finalised block (P-57)", async () => {
    const { head } = await network.agent(1).client.status();
    const latest = await network.chain.provider.getBlockNumber();
    expect(head?.number).toBeGreaterThan(0);
    expect(head?.number).toBeLessThanOrEqual(latest - 2);
  });

  it("behaviour: a reorganisation above the finalised block undoes a registration, and no agent has ever seen it (P-57)", async () => {
    const registeredIn = await registerFifth();
    const before = await network.chain.provider.getBlock(registeredIn);
    expect(await nextId()).toBe(6n);
    const depth = (await network.chain.provider.getBlockNumber()) - registeredIn + 1;
    await network.chain.reorg(depth);
    const after = await network.chain.provider.getBlock(registeredIn);
    expect(after?.hash).not.toBe(before?.hash);
    expect(await nextId()).toBe(5n);
    await network.chain.provider.send("evm_setIntervalMining", [1]);

    await untilFinalised(registeredIn);
    await untilRead(registeredIn);
    for (const { client } of network.agents) {
      expect((await client.status()).chain).toMatchObject({ healthy: true });
      expect((await client.nodes()).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    }
  });

  it("a claim signed across a reorganisation is complete; its bundle verifies and is paid (P-101)", async () => {
    const recipient = network.node(2).operator;
    const [claim] = await Promise.all([claimFrom(network, 3, recipient), network.chain.reorg(2)]);
    expect(claim).toMatchObject({ status: "ready", signedBps: 10_000, missing: [], disagreements: [] });
    const bundle = claim.bundle;
    if (bundle === null) throw new Error("a ready claim without a bundle");

    const file = join(network.directory, "bundle.json");
    writeFileSync(file, JSON.stringify(bundle));
    await runCli({
      args: ["verify", "--bundle", file, "--rpc", network.chain.url, "--contract", network.rewards],
      logFile: join(network.directory, "verify.log"),
    });
    await submitBundle(network, bundle, 2);
    await claimRewards(network, 2);
    expect(await balanceOf(network, recipient)).toBe(claim.amount);
  });

  it("anybody recomputes the ledger from the chain, and an agent explains the same lines (P-50)", async () => {
    const recipient = network.node(2).operator;
    const events = join(network.directory, "events.jsonl");
    const chain = ["--rpc", network.chain.url, "--contract", network.rewards];
    const ledger = async (name: string, ...args: string[]): Promise<string> =>
      runCli({ args: ["ledger", ...args], logFile: join(network.directory, `ledger-${name}.log`) });
    // On a busy machine progress stands between the objects.
    const lines = (text: string) =>
      text
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line));

    const own = lines(
      await ledger("recompute", "recompute", ...chain, "--export", events, "--recipient", recipient, "--json"),
    );
    const [figures, owed] = own;
    expect(figures).toMatchObject({ type: "epoch", nodes: { active: NODES }, recipients: NODES });
    expect(own.at(-1).sum).toBe(owed.amount);
    // The agent reads on its own, and may still be behind what was final here.
    await untilRead(figures.head.number);
    const epoch = String(figures.epoch);
    const { http } = network.agent(3);
    expect(lines(await ledger("explain", "explain", recipient, "--agent", http, "--epoch", epoch, "--json"))).toEqual(
      own.slice(1),
    );
    expect(await ledger("diff-chain", "diff", http, "--events", events)).toMatch(/the same up to epoch [0-9]+/);
    expect(await ledger("diff-agent", "diff", http, "--with", network.agent(1).http)).toMatch(
      /the same up to epoch [0-9]+/,
    );
  });
});
