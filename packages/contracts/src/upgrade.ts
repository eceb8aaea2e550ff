// Upgrading what stands behind a proxy (P-49). In: the record of the deployment, an account. Out: new code behind the same
// address, or, where the account may not upgrade, the transaction the owner has to send. Refuses a layout that does not fit.
import { type Address, type Hex, quorateError } from "@quorate/common";
import { Contract, Interface, type InterfaceAbi, type Provider, type Signer } from "ethers";
import { loadArtifact } from "./artifacts.ts";
import { type Deployment, deployLibraries, deployOne } from "./deploy.ts";
import { adminOf, implementationOf, ownerOf } from "./proxy.ts";
import type { DeploymentRecord } from "./record.ts";
import { currentStorageLayout, layoutProblems, type StorageLayout } from "./storageLayout.ts";

/** What can be upgraded. Distributor, factory and clones cannot: another version is another contract. */
export type Upgradeable = "rewards" | "pool";

/** What an upgrade came to. */
export interface Upgrade {
  /** The record of what is there now, or will be once the owner has sent the transaction. */
  readonly record: DeploymentRecord;
  /** Set when the account does not own the ProxyAdmin: what its owner has to send. */
  readonly transaction?: { readonly from: Address; readonly to: Address; readonly data: Hex };
}

/**
 * Deploys new code and puts it behind the proxy.
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
  const admin = await adminOf(provider, proxy);
  const owner = await ownerOf(provider, admin);
  const abi = loadArtifact("ProxyAdmin").abi as InterfaceAbi;
  const args = [proxy, implementation, "0x"] as const;
  if (owner !== (await signer.getAddress())) {
    const data = new Interface(abi).encodeFunctionData("upgradeAndCall", args) as Hex;
    log(`left to the owner ${owner}: ${data} to ${admin}`);
    return { record: after, transaction: { from: owner, to: admin, data } };
  }
  await (await new Contract(admin, abi, signer).getFunction("upgradeAndCall")(...args)).wait();
  log(`${what} at ${proxy} runs ${await implementationOf(provider, proxy)}`);
  return { record: after };
}

/** @throws DEPLOY_WRONG_CHAIN */
export async function requireChain(provider: Provider, chainId: bigint): Promise<void> {
  const actual = (await provider.getNetwork()).chainId;
  if (actual !== chainId) throw quorateError("DEPLOY_WRONG_CHAIN", { expected: chainId, actual });
}

/** The new code, with its libraries; the distributor, which the code holds as an immutable with its token and pool, stays the same. */
async function deployCode(
  signer: Signer,
  deployment: Deployment,
  what: Upgradeable,
  log: (line: string) => void,
): Promise<Deployment> {
  if (what === "pool") {
    return { ...deployment, poolImplementation: await deployOne(signer, loadArtifact("RewardRatePool"), [], {}, log) };
  }
  const artifact = loadArtifact("ServiceNodeRewards");
  const libraries = await deployLibraries(signer, artifact, log);
  const rewardsImplementation = await deployOne(signer, artifact, [deployment.distributor], libraries, log);
  return { ...deployment, libraries, rewardsImplementation };
}
