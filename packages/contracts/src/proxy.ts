// What an ERC-1967 proxy is and whose: read from its slots, because the transparent proxy answers only its admin.
import type { Address } from "@quorate/common";
import { Contract, dataSlice, getAddress, type InterfaceAbi, type Provider } from "ethers";
import { loadArtifact } from "./artifacts.ts";

/** keccak256("eip1967.proxy.implementation") - 1 and keccak256("eip1967.proxy.admin") - 1 (ERC-1967). */
const IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
const ADMIN_SLOT = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103";

/** The code behind a proxy. */
export async function implementationOf(provider: Provider, proxy: Address): Promise<Address> {
  return addressIn(provider, proxy, IMPLEMENTATION_SLOT);
}

/** The ProxyAdmin that may upgrade a proxy. */
export async function adminOf(provider: Provider, proxy: Address): Promise<Address> {
  return addressIn(provider, proxy, ADMIN_SLOT);
}

/** The owner of a ProxyAdmin, or of anything else that is Ownable. */
export async function ownerOf(provider: Provider, contract: Address): Promise<Address> {
  const abi = loadArtifact("ProxyAdmin").abi as InterfaceAbi;
  return getAddress(await new Contract(contract, abi, provider).getFunction("owner")()) as Address;
}

async function addressIn(provider: Provider, proxy: Address, slot: string): Promise<Address> {
  return getAddress(dataSlice(await provider.getStorage(proxy, slot), 12)) as Address;
}
