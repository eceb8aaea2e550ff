/**
 * `@quorate/client`: what a person's program needs of agents and contracts. Browser-safe. Whatever an agent says is
 * held against the chain before it is shown or sent (docs/claiming.md).
 */
export * from "./agentClient.ts";
export * from "./calls.ts";
export * from "./node.ts";
export * from "./proof.ts";
export * from "./registration.ts";
export * from "./rewardsContract.ts";
export { DEFAULT_WATCH_LIMITS, type WatchLimits } from "./watch.ts";
