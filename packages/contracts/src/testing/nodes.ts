// Service nodes for tests: keys from a number, and everything the contract takes of them. What is signed and how is
// @quorate/common's business; this file only puts it into the shape of the ABI.
import {
  type Address,
  digestOf,
  fromHex,
  type G1Struct,
  type G2Struct,
  GROUP_ORDER,
  g1Struct,
  g2Struct,
  type Hex,
  type SignatureScheme,
  type SigningDomain,
  toHex,
} from "@quorate/common";
import { sha256, toUtf8Bytes } from "ethers";
import { proveNatively } from "./proveNatively.ts";

/** `Registration` of the ABI. */
export interface RegistrationStruct {
  blsKey: G1Struct;
  proofOfPossession: G2Struct;
  identityKey: Hex;
  identitySignature: [Hex, Hex];
  feeBps: number;
}

/** `Contributor` of the ABI. */
export interface ContributorStruct {
  addr: Address;
  beneficiary: Address;
  stake: bigint;
}

/** `SeedNode` of the ABI. */
export interface SeedStruct {
  /** Seconds since 1970, not in the future (P-30). */
  registeredAt: number;
  registration: RegistrationStruct;
  contributors: ContributorStruct[];
}

/** A node with its secrets. */
export interface TestNode {
  readonly blsSecret: Uint8Array;
  readonly identitySecret: Uint8Array;
  readonly blsKey: Uint8Array;
  readonly operator: Address;
  readonly registration: RegistrationStruct;
}

/** The secrets of test node `index`: below the group order because their first byte is cleared. */
function secretOf(index: number, purpose: string): Uint8Array {
  const secret = fromHex(sha256(toUtf8Bytes(`quorate test node ${index} ${purpose}`)));
  secret[0] = 0;
  return secret;
}

/** Makes test node `index` for `operator`, with its proof of possession in `domain`. */
export function makeTestNode(
  scheme: SignatureScheme,
  domain: SigningDomain,
  index: number,
  operator: Address,
  feeBps = 1_000,
): TestNode {
  const blsSecret = secretOf(index, "bls");
  const identitySecret = secretOf(index, "identity");
  const proof = proveNatively(scheme, domain, { blsSecret, identitySecret, operator });
  return {
    blsSecret,
    identitySecret,
    blsKey: proof.blsKey,
    operator,
    registration: {
      blsKey: g1Struct(proof.blsKey),
      proofOfPossession: g2Struct(proof.proofOfPossession),
      identityKey: toHex(proof.identityKey),
      identitySignature: [toHex(proof.identitySignature.subarray(0, 32)), toHex(proof.identitySignature.subarray(32))],
      feeBps,
    },
  };
}

/** The whole stake from one contributor, who is also its recipient. */
export function soloContributor(operator: Address, stakeAtomic: bigint): ContributorStruct[] {
  return [{ addr: operator, beneficiary: operator, stake: stakeAtomic }];
}

/** The aggregate signature of `signers` over a reward claim, see `signAsOne`. */
export function signRewardClaim(
  scheme: SignatureScheme,
  domain: SigningDomain,
  signers: readonly TestNode[],
  recipient: Address,
  amountAtomic: bigint,
): G2Struct {
  const digest = digestOf(domain, "RewardClaim", { recipient, amount: amountAtomic });
  return signAsOne(scheme, signers, digest);
}

/**
 * The aggregate signature of `signers` over a digest, made by the sum of their secrets: the same bytes as the sum of
 * their signatures, for the price of one. Only a test knows everyone's secret.
 */
export function signAsOne(
  scheme: SignatureScheme,
  signers: readonly Pick<TestNode, "blsSecret">[],
  digest: Uint8Array,
): G2Struct {
  const sum = signers.reduce((total, { blsSecret }) => total + BigInt(toHex(blsSecret)), 0n) % GROUP_ORDER;
  return g2Struct(scheme.sign(fromHex(`0x${sum.toString(16).padStart(64, "0")}`), digest));
}

/** The nodes of a network but those of `ids`; the first node has id 1. */
export function without(nodes: readonly TestNode[], ids: readonly number[]): TestNode[] {
  const left = new Set(ids);
  return nodes.filter((_, i) => !left.has(i + 1));
}
