/**
 * For the submitter's tests: a process of its own that submits one call, prints its outcome, and ends when nothing is
 * left to watch. It may be told to kill itself right before or after its first write to the store or its first
 * forgetting.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { CHAIN_ID } from "../../../test/support/chain.ts";
import type { SubmissionStore } from "./interface.ts";
import { sqliteSubmissions } from "./store.ts";
import { createSubmitter } from "./submitter.ts";
import { callOf, walletOf } from "./testing/ground.ts";

const [url = "", path = "", call = "0", dieAt = ""] = process.argv.slice(2);

const die = (here: string): void => {
  if (here === dieAt) process.kill(process.pid, "SIGKILL");
};

const real = sqliteSubmissions(path);
const store: SubmissionStore = {
  load: () => real.load(),
  put(transaction) {
    die("before put");
    real.put(transaction);
    die("after put");
  },
  forget(key) {
    die("before forget");
    real.forget(key);
    die("after forget");
  },
  close: () => real.close(),
};
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const clock = {
  nowMs: () => performance.now(),
  async sleep(ms: number, signal: AbortSignal) {
    await sleep(ms, undefined, { signal }).catch(() => {});
  },
};
const caps = { maxFeePerGasWei: 10n ** 11n, maxPriorityFeePerGasWei: 10n ** 10n };
const options = { providers: [url], chainId: CHAIN_ID, pollMs: 10, timeoutMs: 60_000, caps, replaceAfterMs: 3_600_000 };
const submitter = createSubmitter(options, { wallet: walletOf(2), store, logger: silent, clock });
const outcome = await submitter.submit(callOf(Number(call)));
process.stdout.write(`${outcome.kind}\n`);
while (submitter.status().unfinalised > 0 || submitter.status().inFlight !== null) await sleep(5);
await submitter.close();
