/**
 * An agent's follower and ledger, held to the true chain: whatever its providers do, no block and no event that is
 * not the true chain's may be taken (P-57, P-58). Enters: a chain, providers' URLs. Leaves: what was broken, in
 * words.
 */
import { isDeepStrictEqual } from "node:util";
import { type ChainHead, type ChainHealth, isQuorateError } from "@quorate/common";
import { createChainFollower } from "../../packages/aggregator/src/adapters/chain/follower.ts";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";
import { advanceLedger, emptyLedger } from "../../packages/aggregator/src/core/ledger/ledger.ts";
import type { ChainFollower, ChainSink, Logger } from "../../packages/aggregator/src/driver/ports.ts";
import { admit, folded } from "../../packages/aggregator/test/support/ledgerHistory.ts";
import { waitFor } from "../harness/waitFor.ts";
import { CHAIN_ID, POOL, REWARDS } from "./logs.ts";
import { eventsBetween, ledgerAt, type TrueChain } from "./trueChain.ts";

const POLL_MS = 5;
/** For what must come, however busy the machine is. */
export const PATIENCE_MS = 60_000;

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** An agent's ledger behind the follower, held to the true chain. */
export class Watched {
  readonly violations: string[] = [];
  readonly #chain: TrueChain;
  readonly #ledger = emptyLedger();
  #head: ChainHead | null = null;
  #health: ChainHealth | null = null;

  constructor(chain: TrueChain) {
    this.#chain = chain;
  }

  /** Begins to follow. */
  static async start(
    chain: TrueChain,
    providers: readonly string[],
    chunkBlocks: number,
    timeoutMs: number,
  ): Promise<{ readonly agent: Watched; readonly follower: ChainFollower }> {
    const agent = new Watched(chain);
    const addresses = { chainId: CHAIN_ID, rewards: REWARDS, pool: POOL, deployBlock: 0 };
    const pace = { pollMs: POLL_MS, timeoutMs, chunkBlocks };
    const follower = createChainFollower({ ...addresses, ...pace, providers }, { logger });
    await follower.start(null, agent.sink);
    return { agent, follower };
  }

  readonly sink: ChainSink = {
    onAdvance: async (events, head) => {
      // What the ledger refuses is not taken (P-58).
      advanceLedger(this.#ledger, events, head, admit);
      this.#compare(events, head);
      this.#head = head;
    },
    onHealth: (health) => {
      this.#health = health;
    },
  };

  get head(): ChainHead | null {
    return this.#head;
  }

  /** Null before the first word of it. */
  get health(): ChainHealth | null {
    return this.#health;
  }

  isAt(height: number): boolean {
    return this.#health?.healthy === true && (this.#head?.number ?? -1) >= height;
  }

  async until(name: string, what: string, condition: () => boolean): Promise<void> {
    const probe = (): true | null => (condition() || this.violations.length > 0 ? true : null);
    try {
      await waitFor({ what, timeoutMs: PATIENCE_MS, pollMs: 2 }, probe);
    } catch (error) {
      if (!isQuorateError(error, "STEP_TIMED_OUT")) throw error;
      const health = JSON.stringify(this.#health);
      this.violations.push(`${name}: ${what}: not within ${PATIENCE_MS} ms; at block ${this.#head?.number}, ${health}`);
    }
  }

  compareLedger(): void {
    if (this.#head === null || this.violations.length > 0) return;
    if (isDeepStrictEqual(folded(this.#ledger), folded(ledgerAt(this.#chain, this.#head.number)))) return;
    this.violations.push(`the ledger at block ${this.#head.number} is not the true history's`);
  }

  #compare(events: readonly ChainEvent[], head: ChainHead): void {
    const block = this.#chain.blocks[head.number];
    if (block === undefined || block.hash !== head.hash || block.timestamp !== head.timestamp) {
      this.violations.push(`block ${head.number} of ${head.hash} at ${head.timestamp} was taken, which is not so`);
    }
    const expected = eventsBetween(this.#chain.blocks, this.#head?.number ?? -1, head.number);
    if (isDeepStrictEqual(events, expected)) return;
    const range = `${(this.#head?.number ?? -1) + 1} to ${head.number}`;
    this.violations.push(
      `blocks ${range}: ${events.length} events were taken that are not the ${expected.length} true`,
    );
  }
}
