/** What both halves of the demo need: the context of a run, and two of its steps. */
import type { Cleanup } from "../harness/cleanup.ts";
import type { AgentProcess, LocalNetwork } from "../harness/network.ts";
import type { Progress } from "./progress.ts";
import { type DemoResult, nodeList } from "./result.ts";

export interface DemoContext {
  readonly progress: Progress;
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
  learn(facts: Partial<DemoResult>): void;
  result(): DemoResult;
}

/** One in the middle of those that are up: any of them would do. */
export function askedAgent(network: LocalNetwork): AgentProcess {
  const ids = network.agents.map(({ id }) => id);
  return network.agent(ids[Math.floor(ids.length / 2)] ?? 1);
}

/** Stops the agents of the last `count` seeded nodes. */
export async function silence(network: LocalNetwork, count: number, progress: Progress): Promise<void> {
  const ids = network.nodes.slice(network.nodes.length - count).map(({ id }) => id);
  const stage = progress.stage("Nodes silenced");
  await Promise.all(ids.map((id) => network.stopAgent(id)));
  stage.done(ids.length === 0 ? "none" : `${nodeList(ids)} stopped: stake that counts, and says nothing`);
}
