/**
 * The names spoken on the wire (P-81, P-87, P-89, P-122, P-130). In: chain and contract. Out: one topic and four stream
 * protocols, which no other network shares.
 */
import type { Address } from "@quorate/common";

export interface NetworkId {
  readonly chainId: bigint | number;
  readonly contract: Address;
}

export interface ProtocolNames {
  /** The gossip topic. */
  readonly messages: string;
  readonly catchUp: string;
  readonly peers: string;
  readonly inquiry: string;
  readonly direct: string;
}

export function protocolNames({ chainId, contract }: NetworkId): ProtocolNames {
  const prefix = `/quorate/1/${chainId}/${contract.toLowerCase()}`;
  return {
    messages: `${prefix}/messages`,
    catchUp: `${prefix}/catch-up`,
    peers: `${prefix}/peers`,
    inquiry: `${prefix}/inquiry`,
    direct: `${prefix}/direct`,
  };
}
