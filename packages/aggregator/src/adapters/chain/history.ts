/**
 * The whole history of the contracts, read once from finalised blocks, for whoever recomputes the ledger (P-50, P-57).
 * Enters: providers and addresses. Leaves: all events in order and the block they are complete up to. Not its job:
 * following on (follower.ts).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ChainHead, isQuorateError, quorateError } from "@quorate/common";
import type { ChainEvent } from "../../core/ledger/events.ts";
import type { Logger } from "../../driver/ports.ts";
import { type RangeOptions, RangeReader } from "./ranges.ts";
import { openRpcs } from "./rpc.ts";

export interface HistoryOptions extends RangeOptions {
  /** JSON-RPC URLs, at least one; more than half must work, and none may contradict another. */
  readonly providers: readonly string[];
  /** Milliseconds for one answer of a provider. */
  readonly timeoutMs: number;
}

export interface History {
  readonly events: readonly ChainEvent[];
  readonly head: ChainHead;
}

/** Times in a row that a range is asked for again: providers limit how often they are asked, and how much for. */
const RETRIES = 12;
const RETRY_MS = 250;
const RETRY_MAX_MS = 5_000;

/** What goes wrong is thrown at the end; on the way it is nobody's concern. */
const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * Reads up to the block that was finalised when it began.
 * @throws CHAIN_PROVIDER_FAILED and the other codes of P-57, CHAIN_EVENT_INVALID
 */
export async function readHistory(
  options: HistoryOptions,
  onProgress: (at: number, of: number, events: number) => void = () => {},
): Promise<History> {
  const rpcs = openRpcs(options.providers, options.timeoutMs);
  const ending = new AbortController();
  const reader = new RangeReader(options, rpcs, { logger: SILENT, signal: ending.signal });
  const events: ChainEvent[] = [];
  let head: ChainHead | null = null;
  let target: number | null = null;
  try {
    for (let failures = 0; ; ) {
      try {
        const range = await reader.next(head);
        failures = 0;
        if (range === null && head === null) {
          const reason = "no finalised block at or above it";
          throw quorateError("CHAIN_PROVIDER_BEHIND", { fromBlock: options.deployBlock ?? 0, reason });
        }
        if (range !== null) {
          for (const event of range.events) events.push(event);
          head = range.head;
          target ??= range.target.number;
          onProgress(head.number, target, events.length);
        }
        if (head !== null && (range === null || head.number >= (target ?? 0))) return { events, head };
      } catch (error) {
        failures += 1;
        // A failure may pass, and a smaller range may do; what contradicts itself stays wrong.
        if (!isQuorateError(error, "CHAIN_PROVIDER_FAILED") || failures > RETRIES) throw error;
      }
      if (failures > 0) await sleep(Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** failures));
    }
  } finally {
    ending.abort();
    for (const rpc of rpcs) rpc.close();
  }
}
