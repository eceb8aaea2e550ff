/**
 * From configuration to a submitter that runs. Enters: settings, paths. Leaves: a submitter with its account and its
 * file opened.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { parseUnits } from "ethers";
import type { Logger } from "../../driver/ports.ts";
import { openAccount } from "./account.ts";
import type { Clock, Submitter } from "./interface.ts";
import { sqliteSubmissions } from "./store.ts";
import { createSubmitter } from "./submitter.ts";

/** As the sections `chain` and `submit` of the configuration have them. */
export interface SubmitterSettings {
  readonly chain: {
    readonly providers: readonly string[];
    readonly chainId: number;
    readonly pollMs: number;
    readonly timeoutMs: number;
  };
  readonly submit: {
    readonly accountKeyFile: string;
    readonly passwordFile?: string | undefined;
    /** Decimal. */
    readonly maxFeePerGasGwei: string;
    readonly maxPriorityFeePerGasGwei: string;
    readonly replaceAfterMs: number;
  };
  /** The SQLite file of signed transactions, beside the agent's store. */
  readonly path: string;
}

/**
 * @throws KEYS_NOT_FOUND, KEYS_MALFORMED, KEYS_WRONG_PASSWORD, STORE_OPEN_FAILED, STORE_LOCKED, STORE_CORRUPT,
 * STORE_WRONG_VERSION, SUBMIT_STORE_FOREIGN
 */
export async function openSubmitter(
  { chain, submit, path }: SubmitterSettings,
  tools: { readonly logger: Logger; readonly clock?: Clock },
): Promise<Submitter> {
  const wallet = await openAccount(submit.accountKeyFile, submit.passwordFile ?? null);
  const store = sqliteSubmissions(path);
  const caps = {
    maxFeePerGasWei: parseUnits(submit.maxFeePerGasGwei, "gwei"),
    maxPriorityFeePerGasWei: parseUnits(submit.maxPriorityFeePerGasGwei, "gwei"),
  };
  const { providers, chainId, pollMs, timeoutMs } = chain;
  const options = { providers, chainId, pollMs, timeoutMs, caps, replaceAfterMs: submit.replaceAfterMs };
  try {
    return createSubmitter(options, { wallet, store, logger: tools.logger, clock: tools.clock ?? systemClock });
  } catch (error) {
    store.close();
    throw error;
  }
}

/** The clock of the process, which never goes back. */
const systemClock: Clock = {
  nowMs: () => Math.floor(performance.timeOrigin + performance.now()),
  async sleep(ms, signal) {
    // An aborted wait is over, nothing more.
    await sleep(ms, undefined, { signal }).catch(() => {});
  },
};
