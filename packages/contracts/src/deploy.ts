// Deployment. In: an account that can pay, and parameters. Out: every contract in place, wired, funded and read back,
// and their addresses. Works on any JSON-RPC node. Seeding and starting the network come after it; the founder may,
// which is the deployer.
import { type Address, type Hex, quorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import {
  Contract,
  ContractFactory,
  getCreateAddress,
  type InterfaceAbi,
  type Provider,
  type Signer,
  ZeroAddress,
} from "ethers";
import { type Artifact, type ContractName, librariesOf, loadArtifact } from "./artifacts.ts";
import { linkedBytecode } from "./link.ts";
import { type DeployParameters, type DeployParametersInput, isPublic, parseDeployParameters } from "./parameters.ts";
import { verifyDeployment } from "./verifyDeployment.ts";

/** Where everything is. `rewards` and `pool` are proxies; everything else is what it is for good. */
export interface Deployment {
  readonly chainId: bigint;
  /** The block of the first transaction: no event of these contracts is older. */
  readonly fromBlock: number;
  /** The timelock, where there is one. */
  readonly owner: Address;
  /** The deployer, whose part ends with `start()` (P-30). */
  readonly founder: Address;
  /** A TimelockController; on a local network there may be none. */
  readonly timelock?: Address | undefined;
  readonly token: Address;
  readonly pool: Address;
  /** Where rewards are paid from. */
  readonly distributor: Address;
  readonly rewards: Address;
  readonly poolImplementation: Address;
  readonly rewardsImplementation: Address;
  /** Makes contribution contracts (P-45). */
  readonly contributionFactory: Address;
  readonly libraries: Readonly<Record<string, Address>>;
  /** The transactions that created what keeps storage, by the names above. */
  readonly creations: Readonly<Record<string, Hex>>;
  readonly parameters: DeployParameters;
}

/**
 * Deploys everything, reads it back (P-49), and fails unless all is as meant.
 * @param log Takes one line a step.
 * @param save Takes the deployment before it is read back, so that nothing is lost when that fails.
 * @throws DEPLOY_PARAMETERS_INVALID, DEPLOY_ADDRESS_MISMATCH, DEPLOY_NOT_AS_MEANT, CONTRACTS_NOT_BUILT
 */
export async function deploy(
  signer: Signer,
  input: DeployParametersInput,
  log: (line: string) => void = () => {},
  save: (deployment: Deployment) => void = () => {},
): Promise<Deployment> {
  const deployment = await deployContracts(signer, input, log);
  save(deployment);
  const checks = await verifyDeployment(signer.provider as Provider, await loadNativeScheme(), deployment);
  const failed = checks.filter(({ ok }) => !ok).map((check) => `${check.name}: ${check.actual}, not ${check.expected}`);
  if (failed.length > 0) throw quorateError("DEPLOY_NOT_AS_MEANT", { failed });
  log(`read back: ${checks.length} checks, all as meant`);
  return deployment;
}

/**
 * Deploys timelock (if asked for), token (unless one is given), pool, distributor, rewards contract and contribution
 * factory, funds the pool, and names the factory in the rewards contract. Reads nothing back.
 * @param signer Pays, is the founder, and receives the token's supply. Nothing else may use its account meanwhile: the
 *   distributor's address is fixed in the pool, and the rewards proxy's in the distributor, before they exist, so that
 *   none is ever without the others.
 * @throws DEPLOY_PARAMETERS_INVALID, DEPLOY_ADDRESS_MISMATCH, CONTRACTS_NOT_BUILT
 */
export async function deployContracts(
  signer: Signer,
  input: DeployParametersInput,
  log: (line: string) => void = () => {},
): Promise<Deployment> {
  const founder = (await signer.getAddress()) as Address;
  const parameters = parseDeployParameters(input, founder);
  const provider = signer.provider;
  if (provider === null) throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: ["signer: has no provider"] });
  const { chainId } = await provider.getNetwork();
  if (parameters.kind === "local" && isPublic(parameters.kind, chainId)) {
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: [`kind: chain ${chainId} is not local`] });
  }
  const fromBlock = (await provider.getBlockNumber()) + 1;
  const creations: Record<string, Hex> = {};
  const create: Create = async (as, name, args) => {
    const { address, transaction } = await deployOne(signer, loadArtifact(name), args, {}, log);
    creations[as] = transaction;
    return address;
  };

  const timelock = await deployTimelock(parameters, create);
  const owner = timelock ?? (parameters.owner as Address);
  const token = parameters.token ?? (await create("token", "SessionToken", [parameters.tokenSupplyAtomic, founder]));
  const pair = await deployPair(signer, create, { parameters, owner, founder, token }, log);
  const { pool, rewards } = pair;
  const contributionFactory = await create("contributionFactory", "ServiceNodeContributionFactory", [rewards]);

  const call = async (name: ContractName, at: Address, method: string, ...args: unknown[]): Promise<void> => {
    const contract = new Contract(at, loadArtifact(name).abi as InterfaceAbi, signer);
    await (await contract.getFunction(method)(...args)).wait();
  };
  if (parameters.poolFundingAtomic > 0n) {
    await call("SessionToken", token, "transfer", pool, parameters.poolFundingAtomic);
    log(`pool funded with ${parameters.poolFundingAtomic} atomic units`);
  }
  await call("ServiceNodeRewards", rewards, "setContributionFactory", contributionFactory);
  log("contribution contracts may register nodes");
  return { chainId, fromBlock, owner, founder, timelock, token, ...pair, contributionFactory, creations, parameters };
}

/** Deploys a contract and keeps its transaction under a name of the deployment. */
type Create = (as: keyof Deployment, name: ContractName, args: readonly unknown[]) => Promise<Address>;

/** The owner of everything, where the parameters ask for one. Its admin is only itself. */
async function deployTimelock({ timelock }: DeployParameters, create: Create): Promise<Address | undefined> {
  if (timelock === undefined) return undefined;
  const { minDelaySeconds, proposers, executors } = timelock;
  return create("timelock", "TimelockController", [minDelaySeconds, proposers, executors, ZeroAddress]);
}

type Pair = Pick<
  Deployment,
  "pool" | "distributor" | "rewards" | "poolImplementation" | "rewardsImplementation" | "libraries"
>;

/** Pool, distributor and rewards contract. */
async function deployPair(
  signer: Signer,
  create: Create,
  { parameters, owner, founder, token }: Pick<Deployment, "parameters" | "owner" | "founder" | "token">,
  log: (line: string) => void,
): Promise<Pair> {
  const artifact = loadArtifact("ServiceNodeRewards");
  const libraries = await deployLibraries(signer, artifact, log);
  const { address: poolImplementation } = await deployOne(signer, loadArtifact("RewardRatePool"), [], {}, log);

  // The pool's proxy takes the next nonce, then come distributor, rewards implementation and rewards proxy.
  const nonce = await signer.getNonce("pending");
  const planned = (step: number): Address => getCreateAddress({ from: founder, nonce: nonce + step }) as Address;
  const requireNonce = async (step: number): Promise<void> => {
    const actualNonce = await signer.getNonce("pending");
    if (actualNonce === nonce + step) return;
    throw quorateError("DEPLOY_ADDRESS_MISMATCH", { planned: planned(step), nonce: nonce + step, actualNonce });
  };
  const poolInit = encodeInitialize("RewardRatePool", [owner, token, planned(1)]);
  const pool = await create("pool", "TransparentUpgradeableProxy", [poolImplementation, owner, poolInit]);
  await requireNonce(1);
  const distributor = await create("distributor", "RewardsDistributor", [pool, planned(3)]);
  const { address: rewardsImplementation } = await deployOne(signer, artifact, [distributor], libraries, log);
  const rewardsInit = encodeInitialize("ServiceNodeRewards", [
    {
      owner,
      guardian: parameters.guardian,
      founder,
      stakingRequirement: parameters.stakingRequirementAtomic,
      epochSeconds: parameters.epochSeconds,
      claimLimit: parameters.claimLimitAtomic,
      claimCycleSeconds: parameters.claimCycleSeconds,
      emergencyNoticeSeconds: parameters.emergencyNoticeSeconds,
    },
  ]);
  await requireNonce(3);
  const rewards = await create("rewards", "TransparentUpgradeableProxy", [rewardsImplementation, owner, rewardsInit]);
  return { pool, distributor, rewards, poolImplementation, rewardsImplementation, libraries };
}

/** Deploys what a contract is linked with. */
export async function deployLibraries(
  signer: Signer,
  artifact: Artifact,
  log: (line: string) => void,
): Promise<Readonly<Record<string, Address>>> {
  const addresses: Record<string, Address> = {};
  for (const [name, library] of librariesOf(artifact)) {
    addresses[name] = (await deployOne(signer, library, [], addresses, log)).address;
  }
  return addresses;
}

/** Deploys one contract and waits until it is mined. */
export async function deployOne(
  signer: Signer,
  artifact: Artifact,
  args: readonly unknown[],
  libraries: Readonly<Record<string, string>>,
  log: (line: string) => void,
): Promise<{ readonly address: Address; readonly transaction: Hex }> {
  // A library's ABI names types that ethers does not know, which it says on standard output; only the constructor
  // matters here.
  const constructorAbi = artifact.abi.filter((entry) => entry.type === "constructor") as InterfaceAbi;
  const factory = new ContractFactory(constructorAbi, linkedBytecode(artifact, libraries), signer);
  const contract = await factory.deploy(...args);
  await contract.waitForDeployment();
  const address = (await contract.getAddress()) as Address;
  log(`${artifact.contractName} at ${address}`);
  return { address, transaction: contract.deploymentTransaction()?.hash as Hex };
}

function encodeInitialize(name: ContractName, args: readonly unknown[]): string {
  return new ContractFactory(loadArtifact(name).abi as InterfaceAbi, "0x").interface.encodeFunctionData(
    "initialize",
    args,
  );
}
