// @quorate/contracts/testing: chains and networks for tests and measurements. Needs Hardhat; not for production.
export { type Hardfork, type SimulatedChain, type SimulatedChainOptions, startSimulatedChain } from "./chain.ts";
export { CHAIN_START_SECONDS } from "./chainStart.ts";
export { type RewardLeaf, type RewardTree, rewardTree } from "./merkle.ts";
export {
  seedStructs,
  send,
  startTestNetwork,
  TEST_STAKE_ATOMIC,
  type TestNetwork,
  type TestNetworkOptions,
} from "./network.ts";
export {
  type ContributorStruct,
  makeTestNode,
  type RegistrationStruct,
  type SeedStruct,
  signAsOne,
  signRewardClaim,
  soloContributor,
  type TestNode,
  without,
} from "./nodes.ts";
