/**
 * `@quorate/aggregator`: one agent as a library. Commands are in `cli/`.
 */
export { renderMetricsTable } from "./adapters/metrics/metrics.ts";
export { type Config, parseConfig, renderConfigTable } from "./config.ts";
export { type NodeModules, type RunningNode, startNode } from "./node.ts";
export { VERSION } from "./version.ts";
