/** `quorate register` as an operator runs it, in processes of its own, on a real chain that does not mine by itself. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { send, TEST_STAKE_ATOMIC, type TestNetwork } from "@quorate/contracts/testing";
import { HDNodeWallet } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAnvilNetwork } from "../../test/support/anvilNetwork.ts";
import type { TestChain } from "../../test/support/chain.ts";
import { quorate } from "../../test/support/quorate.ts";

const MNEMONIC = "test test test test test test test test test test test junk";
const operator = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0/3");
const directory = mkdtempSync(join(tmpdir(), "quorate-register-"));

let chain: TestChain;
let network: TestNetwork;

beforeAll(async () => {
  ({ chain, network } = await startAnvilNetwork(2));
  await send(network.token, "transfer", operator.address, TEST_STAKE_ATOMIC);
});

afterAll(async () => {
  await chain?.stop();
  rmSync(directory, { recursive: true });
});

function file(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
}

describe("quorate register (P-106)", () => {
  it("a transaction that is never mined is named at once, the wait ends, and --resume goes on with it", async () => {
    const passwordFile = file("password", "devnet\n");
    const keys = join(directory, "keys");
    await quorate("keys", "generate", "--out", keys, "--password-file", passwordFile, "--devnet");
    const { rewards, pool } = network.deployment;
    const config = (chainId: number): string =>
      file(
        `agent-${chainId}.yaml`,
        JSON.stringify({
          chain: { providers: ["http://127.0.0.1:1", chain.url], chainId, rewards, pool },
          keys: { directory: keys, passwordFile },
          store: { path: join(directory, "agent.sqlite") },
        }),
      );
    const account = ["--account-key-file", file("key", operator.privateKey), "--json", "--yes"];
    const nonce = async () => Number(await chain.rpc("eth_getTransactionCount", operator.address, "pending"));

    const elsewhere = await quorate("register", "--config", config(1), ...account);
    expect([elsewhere.code, elsewhere.stderr.split(":")[0], await nonce()]).toEqual([5, "CHAIN_PROVIDER_FAILED", 0]);
    expect(elsewhere.stderr).toContain("serves chain 31337, not 1");

    await chain.rpc("evm_setAutomine", false);
    const slow = await quorate("register", "--config", config(31_337), ...account, "--wait", "0");
    expect([slow.code, slow.stdout]).toEqual([4, ""]);
    const hash = /sending approve: transaction (0x[0-9a-f]{64})/.exec(slow.stderr)?.[1] ?? "";
    expect(slow.stderr).toContain(`TRANSACTION_PENDING`);
    expect(slow.stderr).toContain(`--resume ${hash}`);

    await chain.rpc("evm_setAutomine", true);
    await chain.mine(1);
    const done = await quorate("register", "--config", config(31_337), ...account, "--resume", hash);
    expect(JSON.parse(done.stdout)).toMatchObject({
      node: 3,
      state: "pending",
      transaction: expect.stringMatching(/^0x/),
    });
    expect(done.stderr).toContain("is mined and registers nothing: going on");
  });
});
