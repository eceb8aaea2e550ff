import { type SimulatedChain, startSimulatedChain } from "@quorate/contracts/testing";
import { id, Transaction } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHAIN_ID, startAnvil, type TestChain } from "../../../test/support/chain.ts";
import { hash, hex, Rpc } from "../chain/rpc.ts";
import { meaningOf, revertOf } from "./refusals.ts";
import { GWEI } from "./testing/bench.ts";
import { ONCE, walletOf } from "./testing/ground.ts";

let anvil: TestChain;
let edr: SimulatedChain;

beforeAll(async () => {
  anvil = await startAnvil();
  await anvil.rpc("evm_setAutomine", false);
  edr = await startSimulatedChain();
  await edr.setAutomine(false);
});

afterAll(async () => {
  await anvil?.stop();
  await edr?.close();
});

type Send = (raw: string) => Promise<unknown>;

/** Anvil as the submitter asks it; EDR through the same library. */
const CLIENTS: readonly (readonly [string, () => Send, () => Promise<void>])[] = [
  [
    "anvil",
    () => {
      const rpc = new Rpc(anvil.url, 20_000);
      return (raw) => rpc.ask("eth_sendRawTransaction", [raw], hash).finally(() => rpc.close());
    },
    () => anvil.mine(1),
  ],
  ["EDR", () => (raw) => edr.provider.send("eth_sendRawTransaction", [raw]), () => edr.mine()],
];

const signed = (account: number, nonce: number, feeWei: bigint): Promise<string> =>
  walletOf(account).signTransaction(
    Transaction.from({
      type: 2,
      chainId: CHAIN_ID,
      nonce,
      to: ONCE,
      gasLimit: 30_000n,
      maxFeePerGas: feeWei,
      maxPriorityFeePerGas: GWEI,
    }),
  );

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "taken";
  } catch (error) {
    return meaningOf(error);
  }
}

describe.each(CLIENTS)("what %s says of a transaction has a meaning", (_name, connect, mine) => {
  it("already known, underpriced, nonce too low, insufficient funds", async () => {
    const send = (raw: string): Promise<unknown> => connect()(raw);
    const first = await signed(5, 0, 20n * GWEI);
    expect(await refusal(send(first))).toBe("taken");
    expect(await refusal(send(first))).toBe("already-known");
    expect(await refusal(send(await signed(5, 0, 18n * GWEI)))).toBe("underpriced");
    await mine();
    expect(await refusal(send(await signed(5, 0, 40n * GWEI)))).toBe("nonce-too-low");
    expect(await refusal(send(await signed(40, 0, 20n * GWEI)))).toBe("insufficient-funds");
    expect(await refusal(send("0x02"))).toBe("other");
  });
});

describe("what other clients say", () => {
  // Words of geth (core/txpool/errors.go, core/error.go), reth (RpcPoolError), Nethermind (AcceptTxResult) and Besu.
  it.each([
    ["already known", "already-known"],
    ["AlreadyKnown", "already-known"],
    ["Known transaction", "already-known"],
    ["nonce too low: next nonce 5, tx nonce 3", "nonce-too-low"],
    ["OldNonce, Current nonce: 5, nonce of rejected tx: 3", "nonce-too-low"],
    ["Nonce too low", "nonce-too-low"],
    ["replacement transaction underpriced", "underpriced"],
    ["transaction underpriced: gas tip cap 1, minimum needed 2", "underpriced"],
    ["FeeTooLowToCompete", "underpriced"],
    ["Gas price below configured minimum gas price", "underpriced"],
    ["insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1", "insufficient-funds"],
    ["InsufficientFunds, Account balance: 0", "insufficient-funds"],
    ["Upfront cost exceeds account balance", "insufficient-funds"],
    ["txpool is full", "other"],
  ])("%s", (message, meaning) => {
    expect(meaningOf({ error: { code: -32_000, message } })).toBe(meaning);
  });
});

describe("a refused call is told from a failed question", () => {
  it.each([
    [
      "an error of ours",
      {
        code: 3,
        message: "execution reverted",
        data: `${id("AlreadyPayable(uint256)").slice(0, 10)}${"00".repeat(32)}`,
      },
      "AlreadyPayable",
    ],
    ["an error of nobody's", { code: 3, message: "execution reverted", data: "0x12345678" }, "0x12345678"],
    ["data inside data", { code: -32_603, message: "x", data: { data: "0x" } }, "unknown"],
    ["no data", { code: -32_000, message: "execution reverted" }, "unknown"],
    ["out of gas", { code: -32_000, message: "out of gas" }, "unknown"],
    ["the provider's own trouble", { code: -32_000, message: "header not found" }, null],
    ["a rate limit", { code: -32_005, message: "limit exceeded" }, null],
  ])("%s", (_name, error, expected) => {
    expect(revertOf({ info: { error } })).toEqual(expected);
  });

  it("a provider that is not there refuses nothing", async () => {
    const rpc = new Rpc("http://127.0.0.1:1", 500);
    const failed = await rpc.ask("eth_call", [{ to: ONCE }, "latest"], hex).catch((error: unknown) => error);
    expect([revertOf(failed), meaningOf(failed)]).toEqual([null, "other"]);
    rpc.close();
  });
});
