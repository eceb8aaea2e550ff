/**
 * A node from its registration to its principal, as its people send for it. Enters: the rewards contract and a node's
 * id. Leaves: the node's record, and the calls that make it leave, exit, pay its principal back or be heard. Not its
 * job: registering (registration.ts), who may send what: the contract says so before anything is sent.
 */
import {
  type Address,
  fromHex,
  g1FromEip2537,
  g1Struct,
  type Hex,
  type NodeId,
  type NodeState,
  parseAddress,
  quorateError,
  serviceNodeRewardsAbi,
} from "@quorate/common";
import { concat } from "ethers";
import { type Call, callOf } from "./calls.ts";
import type { RewardsCalls } from "./registration.ts";

/** Seconds from a node's first leave request to its exit (P-33). */
export const LEAVE_SECONDS = 15 * 86_400;

/**
 * Gas of paying one principal back where it follows an exit that is not mined yet; measured 75,000, with room for a
 * first token of an account.
 */
const WITHDRAW_GAS = 150_000n;

const STATES: readonly (NodeState | null)[] = [null, "pending", "active", "decommissioned", "exited"];

export interface NodeContributor {
  readonly addr: Address;
  readonly beneficiary: Address;
  /** Atomic units. */
  readonly stake: bigint;
  /** Whether its principal was paid back. */
  readonly withdrawn: boolean;
}

/** All that the contract knows of a node. Times in seconds since 1970; null where it has not happened. */
export interface NodeDetails {
  readonly id: NodeId;
  readonly state: NodeState;
  readonly operator: Address;
  /** Atomic units. */
  readonly stake: bigint;
  readonly feeBps: number;
  readonly blsKey: Uint8Array;
  readonly identityKey: Hex;
  readonly registeredAt: number;
  readonly leaveRequestedAt: number | null;
  readonly decommissionedAt: number | null;
  /** Of a node that leaves: from when it may be exited. Of one that has exited: from when its principal is free. */
  readonly unlocksAt: number | null;
  /** Whether its stake was dropped from the floor (P-110). */
  readonly silent: boolean;
  readonly liquidated: boolean;
  /** Accepted reports since it was heard; null unless it is decommissioned (P-110). */
  readonly silentReports: number | null;
  readonly contributors: readonly NodeContributor[];
}

type Chained = Pick<RewardsCalls, "read">;

/** @throws NODE_UNKNOWN, CHAIN_PROVIDER_FAILED */
export async function readNode(contract: Chained, id: NodeId): Promise<NodeDetails> {
  const nextId = Number(await contract.read("nextId"));
  if (id < 1 || id >= nextId) throw quorateError("NODE_UNKNOWN", { node: id, newest: nextId - 1 });
  const record = (await contract.read("node", id)) as NodeRecord;
  const state = STATES[Number(record.state)] ?? null;
  if (state === null) throw quorateError("CHAIN_EVENT_INVALID", { node: id, state: record.state });
  const leaveRequestedAt = timeOf(record.leaveRequestedAt);
  const leaves = leaveRequestedAt === null ? null : leaveRequestedAt + LEAVE_SECONDS;
  const isDecommissioned = state === "decommissioned";
  return {
    id,
    state,
    operator: parseAddress(record.operator),
    stake: record.stake,
    feeBps: Number(record.feeBps),
    blsKey: g1FromEip2537(fromHex(concat([...record.blsKey]))),
    identityKey: record.identityKey as Hex,
    registeredAt: Number(record.registeredAt),
    leaveRequestedAt,
    decommissionedAt: timeOf(record.decommissionedAt),
    unlocksAt: state === "exited" ? Number(record.unlocksAt) : leaves,
    silent: record.silent,
    liquidated: record.liquidated,
    silentReports: isDecommissioned
      ? Number((await contract.read("acceptedReports")) as bigint) - Number(record.heardAtReport)
      : null,
    contributors: record.contributors.map(({ addr, beneficiary, stake }, i) => ({
      addr: parseAddress(addr),
      beneficiary: parseAddress(beneficiary),
      stake,
      withdrawn: (record.withdrawn & (1n << BigInt(i))) !== 0n,
    })),
  };
}

/** The last node that registered with a BLS key; null when there was none. */
export async function nodeIdOfKey(contract: Chained, blsKey: Uint8Array): Promise<NodeId | null> {
  const id = Number(await contract.read("nodeIdOf", g1Struct(blsKey)));
  return id === 0 ? null : id;
}

/** Ids looked at by one question: 5,400 gas each with ten contributors, within what providers allow a call. */
const IDS_AT_ONCE = 1_000;

/** The nodes in which an account still has its principal, in id order. */
export async function nodeIdsOf(contract: Chained, account: Address): Promise<readonly NodeId[]> {
  const nextId = Number(await contract.read("nextId"));
  const ids: NodeId[] = [];
  for (let from = 1; from < nextId; from += IDS_AT_ONCE) {
    const page = (await contract.read("nodesOf(address,uint64,uint64)", account, from, IDS_AT_ONCE)) as bigint[];
    ids.push(...page.map(Number));
  }
  return ids;
}

/** The node asks to leave; it may be exited 15 days after the first such request (P-33). */
export function leaveCall({ domain }: RewardsCalls, id: NodeId): Call {
  return callOf(domain.verifyingContract, serviceNodeRewardsAbi, "initiateExitBLSPublicKey", [id]);
}

/** Anyone takes a node out whose time has come (P-34). */
export function exitCall({ domain }: RewardsCalls, id: NodeId): Call {
  return callOf(domain.verifyingContract, serviceNodeRewardsAbi, "exitBLSPublicKey", [id]);
}

/** Anyone has a contributor's principal paid to that contributor (P-35). `follows` an exit that is not mined yet. */
export function withdrawPrincipalCall(
  { domain }: RewardsCalls,
  id: NodeId,
  contributor: Address,
  { follows = false }: { readonly follows?: boolean } = {},
): Call {
  const gas = follows ? { gas: WITHDRAW_GAS } : {};
  return callOf(domain.verifyingContract, serviceNodeRewardsAbi, "withdrawPrincipalFor", [id, contributor], gas);
}

/** The operator says that a decommissioned node is alive (P-111). */
export function contestCall({ domain }: RewardsCalls, id: NodeId): Call {
  return callOf(domain.verifyingContract, serviceNodeRewardsAbi, "contest", [id]);
}

interface NodeRecord {
  readonly state: bigint;
  readonly registeredAt: bigint;
  readonly leaveRequestedAt: bigint;
  readonly decommissionedAt: bigint;
  readonly heardAtReport: bigint;
  readonly unlocksAt: bigint;
  readonly withdrawn: bigint;
  readonly silent: boolean;
  readonly liquidated: boolean;
  readonly stake: bigint;
  readonly operator: string;
  readonly blsKey: readonly string[];
  readonly identityKey: string;
  readonly feeBps: bigint;
  readonly contributors: readonly { readonly addr: string; readonly beneficiary: string; readonly stake: bigint }[];
}

function timeOf(seconds: bigint): number | null {
  return seconds === 0n ? null : Number(seconds);
}
