/** A node set up by `quorate init`, looked at by `quorate doctor` and registered, on a real chain. */

import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LEAVE_SECONDS } from "@quorate/client";
import { send, TEST_STAKE_ATOMIC, type TestNetwork } from "@quorate/contracts/testing";
import { HDNodeWallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAnvilNetwork } from "../../../test/support/anvilNetwork.ts";
import type { TestChain } from "../../../test/support/chain.ts";
import { command } from "../../../test/support/command.ts";
import type { Check } from "./check.ts";

const MNEMONIC = "test test test test test test test test test test test junk";
const operator = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0/3");
const directory = mkdtempSync(join(tmpdir(), "quorate-init-"));
const node = join(directory, "node");
const config = join(node, "agent.yaml");

let chain: TestChain;
let network: TestNetwork;

beforeAll(async () => {
  ({ chain, network } = await startAnvilNetwork(1));
});
afterAll(async () => {
  await chain?.stop();
  rmSync(directory, { recursive: true });
});

/** Port 0 is always free; the chain's clock is that of its start, so a warning of it is no news. */
function init(at: string, ...args: string[]) {
  const ports = ["--p2p-port", "0", "--http-port", "0", "--devnet", "--yes"];
  return command(
    "init",
    "--directory",
    at,
    "--rpc",
    chain.url,
    "--contract",
    network.deployment.rewards,
    ...ports,
    ...args,
  );
}

async function checks(...args: string[]): Promise<readonly Check[]> {
  return (await command("doctor", "--json", ...args)).json()["checks"] as readonly Check[];
}

describe("a new node", () => {
  it("init writes a configuration that the agent takes, a password nobody can read, and keys", async () => {
    const { stdout } = await init(node, "--operator", operator.address);
    expect(stdout).toContain(`quorate doctor --config ${config}`);
    for (const file of ["agent.yaml", "password", "keys/bls.json", "keys/identity.json"]) {
      expect(statSync(join(node, file)).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(join(node, "password"), "utf8")).toMatch(/^[\w-]{32}\n$/);
    expect(readFileSync(config, "utf8")).toContain(`pool: "${network.deployment.pool.toLowerCase()}"`);
  });

  it("error: never where a node is already, nor inside a repository", async () => {
    await expect(init(node)).rejects.toMatchObject({
      code: "INIT_REFUSED",
      values: { reason: "these files are there" },
    });
    mkdirSync(join(directory, "project", ".git"), { recursive: true });
    await expect(init(join(directory, "project", "node"))).rejects.toMatchObject({
      code: "INIT_REFUSED",
      values: { repository: join(directory, "project") },
    });
    const away = command("init", "--directory", join(directory, "away"), "--yes");
    await expect(away).rejects.toMatchObject({ code: "FLAG_INVALID", values: { flag: "--network" } });
  });

  it("doctor says what is well and what is missing, before the registration and after", async () => {
    const before = await checks("--config", config);
    expect(before).toContainEqual(
      expect.objectContaining({ area: "node", state: "warn", found: "no node has this key" }),
    );
    expect(before).toContainEqual(
      expect.objectContaining({ area: "balance", state: "warn", found: expect.stringContaining("holds 0 SESH") }),
    );
    expect(before.filter(({ state }) => state === "bad")).toEqual([]);
    for (const area of ["versions", "keys", "disk", "ports", "contracts"])
      expect(before).toContainEqual(expect.objectContaining({ area, state: "ok" }));

    await send(network.token, "transfer", operator.address, TEST_STAKE_ATOMIC);
    writeFileSync(join(directory, "key"), operator.privateKey, { mode: 0o600 });
    const args = ["register", "--config", config, "--account-key-file", join(directory, "key")];
    const planned = await command(...args, "--dry-run");
    expect(planned.stdout).toMatch(/100 SESH of 100 SESH that 0x\S+ holds become this node's stake/);
    expect(planned.stderr).toContain("warning: p2p.bootstrap is empty");
    await command(...args, "--yes");
    const after = await checks("--config", config);
    expect(after).toContainEqual(
      expect.objectContaining({
        area: "node",
        state: "ok",
        found: expect.stringMatching(/^node 2 is pending, 100 SESH/),
      }),
    );
  });

  it("P-45 to P-48, P-156: a pool is opened, ended with everyone paid back, opened again, completed and finalised", async () => {
    const [, chief, helper] = [0, 1, 4].map((index) =>
      HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`),
    );
    const [own, other] = [chief as HDNodeWallet, helper as HDNodeWallet];
    const pooled = join(directory, "pooled");
    await init(pooled);
    for (const { address } of [own, other]) await send(network.token, "transfer", address, TEST_STAKE_ATOMIC);
    writeFileSync(join(directory, "own"), own.privateKey, { mode: 0o600 });
    writeFileSync(join(directory, "other"), other.privateKey, { mode: 0o600 });
    const as = (who: string) => ["--account-key-file", join(directory, who), "--yes", "--json"];
    const at = ["--rpc", chain.url, "--contract", network.deployment.rewards];
    const balance = (address: string) => network.token.getFunction("balanceOf")(address) as Promise<bigint>;
    const before = await balance(own.address);

    const terms = ["--amount", "40", "--fee-bps", "500", "--reserve", `${other.address}=30`, "--manual-finalize"];
    const open = ["pool", "open", "--config", join(pooled, "agent.yaml"), ...terms];
    const opened = (await command(...open, ...as("own"))).json();
    expect(opened).toMatchObject({ status: "open", total: "40000000000" });
    expect(opened["transactions"]).toHaveLength(3);
    const pool = opened["pool"] as string;
    const twice = { code: "POOL_KEYS_IN_USE", values: { pool } };
    await expect(command(...open, ...as("own"))).rejects.toMatchObject(twice);

    const ended = (await command("pool", "end", "--pool", pool, ...at, ...as("own"))).json();
    expect([ended["status"], await balance(own.address)]).toEqual(["setup", before]);

    const second = (await command(...open, ...as("own"))).json()["pool"] as string;
    await expect(command(...open, "--pool", pool, ...as("own"))).rejects.toMatchObject({ values: { pool: second } });
    await command("pool", "end", "--pool", second, ...at, ...as("own"));
    await command(...open, "--pool", pool, ...as("own"));
    await command("contribute", "--pool", pool, "--amount", "60", ...at, ...as("other"));
    const full = (await command("pool", "show", "--pool", pool, ...at, "--json")).json();
    expect(full).toMatchObject({ status: "full", total: String(TEST_STAKE_ATOMIC), feeBps: 500 });
    await expect(command("pool", "finalize", "--pool", pool, ...at, ...as("other"))).rejects.toMatchObject({
      values: { meaning: "only the operator's account may send this" },
    });
    const { stderr, json } = await command("pool", "finalize", "--pool", pool, ...at, ...as("own"));
    expect(json()).toMatchObject({ status: "finalized", node: 3 });
    expect(stderr).toContain("registered as node 3; let its agent run");
    await expect(command("pool", "show", "--pool", own.address, ...at)).rejects.toMatchObject({ code: "POOL_UNKNOWN" });
  });

  it("doctor: a node that leaves, one whose principal is free, and one whose was paid, each with what works now", async () => {
    const account = ["--account-key-file", join(directory, "key"), "--yes"];
    const ofNode = async (): Promise<string> => {
      const found = (await checks("--config", config)).filter(({ area }) => area === "node");
      return found.map(({ remedy }) => remedy).join(" ");
    };
    await command("leave", "--config", config, ...account);
    expect(await ofNode()).toContain("Keep its agent running until then.");
    const { timestamp } = (await chain.rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
    await chain.rpc("evm_setNextBlockTimestamp", Number(timestamp) + LEAVE_SECONDS);
    await chain.mine(1);
    expect(await ofNode()).toContain("`quorate exit` takes it out.");
    await command("exit", "--config", config, ...account);
    expect(await ofNode()).toContain("Its principal is free: `quorate withdraw --node 2` has it paid.");
    await command("withdraw", "--config", config, ...account);
    expect(await ofNode()).toContain("Its principal was paid back. Its agent has nothing more to do.");
  });

  it("doctor: what keeps the agent from its work is a fault, with what to do", async () => {
    const broken = join(directory, "broken.yaml");
    const text = readFileSync(config, "utf8").replace(network.deployment.pool.toLowerCase(), `0x${"22".repeat(20)}`);
    writeFileSync(
      broken,
      text.replace("port: 0", "port: 0 # none").replaceAll(/(directory|passwordFile|path): /g, "$1: node/"),
    );
    chmodSync(join(node, "password"), 0o644);
    const found = await command("doctor", "--config", broken).catch((error: unknown) => error);
    expect(found).toMatchObject({ code: "DOCTOR_FOUND_FAULTS", values: { areas: ["contracts"] } });
    chmodSync(join(node, "password"), 0o600);
    appendFileSync(join(node, "password"), "x");
    await expect(command("doctor", "--config", config)).rejects.toMatchObject({ values: { areas: ["keys"] } });
  });

  it("doctor --dial: whether a node of libp2p answers there", async () => {
    const listener = createServer((socket) => socket.once("data", (greeting) => socket.end(greeting)));
    await once(listener.listen(0, "127.0.0.1"), "listening");
    const { port } = listener.address() as AddressInfo;
    const { stdout } = await command("doctor", "--dial", `/ip4/127.0.0.1/tcp/${port}`);
    expect(stdout).toContain("can be reached from here, and a peer answers");
    listener.close();
    const nobody = command("doctor", "--dial", "/ip4/127.0.0.1/tcp/1");
    await expect(nobody).rejects.toMatchObject({ code: "DOCTOR_FOUND_FAULTS", values: { areas: ["ports"] } });
  });
});
