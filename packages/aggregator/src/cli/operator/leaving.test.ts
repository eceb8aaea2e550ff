/**
 * A node's way out and its principal's way back, as an operator sends them on a real chain; and what every command that
 * sends has in common: accounts, the dry run, the question. One chain for all.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { parseAddress } from "@quorate/common";
import type { TestNetwork } from "@quorate/contracts/testing";
import { encryptKeystoreJsonSync, HDNodeWallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAnvilNetwork } from "../../../test/support/anvilNetwork.ts";
import type { TestChain } from "../../../test/support/chain.ts";
import { command, type Said } from "../../../test/support/command.ts";
import { serve, stopServers, testAgent } from "../../../test/support/httpServer.ts";
import { connectRewards } from "../../adapters/chain/connectRewards.ts";
import { openAccount } from "../account.ts";
import { carryOut } from "../sending.ts";

const MNEMONIC = "test test test test test test test test test test test junk";
const wallet = (index: number) => HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);
/** Every node's operator. */
const operator = wallet(1);
const own = parseAddress(operator.address);
const stranger = wallet(5);
const directory = mkdtempSync(join(tmpdir(), "quorate-leaving-"));
const DAY = 86_400;

let chain: TestChain;
let network: TestNetwork;
const servers: Server[] = [];

beforeAll(async () => {
  ({ chain, network } = await startAnvilNetwork(4));
  process.env["QUORATE_NETWORKS"] = directory;
  const { rewards, pool } = network.deployment;
  const text = { name: "own", chainId: "31337", contracts: { rewards, pool, deployBlock: 0 }, rpc: [chain.url] };
  writeFileSync(join(directory, "own.json"), JSON.stringify(text));
});

afterAll(async () => {
  delete process.env["QUORATE_NETWORKS"];
  for (const server of servers) server.close();
  await stopServers();
  await chain?.stop();
  rmSync(directory, { recursive: true });
});

function file(name: string, text: string): string {
  writeFileSync(join(directory, name), text, { mode: 0o600 });
  return join(directory, name);
}

/** With the operator's key. */
const key = () => file("operator.key", operator.privateKey);
const quorate = (...args: string[]): Promise<Said> => command(...args, "--network", "own");
const send = (...args: string[]): Promise<Said> => quorate(...args, "--account-key-file", key(), "--yes", "--json");
const nonceOf = async (address: string) => Number(await chain.rpc("eth_getTransactionCount", address, "latest"));

async function wait(seconds: number): Promise<void> {
  const { timestamp } = (await chain.rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string };
  await chain.rpc("evm_setNextBlockTimestamp", Number(timestamp) + seconds);
  await chain.mine(1);
}

/** What `quorate status` of an agent whose node has exited says is next, without the epoch's end. */
async function nextOf(nodeId: number, { chainNamed = true } = {}): Promise<string[]> {
  const agent = testAgent();
  agent.ownNode = { nodeId, state: "exited", operator: own, unlocksAt: 1_800_000_000, foreign: [] };
  const args = ["status", "--agent", await serve(agent), "--json"];
  const { next } = (await (chainNamed ? quorate(...args) : command(...args))).json();
  return (next as string[]).slice(1);
}

describe("a node leaves (P-33 to P-35)", () => {
  it("P-106: a dry run says what would happen, what it costs at most and the calldata, without a key", async () => {
    const before = await nonceOf(operator.address);
    const args = ["leave", "--node", "1", "--dry-run", "--from", operator.address];
    const { stdout } = await quorate(...args);
    expect(stdout).toContain("Node 1 (active, 100 SESH) is asked to leave. This cannot be taken back.");
    expect(stdout).toMatch(
      /It costs 0x70997970\S+ on chain 31337 at most 0\.\d+ ether \(\d+ gas at up to [\d.]+ gwei\)/,
    );
    expect(stdout).toMatch(/initiateExitBLSPublicKey: 0x[0-9a-f]{72}\n/);
    const told = (await quorate(...args, "--json")).json();
    expect(told).toMatchObject({ dryRun: true, from: own, chainId: "31337" });
    expect(told["transactions"]).toMatchObject([{ what: "initiateExitBLSPublicKey", gasLimit: expect.any(String) }]);
    expect(await nonceOf(operator.address)).toBe(before);
  });

  it("asks to leave once, and says from when it may be exited", async () => {
    const asked = (await send("leave", "--node", "1")).json();
    expect(asked).toMatchObject({ node: 1, state: "active", transactions: [expect.stringMatching(/^0x/)] });
    const again = await send("leave", "--node", "1");
    expect(again.json()).toMatchObject({ node: 1, transactions: [], unlocksAt: asked["unlocksAt"] });
    expect(again.stderr).toContain("node 1 was asked to leave already; it may be exited from ");
  });

  it("error: too early, by a stranger, of an unknown node, of several nodes: each says what holds it up", async () => {
    const refused = (...args: string[]) => expect(send(...args)).rejects;
    await refused("exit", "--node", "1").toMatchObject({
      code: "TRANSACTION_REVERTED",
      values: { meaning: expect.stringMatching(/^node 1 is locked until 20\d\d-/) },
    });
    await refused("exit", "--node", "2").toMatchObject({
      values: { meaning: "nobody has asked for node 2 to leave; `quorate leave` does" },
    });
    await refused("contest", "--node", "2").toMatchObject({
      values: { meaning: "node 2 is not decommissioned, so there is nothing to contest" },
    });
    await refused("withdraw", "--node", "2").toMatchObject({ code: "TRANSACTION_REVERTED" });
    await refused("leave", "--node", "5").toMatchObject({ code: "NODE_UNKNOWN", values: { node: 5, newest: 4 } });
    await refused("leave").toMatchObject({ code: "NODE_NOT_NAMED", values: { nodes: [1, 2, 3, 4] } });
    const other = quorate("leave", "--node", "2", "--account-key-file", file("other", stranger.privateKey), "--yes");
    await expect(other).rejects.toMatchObject({
      values: { meaning: "the account has no stake in it; give the account that staked" },
    });
  });

  it("is exited after 15 days, its principal paid in the same go; a second node's by two commands", async () => {
    await send("leave", "--node", "2");
    await wait(15 * DAY);
    const before = (await network.token.getFunction("balanceOf")(operator.address)) as bigint;
    const left = (await send("exit", "--node", "1", "--withdraw")).json();
    expect(left).toMatchObject({ node: 1, state: "exited" });
    expect(left["transactions"]).toHaveLength(2);
    await send("exit", "--node", "2");
    expect(await nextOf(2)).toEqual(["its principal is free: `quorate withdraw --node 2` has it paid"]);
    await send("withdraw", "--node", "2");
    expect(await nextOf(2)).toEqual(["its principal was paid back"]);
    expect(await nextOf(2, { chainNamed: false })).toEqual([expect.stringContaining("unless it was paid already")]);
    const after = (await network.token.getFunction("balanceOf")(operator.address)) as bigint;
    expect(after - before).toBe(2n * network.deployment.parameters.stakingRequirementAtomic);
    await expect(send("withdraw", "--node", "2")).rejects.toMatchObject({
      values: { meaning: "the principal in node 2 was paid back already" },
    });
  });
});

describe("whose account it is (P-106)", () => {
  it("error: nobody's, another than the key's, or nobody to ask", async () => {
    await expect(quorate("leave", "--node", "3", "--yes")).rejects.toMatchObject({ code: "ACCOUNT_NOT_GIVEN" });
    const args = ["leave", "--node", "3", "--account-key-file", key()];
    await expect(quorate(...args, "--from", stranger.address, "--yes")).rejects.toMatchObject({ code: "FLAG_INVALID" });
    await expect(quorate(...args)).rejects.toMatchObject({ code: "CONFIRMATION_MISSING" });
  });

  it("a keystore with its password file, and the environment's key, name the same account", async () => {
    const scrypt = { N: 2, r: 1, p: 1 };
    const json = encryptKeystoreJsonSync({ address: own, privateKey: operator.privateKey }, "secret", { scrypt });
    const keystore = ["--account-key-file", file("operator.json", json)];
    const password = ["--account-password-file", file("password", "secret\n")];
    const args = ["leave", "--node", "3", "--dry-run", "--json"];
    expect((await quorate(...args, ...keystore, ...password)).json()).toMatchObject({ from: own });
    await expect(quorate(...args, ...keystore, "--account-password-file", file("wrong", "no"))).rejects.toMatchObject({
      code: "KEYS_WRONG_PASSWORD",
    });
    process.env["QUORATE_ACCOUNT_KEY"] = operator.privateKey;
    try {
      expect((await quorate(...args)).json()).toMatchObject({ from: own });
    } finally {
      delete process.env["QUORATE_ACCOUNT_KEY"];
    }
  });

  it("a node that holds the account sends by eth_sendTransaction", async () => {
    const signer = ["--signer-url", chain.url, "--from", operator.address];
    const sent = await quorate("leave", "--node", "3", ...signer, "--yes", "--json");
    expect(sent.json()).toMatchObject({ node: 3, transactions: [expect.stringMatching(/^0x/)] });
    expect(sent.stderr).toContain(
      `sending initiateExitBLSPublicKey: transaction ${(sent.json()["transactions"] as string[])[0]}`,
    );
    const other = quorate("leave", "--node", "4", "--signer-url", chain.url, "--from", `0x${"ab".repeat(20)}`, "--yes");
    await expect(other).rejects.toMatchObject({
      code: expect.stringMatching(/TRANSACTION_REVERTED|ACCOUNT_LACKS_ETHER/),
    });
  });

  it("clef signs, and the command sends; what says anything else than was asked is refused", async () => {
    let change: Record<string, unknown> = {};
    const url = await clef(async (asked) => {
      const { from: _from, gas, chainId, nonce, ...fields } = asked as Record<string, string>;
      const numbers = { gasLimit: gas ?? null, chainId: Number(chainId), nonce: Number(nonce), type: 2 };
      return { raw: await operator.signTransaction({ ...fields, ...numbers, ...change }), tx: {} };
    });
    const args = ["leave", "--node", "4", "--signer-url", url, "--from", operator.address, "--yes", "--json"];
    change = { value: 1n };
    await expect(quorate(...args)).rejects.toMatchObject({
      code: "SIGNER_FAILED",
      values: { reason: "it signed another value" },
    });
    change = {};
    expect((await quorate(...args)).json()).toMatchObject({ node: 4, transactions: [expect.stringMatching(/^0x/)] });
  });

  it("the question: anything but yes sends nothing, and says so", async () => {
    const { rewards } = network.deployment;
    const contract = await connectRewards(chain.url, parseAddress(rewards));
    const account = await openAccount(contract.chain, { accountKeyFile: key(), wait: "60" });
    const intent = {
      effects: ["Nothing in earnest."],
      calls: [{ to: own, data: "0x" as const, what: "nothing" }],
    };
    const answer = (text: string) => {
      const input = Object.assign(new PassThrough(), { isTTY: true });
      input.end(text);
      return carryOut(account, intent, { wait: "60" }, { input, output: new PassThrough() });
    };
    await expect(answer("what?\n")).rejects.toMatchObject({ code: "CONFIRMATION_DECLINED" });
    await expect(answer("")).rejects.toMatchObject({ code: "CONFIRMATION_DECLINED" });
    expect(await answer("yes\n")).toHaveLength(1);
    contract.close();
  });
});

/** Only what clef answers: its own namespace, and nothing of `eth`. */
async function clef(sign: (transaction: unknown) => Promise<unknown>): Promise<string> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { id, method, params } = JSON.parse(Buffer.concat(parts).toString());
    const answer =
      method === "account_signTransaction"
        ? { result: await sign(params[0]) }
        : { error: { code: -32_601, message: `the method ${method} does not exist/is not available` } };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
  });
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
