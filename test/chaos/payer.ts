/**
 * Brings bundles to the chain and has them paid. In: bundles as they come, of any recipient. Out: each is submitted,
 * some of them twice, and what is owed is claimed; what the chain then says is read by the checkers. One recipient's
 * bundles go one after the other, so that its account's transactions are in order.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Address, Bundle, NodeId } from "@quorate/common";
import type { LocalNetwork } from "../harness/network.ts";
import { claimRewards, submitBundle } from "../harness/settle.ts";
import type { Random } from "../sim/random.ts";

/** The chain may be away for some seconds. */
const TRIES = 8;
const RETRY_MS = 1_500;
/** Part of the bundles that is submitted a second time: it must pay nothing. */
const TWICE = 0.3;

export interface Submitted {
  readonly recipient: Address;
  readonly amount: bigint;
  readonly bundle: Bundle;
  /** Null when it is on the chain; else why it is not. */
  error: string | null;
}

export class Payer {
  readonly submitted: Submitted[] = [];
  readonly #network: LocalNetwork;
  readonly #accounts: ReadonlyMap<Address, NodeId>;
  readonly #random: Random;
  readonly #queues = new Map<Address, Promise<void>>();

  constructor(network: LocalNetwork, accounts: ReadonlyMap<Address, NodeId>, random: Random) {
    this.#network = network;
    this.#accounts = accounts;
    this.#random = random;
  }

  take(recipient: Address, bundle: Bundle): void {
    const before = this.#queues.get(recipient) ?? Promise.resolve();
    this.#queues.set(
      recipient,
      before.then(() => this.#pay(recipient, bundle)),
    );
  }

  async settled(): Promise<void> {
    await Promise.all(this.#queues.values());
  }

  async #pay(recipient: Address, bundle: Bundle): Promise<void> {
    const account = this.#accounts.get(recipient) as NodeId;
    const amount = BigInt(bundle.message.amount);
    const before = this.submitted.filter((other) => other.recipient === recipient && other.error === null);
    // Several agents were asked for the same, or for less: nothing is left to pay.
    const isStale = before.some((other) => other.amount >= amount);
    const submitted: Submitted = { recipient, amount, bundle, error: null };
    this.submitted.push(submitted);
    if (isStale && !this.#random.chance(TWICE)) return;
    submitted.error = await this.#try(() => submitBundle(this.#network, bundle, account), isStale ? 1 : TRIES);
    if (isStale) {
      submitted.error = null;
      return;
    }
    if (submitted.error === null) submitted.error = await this.#try(() => claimRewards(this.#network, account), TRIES);
    if (submitted.error === null && this.#random.chance(TWICE)) {
      await this.#try(() => submitBundle(this.#network, bundle, account), 1);
      await this.#try(() => claimRewards(this.#network, account), 1);
    }
  }

  /** The last error, or null. */
  async #try(send: () => Promise<unknown>, tries: number): Promise<string | null> {
    for (let attempt = 1; ; attempt++) {
      try {
        await send();
        return null;
      } catch (error) {
        if (attempt >= tries) return String(error).slice(0, 300);
        await sleep(RETRY_MS);
      }
    }
  }
}
