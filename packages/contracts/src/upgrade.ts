// Upgrading what stands behind a proxy (P-49). In: the record of the deployment, an account. Out: new code, and behind
// the same address once its owner has put it there: the timelock after its delay (P-114). Refuses a layout that does
// not fit.
import { type Address, type Hex, quorateError } from "@quorate/common";
import { Interface, type InterfaceAbi, type Provider, type Signer } from "ethers";
import { loadArtifact } from "./artifacts.ts";
import { type Deployment, deployLibraries, deployOne } from "./deploy.ts";
import { adminOf, implementationOf, ownerOf } from "./proxy.ts";
import type { DeploymentRecord } from "./record.ts";
import { currentStorageLayout, layoutProblems, type StorageLayout } from "./storageLayout.ts";
import { type Call, type OperationStep, schedule } from "./timelock.ts";

/** What can be upgraded. Distributor, factory and clones cannot: another version is another contract. */
export type Upgradeable = "rewards" | "pool";

/** What an upgrade came to. */
export interface Upgrade {
  /** The record of what is there now, or will be once the owner has put it there. */
  readonly record: DeploymentRecord;
  /** Set when the owner is a timelock: the operation, scheduled or to be scheduled. */
  readonly step?: OperationStep | undefined;
  /** Set when the owner is another account than the one given: what it has to send. */
  readonly transaction?: (Call & { readonly from: Address }) | undefined;
}

/**
 * Deploys new code, and puts it behind the proxy or schedules that.
 * @throws UPGRADE_INCOMPATIBLE, DEPLOY_WRONG_CHAIN, CONTRACTS_NOT_BUILT
 */
export async function upgrade(
  signer: Signer,
  record: DeploymentRecord,
  what: Upgradeable,
  log: (line: string) => void = () => {},
  layout: StorageLayout = currentStorageLayout(),
): Promise<Upgrade> {
  const provider = signer.provider as Provider;
  await requireChain(provider, record.deployment.chainId);
  const problems = layoutProblems(record.storageLayout, layout);
  if (problems.length > 0) throw quorateError("UPGRADE_INCOMPATIBLE", { fields: problems });

  const deployment = await deployCode(signer, record.deployment, what, log);
  const proxy = deployment[what];
  const implementation = what === "pool" ? deployment.poolImplementation : deployment.rewardsImplementation;
  const after = { deployment, storageLayout: layout };
  const to = await adminOf(provider, proxy);
  const owner = await ownerOf(provider, to);
  const abi = new Interface(loadArtifact("ProxyAdmin").abi as InterfaceAbi);
  const data = abi.encodeFunctionData("upgradeAndCall", [proxy, implementation, "0x"]) as Hex;
  if (owner === deployment.timelock) {
    return { record: after, step: await schedule(provider, signer, owner, { to, data }) };
  }
  if (owner !== (await signer.getAddress())) return { record: after, transaction: { from: owner, to, data } };
  await (await signer.sendTransaction({ to, data })).wait();
  log(`${what} at ${proxy} runs ${await implementationOf(provider, proxy)}`);
  return { record: after };
}

/** @throws DEPLOY_WRONG_CHAIN */
export async function requireChain(provider: Provider, chainId: bigint): Promise<void> {
  const actual = (await provider.getNetwork()).chainId;
  if (actual !== chainId) throw quorateError("DEPLOY_WRONG_CHAIN", { expected: chainId, actual });
}

/**
 * The new code, with its libraries; the distributor, which the code holds as an immutable with its token and pool,
 * stays the same.
 */
async function deployCode(
  signer: Signer,
  deployment: Deployment,
  what: Upgradeable,
  log: (line: string) => void,
): Promise<Deployment> {
  if (what === "pool") {
    const { address } = await deployOne(signer, loadArtifact("RewardRatePool"), [], {}, log);
    return { ...deployment, poolImplementation: address };
  }
  const artifact = loadArtifact("ServiceNodeRewards");
  const libraries = await deployLibraries(signer, artifact, log);
  const { address } = await deployOne(signer, artifact, [deployment.distributor], libraries, log);
  return { ...deployment, libraries, rewardsImplementation: address };
}
