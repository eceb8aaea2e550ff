/**
 * Whose rewards are looked at. Enters: what a person pasted. Leaves: an address, or why there is none. A name is
 * resolved by the chain's own registry (ENS), one contract call after the other: no gateway is asked.
 */
import { type Address, isQuorateError, parseAddress, quorateError } from "@quorate/common";
import { type ChainProviders, coded, codedOutside } from "@quorate/common/chain";
import { Interface, namehash, ZeroAddress } from "ethers";
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
  | { readonly why: "no-registry" | "unknown" }
  /** The contract that has the name's address gives none that can be read: whether there is one stays open. */
  | { readonly why: "resolver-failed"; readonly resolver: Address };

/** @throws ADDRESS_MALFORMED for what is no name, CONTRACT_GAVE_NO_REASON by the registry, CHAIN_PROVIDER_FAILED */
export async function resolveName(chain: ChainProviders, name: string): Promise<Resolved> {
  await loadNames();
  const node = hashOf(name);
  if (!(await hasCode(chain, ENS_REGISTRY))) return { why: "no-registry" };
  const resolver = await readAddress(chain, ENS_REGISTRY, "resolver", node);
  if (resolver === null) return { why: "unknown" };
  if (resolver === "unreadable") {
    const values = { call: "ENS resolver", contract: ENS_REGISTRY, said: "what is no address" };
    throw quorateError("CONTRACT_GAVE_NO_REASON", values);
  }
  const address = await readAddress(chain, resolver, "addr", node);
  if (address === "unreadable") return { why: "resolver-failed", resolver };
  return address === null ? { why: "unknown" } : { address };
}

/**
 * Null where none is set. `unreadable` where the contract refuses, has no code or answers something else.
 * @throws CHAIN_PROVIDER_FAILED
 */
async function readAddress(
  chain: ChainProviders,
  to: string,
  name: "resolver" | "addr",
  node: string,
): Promise<Address | null | "unreadable"> {
  const data = new Interface([`function ${name}(bytes32) view returns (address)`]).encodeFunctionData(name, [node]);
  try {
    const found = await codedOutside(() => chain.call({ to, data }), to, `ENS ${name}`);
    if (!ONE_ADDRESS.test(found)) return "unreadable";
    const address = parseAddress(`0x${found.slice(26)}`);
    return address === ZeroAddress ? null : address;
  } catch (error) {
    if (isQuorateError(error, "TRANSACTION_REVERTED", "CONTRACT_GAVE_NO_REASON")) return "unreadable";
    throw error;
  }
}

/** An address in a word of 32 bytes. */
const ONE_ADDRESS = /^0x0{24}[0-9a-f]{40}$/i;

async function hasCode(chain: ChainProviders, address: string): Promise<boolean> {
  return (await coded(() => chain.getCode(address), "eth_getCode")) !== "0x";
}

function hashOf(name: string): string {
  try {
    return namehash(name);
  } catch (cause) {
    throw quorateError("ADDRESS_MALFORMED", { text: name.slice(0, 80) }, { cause });
  }
}
