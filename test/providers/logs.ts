/**
 * The ledger's events as the contracts would have logged them: the reverse of the follower's parser (P-50).
 * Enters: events. Leaves: topics and data, as `eth_getLogs` gives them. What the ledger does not read is zero.
 */
import {
  type Address,
  fromHex,
  g1Struct,
  g2Struct,
  type Hex,
  rewardRatePoolAbi,
  serviceNodeRewardsAbi,
} from "@quorate/common";
import { Interface, type ParamType } from "ethers";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";

export const CHAIN_ID = 31_337;
export const REWARDS: Address = `0x${"5f".repeat(20)}`;
export const POOL: Address = `0x${"60".repeat(20)}`;

const rewards = new Interface(serviceNodeRewardsAbi);
const pool = new Interface(rewardRatePoolAbi);

/** A log without its block. */
export interface EncodedLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: string;
}

const NAMES: Readonly<Record<ChainEvent["type"], string>> = {
  "node-registered": "NewServiceNode",
  started: "Started",
  "nodes-activated": "ServiceNodesActivated",
  "nodes-decommissioned": "ServiceNodesDecommissioned",
  "nodes-dropped": "ServiceNodesDropped",
  "nodes-restored": "ServiceNodesRestored",
  "nodes-heard": "ServiceNodesHeard",
  "report-recorded": "EpochReportRecorded",
  "root-payable": "RewardsRootPayable",
  "signers-shown": "SignersShown",
  "leave-requested": "ServiceNodeExitRequest",
  "node-exited": "ServiceNodeExit",
  "pool-settled": "Settled",
};

export function encodeEvent(event: ChainEvent): EncodedLog {
  const isPool = event.type === "pool-settled";
  const abi = isPool ? pool : rewards;
  const fragment = abi.getEvent(NAMES[event.type]);
  if (fragment === null) throw new Error(`no event ${NAMES[event.type]} in the ABI`);
  const values = fieldsOf(event);
  const encoded = abi.encodeEventLog(
    fragment,
    fragment.inputs.map((input) => values[input.name] ?? zeroOf(input)),
  );
  return { address: isPool ? POOL : REWARDS, data: encoded.data, topics: encoded.topics as Hex[] };
}

function fieldsOf(event: ChainEvent): Record<string, unknown> {
  if (event.type === "node-registered") {
    const { blsKey, identityKey, identitySignature, feeBps } = event;
    const signature = [identitySignature.slice(0, 66), `0x${identitySignature.slice(66)}`];
    const possession = Object.fromEntries(Object.keys(g2Struct(ANY_SIGNATURE)).map((word) => [word, ZERO_WORD]));
    return {
      ...event,
      registration: {
        blsKey: g1Struct(fromHex(blsKey)),
        proofOfPossession: possession,
        identityKey,
        identitySignature: signature,
        feeBps,
      },
    };
  }
  if (event.type === "report-recorded" || event.type === "signers-shown") {
    return { ...event, signature: g2Struct(fromHex(event.signature)) };
  }
  return { ...event };
}

const ZERO_WORD = `0x${"00".repeat(32)}`;
/** Canonical, for the names of a point's words. */
const ANY_SIGNATURE = new Uint8Array(192).fill(1);

function zeroOf({ type }: ParamType): unknown {
  if (type === "bool") return false;
  if (type === "address") return `0x${"00".repeat(20)}`;
  return type === "bytes32" ? ZERO_WORD : 0n;
}
