// Generated from the contracts by packages/contracts/scripts/generate-abi.ts. Do not edit.
export { serviceNodeRewardsAbi } from "./serviceNodeRewards.ts";
export { rewardsDistributorAbi } from "./rewardsDistributor.ts";
export { rewardRatePoolAbi } from "./rewardRatePool.ts";
export { serviceNodeContributionAbi } from "./serviceNodeContribution.ts";
export { serviceNodeContributionFactoryAbi } from "./serviceNodeContributionFactory.ts";
export { sessionTokenAbi } from "./sessionToken.ts";
