/**
 * Where a command gets a history from: a chain, read to its finalised block, or a file of events. Enters: flags.
 * Leaves: a source.
 */
import { parseAddress, quorateError } from "@quorate/common";
import type { Command } from "commander";
import { connectRewards } from "../../adapters/chain/connectRewards.ts";
import { readHistory } from "../../adapters/chain/history.ts";
import { type EventFileHeader, openEventFile, writeEventFile } from "../../adapters/eventFile/eventFile.ts";
import type { LedgerSource } from "../../audit/recompute.ts";
import { addRpcOption, wholeNumber } from "../flags.ts";
import { OutFile } from "../outFile.ts";
import { printProgress } from "../print.ts";
import { progress } from "./progress.ts";

export interface SourceOptions {
  readonly rpc: readonly string[];
  readonly contract?: string;
  readonly pool?: string;
  readonly fromBlock: string;
  readonly chunkBlocks: string;
  readonly events?: string;
  readonly export?: string;
}

/** Milliseconds for one answer of a provider. */
const TIMEOUT_MS = 30_000;

export function addSourceOptions(command: Command): Command {
  return addRpcOption(command, "JSON-RPC URL of an Ethereum node; give several, and none may contradict another (P-57)")
    .option("--contract <address>", "address of ServiceNodeRewards (the proxy)")
    .option("--pool <address>", "address of RewardRatePool (default: the one that the contract names)")
    .option("--from-block <number>", "the block of the deployment: nothing is read before it", "0")
    .option("--chunk-blocks <number>", "blocks in one log query; 2,000 is what public providers allow", "2000")
    .option("--events <file>", "a file of events instead of a chain");
}

/** @throws FLAG_INVALID, CHAIN_*, EVENTS_FILE_* */
export async function openSource(options: SourceOptions): Promise<LedgerSource> {
  if (options.events !== undefined) return fromFile(options.events, options);
  if (options.rpc.length === 0 || options.contract === undefined) {
    const flag = options.rpc.length === 0 ? "--rpc" : "--contract";
    throw quorateError("FLAG_INVALID", { flag, reason: "give --rpc and --contract, or --events" });
  }
  return fromChain(options, options.contract);
}

function fromFile(path: string, options: SourceOptions): LedgerSource {
  for (const flag of ["contract", "pool", "export"] as const) {
    if (options[flag] === undefined && options.rpc.length === 0) continue;
    throw quorateError("FLAG_INVALID", {
      flag: `--${flag}`,
      reason: "a file of events has its own chain and contracts",
    });
  }
  const { header, events } = openEventFile(path);
  const { chainId, rewards, head } = header;
  return { domain: { chainId: BigInt(chainId), verifyingContract: rewards }, head, events };
}

async function fromChain(options: SourceOptions, contract: string): Promise<LedgerSource> {
  // Minutes of reading are not begun for a file that cannot be written.
  if (options.export !== undefined) OutFile.reserve(options.export, true).discard();
  const header = await deploymentOf(options, contract);
  const { chainId, rewards, pool, fromBlock } = header;
  const told = progress();
  const chunkBlocks = wholeNumber("--chunk-blocks", options.chunkBlocks, 1);
  const reading = { providers: options.rpc, chainId, rewards, pool, deployBlock: fromBlock, chunkBlocks };
  const { events, head } = await readHistory({ ...reading, timeoutMs: TIMEOUT_MS }, (at, of, count) =>
    told(`read to block ${at} of ${of}: ${count} events`),
  );
  if (options.export !== undefined) writeEventFile(options.export, { ...header, head }, events);
  return { domain: { chainId: BigInt(chainId), verifyingContract: rewards }, head, events: () => events };
}

/** What is read where; the first provider that answers names chain and pool, and all have to agree with it. */
async function deploymentOf(
  options: SourceOptions,
  contract: string,
): Promise<Omit<EventFileHeader, "head" | "events">> {
  const rewards = parseAddress(contract);
  const connected = await connectRewards(options.rpc, rewards, {
    timeoutMs: TIMEOUT_MS,
    onTrouble: printProgress,
  });
  try {
    const pool = options.pool === undefined ? await connected.pool() : parseAddress(options.pool);
    const fromBlock = wholeNumber("--from-block", options.fromBlock);
    return { chainId: Number(connected.domain.chainId), rewards, pool, fromBlock };
  } finally {
    connected.close();
  }
}
