/**
 * The nodes of a simulation: keys that follow from the id, and the registration the chain shows. Not here: how they
 * behave.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import {
  type Address,
  digestOf,
  type NodeId,
  type SignatureScheme,
  type SigningDomain,
  toHex,
  type verifyIdentity,
} from "@quorate/common";
import { createIdentityCheck } from "../../packages/aggregator/src/adapters/keys/identityCheck.ts";
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
  const blsKey = scheme.publicKeyOf(secrets.blsSecret);
  const identity = identityOf(secrets.identitySecret);
  const digest = digestOf(domain, "ProofOfPossession", { blsKey, operator, identityKey: identity.key });
  const registered = {
    type: "node-registered",
    ...at,
    logIndex: id,
    id,
    operator,
    seeded: active,
    blsKey: toHex(blsKey),
    identityKey: toHex(identity.key),
    identitySignature: toHex(identity.sign(digest)),
    feeBps: FEE_BPS,
    contributors: [{ addr: operator, beneficiary, stake: STAKE_ATOMIC }],
  } as const;
  return { ...secrets, id, blsKey, peer: toHex(identity.key), beneficiary, active, registered };
}

/** What stands before the 32 bytes of a secret in its DER form (RFC 8410). */
const DER_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** By OpenSSL, which makes the same bytes as common's `signIdentity` (RFC 8032) in a twentieth of the time. */
function identityOf(secret: Uint8Array): { readonly key: Uint8Array; sign(digest: Uint8Array): Uint8Array } {
  const key = createPrivateKey({ key: Buffer.concat([DER_PREFIX, secret]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return { key: new Uint8Array(spki.subarray(-32)), sign: (digest) => new Uint8Array(sign(null, digest, key)) };
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

/** Of claims and requests, which ten thousand agents hash alike, at 0.1 ms each. */
const DIGESTS_KEPT_MAX = 100_000;

/** Digests are real, each made once for all agents. */
export function rememberingDigestOf(): typeof digestOf {
  const known = new Map<string, ReturnType<typeof digestOf>>();
  return (domain, kind, message) => {
    if (kind !== "ClaimRequest" && kind !== "RewardClaim") return digestOf(domain, kind, message);
    const key = `${kind} ${Object.values(message).join(" ")}`;
    const found = known.get(key) ?? digestOf(domain, kind, message);
    if (known.size < DIGESTS_KEPT_MAX) known.set(key, found);
    return found;
  };
}

/**
 * Ed25519 checks are real, each done once for all agents: two hundred agents read the same two hundred registrations,
 * and at a millisecond each that would be most of the run. Of more than `knownMax` checks the later ones are made each
 * time.
 */
export function rememberingVerifyIdentity(knownMax: number = Number.POSITIVE_INFINITY): typeof verifyIdentity {
  const known = new Map<string, boolean>();
  const check = createIdentityCheck();
  return (publicKey, digest, signature) => {
    const key = Buffer.concat([publicKey, digest, signature]).toString("latin1");
    const found = known.get(key) ?? check(publicKey, digest, signature);
    if (known.size < knownMax) known.set(key, found);
    return found;
  };
}
