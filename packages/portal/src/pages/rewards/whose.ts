/**
 * Whose rewards are looked at. Enters: what a person pasted. Leaves: an address, or why there is none. A name is
 * resolved by the chain's own registry (ENS), one contract call after the other: no gateway is asked.
 */
import { type Address, parseAddress, quorateError } from "@quorate/common";
import { type ChainProviders, coded } from "@quorate/common/chain";
import { Contract, namehash, ZeroAddress } from "ethers";
import { loadNames } from "../../network/names.ts";

/** The registry's address on every chain that has one. */
const ENS_REGISTRY = "0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e";

export type Pasted =
  | { readonly kind: "address"; readonly address: Address }
  | { readonly kind: "name"; readonly name: string };

/** @throws ADDRESS_MALFORMED, ADDRESS_BAD_CHECKSUM */
export function readPasted(text: string): Pasted {
  const trimmed = text.trim();
  if (/^[^\s/@.]+(?:\.[^\s/@.]+)+$/u.test(trimmed)) return { kind: "name", name: trimmed.toLowerCase() };
  return { kind: "address", address: parseAddress(trimmed) };
}

export type Resolved =
  | { readonly address: Address }
  /** `no-registry`: this chain has no names. `unknown`: nobody has set an address for this one. */
  | { readonly why: "no-registry" | "unknown" };

/** @throws ADDRESS_MALFORMED for what is no name, CHAIN_PROVIDER_FAILED */
export async function resolveName(chain: ChainProviders, name: string): Promise<Resolved> {
  await loadNames();
  const node = hashOf(name);
  const code = await coded(() => chain.getCode(ENS_REGISTRY), "eth_getCode");
  if (code === "0x") return { why: "no-registry" };
  const resolver = await readAddress(chain, ENS_REGISTRY, "resolver", node);
  if (resolver === null) return { why: "unknown" };
  const address = await readAddress(chain, resolver, "addr", node).catch(() => null);
  return address === null ? { why: "unknown" } : { address };
}

async function readAddress(chain: ChainProviders, at: string, name: "resolver" | "addr", node: string) {
  const contract = new Contract(at, [`function ${name}(bytes32) view returns (address)`], chain);
  const found = String(await coded(() => contract.getFunction(name).staticCall(node), `ENS ${name}`));
  return found === ZeroAddress ? null : parseAddress(found);
}

function hashOf(name: string): string {
  try {
    return namehash(name);
  } catch (cause) {
    throw quorateError("ADDRESS_MALFORMED", { text: name.slice(0, 80) }, { cause });
  }
}
