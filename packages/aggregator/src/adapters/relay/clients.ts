/**
 * How much each address may ask. Enters: an address, a number of questions. Leaves: whether it may. Nothing is
 * remembered of an address that has its whole budget again.
 */
import { CLIENT_BURST, CLIENT_PER_SECOND, CLIENTS_MAX } from "./limits.ts";

interface Budget {
  readonly left: number;
  readonly atMs: number;
}

export class Clients {
  readonly #nowMs: () => number;
  readonly #budgets = new Map<string, Budget>();

  /** @param nowMs a clock that never goes back */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  allows(address: string, questions: number): boolean {
    const nowMs = this.#nowMs();
    const { left, atMs } = this.#budgets.get(address) ?? { left: CLIENT_BURST, atMs: nowMs };
    const grown = Math.min(CLIENT_BURST, left + ((nowMs - atMs) * CLIENT_PER_SECOND) / 1_000);
    const isAllowed = grown >= questions;
    this.#budgets.delete(address);
    this.#budgets.set(address, { left: isAllowed ? grown - questions : grown, atMs: nowMs });
    const [first] = this.#budgets.keys();
    if (this.#budgets.size > CLIENTS_MAX && first !== undefined) this.#budgets.delete(first);
    return isAllowed;
  }
}
