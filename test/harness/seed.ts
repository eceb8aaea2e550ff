/**
 * Seeds a node set on a fresh deployment and starts it. In: the contracts, an owner that holds the tokens, the nodes'
 * secrets. Out: the nodes are in the set with proofs of possession, their principal is in the contract, epoch 0 has
 * begun.
 */
import {
  type Address,
  g1Struct,
  g2Struct,
  type Possession,
  provePossession,
  type SignatureScheme,
  type SigningDomain,
  toHex,
} from "@quorate/common";
import { type ContractName, loadArtifact } from "@quorate/contracts";
import { Contract, type InterfaceAbi, type Signer } from "ethers";

export interface NodeSecrets {
  /** 32 bytes. */
  readonly blsSecret: Uint8Array;
  /** 32 bytes. */
  readonly identitySecret: Uint8Array;
  readonly operator: Address;
  /** Contributors beside the operator, who are their own beneficiaries; at most 9 (P-27). */
  readonly otherContributors?: readonly Address[];
}

export interface SeedTarget {
  readonly domain: SigningDomain;
  readonly token: Address;
  readonly owner: Signer;
  readonly stakeAtomic: bigint;
}

/** Osaka caps a transaction at 16,777,216 gas; a seed with its proof and data contract takes less than a million. */
const NODES_A_TRANSACTION = 16;
/** Given, so that no transaction is estimated, which would run it some ten times. */
const GAS_LIMIT = 16_777_216n;

/**
 * The operator's part of a seeded node's rewards. The only contributor is the operator, so it changes nothing; it is
 * there to be real.
 */
const FEE_BPS = 1_000;

export async function seedNodes(
  scheme: SignatureScheme,
  target: SeedTarget,
  nodes: readonly NodeSecrets[],
): Promise<void> {
  const rewards = connect("ServiceNodeRewards", target.domain.verifyingContract, target.owner);
  const registeredAt = (await target.owner.provider?.getBlock("latest"))?.timestamp as number;
  const seeds = nodes.map((secrets) => ({
    registeredAt,
    registration: registrationStruct(provePossession(scheme, target.domain, secrets)),
    contributors: contributorStructs(secrets, target.stakeAtomic),
  }));
  for (let first = 0; first < seeds.length; first += NODES_A_TRANSACTION) {
    const batch = seeds.slice(first, first + NODES_A_TRANSACTION);
    await send(rewards, "seedPublicKeyList", batch, { gasLimit: GAS_LIMIT });
  }
}

/**
 * The operator holds half of the stake where there are others, who share the rest equally; the operator has what does
 * not divide.
 */
function contributorStructs({ operator, otherContributors = [] }: NodeSecrets, stakeAtomic: bigint) {
  const each = otherContributors.length === 0 ? 0n : stakeAtomic / 2n / BigInt(otherContributors.length);
  const others = otherContributors.map((addr) => ({ addr, beneficiary: addr, stake: each }));
  return [{ addr: operator, beneficiary: operator, stake: stakeAtomic - each * BigInt(others.length) }, ...others];
}

/** Brings the principal and begins epoch 0 (P-30). */
export async function startNetwork(target: SeedTarget, nodeCount: number): Promise<void> {
  const token = connect("SessionToken", target.token, target.owner);
  await send(token, "transfer", target.domain.verifyingContract, target.stakeAtomic * BigInt(nodeCount));
  await send(connect("ServiceNodeRewards", target.domain.verifyingContract, target.owner), "start");
}

/** The contract's `Registration` struct. */
export function registrationStruct(possession: Possession) {
  const signature = possession.identitySignature;
  return {
    blsKey: g1Struct(possession.blsKey),
    proofOfPossession: g2Struct(possession.proofOfPossession),
    identityKey: toHex(possession.identityKey),
    identitySignature: [toHex(signature.subarray(0, 32)), toHex(signature.subarray(32))],
    feeBps: FEE_BPS,
  };
}

export function connect(name: ContractName, address: Address, signer: Signer): Contract {
  return new Contract(address, loadArtifact(name).abi as InterfaceAbi, signer);
}

/** Sends a transaction and waits until it is in a block. */
export async function send(contract: Contract, method: string, ...args: readonly unknown[]): Promise<void> {
  const response = await contract.getFunction(method)(...args);
  await response.wait();
}
