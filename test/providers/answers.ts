/**
 * What a scripted provider says: the truth about its chain, or what a lie makes of it. Enters: a JSON-RPC call, the
 * provider's view. Leaves: a result or an error. Not its job: how the bytes travel (wire.ts).
 */
import { AbiCoder, id } from "ethers";
import type { Fault } from "./faults.ts";
import { CHAIN_ID, type EncodedLog, POOL } from "./logs.ts";
import { hashOf, type TrueBlock, type TrueChain } from "./trueChain.ts";

export interface RpcCall {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

export interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface View {
  readonly chain: TrueChain;
  readonly finalised: number;
  readonly fault: Fault;
  /** Makes the lies of two providers differ. */
  readonly salt: string;
  /** Whether its logs tell their block's time. */
  readonly timesLogs: boolean;
  /** How many requests came before. */
  readonly nth: number;
}

/** Real providers' words for "too many blocks". */
const RANGE_WORDS: readonly ((blocks: number) => Answer)[] = [
  (blocks) => ({ error: { code: -32_005, message: `query exceeds max block range ${blocks}` } }),
  (blocks) => ({ status: 400, error: { code: -32_600, message: `eth_getLogs is limited to a ${blocks} range` } }),
  () => ({ error: { code: -32_602, message: "query returned more than 10000 results" } }),
  () => ({ status: 413, error: { code: -32_000, message: "block range is too wide" } }),
];

export const INVENTED_FORMS = 6;
/** The form of another time in a log, which nobody reads where the block itself is asked for. */
export const OTHER_TIME = 3;
/** The form of an event in a block that has none. */
export const IN_EMPTY_BLOCK = 5;

const POOL_CALL = id("pool()").slice(0, 10);

export function answerTo(view: View, call: RpcCall): Answer {
  const { fault, nth } = view;
  if (fault.kind === "rate limit" && nth % 10 < fault.ofTen) {
    const headers = fault.retryAfter ? { "retry-after": "1" } : {};
    return { status: 429, headers, error: { code: -32_005, message: "rate limit exceeded" } };
  }
  switch (call.method) {
    case "eth_chainId":
      return { result: quantity(fault.kind === "wrong chain" ? 1 : CHAIN_ID) };
    case "eth_getCode":
      return { result: "0x00" };
    case "eth_call": {
      const [{ data = "" } = {}] = call.params as [{ data?: string }?];
      const result = data.startsWith(POOL_CALL) ? AbiCoder.defaultAbiCoder().encode(["address"], [POOL]) : "0x";
      return { result };
    }
    case "eth_getBlockByNumber":
      return { result: blockOf(view, call.params[0] as string) };
    case "eth_getBlockReceipts":
      return receiptsOf(view, Number(call.params[0]));
    case "eth_getLogs":
      return logsOf(view, call.params[0] as LogFilter);
    default:
      return { error: { code: -32_601, message: `the method ${call.method} does not exist` } };
  }
}

function finalisedOf({ finalised, fault }: View): number {
  const behind = fault.kind === "lag" || fault.kind === "stale finalised" ? fault.blocks : 0;
  return Math.max(0, finalised - behind);
}

function blockOf(view: View, tag: string): object | null {
  const { chain, fault } = view;
  const finalised = finalisedOf(view);
  const head = Math.min(chain.blocks.length - 1, finalised + 2);
  if (tag === "finalized" && fault.kind === "finalised beyond the head") {
    const { timestamp } = chain.blocks[head] as TrueBlock;
    return { number: quantity(head + 7), hash: hashOf(`beyond ${head}`), timestamp: quantity(timestamp + 7) };
  }
  if (fault.kind === "pruned blocks" && tag.startsWith("0x")) return null;
  const number = tag === "finalized" ? finalised : tag === "latest" ? head : Number(tag);
  const block = number > head ? undefined : chain.blocks[number];
  if (block === undefined) return null;
  const { logsBloom } = block;
  const [hash, timestamp] = [shownHash(view, block), quantity(shownTime(view, block))];
  return { number: quantity(number), hash, timestamp, logsBloom };
}

function shownTime({ fault }: View, { timestamp }: TrueBlock): number {
  return timestamp + (fault.kind === "far future" ? fault.seconds : 0);
}

function shownHash({ fault, salt }: View, block: TrueBlock): string {
  const isForked = fault.kind === "wrong hash" || (fault.kind === "reorganised head" && block.number >= fault.from);
  return isForked ? hashOf(`${salt} ${block.hash}`) : block.hash;
}

/** All logs in one. Who leaves logs out has none: it keeps no old ones, and some say so. */
function receiptsOf(view: View, number: number): Answer {
  const { chain, fault, salt } = view;
  const block = chain.blocks[number];
  if (fault.kind === "refused logs" || (fault.kind === "holes" && Number.parseInt(salt.slice(-1), 16) % 2 === 0)) {
    return { error: { code: -32_000, message: "receipts of old blocks are not available" } };
  }
  if (fault.kind === "holes" || block === undefined) return { result: null };
  const blockHash = shownHash(view, block);
  const logs = block.logs.map((log, logIndex) => ({ ...log, logIndex: quantity(logIndex), blockHash }));
  return { result: [{ blockHash, blockNumber: quantity(number), logs }] };
}

interface LogFilter {
  readonly fromBlock: string;
  readonly toBlock: string;
}

function logsOf(view: View, { fromBlock, toBlock }: LogFilter): Answer {
  const { chain, fault } = view;
  const blocks = Number(toBlock) - Number(fromBlock) + 1;
  if (fault.kind === "range limit" && blocks > fault.blocks) {
    return (RANGE_WORDS[fault.words % RANGE_WORDS.length] as (blocks: number) => Answer)(fault.blocks);
  }
  if (fault.kind === "refused logs") return { error: { code: -32_601, message: "eth_getLogs is not available" } };
  // As real nodes do, what is beyond the head has no logs, and no error.
  const head = finalisedOf(view) + 2;
  const upTo = Math.min(Number(toBlock), head);
  const inRange = chain.blocks.slice(Number(fromBlock), upTo + 1);
  return { result: inRange.flatMap((block) => shownLogs(view, block)) };
}

function shownLogs(view: View, block: TrueBlock): object[] {
  const { fault } = view;
  let logs: readonly EncodedLog[] = block.logs;
  if (fault.kind === "holes") logs = fault.all ? [] : logs.filter(({ address }) => address === POOL);
  if (fault.kind === "reorganised head" && block.number === fault.from) logs = [];
  const shown = (log: EncodedLog, logIndex: number) => ({
    ...log,
    blockNumber: quantity(block.number),
    blockHash: shownHash(view, block),
    logIndex: quantity(logIndex),
    removed: false,
    ...(view.timesLogs ? { blockTimestamp: quantity(shownTime(view, block)) } : {}),
  });
  if (fault.kind !== "invented logs") return logs.map(shown);
  if (fault.form % INVENTED_FORMS === IN_EMPTY_BLOCK && logs.length === 0) {
    const [first] = view.chain.blocks.flatMap((each) => each.logs);
    return first === undefined ? [] : [shown(first, Number.parseInt(hashOf(view.salt).slice(2, 10), 16))];
  }
  return logs.flatMap((log, i) => invented(shown(log, i), i, fault.form, view.salt, block.timestamp));
}

/**
 * Of a block's first log: one more at a free place, the same place twice, a word changed, another time, or another
 * block.
 */
function invented<T extends { readonly logIndex: string; readonly data: string }>(
  log: T,
  i: number,
  form: number,
  salt: string,
  timestamp: number,
): object[] {
  if (i > 0) return [log];
  const drawn = Number.parseInt(hashOf(salt).slice(2, 4), 16);
  // Two that invent must not agree.
  const place = Number.parseInt(hashOf(salt).slice(2, 10), 16);
  switch (form % INVENTED_FORMS) {
    case 0:
      return [log, { ...log, logIndex: quantity(1_000 + place) }];
    case 1:
      return [log, log];
    case 2:
      return [{ ...log, data: changedWord(log.data, drawn | 1) }];
    case OTHER_TIME:
      return [{ ...log, blockTimestamp: quantity(timestamp + 1 + drawn) }];
    case IN_EMPTY_BLOCK:
      return [log];
    default:
      return [{ ...log, blockHash: hashOf(`${salt} ${log.data}`) }];
  }
}

/** The last byte of the first word: an id, an amount, a time. */
function changedWord(data: string, by: number): string {
  const byte = Number.parseInt(data.slice(64, 66), 16);
  return `${data.slice(0, 64)}${(byte ^ by).toString(16).padStart(2, "0")}${data.slice(66)}`;
}

function quantity(value: number): string {
  return `0x${value.toString(16)}`;
}
