/**
 * The contracts' interfaces, made from their ABIs at first use: each takes milliseconds, and a start needs few of them.
 */
import { Interface, type InterfaceAbi } from "ethers";
import {
  rewardRatePoolAbi,
  rewardsDistributorAbi,
  serviceNodeContributionAbi,
  serviceNodeContributionFactoryAbi,
  serviceNodeRewardsAbi,
  sessionTokenAbi,
} from "./abi/index.ts";

function madeOnce(abi: InterfaceAbi): () => Interface {
  let made: Interface | undefined;
  return () => {
    made ??= new Interface(abi);
    return made;
  };
}

export const rewardsInterface: () => Interface = madeOnce(serviceNodeRewardsAbi);
export const poolInterface: () => Interface = madeOnce(rewardRatePoolAbi);
export const distributorInterface: () => Interface = madeOnce(rewardsDistributorAbi);
export const tokenInterface: () => Interface = madeOnce(sessionTokenAbi);
export const contributionInterface: () => Interface = madeOnce(serviceNodeContributionAbi);
export const contributionFactoryInterface: () => Interface = madeOnce(serviceNodeContributionFactoryAbi);
/** What the compiler and `require` make; every contract may revert with them. */
export const builtInErrors: () => Interface = madeOnce(["error Error(string)", "error Panic(uint256)"]);
