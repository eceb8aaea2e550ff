/** The true chains of the swarm: what their logs say is what their histories say (P-50). */
import { describe, expect, it } from "vitest";
import { EVENT_TOPICS, parseEvent } from "../../packages/aggregator/src/adapters/chain/events.ts";
import { logSchema } from "../../packages/aggregator/src/adapters/chain/rpc.ts";
import { folded } from "../../packages/aggregator/test/support/ledgerHistory.ts";
import { POOL, REWARDS } from "./logs.ts";
import { eventsBetween, HISTORIES, ledgerAt, type TrueBlock, trueChain } from "./trueChain.ts";

describe("true chains", () => {
  it.each(HISTORIES)("P-50: the agent's parser gives back every event of %s from its logs", (name) => {
    const { blocks, lastFinal } = trueChain(name);
    expect(blocks.length).toBeLessThan(80);
    const parsed = blocks.slice(0, lastFinal + 1).flatMap((block) => block.logs.map((log, i) => parse(block, log, i)));
    expect(parsed.length).toBeGreaterThan(9);
    expect(parsed).toEqual(eventsBetween(blocks, -1, lastFinal));
  });

  it("together hold every event that the ledger reads", () => {
    const topics = HISTORIES.flatMap((name) => trueChain(name).blocks.flatMap(({ logs }) => logs)).map(
      ({ topics: [topic] }) => topic,
    );
    // Liquidated or left: one event of the ledger, two of the contract.
    expect(new Set(topics).size).toBe(EVENT_TOPICS.length - 1);
  });

  it("P-50: a ledger without one of the events is another", () => {
    const chain = trueChain("absences");
    const at = chain.blocks.findLastIndex(({ events }) => events.some(({ type }) => type === "pool-settled"));
    const without = chain.blocks.map((block, i) => (i === at ? { ...block, events: [] } : block));
    const [whole, lacking] = [chain, { ...chain, blocks: without }].map((each) => () => ledgerAt(each, each.lastFinal));
    expect(folded((whole as () => ReturnType<typeof ledgerAt>)()).closed.length).toBeGreaterThan(0);
    expect(lacking).toThrow();
  });
});

function parse(block: TrueBlock, log: TrueBlock["logs"][number], logIndex: number) {
  const { number, hash } = block;
  const shown = { ...log, blockNumber: hex(number), blockHash: hash, logIndex: hex(logIndex) };
  return parseEvent(logSchema.parse(shown), block, { rewards: REWARDS, pool: POOL });
}

const hex = (value: number): string => `0x${value.toString(16)}`;
