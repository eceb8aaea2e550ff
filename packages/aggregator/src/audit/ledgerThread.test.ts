/** A stored ledger, recomputed by the thread beside the agent that writes it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type Address, buildRewardsTree, type LedgerLine, type LedgerPage, rangesOf } from "@quorate/common";
import { ledgerPageSchema } from "@quorate/common/http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { address, admit, EPOCH_SECONDS, GENESIS, headAt, network } from "../../test/support/ledgerHistory.ts";
import { DEPLOYMENT } from "../../test/support/storeCases.ts";
import { openStore } from "../adapters/sqlite/store.ts";
import { restoreLedger, takeRecord } from "../core/ledger/checkpoint.ts";
import { advanceLedger, type LedgerState } from "../core/ledger/ledger.ts";
import type { Store } from "../driver/ports.ts";
import { PAGE_EPOCHS, sortedAmounts } from "./explain.ts";
import { LedgerThread } from "./ledgerThread.ts";

const EPOCHS = PAGE_EPOCHS + 30;

async function pageOf(thread: LedgerThread, ...question: Parameters<LedgerThread["page"]>): Promise<LedgerPage> {
  return ledgerPageSchema.parse(JSON.parse(new TextDecoder().decode((await thread.page(...question)).json)));
}

let directory: string;
let store: Store;
let state: LedgerState;
const threads: LedgerThread[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorate-audit-"));
  store = openStore(join(directory, "agent.sqlite"), DEPLOYMENT);
  state = restoreLedger(null);
});
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
  store.close();
  rmSync(directory, { recursive: true });
});

function open(start?: () => Worker): LedgerThread {
  const at = { path: join(directory, "agent.sqlite"), deployment: DEPLOYMENT };
  const thread = start === undefined ? new LedgerThread(at) : new LedgerThread(at, start);
  threads.push(thread);
  return thread;
}

async function advance(epochs: number, nodes = 3, contributors = 2): Promise<void> {
  const head = headAt(GENESIS + epochs * EPOCH_SECONDS);
  advanceLedger(state, state.openEpoch === 0 ? network(nodes, contributors) : [], head, admit);
  store.persist([takeRecord(state)]);
  await store.written();
}

const sumOf = (lines: readonly LedgerLine[]) => lines.reduce((sum, { amount }) => sum + amount, 0n);
const owed = (recipient: Address) => state.owed.get(recipient) ?? 0n;

describe("an amount, explained from the store", () => {
  it("comes in pages that follow on, and whose lines are the agent's own amount", async () => {
    await advance(EPOCHS);
    const thread = open();
    const first = await pageOf(thread, address(1), 0, null);
    expect(first).toMatchObject({ from: 0, to: PAGE_EPOCHS - 1, before: 0n, next: PAGE_EPOCHS });
    const second = await pageOf(thread, address(1), PAGE_EPOCHS, null);
    expect(second).toMatchObject({ to: EPOCHS - 1, before: first.after, after: owed(address(1)), next: null });
    expect(sumOf([...first.lines, ...second.lines])).toBe(owed(address(1)));
    // A page in the middle, without the ones before it.
    const middle = await pageOf(thread, address(1), 100, 102);
    const expected = first.lines.filter(({ epoch }) => epoch >= 100 && epoch <= 102);
    expect(middle).toMatchObject({ from: 100, to: 102, next: null, lines: expected });
    expect(middle.after - middle.before).toBe(sumOf(expected));
    expect(await pageOf(thread, address(99), 0, 3)).toMatchObject({ lines: [], after: 0n, next: null });
  });

  it("goes on for each of several recipients whose pages are asked for in turn", async () => {
    await advance(EPOCHS);
    const thread = open();
    const recipients = [1, 2, 3, 4, 5, 6].map(address);
    const lines = new Map<Address, LedgerLine[]>(recipients.map((recipient) => [recipient, []]));
    for (const from of [0, PAGE_EPOCHS]) {
      for (const recipient of recipients)
        lines.get(recipient)?.push(...(await pageOf(thread, recipient, from, null)).lines);
    }
    expect([...lines.values()].map(sumOf)).toEqual(recipients.map(owed));
  });

  it("P-152: tells whether a page goes on from what was folded for the one before it", async () => {
    await advance(EPOCHS);
    const thread = open();
    const goesOn = async (recipient: Address, from: number) => (await thread.page(recipient, from, null)).goesOn;
    expect(await goesOn(address(1), 0)).toBe(false);
    // Another recipient's pages, and one in the middle, are folded from nothing.
    expect(await goesOn(address(2), PAGE_EPOCHS)).toBe(false);
    expect(await goesOn(address(1), PAGE_EPOCHS + 1)).toBe(false);
    expect(await goesOn(address(3), 0)).toBe(false);
    expect(await goesOn(address(3), PAGE_EPOCHS)).toBe(true);
  });

  it("sees what the agent has written since", async () => {
    await advance(3);
    const thread = open();
    expect((await pageOf(thread, address(2), 0, null)).to).toBe(2);
    await expect(pageOf(thread, address(2), 0, 3)).rejects.toMatchObject({ code: "EPOCH_NOT_CLOSED" });
    await advance(4);
    expect(await pageOf(thread, address(2), 0, null)).toMatchObject({ to: 3, after: owed(address(2)) });
  });

  it("error: EPOCH_NOT_CLOSED while the store is empty, and the thread lives on", async () => {
    const thread = open();
    await expect(pageOf(thread, address(2), 0, null)).rejects.toMatchObject({ code: "EPOCH_NOT_CLOSED" });
    expect(await thread.epochs(0, 10)).toEqual({ epochs: [], closedEpoch: null });
  });
});

describe("epochs and ranges", () => {
  it("P-41 lists closed epochs with their roots, and an epoch's recipients by ranges down to each amount", async () => {
    await advance(3, 40, 5);
    const { root } = buildRewardsTree([...state.owed]);
    store.persist([{ type: "root", epoch: 2, root }]);
    await store.written();
    const thread = open();
    const { epochs, closedEpoch } = await thread.epochs(1, 5);
    expect(closedEpoch).toBe(2);
    expect(epochs.map(({ epoch, root: found }) => [epoch, found])).toEqual([
      [1, null],
      [2, root],
    ]);
    expect(epochs.at(-1)?.totalOwed).toBe(state.totalOwed);
    expect(await thread.ranges(2, "")).toEqual(rangesOf(2, sortedAmounts(state), ""));
    const { entries } = await thread.ranges(2, address(7).slice(2, 41));
    expect(entries).toContainEqual({ recipient: address(7), amount: owed(address(7)) });
    await expect(thread.ranges(3, "")).rejects.toMatchObject({ code: "EPOCH_NOT_CLOSED" });
  });
});

describe("a thread under pressure", () => {
  it("error: LEDGER_BUSY beyond a few questions; those that wait are answered", async () => {
    await advance(2);
    const thread = open();
    const asked = Array.from({ length: 6 }, () => thread.epochs(0, 1));
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status)).toEqual([...Array(4).fill("fulfilled"), ...Array(2).fill("rejected")]);
    expect(settled[4]).toMatchObject({ reason: { code: "LEDGER_BUSY" } });
  });

  it("error: LEDGER_WORKER_DIED when it ends, and the next question starts a new one", async () => {
    await advance(2);
    const dying = `require("node:worker_threads").parentPort.once("message", () => { throw new Error("no memory"); })`;
    let started = 0;
    const thread = open(() => {
      started += 1;
      return new Worker(dying, { eval: true });
    });
    for (let i = 0; i < 2; i++) {
      const died = { code: "LEDGER_WORKER_DIED", values: { reason: "no memory" } };
      await expect(thread.epochs(0, 1)).rejects.toMatchObject(died);
    }
    expect(started).toBe(2);
  });

  it("error: AGENT_STOPPING for what is under way and for what comes after the close", async () => {
    const silent = `require("node:worker_threads").parentPort.on("message", () => {})`;
    const thread = open(() => new Worker(silent, { eval: true }));
    const asked = expect(thread.epochs(0, 1)).rejects.toMatchObject({ code: "AGENT_STOPPING" });
    await thread.close();
    await asked;
    await expect(thread.epochs(0, 1)).rejects.toMatchObject({ code: "AGENT_STOPPING" });
  });
});
