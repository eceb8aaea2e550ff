// Deployment. In: an account that can pay, and parameters. Out: every contract in place, wired and funded, and their
// addresses. Works on any JSON-RPC node. Seeding and starting the network are the owner's job.
import { type Address, quorateError } from "@quorate/common";
import { Contract, ContractFactory, getCreateAddress, type InterfaceAbi, type Signer } from "ethers";
import { type Artifact, type ContractName, librariesOf, loadArtifact } from "./artifacts.ts";
import { linkedBytecode } from "./link.ts";
import { type DeployParameters, type DeployParametersInput, parseDeployParameters } from "./parameters.ts";

/** Where everything is. `rewards` and `pool` are proxies; everything else is what it is for good. */
export interface Deployment {
  readonly chainId: bigint;
  /** The block of the first transaction: no event of these contracts is older. */
  readonly fromBlock: number;
  readonly owner: Address;
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
  readonly parameters: DeployParameters;
}

/**
 * Deploys token (unless one is given), pool, distributor, rewards contract and contribution factory, and funds the pool. The
 * factory is named in the rewards contract if the deployer owns it; else that is the owner's to do, as the last line of the log says.
 * @param signer Pays, and receives the token's supply. Nothing else may use its account meanwhile: the distributor's address is
 *   fixed in the pool, and the rewards proxy's in the distributor, before they exist, so that none is ever without the others.
 * @param log Takes one line a step.
 * @throws DEPLOY_PARAMETERS_INVALID, DEPLOY_ADDRESS_MISMATCH, CONTRACTS_NOT_BUILT
 */
export async function deploy(
  signer: Signer,
  input: DeployParametersInput,
  log: (line: string) => void = () => {},
): Promise<Deployment> {
  const deployer = (await signer.getAddress()) as Address;
  const parameters = parseDeployParameters(input, deployer);
  const { owner } = parameters;
  const provider = signer.provider;
  if (provider === null)
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { field: "signer", reason: "has no provider" });
  const { chainId } = await provider.getNetwork();
  const fromBlock = (await provider.getBlockNumber()) + 1;
  const send = (name: ContractName, args: readonly unknown[], libraries = {}): Promise<Address> =>
    deployOne(signer, loadArtifact(name), args, libraries, log);

  const token = parameters.token ?? (await send("SessionToken", [parameters.tokenSupplyAtomic, deployer]));
  const libraries = await deployLibraries(signer, loadArtifact("ServiceNodeRewards"), log);
  const poolImplementation = await send("RewardRatePool", []);

  // The pool's proxy takes the next nonce, then come distributor, rewards implementation and rewards proxy.
  const nonce = await signer.getNonce("pending");
  const planned = (step: number): Address => getCreateAddress({ from: deployer, nonce: nonce + step }) as Address;
  const requireNonce = async (step: number): Promise<void> => {
    const actualNonce = await signer.getNonce("pending");
    if (actualNonce === nonce + step) return;
    throw quorateError("DEPLOY_ADDRESS_MISMATCH", { planned: planned(step), nonce: nonce + step, actualNonce });
  };
  const poolInit = encodeInitialize("RewardRatePool", [owner, token, planned(1)]);
  const pool = await send("TransparentUpgradeableProxy", [poolImplementation, owner, poolInit]);
  await requireNonce(1);
  const distributor = await send("RewardsDistributor", [pool, planned(3)]);
  const rewardsImplementation = await send("ServiceNodeRewards", [distributor], libraries);
  const rewardsInit = encodeInitialize("ServiceNodeRewards", [
    {
      owner,
      guardian: owner,
      founder: deployer,
      stakingRequirement: parameters.stakingRequirementAtomic,
      epochSeconds: parameters.epochSeconds,
      claimLimit: parameters.claimLimitAtomic,
      claimCycleSeconds: parameters.claimCycleSeconds,
      emergencyNoticeSeconds: 16 * 86_400,
    },
  ]);
  await requireNonce(3);
  const rewards = await send("TransparentUpgradeableProxy", [rewardsImplementation, owner, rewardsInit]);

  const contributionFactory = await send("ServiceNodeContributionFactory", [rewards]);

  const call = async (name: ContractName, at: Address, method: string, ...args: unknown[]): Promise<void> => {
    const contract = new Contract(at, loadArtifact(name).abi as InterfaceAbi, signer);
    await (await contract.getFunction(method)(...args)).wait();
  };
  if (parameters.poolFundingAtomic > 0n) {
    await call("SessionToken", token, "transfer", pool, parameters.poolFundingAtomic);
    log(`pool funded with ${parameters.poolFundingAtomic} atomic units`);
  }
  if (owner === deployer) {
    await call("ServiceNodeRewards", rewards, "setContributionFactory", contributionFactory);
    log("contribution contracts may register nodes");
  } else {
    log(`left to the owner ${owner}: setContributionFactory(${contributionFactory}) on ${rewards}`);
  }
  return {
    chainId,
    fromBlock,
    owner,
    token,
    pool,
    distributor,
    rewards,
    poolImplementation,
    rewardsImplementation,
    contributionFactory,
    libraries,
    parameters,
  };
}

/** Deploys what a contract is linked with. */
export async function deployLibraries(
  signer: Signer,
  artifact: Artifact,
  log: (line: string) => void,
): Promise<Readonly<Record<string, Address>>> {
  const addresses: Record<string, Address> = {};
  for (const [name, library] of librariesOf(artifact)) {
    addresses[name] = await deployOne(signer, library, [], addresses, log);
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
): Promise<Address> {
  // A library's ABI names types that ethers does not know, which it says on standard output; only the constructor matters here.
  const constructorAbi = artifact.abi.filter((entry) => entry.type === "constructor") as InterfaceAbi;
  const factory = new ContractFactory(constructorAbi, linkedBytecode(artifact, libraries), signer);
  const contract = await factory.deploy(...args);
  await contract.waitForDeployment();
  const address = (await contract.getAddress()) as Address;
  log(`${artifact.contractName} at ${address}`);
  return address;
}

function encodeInitialize(name: ContractName, args: readonly unknown[]): string {
  return new ContractFactory(loadArtifact(name).abi as InterfaceAbi, "0x").interface.encodeFunctionData(
    "initialize",
    args,
  );
}
