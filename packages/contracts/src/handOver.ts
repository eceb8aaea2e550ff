// Handing everything over to another owner, in steps that each account can only take for itself: the old owner offers
// (Ownable2Step), the new one accepts, and only then the old one gives the ProxyAdmins away, whose transfer is at once and for
// good: by then the new owner has shown that it can send transactions. Run it again until it says that it is done.
import { type Address, quorateError } from "@quorate/common";
import { Contract, getAddress, type InterfaceAbi, type Provider, type Signer } from "ethers";
import { type ContractName, loadArtifact } from "./artifacts.ts";
import type { Deployment } from "./deploy.ts";
import { adminOf, ownerOf } from "./proxy.ts";
import { requireChain } from "./upgrade.ts";

/** What a run has done, and whose turn it is. */
export interface HandOver {
  readonly did: "offered" | "accepted" | "finished" | "nothing";
  /** Who has to run it next; undefined when all is done. */
  readonly next: Address | undefined;
}

/**
 * Takes the step that `signer` can take.
 * @throws HAND_OVER_NOT_YOURS, DEPLOY_WRONG_CHAIN
 */
export async function handOver(signer: Signer, deployment: Deployment, newOwner: Address): Promise<HandOver> {
  const to = getAddress(newOwner) as Address; // what a chain answers is compared with it
  const provider = signer.provider as Provider;
  await requireChain(provider, deployment.chainId);
  const me = getAddress(await signer.getAddress()) as Address;
  const contracts = [
    ownable("ServiceNodeRewards", deployment.rewards, signer),
    ownable("RewardRatePool", deployment.pool, signer),
  ];
  const proxies = [deployment.rewards, deployment.pool];
  const admins = await Promise.all(proxies.map((proxy) => adminOf(provider, proxy)));
  const owners = await Promise.all(contracts.map((contract) => contract.getFunction("owner")() as Promise<Address>));
  const pending = await Promise.all(
    contracts.map((contract) => contract.getFunction("pendingOwner")() as Promise<Address>),
  );
  const adminOwners = await Promise.all(admins.map((admin) => ownerOf(provider, admin)));

  const offers = contracts.filter((_, i) => owners[i] !== to && pending[i] !== to);
  const old = owners.find((owner) => owner !== to) ?? adminOwners.find((owner) => owner !== to);
  if (old === undefined) return { did: "nothing", next: undefined };
  if (offers.length > 0) {
    requireTurn(me, old, "offer");
    for (const contract of offers) await sent(contract.getFunction("transferOwnership")(to));
    return { did: "offered", next: to };
  }
  const acceptances = contracts.filter((_, i) => owners[i] !== to);
  if (acceptances.length > 0) {
    requireTurn(me, to, "accept");
    for (const contract of acceptances) await sent(contract.getFunction("acceptOwnership")());
    return { did: "accepted", next: adminOwners.find((owner) => owner !== to) };
  }
  requireTurn(me, old, "give the ProxyAdmins away");
  for (const [i, admin] of admins.entries()) {
    if (adminOwners[i] !== to) await sent(ownable("ProxyAdmin", admin, signer).getFunction("transferOwnership")(to));
  }
  return { did: "finished", next: undefined };
}

function requireTurn(me: Address, next: Address, step: string): void {
  if (me !== next) throw quorateError("HAND_OVER_NOT_YOURS", { account: me, step, next });
}

function ownable(name: ContractName, at: Address, signer: Signer): Contract {
  return new Contract(at, loadArtifact(name).abi as InterfaceAbi, signer);
}

async function sent(transaction: Promise<{ wait(): Promise<unknown> }>): Promise<void> {
  await (await transaction).wait();
}
