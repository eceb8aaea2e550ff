/**
 * Agents' followers behind relays (P-57, P-104): real relays, real followers, scripted providers, all over HTTP on
 * 127.0.0.1.
 */
import { afterEach, describe, expect, it } from "vitest";
import { createRelay } from "../../packages/aggregator/src/adapters/relay/relay.ts";
import { openUpstream } from "../../packages/aggregator/src/adapters/relay/upstream.ts";
import type { Logger } from "../../packages/aggregator/src/driver/ports.ts";
import { Random } from "../sim/random.ts";
import { type Fault, NONE } from "./faults.ts";
import { ScriptedProvider } from "./provider.ts";
import { type TrueChain, trueChain } from "./trueChain.ts";
import { Watched } from "./watched.ts";

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const chain = trueChain("absences");
/** Longer than the followers' poll of 5 ms, shorter than anybody's patience. */
const FRESH_MS = 50;
/** Nobody here is silent: a deadline that passes on a busy machine would only make other ranges. */
const TIMEOUT_MS = 60_000;

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

interface Relayed {
  readonly provider: ScriptedProvider;
  readonly url: string;
  readonly host: string;
}

async function relayed(name: number, freshMs = FRESH_MS): Promise<Relayed> {
  const provider = await ScriptedProvider.start(chain, new Random(`relay ${name}`));
  provider.play(chain.lastFinal, NONE);
  const upstream = openUpstream(provider.url, 10_000);
  const relay = createRelay({ host: "127.0.0.1", port: 0, freshMs }, { upstream, logger });
  const url = await relay.start();
  running.push(
    () => provider.stop(),
    () => upstream.close(),
    () => relay.stop(),
  );
  return { provider, url, host: new URL(url).host };
}

async function follow(urls: readonly string[], of: TrueChain = chain): Promise<Watched> {
  const { agent, follower } = await Watched.start(of, urls, 8, TIMEOUT_MS);
  running.push(() => follower.stop());
  return agent;
}

const LIES: readonly Fault[] = [
  { kind: "wrong hash", share: 1 },
  { kind: "reorganised head", from: 5, share: 1 },
  { kind: "holes", all: true, share: 1 },
  { kind: "invented logs", form: 2, share: 1 },
  { kind: "invented logs", form: 4, share: 1 },
];

describe("two relays", () => {
  it("P-57: with both honest an agent gets to the right ledger", async () => {
    const relays = [await relayed(0), await relayed(1)];
    const agent = await follow(relays.map(({ url }) => url));
    await agent.until("two relays", "the end of the chain", () => agent.isAt(chain.lastFinal));
    agent.compareLedger();
    expect(agent.violations).toEqual([]);
  });

  it.each([0, 1].flatMap((liar) => LIES.map((fault) => [liar, fault.kind, fault] as const)))(
    "P-57: relay %i lies (%s): the agent takes nothing wrong, abstains, and names that relay",
    async (liar, _kind, fault) => {
      const relays = [await relayed(0), await relayed(1)] as const;
      (relays[liar] as Relayed).provider.play(chain.lastFinal, fault);
      const agent = await follow(relays.map(({ url }) => url));
      await agent.until("a lie", "abstention", () => agent.health?.healthy === false);
      expect(agent.violations).toEqual([]);
      expect(agent.health).toMatchObject({ detail: expect.stringContaining((relays[liar] as Relayed).host) });
      // The relay keeps what is final for minutes, so an agent that trusts it again is one whose relay was started
      // anew.
      const fresh = await relayed(2);
      const healed = await follow([(relays[1 - liar] as Relayed).url, fresh.url]);
      await healed.until("honest again", "the end of the chain", () => healed.isAt(chain.lastFinal));
      expect(healed.violations).toEqual([]);
    },
  );

  it("P-57: a provider that rewrites final blocks behind a relay: agents that have followed it abstain", async () => {
    const relays = [await relayed(0), await relayed(1)] as const;
    for (const { provider } of relays) provider.play(12, NONE);
    const agent = await follow(relays.map(({ url }) => url));
    await agent.until("before", "block 12", () => agent.isAt(12));
    relays[0].provider.play(14, { kind: "reorganised head", from: 3, share: 1 });
    relays[1].provider.play(14, NONE);
    await agent.until("after", "abstention", () => agent.health?.healthy === false);
    expect(agent.violations).toEqual([]);
    expect(agent.head?.number).toBe(12);
    expect(agent.health).toMatchObject({ detail: expect.stringContaining(relays[0].host) });
  });
});

describe("three relays", () => {
  // One more event in a block that has some, which only receipts tell, and one in a block that has none.
  it.each([0, 5])(
    "P-57: one invents an event (form %i): the agent goes on with the two, and names it",
    async (form) => {
      const relays = [await relayed(0), await relayed(1), await relayed(2)] as const;
      relays[1].provider.play(chain.lastFinal, { kind: "invented logs", form, share: 1 });
      const agent = await follow(relays.map(({ url }) => url));
      await agent.until("a lie", "the end of the chain", () => agent.isAt(chain.lastFinal));
      agent.compareLedger();
      expect(agent.violations).toEqual([]);
      expect(relays[0].provider.asked.get("eth_getBlockReceipts") ?? 0).toBeLessThanOrEqual(form === 0 ? 1 : 0);
    },
  );
});

describe("one relay", () => {
  it("P-104: ten followers cost its provider about what one costs", async () => {
    const costs: number[] = [];
    for (const count of [1, 10]) {
      // What is kept while they catch up is what counts here, not how often they look.
      const { provider, url } = await relayed(count, 60_000);
      const agents = await Promise.all(Array.from({ length: count }, () => follow([url])));
      for (const agent of agents) {
        await agent.until("catching up", "the end of the chain", () => agent.isAt(chain.lastFinal));
        agent.compareLedger();
        expect(agent.violations).toEqual([]);
      }
      costs.push([...provider.asked.values()].reduce((sum, times) => sum + times, 0));
    }
    const [one, ten] = costs as [number, number];
    expect(one).toBeGreaterThan(10);
    expect(ten).toBeLessThanOrEqual(one * 1.2);
  });
});
