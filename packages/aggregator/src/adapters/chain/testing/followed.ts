/** A follower of scripted providers, and what it told. */
import type { ChainHead, ChainHealth, ChainProviderView } from "@quorate/common";
import { CHAIN_ID } from "../../../../test/support/chain.ts";
import type { ChainEvent } from "../../../core/ledger/events.ts";
import type { ChainFollower, Logger } from "../../../driver/ports.ts";
import { type ChainFollowerOptions, createChainFollower } from "../follower.ts";
import { CONTRACTS } from "./scriptedChain.ts";

export class Followed {
  readonly heads: ChainHead[] = [];
  readonly events: ChainEvent[] = [];
  readonly health: ChainHealth[] = [];
  readonly logged: { readonly level: string; readonly message: string; readonly values: Record<string, unknown> }[] =
    [];
  readonly follower: ChainFollower;

  constructor(
    providers: readonly { readonly url: string }[],
    over: Partial<ChainFollowerOptions> = {},
    wallSeconds?: () => number,
  ) {
    const log = (level: string) => (values: object, message: string) =>
      void this.logged.push({ level, message, values: values as Record<string, unknown> });
    const logger: Logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
    this.follower = createChainFollower(
      {
        providers: providers.map(({ url }) => url),
        ...{ chainId: CHAIN_ID, ...CONTRACTS, pollMs: 20, chunkBlocks: 100, timeoutMs: 30_000 },
        ...over,
      },
      wallSeconds === undefined ? { logger } : { logger, wallSeconds },
    );
  }

  async start(after: ChainHead | null = null, registered?: () => number): Promise<this> {
    await this.follower.start(after, {
      onAdvance: async (events, head) => {
        this.events.push(...events);
        this.heads.push(head);
      },
      onHealth: (health) => void this.health.push(health),
      ...(registered === undefined ? {} : { registered }),
    });
    return this;
  }

  get height(): number {
    return this.heads.at(-1)?.number ?? -1;
  }

  get code(): string {
    const last = this.health.at(-1);
    return last === undefined ? "unknown" : last.healthy ? "healthy" : last.code;
  }

  get detail(): string {
    const last = this.health.at(-1);
    return last === undefined || last.healthy ? "" : last.detail;
  }

  get deposits(): number[] {
    return this.events.map(({ blockNumber }) => blockNumber);
  }

  view(place: number): ChainProviderView {
    return this.follower.status().providers[place] as ChainProviderView;
  }

  told(message: string): Record<string, unknown>[] {
    return this.logged.filter((line) => line.message === message).map(({ values }) => values);
  }
}
