/**
 * A chain whose events and ledger are known: a history of packages/common/vectors, packed into few blocks.
 * Enters: a history's name. Leaves: blocks with their events and logs, and the ledger of who has read up to a block.
 * Block numbers are packed; times, and so amounts, stay the history's.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ChainHead, Hex } from "@quorate/common";
import { bloomOf } from "../../packages/aggregator/src/adapters/chain/testing/bloomOf.ts";
import { eventFromJson } from "../../packages/aggregator/src/adapters/eventFile/eventJson.ts";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";
import { advanceLedger, emptyLedger, type LedgerState } from "../../packages/aggregator/src/core/ledger/ledger.ts";
import type { HistoryVector } from "../../packages/aggregator/test/support/histories.ts";
import { admit } from "../../packages/aggregator/test/support/ledgerHistory.ts";
import { type EncodedLog, encodeEvent } from "./logs.ts";

/** Small ones, which together have every event. */
export const HISTORIES = ["absences", "deposits", "emergency", "later-payable", "leaving", "registrations", "silence"];

/** After so many blocks with events comes one without. */
const EMPTY_AFTER = 3;
/** Blocks above the history's end: the chain's head is ahead of what is final. */
const UNFINAL_BLOCKS = 2;

export interface TrueBlock extends ChainHead {
  readonly events: readonly ChainEvent[];
  readonly logs: readonly EncodedLog[];
  /** The filter of its logs in its header. */
  readonly logsBloom: Hex;
}

export interface TrueChain {
  readonly name: string;
  readonly blocks: readonly TrueBlock[];
  /** The highest block that ever becomes final. */
  readonly lastFinal: number;
}

const chains = new Map<string, TrueChain>();

/** Made once a process: nothing changes it. */
export function trueChain(name: string): TrueChain {
  const known = chains.get(name) ?? pack(name, readHistory(name));
  chains.set(name, known);
  return known;
}

/** What the ledger is when everything up to a block was read. */
export function ledgerAt({ blocks }: TrueChain, height: number): LedgerState {
  const state = emptyLedger();
  const { number, hash, timestamp } = blocks[height] as TrueBlock;
  advanceLedger(state, eventsBetween(blocks, -1, height), { number, hash, timestamp }, admit);
  return state;
}

/** Those of the blocks above one and up to another. */
export function eventsBetween(blocks: readonly TrueBlock[], above: number, upTo: number): ChainEvent[] {
  return blocks.slice(above + 1, upTo + 1).flatMap(({ events }) => events);
}

/** 32 bytes that follow from the text. */
export function hashOf(text: string): Hex {
  return `0x${createHash("sha256").update(text).digest("hex")}`;
}

function readHistory(name: string): HistoryVector {
  const path = new URL(`../../packages/common/vectors/histories/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")) as HistoryVector;
}

/**
 * Seconds by which a history's times are moved, so that its end is some minutes old when the process starts: providers'
 * times are held to the own clock too. Amounts follow from differences of times alone.
 */
const END_SECONDS_AGO = 600;

function pack(name: string, history: HistoryVector): TrueChain {
  const later = Math.floor(Date.now() / 1_000) - END_SECONDS_AGO - history.head.timestamp;
  const events = history.events.map((event) => moved(eventOf(event), later));
  const end = history.head.timestamp + later;
  const byTime = Map.groupBy(events, ({ timestamp }) => timestamp);
  const blocks: TrueBlock[] = [];
  const add = (timestamp: number, events: readonly ChainEvent[]): void => {
    const number = blocks.length;
    const placed = events.map((event, logIndex) => ({ ...event, blockNumber: number, logIndex }));
    const logs = placed.map(encodeEvent);
    blocks.push({
      number,
      hash: hashOf(`${name} ${number}`),
      timestamp,
      events: placed,
      logs,
      logsBloom: bloomOf(logs),
    });
  };
  for (const [timestamp, events] of [...byTime].sort(([a], [b]) => a - b)) {
    if (blocks.length % EMPTY_AFTER === 0) add(timestamp - 1, []);
    add(timestamp, events);
  }
  add(end, []);
  const lastFinal = blocks.length - 1;
  for (let i = 1; i <= UNFINAL_BLOCKS; i++) add(end + i, []);
  return { name, blocks, lastFinal };
}

/** Every time in it. */
function moved(event: ChainEvent, later: number): ChainEvent {
  const times = ["timestamp", "time", "genesis", "unlocksAt"];
  const entries = Object.entries(event).map(([name, value]) => [name, times.includes(name) ? value + later : value]);
  return Object.fromEntries(entries) as ChainEvent;
}

function eventOf(value: unknown): ChainEvent {
  const event = eventFromJson(value);
  if ("field" in event) throw new Error(`${event.field}: ${event.reason}`);
  return event;
}
