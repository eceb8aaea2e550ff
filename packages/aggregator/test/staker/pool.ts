/** A contribution contract with an open round, as its operator makes it. */
import {
  type Address,
  parseAddress,
  serviceNodeContributionAbi,
  serviceNodeContributionFactoryAbi,
} from "@quorate/common";
import { makeTestNode, send, TEST_STAKE_ATOMIC } from "@quorate/contracts/testing";
import { Contract, getCreateAddress, type HDNodeWallet, JsonRpcProvider } from "ethers";
import { ground } from "./ground.ts";

/** The operator's part: the least that it may pay. */
export const QUARTER: bigint = TEST_STAKE_ATOMIC / 4n;

/** A pool of an operator who has paid in a quarter. */
export async function openPool(operator: HDNodeWallet, seed: number): Promise<Address> {
  const { network, chain } = ground.net;
  const { scheme, domain, deployment, token } = network;
  const provider = new JsonRpcProvider(chain.url, undefined, { cacheTimeout: -1 });
  ground.closeAfter(() => provider.destroy());
  const signer = operator.connect(provider);
  const factory = new Contract(deployment.contributionFactory, serviceNodeContributionFactoryAbi, signer);
  const nonce = await provider.getTransactionCount(deployment.contributionFactory);
  const { registration } = makeTestNode(scheme, domain, seed, parseAddress(operator.address));
  await send(factory, "create", registration);
  const pool = parseAddress(getCreateAddress({ from: deployment.contributionFactory, nonce }));
  await send(token, "transfer", operator.address, TEST_STAKE_ATOMIC);
  await send(token.connect(signer) as Contract, "approve", pool, TEST_STAKE_ATOMIC);
  await send(new Contract(pool, serviceNodeContributionAbi, signer), "open", QUARTER, operator.address, [], false);
  return pool;
}
