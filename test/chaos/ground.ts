/**
 * The network of a chaos run: contracts on anvil, links, a relay to the chain for each agent, agents with clocks apart.
 * In: nodes, links, a plan's clocks. Out: agents that are connected and in sync. Everything is undone by `close`.
 */
import type { NodeId } from "@quorate/common";
import { CHAIN_START_SECONDS } from "@quorate/contracts/chain-start";
import { type Fixture, startFixture, untilReady } from "../e2e/fixture.ts";
import type { LocalNetwork } from "../harness/network.ts";
import { Random } from "../sim/random.ts";
import { CLEAR } from "./condition.ts";
import type { LinkLayer } from "./linkLayer.ts";
import { type ChosenLinks, openLinks } from "./links.ts";
import { Relay } from "./relay.ts";

/** Starting takes seconds, and on a machine that others load minutes: the run waits, it does not fail for that. */
export const READY_MS = 900_000;

export interface ChaosNetworkOptions {
  readonly nodes: number;
  readonly epochSeconds: number;
  readonly claimDeadlineMs: number;
  readonly submitters: readonly NodeId[];
  /** Of each node, by id - 1. */
  readonly clocks: readonly number[];
}

export interface ChaosNetwork {
  readonly network: LocalNetwork;
  readonly links: LinkLayer;
  readonly providers: ReadonlyMap<NodeId, Relay>;
  readonly stalled: Set<NodeId>;
  readonly offsetsMs: Map<NodeId, number>;
  /** Chain time less the host's, in milliseconds. */
  readonly chainAheadMs: number;
  close(): Promise<void>;
}

export async function openChaosNetwork(options: ChaosNetworkOptions, chosen: ChosenLinks): Promise<ChaosNetwork> {
  const links = await openLinks(chosen, options.nodes);
  const providers = new Map<NodeId, Relay>();
  const stalled = new Set<NodeId>();
  const offsetsMs = new Map(options.clocks.map((offsetMs, i) => [i + 1, offsetMs]));
  const chainAheadMs = CHAIN_START_SECONDS * 1_000 - Date.now();
  let fixture: Fixture | null = null;
  const close = async (): Promise<void> => {
    // Agents first: what they are connected by must not end before them.
    await fixture?.close();
    for (const relay of providers.values()) await relay.close();
    await links.close();
  };
  try {
    fixture = await startFixture("anvil", {
      ...{ nodes: options.nodes, epochSeconds: options.epochSeconds, claimDeadlineMs: options.claimDeadlineMs },
      ...{ submitters: options.submitters, startTimeoutMs: READY_MS },
      rpcUrlOf: (id) => `http://${links.hub}:${providers.get(id)?.port}`,
      launchOf: (id) => {
        const launch = links.launchOf(id);
        const clock = { CHAOS_CLOCK_MS: String(chainAheadMs + (offsetsMs.get(id) ?? 0)) };
        return { ...launch, env: { ...launch.env, ...clock } };
      },
    });
    const { network } = fixture;
    const target = new URL(network.chain.url);
    const random = new Random("providers");
    for (const { id } of network.nodes) {
      const route = () => ({
        ...{ host: target.hostname, port: Number(target.port) },
        there: () => ({ ...CLEAR, isCut: stalled.has(id) }),
        back: () => CLEAR,
      });
      providers.set(id, await Relay.listen(links.hub, 0, route, random.fork(id)));
    }
    await network.startAgents(network.nodes.map(({ id }) => id));
    await untilReady(network, READY_MS);
    return { network, links, providers, stalled, offsetsMs, chainAheadMs, close };
  } catch (error) {
    await close();
    throw error;
  }
}
