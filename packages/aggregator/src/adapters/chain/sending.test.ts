/**
 * What commands send and read, on a real chain behind providers that lag, fail, refuse and fall silent (P-106). One
 * chain for all; each test leaves it mining at once.
 */
import type { RewardsContract } from "@quorate/client";
import { type Address, digestOf, parseAddress, provePossession, Signers } from "@quorate/common";
import {
  type AccountOptions,
  ChainProviders,
  codedOutside,
  resumeWaiting,
  type SentTransaction,
} from "@quorate/common/chain";
import { send, TEST_STAKE_ATOMIC, type TestNetwork } from "@quorate/contracts/testing";
import { HDNodeWallet, parseEther, toQuantity } from "ethers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startAnvilNetwork } from "../../../test/support/anvilNetwork.ts";
import type { TestChain } from "../../../test/support/chain.ts";
import {
  type Call,
  type Scripted,
  type ScriptedProvider,
  startScripted,
} from "../../../test/support/scriptedProvider.ts";
import { until } from "../../../test/support/until.ts";
import { connectRewards } from "./connectRewards.ts";

const MNEMONIC = "test test test test test test test test test test test junk";
const wallet = (index: number) => HDNodeWallet.fromPhrase(MNEMONIC, undefined, `m/44'/60'/0'/0/${index}`);
const CHAIN = 31_337n;
const DEAD = "http://127.0.0.1:1";

let chain: TestChain;
let network: TestNetwork;
let rewards: Address;
let first: ScriptedProvider;
let second: ScriptedProvider;

beforeAll(async () => {
  ({ chain, network } = await startAnvilNetwork(3));
  rewards = parseAddress(network.deployment.rewards);
  [first, second] = await Promise.all([startScripted(chain.url), startScripted(chain.url)]);
});

const opened: RewardsContract[] = [];
afterEach(async () => {
  for (const contract of opened.splice(0)) contract.close();
  for (const provider of [first, second]) {
    provider.script = () => undefined;
    provider.calls.length = 0;
  }
  await chain.rpc("evm_setAutomine", true);
  await chain.mine(1);
});

afterAll(async () => {
  await Promise.all([first?.stop(), second?.stop()]);
  await chain?.stop();
});

const troubles: string[] = [];

async function connect(...urls: string[]): Promise<RewardsContract> {
  const options = {
    chainId: CHAIN,
    timeoutMs: 2_000,
    pauseMs: 20,
    onTrouble: (line: string) => troubles.push(line),
  };
  const contract = await connectRewards(urls, rewards, options);
  opened.push(contract);
  return contract;
}

const told: SentTransaction[] = [];
const sender = (contract: RewardsContract, index: number, options: AccountOptions = {}) =>
  contract.account(wallet(index).privateKey, { pollMs: 20, onTransaction: (sent) => told.push(sent), ...options });

function registration(contract: RewardsContract, index: number, seed: number) {
  const operator = parseAddress(wallet(index).address);
  const secret = new Uint8Array(32).fill(seed);
  const secrets = { blsSecret: secret, identitySecret: secret, operator };
  return { possession: provePossession(network.scheme, contract.domain, secrets), beneficiary: operator, feeBps: 0 };
}

/** A claim that all three nodes signed. */
function signed(recipient: Address, amount: bigint) {
  const digest = digestOf(network.domain as RewardsContract["domain"], "RewardClaim", { recipient, amount });
  const shares = network.nodes.map((node) => network.scheme.sign(node.blsSecret, digest));
  return [{ recipient, amount }, network.scheme.aggregateSignatures(shares), Signers.of([1, 2, 3])] as const;
}

const nonceOf = async (index: number): Promise<number> =>
  Number(await chain.rpc("eth_getTransactionCount", wallet(index).address, "latest"));

/** Every read of state comes from a machine two blocks behind, which says so or answers from its own head. */
const twoBehind =
  (saysSo: boolean) =>
  async ({ method, params }: Call): Promise<Scripted | undefined> => {
    const place = { eth_call: 1, eth_getBalance: 1, eth_estimateGas: 1 }[method];
    if (place === undefined) return undefined;
    const head = Number(await chain.rpc("eth_blockNumber")) - 2;
    const asked = params[place] ?? "latest";
    const isAhead = typeof asked === "string" && asked.startsWith("0x") && Number(asked) > head;
    if (isAhead && saysSo) return { error: { code: -32_000, message: "header not found" } };
    if (!isAhead && asked !== "latest") return undefined;
    return { asked: { method, params: params.with(place, toQuantity(head)) } };
  };

describe("registering (P-106)", () => {
  it("refuses for lack of tokens or ether before anything is approved, with both sides in tokens and ether", async () => {
    const contract = await connect(first.url);
    const before = await nonceOf(4);
    await expect(contract.register(sender(contract, 4), registration(contract, 4, 44))).rejects.toMatchObject({
      code: "ACCOUNT_LACKS_TOKENS",
      values: { have: "0 SESH", need: "100 SESH" },
    });
    await send(network.token, "transfer", wallet(4).address, TEST_STAKE_ATOMIC);
    await chain.rpc("anvil_setBalance", wallet(4).address, toQuantity(parseEther("0.00001")));
    await expect(contract.register(sender(contract, 4), registration(contract, 4, 44))).rejects.toMatchObject({
      code: "ACCOUNT_LACKS_ETHER",
      values: { have: "0.00001 ether", need: expect.stringMatching(/^0\.\d+ ether$/) },
    });
    expect(await nonceOf(4)).toBe(before);
    expect(first.calls.filter(({ method }) => method === "eth_sendRawTransaction")).toEqual([]);
  });

  it.each([
    ["says so", true, 3, 4],
    ["answers from its own head", false, 7, 5],
  ])(
    "takes the id from the receipt's event while a machine two blocks behind %s",
    async (_how, saysSo, index, node) => {
      await send(network.token, "transfer", wallet(index).address, TEST_STAKE_ATOMIC);
      await chain.mine(3);
      first.script = twoBehind(saysSo);
      const contract = await connect(first.url);
      const mining = setInterval(() => void chain.mine(1), 100);
      try {
        const { id, receipt } = await contract.register(
          sender(contract, index),
          registration(contract, index, index * 11),
        );
        expect([id, receipt.status]).toEqual([node, 1]);
      } finally {
        clearInterval(mining);
      }
      expect(told.slice(-2).map(({ what, hash }) => [what, hash.length])).toEqual([
        ["approve", 66],
        ["addBLSPublicKey", 66],
      ]);
    },
  );

  it("says that the key is registered before it approves a second stake", async () => {
    await send(network.token, "transfer", wallet(3).address, TEST_STAKE_ATOMIC);
    const [contract, before] = [await connect(first.url), await nonceOf(3)];
    await expect(contract.register(sender(contract, 3), registration(contract, 3, 33))).rejects.toMatchObject({
      values: { error: "KeyInUse(4)", meaning: "this BLS key is registered already, as node 4" },
    });
    expect(await nonceOf(3)).toBe(before);
  });
});

describe("providers of commands (P-106)", () => {
  it("of another chain than the file's is refused before anything is sent, and told which chain it serves", async () => {
    await expect(connectRewards(first.url, rewards, { chainId: 1n })).rejects.toMatchObject({
      code: "CHAIN_WRONG_ID",
      values: { provider: first.host, found: "31337", expected: "1" },
    });
    expect(first.calls.map(({ method }) => method)).toEqual(["eth_chainId"]);
  });

  it.each([
    ["down", undefined],
    ["silent", null],
    ["of another chain", { result: "0x1" }],
    ["refusing every key", { status: 401, body: "invalid project id" }],
    ["answering HTML", { status: 200, body: "<html>" }],
    ["without state", { error: { code: -32_000, message: "missing trie node" } }],
  ] as const)("the next one is asked, and sends, when the first is %s", async (_name, answer) => {
    first.script = () => answer;
    const contract = await connect(answer === undefined ? DEAD : first.url, second.url);
    expect((await contract.nodeSet()).nodes.length).toBeGreaterThanOrEqual(3);
    const receipt = await sender(contract, 5).sendTransaction({ to: wallet(6).address, value: 1n });
    expect(receipt.blockNumber).toBeGreaterThan(0);
    expect(troubles.at(-1)).toMatch(/^provider 127\.0\.0\.1:\d+ fails \(.+\); 127\.0\.0\.1:\d+ answers$/);
  });

  it("error: none answers, and each is named with what it said", async () => {
    first.script = () => ({ status: 403, body: "key expired" });
    const attempt = ChainProviders.connect({ urls: [DEAD, first.url], chainId: CHAIN });
    await expect(attempt).rejects.toMatchObject({
      code: "CHAIN_PROVIDER_FAILED",
      values: { reason: expect.stringMatching(/^127\.0\.0\.1:1: .+; .*HTTP 403: key expired$/) },
    });
  });

  it("a silent one is given up in bounded time, and its sockets are closed", async () => {
    first.script = () => null;
    const attempt = ChainProviders.connect({ urls: [first.url], chainId: CHAIN, timeoutMs: 100 });
    await expect(attempt).rejects.toMatchObject({
      values: { reason: expect.stringContaining("no whole answer within 100 ms") },
    });
    await until(() => first.openSockets() === 0);
  });

  it("one that drips a byte at a time is given up when its whole answer is late", async () => {
    first.script = () => ({ drip: " " });
    const attempt = ChainProviders.connect({ urls: [first.url], chainId: CHAIN, timeoutMs: 200 });
    await expect(attempt).rejects.toMatchObject({
      values: { reason: expect.stringContaining("no whole answer within 200 ms") },
    });
    await until(() => first.openSockets() === 0);
  });

  it("an answer above its bound is the provider's failure", async () => {
    first.script = () => ({ status: 200, body: " ".repeat(17 * 1_048_576) });
    await expect(ChainProviders.connect({ urls: [first.url], chainId: CHAIN })).rejects.toMatchObject({
      values: { reason: expect.stringContaining("answer too large: above 16777216 bytes") },
    });
  });

  it("'header not found' is no word of the contract's: asked again, then the provider's failure", async () => {
    let refusals = 2;
    const refuse = ({ method }: Call) =>
      method === "eth_call" && refusals-- > 0 ? { error: { code: -32_000, message: "header not found" } } : undefined;
    first.script = refuse;
    const contract = await connect(first.url);
    const claim = signed(parseAddress(wallet(7).address), 50n);
    expect((await contract.verifyClaim(...claim)).stake.signedBps).toBe(10_000);
    refusals = Number.POSITIVE_INFINITY;
    await expect(contract.verifyClaim(...claim)).rejects.toMatchObject({
      code: "CHAIN_PROVIDER_FAILED",
      values: { provider: first.host, reason: "header not found" },
    });
  });

  it.each([
    ["execution reverted", undefined],
    ["execution reverted", "0x"],
    ["out of gas", undefined],
  ])("'%s' with data %s is the provider's failure: only data of a revert is a revert", async (message, data) => {
    const contract = await connect(first.url);
    first.script = ({ method }) => (method === "eth_call" ? { error: { code: 3, message, data } } : undefined);
    await expect(contract.pool()).rejects.toMatchObject({ code: "CHAIN_PROVIDER_FAILED" });
  });

  it.each([
    { code: 3, message: "execution reverted", data: "0x" },
    { code: -32_603, message: "Internal JSON-RPC error.", data: { message: "VM: invalid opcode" } },
  ])("a contract that is not the network's reverts without data: it refused, if all say so (%j)", async (error) => {
    const contract = await connect(first.url, second.url);
    const token = wallet(9).address;
    const ask = () => codedOutside(() => contract.chain.call({ to: token }), token, "balanceOf");
    const refuse = ({ method }: Call) => (method === "eth_call" ? { error } : undefined);
    [first.script, second.script] = [refuse, refuse];
    await expect(ask()).rejects.toMatchObject({
      code: "CONTRACT_GAVE_NO_REASON",
      values: { call: "balanceOf", contract: token, provider: `${first.host}, ${second.host}` },
    });
    second.script = () => ({ status: 403, body: "key expired" });
    await expect(ask()).rejects.toMatchObject({ code: "CHAIN_PROVIDER_FAILED" });
  });

  it("data of a revert is one, wherever the node software puts it", async () => {
    const contract = await connect(first.url);
    const data = network.rewards.interface.encodeErrorResult("EnforcedPause", [1_700_000_000n]);
    for (const wrapped of [data, { message: "reverted", data }, `Reverted ${data}`]) {
      first.script = ({ method }) =>
        method === "eth_call" ? { error: { code: -32_015, message: "VM execution error.", data: wrapped } } : undefined;
      await expect(contract.pool()).rejects.toMatchObject({
        code: "TRANSACTION_REVERTED",
        values: { error: "EnforcedPause(1700000000)", meaning: expect.stringContaining("2023-11-14T22:13:20.000Z") },
      });
    }
  });

  it("one that takes a transaction and never answers costs no second one: the same bytes go to the next", async () => {
    const contract = await connect(first.url, second.url);
    const account = sender(contract, 5);
    const before = await nonceOf(5);
    first.script = async ({ method, params }) => {
      if (method !== "eth_sendRawTransaction") return undefined;
      await chain.rpc("eth_sendRawTransaction", ...params);
      return null;
    };
    await account.sendTransaction({ to: wallet(6).address, value: 1n });
    expect(await nonceOf(5)).toBe(before + 1);
  });
});

describe("a transaction's outcome (P-106)", () => {
  const transfer = { to: wallet(6).address, value: 1n };

  it("its hash is told before any provider has it; a wait that ends names it and can be resumed", async () => {
    await chain.rpc("evm_setAutomine", false);
    const contract = await connect(first.url);
    const sentBefore = () => first.calls.some(({ method }) => method === "eth_sendRawTransaction");
    const seen: boolean[] = [];
    const onTransaction = (sent: SentTransaction): unknown => [told.push(sent), seen.push(sentBefore())];
    const howToGoOn = (hash: string) => `go on with ${hash}`;
    const account = sender(contract, 8, { waitMs: 200, onTransaction, howToGoOn });
    const attempt = account.sendTransaction(transfer);
    await expect(attempt).rejects.toMatchObject({ code: "TRANSACTION_PENDING" });
    const { hash } = told.at(-1) as SentTransaction;
    await expect(attempt).rejects.toMatchObject({ values: { transaction: hash }, remedy: `go on with ${hash}` });
    expect(seen).toEqual([false]);

    await expect(sender(contract, 8).sendTransaction(transfer)).rejects.toMatchObject({ code: "ACCOUNT_BUSY" });
    await chain.mine(1);
    expect(await resumeWaiting(contract.chain, hash, "resumed")).toMatchObject({ hash, status: 1 });
  });

  it("error: TRANSACTION_REPLACED names the one that took its nonce", async () => {
    await chain.rpc("evm_setAutomine", false);
    const contract = await connect(first.url);
    const attempt = sender(contract, 8).sendTransaction(transfer);
    const refused = expect(attempt).rejects.toMatchObject({
      code: "TRANSACTION_REPLACED",
      values: { by: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
    });
    await until(() => first.calls.some(({ method }) => method === "eth_sendRawTransaction"));
    const { nonce } = told.at(-1) as SentTransaction;
    const fees = { maxFeePerGas: toQuantity(10n ** 12n), maxPriorityFeePerGas: toQuantity(10n ** 11n) };
    const other = { from: wallet(8).address, to: wallet(7).address, nonce: toQuantity(nonce), ...fees };
    await chain.rpc("eth_sendTransaction", other);
    await chain.mine(1);
    await refused;
  });

  it("error: TRANSACTION_DROPPED when nobody knows it any more and all refuse it; offered anew before", async () => {
    await chain.rpc("evm_setAutomine", false);
    const contract = await connect(first.url);
    const attempt = sender(contract, 8).sendTransaction(transfer);
    const refused = expect(attempt).rejects.toMatchObject({
      code: "TRANSACTION_DROPPED",
      values: { said: expect.stringContaining("underpriced") },
    });
    await until(() => first.calls.some(({ method }) => method === "eth_getTransactionReceipt"));
    first.script = ({ method }) =>
      method === "eth_sendRawTransaction"
        ? { error: { code: -32_000, message: "transaction underpriced" } }
        : undefined;
    await chain.rpc("anvil_dropTransaction", (told.at(-1) as SentTransaction).hash);
    await refused;
  });

  it("a dropped one is offered again and mined", async () => {
    await chain.rpc("evm_setAutomine", false);
    const contract = await connect(first.url);
    const attempt = sender(contract, 8).sendTransaction(transfer);
    await until(() => first.calls.some(({ method }) => method === "eth_getTransactionReceipt"));
    await chain.rpc("anvil_dropTransaction", (told.at(-1) as SentTransaction).hash);
    const offers = () => first.calls.filter(({ method }) => method === "eth_sendRawTransaction").length;
    await until(() => offers() > 1);
    await chain.mine(1);
    expect((await attempt).blockNumber).toBeGreaterThan(0);
  });

  it("error: TRANSACTION_FAILED_IN_BLOCK with the contract's reason when the state changed before its block", async () => {
    const recipient = parseAddress(wallet(9).address);
    await chain.rpc("evm_setAutomine", false);
    const contract = await connect(first.url);
    const [message, signature, signers] = signed(recipient, 70n);
    const attempt = contract.updateRewardsBalance(sender(contract, 8), message, signature, signers);
    const refused = expect(attempt).rejects.toMatchObject({
      code: "TRANSACTION_FAILED_IN_BLOCK",
      values: { transaction: expect.stringMatching(/^0x/), what: "updateRewardsBalance" },
    });
    await until(() => first.calls.some(({ method }) => method === "eth_sendRawTransaction"));
    const ahead = await network.rewards.getFunction("pause").populateTransaction(3_600n);
    const fees = { maxFeePerGas: toQuantity(10n ** 12n), maxPriorityFeePerGas: toQuantity(10n ** 11n) };
    await chain.rpc("eth_sendTransaction", { ...ahead, from: wallet(0).address, ...fees, gas: "0x100000" });
    await chain.mine(1);
    await refused;
    await chain.rpc("evm_setAutomine", true);
    const claim = await contract.verifyClaim(message, signature, signers);
    expect(claim).toMatchObject({
      lifetime: 0n,
      refusal: { error: expect.stringMatching(/^EnforcedPause\(/), meaning: expect.stringContaining("paused until") },
    });
    await send(network.rewards, "unpause");
  });

  it("error: TRANSACTION_REFUSED with what each provider said, when none takes it", async () => {
    const contract = await connect(first.url);
    first.script = ({ method }) =>
      method === "eth_sendRawTransaction"
        ? { error: { code: -32_000, message: "exceeds block gas limit" } }
        : undefined;
    await expect(sender(contract, 8).sendTransaction(transfer)).rejects.toMatchObject({
      code: "TRANSACTION_REFUSED",
      values: { said: `${first.host}: exceeds block gas limit` },
    });
  });
});
