// The events that presence.ts folds, read from the logs of the rewards contract. In: the contract and an epoch. Out:
// the events of the node set from the first on, and those of that epoch, in the order of the log.
import { fromHex, g2FromEip2537, type Hex, type NodeId } from "@quorate/common";
import type { Contract, Log, LogDescription, Result } from "ethers";
import type { PresenceEvent } from "./presence.ts";

/** Timestamps by block hash, in seconds: tests read the same blocks again and again. */
const times = new Map<string, number>();

/** Everything until the last block. The epoch's end stands before the first event of a block at or after it. */
export async function readEvents(rewards: Contract, epoch: number): Promise<PresenceEvent[]> {
  const logs = (await rewards.queryFilter("*", 0, "latest")) as Log[];
  const events: PresenceEvent[] = [];
  let end = Number.POSITIVE_INFINITY;
  let hasEnded = false;
  for (const log of logs) {
    const parsed = rewards.interface.parseLog(log);
    if (parsed === null) continue;
    if (parsed.name === "Started") {
      const [genesis, epochSeconds] = parsed.args as unknown as [bigint, bigint];
      end = Number(genesis + BigInt(epoch + 1) * epochSeconds);
    }
    if (!hasEnded && (await timeOf(log)) >= end) {
      hasEnded = true;
      events.push({ kind: "ended" });
    }
    const event = toEvent(parsed, epoch);
    if (event !== null) events.push(event);
  }
  return events;
}

async function timeOf(log: Log): Promise<number> {
  const time = times.get(log.blockHash) ?? (await log.getBlock()).timestamp;
  times.set(log.blockHash, time);
  return time;
}

/** One event, or null for what does not concern the epoch. */
function toEvent({ name, args }: LogDescription, epoch: number): PresenceEvent | null {
  switch (name) {
    case "NewServiceNode":
      return { kind: "registered", id: Number(args["id"]), isActive: args["seeded"] };
    case "ServiceNodesActivated":
      return { kind: "activated", ids: idsOf(args["ids"]) };
    case "ServiceNodesDecommissioned":
      return { kind: "decommissioned", ids: idsOf(args["ids"]) };
    case "ServiceNodeExit":
    case "ServiceNodeLiquidated":
      return { kind: "exited", id: Number(args["id"]) };
    case "EpochReportRecorded":
      if (Number(args["epoch"]) !== epoch) return null;
      return {
        kind: "recorded",
        isFirst: args["isFirst"],
        signature: signatureOf(args["signature"]),
        nonSigners: idsOf(args["nonSigners"]),
        extraSigners: idsOf(args["extraSigners"]),
      };
    case "SignersShown":
      if (Number(args["epoch"]) !== epoch) return null;
      return { kind: "shown", signature: signatureOf(args["signature"]), signers: idsOf(args["signers"]) };
    default:
      return null;
  }
}

function idsOf(ids: Result): NodeId[] {
  return ids.map(Number);
}

/** The words of the ABI, as the 192 bytes of P-2. */
function signatureOf(words: Result): Uint8Array {
  const padded = [...words].map((word: string) => word.slice(2)).join("");
  return g2FromEip2537(fromHex(`0x${padded}` as Hex));
}
