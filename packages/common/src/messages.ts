/**
 * What is signed: the typed structs of P-5 and their EIP-712 digests (P-4). In: a domain and a message. Out: 32 bytes.
 * The same digests are computed by `packages/contracts` in Solidity; `vectors/digests.json` holds both to one answer.
 */

import { keccak256, TypedDataEncoder } from "ethers";
import { setNewest } from "./boundedMap.ts";
import { quorateError } from "./errors.ts";
import { concatBytes, fromHex } from "./hex.ts";
import type { Address, Hex, NodeId } from "./types.ts";

/** Kind: a recipient's lifetime amount, in atomic units. Signed with the BLS key. */
export interface RewardClaim {
  readonly recipient: Address;
  readonly amount: bigint;
}

/** Kind: what an epoch owes and whom it judges. Signed with the BLS key. */
export interface EpochReport {
  readonly epoch: number;
  /** 32 bytes. */
  readonly rewardsRoot: Hex;
  readonly totalOwed: bigint;
  readonly activate: readonly NodeId[];
  readonly decommission: readonly NodeId[];
}

/** Kind: a decommissioned node says in an epoch that it is alive (P-111). Signed with the BLS key. */
export interface Contest {
  readonly epoch: number;
}

/** Kind: binds a BLS key to its operator and identity key. Signed with both keys (P-8). */
export interface ProofOfPossession {
  /** 96 bytes (P-2). */
  readonly blsKey: Uint8Array;
  readonly operator: Address;
  /** 32 bytes (P-7). */
  readonly identityKey: Uint8Array;
}

/** Kind: a node asks for its staker. Signed with the identity key. */
export interface ClaimRequest {
  readonly recipient: Address;
  readonly epoch: number;
  readonly nodeId: NodeId;
}

/** Every message kind with its struct. */
export interface MessageOf {
  readonly RewardClaim: RewardClaim;
  readonly EpochReport: EpochReport;
  readonly Contest: Contest;
  readonly ProofOfPossession: ProofOfPossession;
  readonly ClaimRequest: ClaimRequest;
}

export type MessageKind = keyof MessageOf;

/**
 * The part of the EIP-712 domain that differs between networks; `verifyingContract` is the proxy of
 * ServiceNodeRewards.
 */
export interface SigningDomain {
  readonly chainId: bigint | number;
  readonly verifyingContract: Address;
}

/** The fixed part of the domain (P-4). */
export const DOMAIN_NAME = "ServiceNodeRewards";
export const DOMAIN_VERSION = "1";

/** The typed structs, exactly as in P-5. */
export const MESSAGE_TYPES = {
  RewardClaim: [
    { name: "recipient", type: "address" },
    { name: "amount", type: "uint256" },
  ],
  EpochReport: [
    { name: "epoch", type: "uint64" },
    { name: "rewardsRoot", type: "bytes32" },
    { name: "totalOwed", type: "uint256" },
    { name: "activate", type: "uint64[]" },
    { name: "decommission", type: "uint64[]" },
  ],
  Contest: [{ name: "epoch", type: "uint64" }],
  ProofOfPossession: [
    { name: "blsKey", type: "bytes" },
    { name: "operator", type: "address" },
    { name: "identityKey", type: "bytes32" },
  ],
  ClaimRequest: [
    { name: "recipient", type: "address" },
    { name: "epoch", type: "uint64" },
    { name: "nodeId", type: "uint64" },
  ],
} as const satisfies Record<MessageKind, readonly { name: string; type: string }[]>;

const encoders = new Map<MessageKind, TypedDataEncoder>();

/** An agent works in one domain; a test suite in a handful. Beyond the bound the oldest is dropped. */
const MAX_CACHED_DOMAINS = 16;
const separators = new Map<string, Uint8Array>();

/** EIP-712's version byte and structured-data prefix. */
const PREFIX = Uint8Array.of(0x19, 0x01);

/**
 * The 32-byte EIP-712 digest of `message` in `domain` (P-4, P-5).
 * @throws MESSAGE_INVALID when a field of either does not fit its type
 */
export function digestOf<K extends MessageKind>(
  domain: SigningDomain,
  kind: K,
  message: MessageOf[K],
): Uint8Array<ArrayBuffer> {
  const structHash = coded(kind, () => encoderOf(kind).hash(message));
  return fromHex(keccak256(concatBytes(PREFIX, domainSeparator(domain), fromHex(structHash))));
}

/** The 32-byte EIP-712 domain separator. @throws MESSAGE_INVALID */
export function domainSeparator(domain: SigningDomain): Uint8Array {
  const key = `${domain.chainId}:${domain.verifyingContract}`;
  const cached = separators.get(key);
  if (cached !== undefined) return cached;
  const separator = fromHex(
    coded("EIP712Domain", () =>
      TypedDataEncoder.hashDomain({
        name: DOMAIN_NAME,
        version: DOMAIN_VERSION,
        chainId: domain.chainId,
        verifyingContract: domain.verifyingContract,
      }),
    ),
  );
  setNewest(separators, key, separator, MAX_CACHED_DOMAINS);
  return separator;
}

function encoderOf(kind: MessageKind): TypedDataEncoder {
  let encoder = encoders.get(kind);
  if (encoder === undefined) {
    encoder = TypedDataEncoder.from({ [kind]: [...MESSAGE_TYPES[kind]] });
    encoders.set(kind, encoder);
  }
  return encoder;
}

/** What ethers refuses gets this package's code. */
function coded(struct: string, hash: () => string): string {
  try {
    return hash();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : undefined;
    throw quorateError("MESSAGE_INVALID", { struct, reason }, { cause });
  }
}
