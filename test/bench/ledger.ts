/**
 * `pnpm bench ledger`: the agent's ledger at size, five recipients known for each that is credited an epoch, on the
 * real store. In: how many nodes and events. Out: what folding, closing, writing, loading and looking up take, and how
 * long the event loop is held. The same at a tenth of the size first, so that its peak of memory is its own.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Address, KindMessage } from "@quorate/common";
import { openStore } from "../../packages/aggregator/src/adapters/sqlite/store.ts";
import { type LedgerRecord, restoreLedger, takeRecord } from "../../packages/aggregator/src/core/ledger/checkpoint.ts";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";
import {
  advanceLedger,
  amountAt,
  emptyLedger,
  type LedgerState,
} from "../../packages/aggregator/src/core/ledger/ledger.ts";
import type { Store } from "../../packages/aggregator/src/driver/ports.ts";
import {
  address,
  admit,
  EPOCH_SECONDS,
  GENESIS,
  headAt,
  network,
} from "../../packages/aggregator/test/support/ledgerHistory.ts";
import { DEPLOYMENT } from "../../packages/aggregator/test/support/storeCases.ts";
import { makeTempDirectory, removeDirectory } from "../harness/tempDirectory.ts";
import { median, round2 } from "./figures.ts";
import { benchLedgerTree, TREE_TARGETS } from "./ledgerTree.ts";
import { type Stall, watchStalls } from "./stalls.ts";

export const LEDGER_NODES = 2_000;
export const LEDGER_EVENTS = 1_000_000;

/** As many as a node can have (P-27), all of them different. */
const CONTRIBUTORS = 10;
/** Recipients known for each that an epoch credits: the others earned in nodes that are gone. */
const KNOWN_FOR_EACH = 5;
/** Half of the nodes change their state in every epoch. */
const NODES_FOR_EACH_EVENT = 2;
/** Measured after two that warm the compiler; all epochs of a window leave it meanwhile. */
const EPOCHS = 10;
const WARM_EPOCHS = 2;
const LOOKUPS = 100_000;
/** A signing is written every so many milliseconds between the ledger's chunks. */
const SIGNING_MS = 10;

const TARGETS = { millionSeconds: 30, lookupMs: 1, maxStallMs: 50 };

interface Figures {
  readonly nodes: number;
  readonly recipients: number;
  readonly eventsPerSecond: number;
  readonly events: number;
  /** Epochs closed while they were folded. */
  readonly epochs: number;
  /** One lifetime amount at the oldest epoch of the window, mean. */
  readonly lookupMs: number;
  /** One epoch's close, median. */
  readonly closeMs: number;
  /** From a close until its record is on disk, median. */
  readonly writeMs: number;
  readonly loadMs: number;
  /**
   * Longest time in which the event loop served no timer while an epoch closed and was written: of each epoch, and of
   * those the median.
   */
  readonly maxStallMs: number;
  /** The same of the worst epoch, whoever caused it. */
  readonly worstStallMs: number;
  /** Processor that the main thread took at most at a stretch. */
  readonly maxStallCpuMs: number;
  readonly fileMb: number;
  readonly peakRssMb: number;
  /**
   * The tree of all recipients in its thread: from changes in memory to the root, with the thread's start; and the
   * processor of it.
   */
  readonly rootMs: number;
  readonly rootCpuMs: number;
  /** The root of an epoch in which a fifth changed, median. */
  readonly rootUpdateMs: number;
  /** A proof of the newest epoch, there and back: median. */
  readonly proofMs: number;
  /** Longest stall of the main thread while trees were built. */
  readonly treeStallMs: number;
}

export interface LedgerResult {
  readonly ledger: Figures & { readonly tenth: Figures };
}

export async function benchLedger({ nodes, events }: { nodes: number; events: number }): Promise<LedgerResult> {
  const tenth = await measure(Math.ceil(nodes / 10), Math.ceil(events / 10));
  return { ledger: { ...(await measure(nodes, events)), tenth } };
}

async function measure(nodes: number, events: number): Promise<Figures> {
  process.stderr.write(`${nodes} nodes: folding ${events} events\n`);
  const folding = foldEvents(nodes, events);
  const directory = makeTempDirectory("quorate-bench-");
  try {
    const path = join(directory, "agent.sqlite");
    process.stderr.write(`${nodes} nodes: storing and loading\n`);
    await storeFirst(path, nodes);
    const startedMs = performance.now();
    const store = openStore(path, DEPLOYMENT);
    const state = restoreLedger(store.load().ledger);
    const loadMs = performance.now() - startedMs;
    const closing = await closeEpochs(store, state);
    store.close();
    return {
      nodes,
      recipients: state.owed.size,
      ...folding,
      lookupMs: lookUp(state),
      ...closing,
      loadMs: round2(loadMs),
      fileMb: round2(statSync(path).size / 1_048_576),
      peakRssMb: round2(process.resourceUsage().maxRSS / 1_024),
      ...(await treeOf(state.owed.size)),
    };
  } finally {
    removeDirectory(directory);
  }
}

type TreeFigures = Pick<Figures, "rootMs" | "rootCpuMs" | "rootUpdateMs" | "proofMs" | "treeStallMs">;

async function treeOf(recipients: number): Promise<TreeFigures> {
  process.stderr.write(`${recipients} recipients: trees
`);
  const { rootMs, rootCpuMs, updateMs, lookupMs, maxStallMs } = await benchLedgerTree(recipients);
  return { rootMs, rootCpuMs, rootUpdateMs: updateMs, proofMs: lookupMs, treeStallMs: maxStallMs };
}

/** Made an epoch at a time, so that the memory measured is the ledger's. */
function foldEvents(nodes: number, events: number): Pick<Figures, "eventsPerSecond" | "events" | "epochs"> {
  const state = emptyLedger();
  let ms = 0;
  const fold = (some: readonly ChainEvent[], until: number): void => {
    const startedMs = performance.now();
    advanceLedger(state, some, headAt(until), admit);
    ms += performance.now() - startedMs;
  };
  const first = network(nodes, CONTRIBUTORS);
  fold(first, GENESIS);
  let folded = first.length;
  while (folded < events) {
    const some = eventsOf(state.openEpoch, nodes).slice(0, events - folded);
    folded += some.length;
    fold(some, GENESIS + (state.openEpoch + 1) * EPOCH_SECONDS);
  }
  must(state.totalOwed + state.carry === state.releasedAtOpen);
  return { eventsPerSecond: Math.round((folded / ms) * 1_000), events: folded, epochs: state.openEpoch };
}

/**
 * Half of the nodes are decommissioned in one epoch and activated in the next, one an event, and the other half in
 * turn.
 */
function eventsOf(epoch: number, nodes: number): ChainEvent[] {
  const type = epoch % 4 < 2 ? "nodes-decommissioned" : "nodes-activated";
  return Array.from({ length: Math.floor(nodes / NODES_FOR_EACH_EVENT) }, (_, i): ChainEvent => {
    const timestamp = GENESIS + epoch * EPOCH_SECONDS + (i % EPOCH_SECONDS);
    return { type, ids: [1 + i * 2 + (epoch % 2)], blockNumber: timestamp, logIndex: i, timestamp };
  }).sort((a, b) => a.timestamp - b.timestamp || a.logIndex - b.logIndex);
}

/** A file with one closed epoch, in which many were credited whose nodes are gone since. */
async function storeFirst(path: string, nodes: number): Promise<void> {
  const state = restoreLedger(null);
  const events = [...network(nodes, CONTRIBUTORS), ...eventsOf(0, nodes)];
  advanceLedger(state, events, headAt(GENESIS + EPOCH_SECONDS), admit);
  const store = openStore(path, DEPLOYMENT);
  store.persist([withFormerRecipients(takeRecord(state), nodes * CONTRIBUTORS)]);
  await store.written();
  store.close();
}

function withFormerRecipients(record: LedgerRecord, credited: number): LedgerRecord {
  const [epoch] = record.epochs;
  if (epoch === undefined) throw new Error("no epoch has closed");
  const credits = new Map<Address, bigint>(epoch.credits);
  let totalOwed = epoch.totalOwed;
  for (let i = credited; i < credited * KNOWN_FOR_EACH; i++) {
    credits.set(address(1 + i), 1_000_000n + BigInt(i));
    totalOwed += 1_000_000n + BigInt(i);
  }
  return { ...record, head: { ...record.head, totalOwed }, epochs: [{ ...epoch, totalOwed, credits }] };
}

async function closeEpochs(
  store: Store,
  state: LedgerState,
): Promise<Pick<Figures, "closeMs" | "writeMs" | "maxStallMs" | "worstStallMs" | "maxStallCpuMs">> {
  const measured: { closeMs: number; writeMs: number; stall: Stall }[] = [];
  for (let n = 0; n < WARM_EPOCHS + EPOCHS; n++) {
    const events = eventsOf(state.openEpoch, state.nodes.size);
    await sleep(SIGNING_MS);
    const stalls = watchStalls();
    stalls.start();
    // What the follower brings in the course of an epoch, before its end.
    advanceLedger(state, events, headAt(GENESIS + (state.openEpoch + 1) * EPOCH_SECONDS - 1), admit);
    await sleep(SIGNING_MS);
    const closingMs = performance.now();
    advanceLedger(state, [], headAt(GENESIS + (state.openEpoch + 1) * EPOCH_SECONDS), admit);
    const closedMs = performance.now();
    store.persist([takeRecord(state)]);
    await signUntil(store, store.written(), state.openEpoch);
    const writtenMs = performance.now();
    const stall = stalls.stop();
    const took = `${(closedMs - closingMs).toFixed(1)} ms to close, ${(writtenMs - closedMs).toFixed(0)} to write`;
    const held = `stall ${stall.ms.toFixed(1)} ms, ${stall.cpuMs.toFixed(1)} of CPU`;
    process.stderr.write(`${state.nodes.size} nodes, epoch ${state.openEpoch}: ${took}, ${held}\n`);
    if (n >= WARM_EPOCHS) measured.push({ closeMs: closedMs - closingMs, writeMs: writtenMs - closedMs, stall });
  }
  const of = (pick: (epoch: (typeof measured)[0]) => number): number => round2(median(measured.map(pick)));
  return {
    closeMs: of(({ closeMs }) => closeMs),
    writeMs: of(({ writeMs }) => writeMs),
    maxStallMs: of(({ stall }) => stall.ms),
    worstStallMs: round2(Math.max(...measured.map(({ stall }) => stall.ms))),
    maxStallCpuMs: round2(Math.max(...measured.map(({ stall }) => stall.cpuMs))),
  };
}

/** What is promised meanwhile is on disk at once (P-71). */
async function signUntil(store: Store, written: Promise<void>, epoch: number): Promise<void> {
  let writing = true;
  const done = written.then(() => {
    writing = false;
  });
  for (let i = 0; writing; i++) {
    const signed: KindMessage = { kind: "RewardClaim", message: { recipient: address(i), amount: 1n } };
    const id = { kind: signed.kind, epoch, subject: address(i) };
    store.persist([{ type: "signing", id, digest: `0x${"0d".repeat(32)}`, signed }]);
    await sleep(SIGNING_MS);
  }
  await done;
}

function lookUp(state: LedgerState): number {
  const oldest = state.closed[0]?.epoch ?? 0;
  const recipients = [...state.owed.keys()];
  const startedMs = performance.now();
  let found = 0;
  for (let i = 0; i < LOOKUPS; i++) {
    const recipient = recipients[(i * 7_919) % recipients.length] as Address;
    if ((amountAt(state, oldest, recipient) ?? 0n) > 0n) found += 1;
  }
  const ms = (performance.now() - startedMs) / LOOKUPS;
  must(found === LOOKUPS);
  return Math.round(ms * 1e6) / 1e6;
}

/** A benchmark of wrong amounts is worth nothing. */
function must(holds: boolean): void {
  if (!holds) throw new Error("the ledger is wrong; the figures would mean nothing");
}

export function printLedger({ ledger }: LedgerResult): string {
  const { tenth } = ledger;
  const row = (what: string, pick: (figures: Figures) => number, target = ""): string =>
    [what.padEnd(52), String(pick(ledger)).padStart(12), String(pick(tenth)).padStart(12), target.padStart(12)].join(
      "",
    );
  const million = TARGETS.millionSeconds;
  return `${[
    row("nodes of ten contributors", ({ nodes }) => nodes),
    row("recipients", ({ recipients }) => recipients),
    row("events folded", ({ events }) => events),
    row("  in which epochs closed", ({ epochs }) => epochs),
    row("  a second", ({ eventsPerSecond }) => eventsPerSecond, `≥ ${Math.round(1_000_000 / million)}`),
    row("an amount at the oldest epoch, ms", ({ lookupMs }) => lookupMs, `< ${TARGETS.lookupMs}`),
    row("an epoch's close, ms", ({ closeMs }) => closeMs),
    row("  until it is on disk, ms", ({ writeMs }) => writeMs),
    row("longest stall of the main thread, ms, median", ({ maxStallMs }) => maxStallMs, `< ${TARGETS.maxStallMs}`),
    row("  of the worst epoch", ({ worstStallMs }) => worstStallMs),
    row("  processor at a stretch, at most", ({ maxStallCpuMs }) => maxStallCpuMs),
    row("loading at a start, ms", ({ loadMs }) => loadMs),
    row("store file, MB", ({ fileMb }) => fileMb),
    row("peak of memory, MB", ({ peakRssMb }) => peakRssMb),
    row("root of all recipients, ms", ({ rootMs }) => rootMs, `≤ ${TREE_TARGETS.rootMs}`),
    row("  of it processor", ({ rootCpuMs }) => rootCpuMs),
    row("  with a fifth changed", ({ rootUpdateMs }) => rootUpdateMs),
    row("a proof, ms", ({ proofMs }) => proofMs, `< ${TREE_TARGETS.lookupMs}`),
    row(
      "longest stall of the main thread meanwhile, ms",
      ({ treeStallMs }) => treeStallMs,
      `< ${TREE_TARGETS.maxStallMs}`,
    ),
  ].join("\n")}\n`;
}
