// A deployed and, if wanted, seeded and started network on a simulated chain: the ground that tests and the gas bench
// stand on. Real contracts, real signatures.
import type { Address, SignatureScheme, SigningDomain } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { Contract, type InterfaceAbi, type JsonRpcSigner } from "ethers";
import { type ContractName, ensureBuilt, loadArtifact } from "../artifacts.ts";
import { type Deployment, deploy } from "../deploy.ts";
import type { DeployParametersInput } from "../parameters.ts";
import { gasLimitOn, type Hardfork, type SimulatedChain, startSimulatedChain } from "./chain.ts";
import { type ContributorStruct, makeTestNode, type SeedStruct, soloContributor, type TestNode } from "./nodes.ts";

/** The stake of a test node: 100 SESH in atomic units. */
export const TEST_STAKE_ATOMIC: bigint = 100n * 10n ** 9n;
/** Seeds a transaction: at 315k gas each, 50 fit the cap. */
const SEEDS_PER_TRANSACTION = 50;

/** A network under test. */
export interface TestNetwork {
  readonly chain: SimulatedChain;
  readonly scheme: SignatureScheme;
  readonly domain: SigningDomain;
  readonly deployment: Deployment;
  readonly owner: JsonRpcSigner;
  readonly token: Contract;
  readonly pool: Contract;
  readonly distributor: Contract;
  readonly rewards: Contract;
  /** The seeded nodes: the one with id i is at i - 1. */
  readonly nodes: readonly TestNode[];
}

export interface TestNetworkOptions {
  /** How many nodes to seed. */
  readonly nodes: number;
  /** Whether to pay their principal in and start. Default true. */
  readonly started?: boolean;
  readonly parameters?: DeployParametersInput;
  /** The stake of the node with an id; by default the requirement. Set it where a quorum must not be one of heads. */
  readonly stakeOf?: (id: number) => bigint;
  /** Of the new chain, when none is given. Default osaka. */
  readonly hardfork?: Hardfork;
}

/** Deploys to `chain` (a new one by default), seeds and starts. Every node's operator is the chain's account 1. */
export async function startTestNetwork(options: TestNetworkOptions, on?: SimulatedChain): Promise<TestNetwork> {
  await ensureBuilt();
  const chain = on ?? (await startSimulatedChain({ hardfork: options.hardfork ?? "osaka" }));
  const scheme = await loadNativeScheme();
  const owner = chain.signers[0] as JsonRpcSigner;
  const deployment = await deploy(owner, {
    stakingRequirementAtomic: TEST_STAKE_ATOMIC,
    poolFundingAtomic: 1_000_000n * 10n ** 9n,
    ...options.parameters,
  });
  const domain = { chainId: deployment.chainId, verifyingContract: deployment.rewards };
  const at = (address: Address, name: ContractName): Contract =>
    new Contract(address, loadArtifact(name).abi as InterfaceAbi, owner);
  const token = at(deployment.token, "SessionToken");
  const pool = at(deployment.pool, "RewardRatePool");
  const distributor = at(deployment.distributor, "RewardsDistributor");
  const rewards = at(deployment.rewards, "ServiceNodeRewards");

  const operator = (chain.signers[1] as JsonRpcSigner).address as Address;
  const nodes = Array.from({ length: options.nodes }, (_, i) => makeTestNode(scheme, domain, i + 1, operator));
  const stakeOf = options.stakeOf ?? (() => deployment.parameters.stakingRequirementAtomic);
  await seedNodes(chain, rewards, nodes, stakeOf);
  if (options.started ?? true) {
    await send(token, "transfer", deployment.rewards, await rewards.getFunction("principal")());
    await send(rewards, "start");
  }
  return { chain, scheme, domain, deployment, owner, token, pool, distributor, rewards, nodes };
}

/** Seeds nodes in as few transactions as fit, each with one stake. */
async function seedNodes(
  chain: SimulatedChain,
  rewards: Contract,
  nodes: readonly TestNode[],
  stakeOf: (id: number) => bigint,
): Promise<void> {
  const requirement = (await rewards.getFunction("stakingRequirement")()) as bigint;
  let current = requirement;
  for (let from = 0, to = 0; from < nodes.length; from = to) {
    const stakeAtomic = stakeOf(from + 1);
    while (to < nodes.length && to - from < SEEDS_PER_TRANSACTION && stakeOf(to + 1) === stakeAtomic) to++;
    await changeRequirement(chain, rewards, current, stakeAtomic);
    current = stakeAtomic;
    const batch = nodes.slice(from, to);
    const seeds = await seedStructs(rewards, batch, ({ operator }) => soloContributor(operator, stakeAtomic));
    // Without the call of `send`: seeding 2,000 nodes is most of what a test waits for.
    await (await rewards.getFunction("seedPublicKeyList")(seeds, { gasLimit: gasLimitOn(chain.provider) })).wait();
  }
  await changeRequirement(chain, rewards, current, requirement);
}

/** Changes the staking requirement in steps of at most twice and at least half, 15 days apart (P-115). */
async function changeRequirement(chain: SimulatedChain, rewards: Contract, from: bigint, to: bigint): Promise<void> {
  for (let current = from; current !== to; ) {
    const half = (current + 1n) / 2n;
    current = to > 2n * current ? 2n * current : to < half ? half : to;
    await chain.increaseTime(15 * 86_400);
    await send(rewards, "setStakingRequirement", current);
  }
}

/** The nodes as seeds of `rewards`, registered at its chain's latest block. */
export async function seedStructs(
  rewards: Contract,
  nodes: readonly TestNode[],
  contributorsOf: (node: TestNode) => ContributorStruct[],
): Promise<SeedStruct[]> {
  const registeredAt = (await rewards.runner?.provider?.getBlock("latest"))?.timestamp as number;
  return nodes.map((node) => ({ registeredAt, registration: node.registration, contributors: contributorsOf(node) }));
}

/**
 * Sends a transaction and returns the gas it used, with 21,000 and calldata included. Whether it would revert is asked
 * by a call first, so that a revert has its data and mines nothing; then it is sent with the cap as its limit.
 * Estimating the limit would run it some ten times.
 */
export async function send(contract: Contract, method: string, ...args: readonly unknown[]): Promise<bigint> {
  const call = contract.getFunction(method);
  const gasLimit = gasLimitOn(contract.runner?.provider);
  await call.staticCall(...args, { gasLimit, blockTag: "pending" });
  const transaction = await call.send(...args, { gasLimit });
  return (await transaction.wait())?.gasUsed as bigint;
}
