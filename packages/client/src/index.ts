/**
 * `@quorate/client`: what a person's program needs of agents and contracts. Browser-safe. Whatever an agent says is
 * held against the chain before it is shown or sent (README.md, docs/claiming.md).
 */
export { type AgentClient, type AgentClientOptions, createAgentClient } from "./agentClient.ts";
export { type AgentLeft, AgentPool, type AgentPoolOptions, type KnownAgent } from "./agentPool.ts";
export type { Balance } from "./balance.ts";
export * from "./calls.ts";
export { type ChainSource, connectChain, type Eip1193Provider } from "./chainSource.ts";
export { type ClaimOptions, type ClaimProgress, type Found, findWhatPays } from "./claiming.ts";
export * from "./client.ts";
export { type CallCost, costOf } from "./cost.ts";
export { csv } from "./csv.ts";
export { type Explained, explainByAgent, patiently } from "./explain.ts";
export * from "./founding.ts";
export type { PaymentMade } from "./history.ts";
export { LEDGER_ANSWER_MS } from "./limits.ts";
export * from "./node.ts";
export { listIds, whyNotSigned } from "./notSigned.ts";
export { type Emission, emissionAt, type NetworkOverview, overviewOf } from "./overview.ts";
export { aboveLimit } from "./part.ts";
export { type Pause, pauseOf } from "./pause.ts";
export { freshCalls, type Paid, type PaidInAll, type Payment, paidIn, paymentOf } from "./payment.ts";
export * from "./pool.ts";
export { askContract, factoryOf, type PoolsOptions, type PoolView, poolAt, poolsOf, tokenOf } from "./poolReading.ts";
export * from "./proof.ts";
export { onlyRecords, type ReadyCall } from "./readyCall.ts";
export * from "./registration.ts";
export { type ReportRecord, type ReportStake, type ReportsOptions, reportStake, reportsOf } from "./reports.ts";
export * from "./rewardsContract.ts";
export { openSender, type PaymentSigner, type Sender, type SendOptions } from "./signer.ts";
export { type SimulatedCall, simulateCalls, simulatedRefusal } from "./simulate.ts";
export {
  kindOfFile,
  type VerifiedBundle,
  type VerifiedProof,
  verifyBundle,
  verifyProof,
  verifyText,
} from "./verify.ts";
export { DEFAULT_WATCH_LIMITS, type WatchLimits } from "./watch.ts";
