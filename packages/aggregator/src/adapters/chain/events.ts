/**
 * The events the ledger folds over (P-50), from raw logs. Enters: logs of the rewards and pool contracts, and the
 * blocks they claim to be in. Leaves: `ChainEvent`s in (block, log index) order, or CHAIN_EVENT_INVALID /
 * CHAIN_LOGS_UNTRUSTED. Not its job: where logs come from.
 */
import {
  type Address,
  type ChainHead,
  fromHex,
  g1FromEip2537,
  g2FromEip2537,
  type Hex,
  type NodeId,
  poolInterface,
  quorateError,
  rewardsInterface,
  toHex,
} from "@quorate/common";
import type { Interface, LogDescription, Result } from "ethers";
import type { ChainEvent, ContributorView, EventPosition } from "../../core/ledger/events.ts";
import type { RawLog } from "./rpc.ts";

type Decoder = (position: EventPosition, log: LogDescription) => ChainEvent;

/** What each contract tells the ledger; whatever else they emit is no input of it. */
const DECODERS: Readonly<Record<keyof Contracts, ReadonlyMap<Hex, Decoder>>> = {
  rewards: byTopic(rewardsInterface(), {
    NewServiceNode: nodeRegistered,
    Started: started,
    ServiceNodesActivated: (position, log) => ({ ...position, type: "nodes-activated", ids: idsOf(log) }),
    ServiceNodesDecommissioned: (position, log) => ({ ...position, type: "nodes-decommissioned", ids: idsOf(log) }),
    ServiceNodesDropped: (position, log) => ({ ...position, type: "nodes-dropped", ids: idsOf(log) }),
    ServiceNodesRestored: (position, log) => ({ ...position, type: "nodes-restored", ids: idsOf(log) }),
    ServiceNodesHeard: (position, log) => ({ ...position, type: "nodes-heard", ids: idsOf(log) }),
    EpochReportRecorded: reportRecorded,
    RewardsRootPayable: rootPayable,
    SignersShown: signersShown,
    ServiceNodeExitRequest: leaveRequested,
    ServiceNodeExit: nodeExited,
    ServiceNodeLiquidated: nodeExited,
  }),
  pool: byTopic(poolInterface(), { Settled: settled }),
};

const INTERFACES: Readonly<Record<keyof Contracts, Interface>> = { rewards: rewardsInterface(), pool: poolInterface() };

/** First topics of the events read. */
export const EVENT_TOPICS: readonly Hex[] = [...DECODERS.rewards.keys(), ...DECODERS.pool.keys()];

export interface Contracts {
  readonly rewards: Address;
  readonly pool: Address;
}

/**
 * The order of P-50, each position once. @throws CHAIN_LOGS_UNTRUSTED when two logs have one position, or one is
 * outside the range
 */
export function orderLogs(logs: readonly RawLog[], fromBlock: number, toBlock: number): RawLog[] {
  const sorted = [...logs].sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
  sorted.forEach((log, i) => {
    const before = sorted[i - 1];
    const repeated = before?.blockNumber === log.blockNumber && before.logIndex === log.logIndex;
    if (!repeated && log.blockNumber >= fromBlock && log.blockNumber <= toBlock) return;
    const { blockNumber, logIndex } = log;
    throw quorateError("CHAIN_LOGS_UNTRUSTED", { blockNumber, logIndex, fromBlock, toBlock, repeated });
  });
  return sorted;
}

/**
 * The event of one log, or null for a contract's event that is not its own kind (the pool's topic from the rewards
 * contract).
 * @throws CHAIN_LOGS_UNTRUSTED when `block` is not the log's; CHAIN_EVENT_INVALID when it does not decode
 */
export function parseEvent(log: RawLog, block: ChainHead, contracts: Contracts): ChainEvent | null {
  if (log.blockHash !== block.hash || log.blockNumber !== block.number) {
    throw quorateError("CHAIN_LOGS_UNTRUSTED", {
      blockNumber: log.blockNumber,
      logBlockHash: log.blockHash,
      blockHash: block.hash,
    });
  }
  const position = { blockNumber: log.blockNumber, logIndex: log.logIndex, timestamp: block.timestamp };
  const [topic] = log.topics;
  const contract = log.address === contracts.rewards ? "rewards" : log.address === contracts.pool ? "pool" : null;
  const decoder = contract === null || topic === undefined ? undefined : DECODERS[contract].get(topic);
  if (contract === null || decoder === undefined) return null;
  try {
    return decoder(position, decode(INTERFACES[contract], log));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw quorateError("CHAIN_EVENT_INVALID", { ...position, address: log.address, topic, reason }, { cause });
  }
}

function settled(position: EventPosition, { args }: LogDescription): ChainEvent {
  const { balance, time, totalReleased } = named(args) as { balance: bigint; time: bigint; totalReleased: bigint };
  return { ...position, type: "pool-settled", balance, time: toSafe(time), totalReleased };
}

function started(position: EventPosition, { args }: LogDescription): ChainEvent {
  const { genesis, epochSeconds } = named(args) as { genesis: bigint; epochSeconds: bigint };
  return { ...position, type: "started", genesis: toSafe(genesis), epochSeconds: toSafe(epochSeconds) };
}

function leaveRequested(position: EventPosition, { args }: LogDescription): ChainEvent {
  const { id, unlocksAt } = named(args) as { id: bigint; unlocksAt: bigint };
  return { ...position, type: "leave-requested", id: toSafe(id), unlocksAt: toSafe(unlocksAt) };
}

function reportRecorded(position: EventPosition, { args }: LogDescription): ChainEvent {
  const { epoch, submitter, digest, isFirst, becamePayable, signature, nonSigners, extraSigners } = named(args) as {
    epoch: bigint;
    submitter: string;
    digest: string;
    isFirst: boolean;
    becamePayable: boolean;
    signature: Result;
    nonSigners: Result;
    extraSigners: Result;
  };
  return {
    ...position,
    type: "report-recorded",
    epoch: toSafe(epoch),
    submitter: lower(submitter),
    digest: lower(digest),
    isFirst,
    becamePayable,
    signature: signatureOf(signature),
    nonSigners: nonSigners.map(toSafe),
    extraSigners: extraSigners.map(toSafe),
  };
}

function rootPayable(position: EventPosition, { args }: LogDescription): ChainEvent {
  const { epoch, rootIndex, rewardsRoot, totalOwed } = named(args) as {
    epoch: bigint;
    rootIndex: bigint;
    rewardsRoot: string;
    totalOwed: bigint;
  };
  return {
    ...position,
    type: "root-payable",
    epoch: toSafe(epoch),
    rootIndex: toSafe(rootIndex),
    rewardsRoot: lower(rewardsRoot),
    totalOwed,
  };
}

function signersShown(position: EventPosition, { args }: LogDescription): ChainEvent {
  const { epoch, signature, signers } = named(args) as { epoch: bigint; signature: Result; signers: Result };
  return {
    ...position,
    type: "signers-shown",
    epoch: toSafe(epoch),
    signature: signatureOf(signature),
    signers: signers.map(toSafe),
  };
}

function nodeExited(position: EventPosition, { args }: LogDescription): ChainEvent {
  return { ...position, type: "node-exited", id: toSafe((named(args) as { id: bigint }).id) };
}

function idsOf({ args }: LogDescription): NodeId[] {
  return (named(args) as { ids: Result }).ids.map(toSafe);
}

function nodeRegistered(position: EventPosition, { args }: LogDescription): ChainEvent {
  const { id, operator, seeded, registration, contributors } = named(args) as {
    id: bigint;
    operator: string;
    seeded: boolean;
    registration: Result;
    contributors: Result;
  };
  const { blsKey, identityKey, identitySignature, feeBps } = named(registration) as {
    blsKey: Result;
    identityKey: string;
    identitySignature: Result;
    feeBps: bigint;
  };
  return {
    ...position,
    type: "node-registered",
    id: toSafe(id),
    operator: lower(operator),
    seeded,
    blsKey: toHex(g1FromEip2537(fromHex(joinWords(blsKey), 128))),
    identityKey: lower(identityKey),
    identitySignature: joinWords(identitySignature),
    feeBps: toSafe(feeBps),
    contributors: contributors.map((contributor: Result): ContributorView => {
      const { addr, beneficiary, stake } = named(contributor) as { addr: string; beneficiary: string; stake: bigint };
      return { addr: lower(addr), beneficiary: lower(beneficiary), stake };
    }),
  };
}

function decode(abi: Interface, log: RawLog): LogDescription {
  const description = abi.parseLog(log);
  if (description === null) throw new Error("unknown event");
  // What encodes back to other bytes was not made by the contract's own compiler: refuse instead of guessing.
  const encoded = abi.encodeEventLog(description.fragment, [...description.args]);
  if (encoded.data !== log.data || encoded.topics.join() !== log.topics.join()) throw new Error("not canonical");
  return description;
}

function named(result: Result): Record<string, unknown> {
  return result.toObject();
}

/** A point in G2 as the 192 bytes of P-2. */
function signatureOf(words: Result): Hex {
  return toHex(g2FromEip2537(fromHex(joinWords(words), 256)));
}

function joinWords(words: Result): Hex {
  return `0x${[...words].map((word: string) => word.slice(2)).join("")}`;
}

function lower(text: string): Hex {
  return text.toLowerCase() as Hex;
}

function toSafe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`${value} is above 2^53`);
  return Number(value);
}

function byTopic(abi: Interface, decoders: Readonly<Record<string, Decoder>>): ReadonlyMap<Hex, Decoder> {
  return new Map(
    Object.entries(decoders).map(([name, decoder]) => {
      const event = abi.getEvent(name);
      if (event === null) throw quorateError("CHAIN_EVENT_INVALID", { name, reason: "not in the ABI" });
      return [event.topicHash as Hex, decoder];
    }),
  );
}
