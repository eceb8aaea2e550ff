/**
 * `pnpm bench follower`: what an agent asks of its chain providers, so that an operator can choose a plan. In: days
 * of a synthetic history. Out: requests and bytes of one provider, with one and with three: to catch up, and an hour
 * at rest. The follower is the agent's own, over real HTTP; bytes are counted at the sockets, headers and all.
 *
 * Blocks are like Ethereum's: one every 12 s, 32 more final every 6.4 minutes, 180 transactions in each answer about
 * one. An hour at rest is extrapolated from polls that follow on each other at once instead of every 5 s.
 */

import type { ChainHead } from "@quorate/common";
import { createChainFollower } from "../../packages/aggregator/src/adapters/chain/follower.ts";
import type { Logger } from "../../packages/aggregator/src/driver/ports.ts";
import { waitFor } from "../harness/waitFor.ts";
import { CHAIN_ID, POOL, REWARDS } from "../providers/logs.ts";
import { BLOCK_SECONDS, BLOCKS_A_DAY, FINAL_BLOCKS } from "./followerChain.ts";
import { CountingProvider, type Counts } from "./followerProvider.ts";

export const FOLLOWER_DAYS = 7;

/** Of the agent's configuration. */
const POLL_SECONDS = 5;
const CHUNK_BLOCKS = 2_000;
/** Polls between two moves of the finalised block. */
const POLLS_A_MOVE = Math.round((FINAL_BLOCKS * BLOCK_SECONDS) / POLL_SECONDS);
/** A little more than an hour. */
const MOVES = 10;
const PATIENCE_MS = 600_000;

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

interface Traffic {
  readonly requests: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

interface Figures {
  readonly providers: number;
  /** Of each provider. */
  readonly catchUp: Traffic;
  readonly hourAtRest: Traffic;
  readonly requestsAPollAtRest: number;
  readonly catchUpSeconds: number;
  readonly methods: Readonly<Record<string, number>>;
}

export interface FollowerResult {
  readonly follower: { readonly days: number; readonly blocks: number; readonly figures: readonly Figures[] };
}

export async function benchFollower({ days }: { readonly days: number }): Promise<FollowerResult> {
  const blocks = days * BLOCKS_A_DAY;
  const figures: Figures[] = [];
  for (const count of [1, 3]) {
    process.stderr.write(`${blocks} blocks from ${count} ${count === 1 ? "provider" : "providers"} …\n`);
    figures.push(await measure(count, blocks));
  }
  return { follower: { days, blocks, figures } };
}

async function measure(count: number, blocks: number): Promise<Figures> {
  const providers = await Promise.all(Array.from({ length: count }, () => CountingProvider.start(blocks)));
  let head: ChainHead | null = null;
  const follower = createChainFollower(
    {
      ...{ chainId: CHAIN_ID, rewards: REWARDS, pool: POOL, deployBlock: 1 },
      ...{ pollMs: 1, timeoutMs: 60_000, chunkBlocks: CHUNK_BLOCKS },
      providers: providers.map(({ url }) => url),
    },
    { logger },
  );
  const begun = performance.now();
  try {
    const onAdvance = async (_events: unknown, at: ChainHead): Promise<void> => {
      head = at;
    };
    await follower.start(null, { onAdvance, onHealth() {} });
    const reached = (height: number) => () => (head !== null && head.number >= height ? true : null);
    await waitFor({ what: "catching up", timeoutMs: PATIENCE_MS, pollMs: 5 }, reached(blocks));
    const catchUpSeconds = (performance.now() - begun) / 1_000;
    const after = providers.map((provider) => provider.counts);
    for (const provider of providers) provider.moveEvery(POLLS_A_MOVE, FINAL_BLOCKS);
    await waitFor(
      { what: "an hour at rest", timeoutMs: PATIENCE_MS, pollMs: 5 },
      reached(blocks + MOVES * FINAL_BLOCKS),
    );
    const rest = providers.map((provider, i) => less(provider.counts, after[i] as Counts));
    const polls = mean(rest.map((counts) => counts.polls));
    return {
      providers: count,
      catchUp: traffic(after, 1),
      hourAtRest: traffic(rest, 3_600 / POLL_SECONDS / polls),
      requestsAPollAtRest: Math.round((100 * mean(rest.map(({ requests }) => requests))) / polls) / 100,
      catchUpSeconds: Math.round(catchUpSeconds * 10) / 10,
      methods: Object.fromEntries(providers[0]?.methods ?? []),
    };
  } finally {
    await follower.stop();
    await Promise.all(providers.map((provider) => provider.stop()));
  }
}

function less(now: Counts, before: Counts): Counts {
  const fields = Object.keys(now) as (keyof Counts)[];
  return Object.fromEntries(fields.map((field) => [field, now[field] - before[field]])) as unknown as Counts;
}

/** The mean of the providers, times a factor. */
function traffic(counts: readonly Counts[], factor: number): Traffic {
  const of = (field: keyof Counts): number => Math.round(mean(counts.map((each) => each[field])) * factor);
  return { requests: of("requests"), sentBytes: of("sentBytes"), receivedBytes: of("receivedBytes") };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function printFollower({ follower: { days, blocks, figures } }: FollowerResult): string {
  const row = (name: string, providers: number, { requests, sentBytes, receivedBytes }: Traffic): string =>
    `| ${[name, providers, requests, megabytes(sentBytes), megabytes(receivedBytes)].join(" | ")} |`;
  return [
    "| | providers | requests to each | sent to each | received from each |",
    "|---|---|---|---|---|",
    ...figures.map((each) => row("an hour at rest", each.providers, each.hourAtRest)),
    ...figures.map((each) => row(`catching up ${days} days, ${blocks} blocks`, each.providers, each.catchUp)),
    "",
  ].join("\n");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;
}
