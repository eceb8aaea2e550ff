/**
 * Who waits for the core: answers by handle, and those who watch a claim. Not here: what they are told (driver.ts).
 */
import type { Address, ClaimView } from "@quorate/common";

/** Answers that are on their way, by handle. */
export class Waiting<T> {
  readonly #resolvers = new Map<number, (value: T) => void>();
  #next = 1;

  open(): { readonly handle: number; readonly promise: Promise<T> } {
    const handle = this.#next++;
    return { handle, promise: new Promise((resolve) => this.#resolvers.set(handle, resolve)) };
  }

  settle(handle: number, value: T): void {
    this.#resolvers.get(handle)?.(value);
    this.#resolvers.delete(handle);
  }

  settleAll(value: T): void {
    for (const handle of [...this.#resolvers.keys()]) this.settle(handle, value);
  }
}

/** Those who watch claims. */
export class ClaimWatchers {
  readonly #watchers = new Map<string, Set<(claim: ClaimView) => void>>();

  /** Returns what ends it. */
  watch(recipient: Address, epoch: number, onChange: (claim: ClaimView) => void): () => void {
    const key = watchKey(recipient, epoch);
    const set = this.#watchers.get(key) ?? new Set();
    set.add(onChange);
    this.#watchers.set(key, set);
    return () => {
      set.delete(onChange);
      if (set.size === 0) this.#watchers.delete(key);
    };
  }

  notify(claim: ClaimView): void {
    for (const watcher of this.#watchers.get(watchKey(claim.recipient, claim.epoch)) ?? []) watcher(claim);
  }
}

function watchKey(recipient: Address, epoch: number): string {
  return `${recipient}@${epoch}`;
}
