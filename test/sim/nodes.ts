/**
 * The nodes of a simulation: keys that follow from the id, and the registration the chain shows. Not here: how they behave.
 */
import { createHash } from "node:crypto";
import {
  type Address,
  type NodeId,
  provePossession,
  type SignatureScheme,
  type SigningDomain,
  toHex,
  verifyIdentity,
} from "@quorate/common";
import type { PeerKey } from "../../packages/aggregator/src/core/io.ts";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";

/** Atomic units: 25,000 tokens of 9 decimals. */
export const STAKE_ATOMIC: bigint = 25_000n * 10n ** 9n;

/** The operator's part of a node's reward, so that the split is not trivial. */
const FEE_BPS = 1_000;

export interface NodeSecrets {
  readonly blsSecret: Uint8Array;
  readonly identitySecret: Uint8Array;
}

export interface SimNode extends NodeSecrets {
  readonly id: NodeId;
  /** 96 bytes (P-2). */
  readonly blsKey: Uint8Array;
  readonly peer: PeerKey;
  /** Its staker: the beneficiary of its rewards. */
  readonly beneficiary: Address;
  /** False: pending. It signs, and counts for no quorum. */
  readonly active: boolean;
  readonly registered: Extract<ChainEvent, { type: "node-registered" }>;
}

/** Where and when a node registers. */
export interface Registration {
  readonly blockNumber: number;
  readonly timestamp: number;
}

export function makeNode(
  scheme: SignatureScheme,
  domain: SigningDomain,
  id: NodeId,
  active: boolean,
  at: Registration,
  secrets: NodeSecrets = secretsOf(id),
): SimNode {
  const beneficiary = toHex(hash(`staker ${id}`).subarray(0, 20));
  const operator = toHex(hash(`operator ${id}`).subarray(0, 20));
  const proof = provePossession(scheme, domain, { ...secrets, operator });
  const registered = {
    type: "node-registered",
    ...at,
    logIndex: id,
    id,
    operator,
    seeded: active,
    blsKey: toHex(proof.blsKey),
    identityKey: toHex(proof.identityKey),
    identitySignature: toHex(proof.identitySignature),
    feeBps: FEE_BPS,
    contributors: [{ addr: operator, beneficiary, stake: STAKE_ATOMIC }],
  } as const;
  return { ...secrets, id, blsKey: proof.blsKey, peer: toHex(proof.identityKey), beneficiary, active, registered };
}

/** Below the group order, because the first byte is cleared. */
function secretsOf(id: NodeId): NodeSecrets {
  const blsSecret = hash(`bls ${id}`);
  blsSecret[0] = 0;
  return { blsSecret, identitySecret: hash(`identity ${id}`) };
}

function hash(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(`quorate simulation, ${text}`).digest());
}

/**
 * Ed25519 checks are real, each done once for all agents: two hundred agents read the same two hundred registrations, and at a
 * millisecond each that would be most of the run. Of more than `knownMax` checks the later ones are made each time.
 */
export function rememberingVerifyIdentity(knownMax: number = Number.POSITIVE_INFINITY): typeof verifyIdentity {
  const known = new Map<string, boolean>();
  return (publicKey, digest, signature) => {
    const key = `${toHex(publicKey)}${toHex(digest)}${toHex(signature)}`;
    const found = known.get(key) ?? verifyIdentity(publicKey, digest, signature);
    if (known.size < knownMax) known.set(key, found);
    return found;
  };
}
