import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CHAIN_ID, type TestChain } from "../../../test/support/chain.ts";
import { openSubmitter, type SubmitterSettings } from "./open.ts";
import { callOf, startGround, walletOf } from "./testing/ground.ts";

let chain: TestChain;
let directory: string;

beforeAll(async () => {
  chain = await startGround();
  directory = mkdtempSync(join(tmpdir(), "quorate-open-"));
});

afterAll(async () => {
  await chain?.stop();
  rmSync(directory, { recursive: true });
});

const logger = { debug() {}, info() {}, warn() {}, error() {} };

function settingsOf(account: number): SubmitterSettings {
  const accountKeyFile = join(directory, `${account}.key`);
  writeFileSync(accountKeyFile, walletOf(account).privateKey);
  return {
    chain: { providers: [chain.url], chainId: CHAIN_ID, pollMs: 10, timeoutMs: 20_000 },
    submit: { accountKeyFile, maxFeePerGasGwei: "50", maxPriorityFeePerGasGwei: "0.5", replaceAfterMs: 36_000 },
    path: join(directory, "submissions.sqlite"),
  };
}

it("settings become a submitter; error: what one account has signed is refused to another, both named", async () => {
  const submitter = await openSubmitter(settingsOf(2), { logger });
  void submitter.submit(callOf(1));
  while (submitter.status().inFlight === null) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(submitter.status().inFlight?.maxPriorityFeePerGasWei).toBeLessThanOrEqual(500_000_000n);
  await submitter.close();
  await expect(openSubmitter(settingsOf(3), { logger })).rejects.toMatchObject({
    code: "SUBMIT_STORE_FOREIGN",
    values: { foundAccount: walletOf(2).address.toLowerCase(), account: walletOf(3).address.toLowerCase() },
  });
  // It let go of the file.
  await (await openSubmitter(settingsOf(2), { logger })).close();
});
