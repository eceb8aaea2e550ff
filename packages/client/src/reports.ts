/**
 * The last epoch reports as the chain has them (P-37). Enters: a contract, how many. Leaves: who sent each, at which
 * block, who had not signed; and, where a provider still knows the state of that moment, the stake that had, by the
 * contract's own `verify`, which checks the signature too.
 */
import {
  type Address,
  type Hex,
  isQuorateError,
  type NodeId,
  parseAddress,
  quorateError,
  rewardsInterface,
} from "@quorate/common";
import type { Log } from "ethers";
import { REPORT_BLOCKS, REPORTS_MAX } from "./limits.ts";
import { logsBackFrom } from "./logs.ts";
import type { RewardsContract } from "./rewardsContract.ts";

/** One record: an epoch has more than one where a later one has made its root payable (P-39). */
export interface ReportRecord {
  readonly epoch: number;
  readonly submitter: Address;
  readonly digest: Hex;
  readonly isFirst: boolean;
  readonly becamePayable: boolean;
  /** Active nodes that had not signed, ascending. */
  readonly nonSigners: readonly NodeId[];
  /** Nodes that were not active and had signed, ascending. */
  readonly extraSigners: readonly NodeId[];
  readonly transaction: string;
  readonly block: number;
  /** In G2, as the contract takes it. */
  readonly signature: readonly string[];
}

/** Atomic units. */
export interface ReportStake {
  readonly signedActive: bigint;
  readonly activeStake: bigint;
}

export interface ReportsOptions {
  /** Default and at most REPORTS_MAX. */
  readonly count?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Newest first. @throws CHAIN_PROVIDER_FAILED, CHAIN_EVENT_INVALID, the signal's reason */
export async function reportsOf(
  contract: RewardsContract,
  { count = REPORTS_MAX, signal }: ReportsOptions = {},
): Promise<readonly ReportRecord[]> {
  const wanted = Math.min(count, REPORTS_MAX);
  const topic = rewardsInterface().getEvent("EpochReportRecorded")?.topicHash as string;
  const address = contract.domain.verifyingContract;
  const latest = await contract.chain.getBlockNumber();
  const records: ReportRecord[] = [];
  const asked = { address, topics: [topic], latest, blocks: REPORT_BLOCKS };
  for await (const logs of logsBackFrom(contract.chain, asked)) {
    signal?.throwIfAborted();
    records.push(...logs.slice(0, wanted - records.length).map(recordIn));
    if (records.length >= wanted) break;
    // The network's first epoch is the last to look for: nothing stands before it.
    if (records.at(-1)?.epoch === 0) break;
  }
  return records;
}

/**
 * The stake that had signed, at the end of the block before the record's. Null where the provider has forgotten that
 * state, as most do after 128 blocks. @throws what is no such refusal
 */
export async function reportStake(contract: RewardsContract, record: ReportRecord): Promise<ReportStake | null> {
  const { digest, signature, nonSigners, extraSigners, block } = record;
  const at = { blockTag: block - 1 };
  try {
    const [verified, activeStake] = await Promise.all([
      contract.read("verify", digest, signature, nonSigners, extraSigners, at) as Promise<[bigint, bigint]>,
      contract.read("activeStake", at) as Promise<bigint>,
    ]);
    return { signedActive: verified[0], activeStake };
  } catch (error) {
    // A change of the set within the record's own block gives another key: nothing can be said then either.
    if (isQuorateError(error, "CHAIN_PROVIDER_FAILED", "TRANSACTION_REVERTED")) return null;
    throw error;
  }
}

function recordIn(log: Log): ReportRecord {
  const event = rewardsInterface().parseLog(log);
  if (event === null) {
    throw quorateError("CHAIN_EVENT_INVALID", { transaction: log.transactionHash, event: "EpochReportRecorded" });
  }
  const { epoch, submitter, digest, isFirst, becamePayable, signature, nonSigners, extraSigners } =
    event.args.toObject();
  return {
    epoch: Number(epoch),
    submitter: parseAddress(submitter as string),
    digest: digest as Hex,
    ...{ isFirst: isFirst as boolean, becamePayable: becamePayable as boolean },
    nonSigners: (nonSigners as bigint[]).map(Number),
    extraSigners: (extraSigners as bigint[]).map(Number),
    signature: [...(signature as string[])],
    transaction: log.transactionHash,
    block: log.blockNumber,
  };
}
