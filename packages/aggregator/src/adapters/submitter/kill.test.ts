import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Transaction } from "ethers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestChain } from "../../../test/support/chain.ts";
import { sqliteSubmissions } from "./store.ts";
import { callOf, type FaultyProvider, ONCE, startFaultyProvider, startGround, walletOf } from "./testing/ground.ts";

/** Where a process dies: at its n-th question to the provider, asked or not asked, or at a write to its store. */
type Death = { readonly question: number; readonly asked: boolean } | { readonly at: string };

let chain: TestChain;
let provider: FaultyProvider;
let directory: string;
let next = 100;
/** How many questions a process has asked when it has sent, or found that it need not. */
let questionsUntilSent = 0;

beforeAll(async () => {
  chain = await startGround();
  provider = await startFaultyProvider(chain);
  directory = mkdtempSync(join(tmpdir(), "quorate-kill-"));
});

afterAll(async () => {
  await provider?.stop();
  await chain?.stop();
  rmSync(directory, { recursive: true });
});

const nonceOf = async (): Promise<number> =>
  Number(await chain.rpc("eth_getTransactionCount", walletOf(2).address, "latest"));

/**
 * Runs a process for one call until it ends or dies; its outcome, if it came to one. `mining`: once it has had time to
 * send, blocks are made.
 */
async function run(call: number, death: Death | null, mining: boolean): Promise<string | null> {
  const child = spawn(process.execPath, [
    join(import.meta.dirname, "submitter.child.ts"),
    ...[provider.url, join(directory, `${call}.sqlite`), String(call)],
    ...(death !== null && "at" in death ? [death.at] : []),
  ]);
  const mineFrom = provider.asked.length + questionsUntilSent;
  let isRunning = true;
  const ended = new Promise((resolve) => child.once("close", resolve)).then(() => {
    isRunning = false;
  });
  killAt(child, death);
  let outcome = "";
  child.stdout.on("data", (chunk) => {
    outcome += String(chunk);
  });
  while (mining && isRunning) {
    if (provider.asked.length >= mineFrom) await chain.mine(1);
    await sleep(20);
  }
  await ended;
  provider.before = () => undefined;
  provider.after = () => undefined;
  return outcome.trim() || null;
}

/** A block without room for the call, and fees that would make other bytes of it, were it signed again. */
async function mineFull(i: number): Promise<void> {
  await chain.rpc("evm_setBlockGasLimit", "0x7530");
  await chain.rpc("anvil_setNextBlockBaseFeePerGas", i % 2 === 0 ? "0x3b9aca00" : "0x4d7c6d00");
  await chain.mine(1);
  await chain.rpc("evm_setBlockGasLimit", "0x3938700");
}

function killAt(child: ChildProcess, death: Death | null): void {
  if (death === null || "at" in death) return;
  let count = 0;
  const here = (asked: boolean) => (): "drop" | undefined => {
    if (!asked) count++;
    if (count !== death.question || asked !== death.asked) return undefined;
    child.kill("SIGKILL");
    return "drop";
  };
  provider.before = here(false);
  provider.after = here(true);
}

/** One process after the other dies, the last one ends: one transaction has landed, and no other was ever sent. */
async function survive(deaths: readonly Death[], landsAfter: number): Promise<void> {
  const call = next++;
  const nonce = await nonceOf();
  const asked = provider.asked.length;
  for (const [i, death] of deaths.entries()) {
    await mineFull(i);
    if (i === landsAfter) await chain.mine(1);
    await run(call, death, i > landsAfter);
  }
  const outcome = await run(call, null, true);
  // A process that died after it had forgotten leaves only the chain to say that it is done.
  expect(["included", "redundant"]).toContain(outcome);
  expect(Number(await chain.rpc("eth_getStorageAt", ONCE, callOf(call).data, "latest"))).toBe(1);
  expect(await nonceOf()).toBe(nonce + 1);
  const sent = provider.asked.slice(asked).filter(({ method }) => method === "eth_sendRawTransaction");
  const raws = new Set(sent.map(({ params }) => params[0] as string));
  expect([...raws].map((raw) => Transaction.from(raw).nonce)).toEqual([nonce]);
  const store = sqliteSubmissions(join(directory, `${call}.sqlite`));
  expect(store.load()).toEqual([]);
  store.close();
}

describe("killed by SIGKILL, and again at another step, the submitter lands one transaction and sends no other", () => {
  /** The question at which an undisturbed process sends. */
  let sending: number;

  /** No block takes the call while processes die. */
  const deathsAreOver = Number.POSITIVE_INFINITY;

  /** A process for every second question up to `last`: between two reads nothing changes that outlives a process. */
  const upTo = (last: number, asked: boolean): Death[] =>
    Array.from({ length: Math.ceil(last / 2) }, (_, i) => ({ question: last - 2 * i, asked })).reverse();

  beforeAll(async () => {
    const asked = provider.asked.length;
    expect(await run(next++, null, true)).toBe("included");
    sending = provider.asked.slice(asked).findIndex(({ method }) => method === "eth_sendRawTransaction") + 1;
    expect(sending).toBeGreaterThan(5);
    questionsUntilSent = sending + 5;
  });

  it("at questions up to the one that sends", async () => {
    await survive(upTo(sending, false), deathsAreOver);
  });

  it("when it was sent and not answered, then at questions of processes that find it waiting", async () => {
    await survive([{ question: sending, asked: true }, ...upTo(7, true)], deathsAreOver);
  });

  it("when it was sent and not answered, then at questions of processes that find it in a block", async () => {
    await survive([{ question: sending, asked: true }, ...upTo(8, true)], 1);
  });

  it("when it was stored and not sent, then at questions of processes that send what they find", async () => {
    await survive([{ at: "after put" }, ...upTo(7, false)], deathsAreOver);
  });

  it("before and after it is stored, before and after it is forgotten", async () => {
    await survive(
      ["before put", "after put", "before forget", "after forget"].map((at) => ({ at })),
      1,
    );
  });
});
