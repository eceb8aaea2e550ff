/**
 * `@quorate/aggregator`: one agent as a library. Commands are in `cli/`.
 */
export { RewardsContract } from "./adapters/chain/contracts.ts";
export { createAgentClient } from "./adapters/http/client.ts";
export { renderMetricsTable } from "./adapters/metrics/metrics.ts";
export { type Config, parseConfig, renderConfigTable } from "./config.ts";
export { type NodeModules, type RunningNode, startNode } from "./node.ts";
export { VERSION } from "./version.ts";
