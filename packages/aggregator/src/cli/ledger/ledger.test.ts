/** `quorate ledger …` as people run it: processes of their own, agents on real sockets with real stores, files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { serve, stopServers, testAgent } from "../../../test/support/httpServer.ts";
import {
  address,
  admit,
  EPOCH_SECONDS,
  foldAll,
  GENESIS,
  headAt,
  network,
} from "../../../test/support/ledgerHistory.ts";
import { quorate } from "../../../test/support/quorate.ts";
import { endOf, ReportChain } from "../../../test/support/reportChain.ts";
import { DEPLOYMENT } from "../../../test/support/storeCases.ts";
import { writeEventFile } from "../../adapters/eventFile/eventFile.ts";
import { openStore } from "../../adapters/sqlite/store.ts";
import { LedgerThread } from "../../audit/ledgerThread.ts";
import { restoreLedger, takeRecord } from "../../core/ledger/checkpoint.ts";
import type { ChainEvent } from "../../core/ledger/events.ts";
import { advanceLedger } from "../../core/ledger/ledger.ts";
import { createProgram } from "../program.ts";

const directory = mkdtempSync(join(tmpdir(), "quorate-cli-ledger-"));
const closing: (() => unknown)[] = [];
afterAll(async () => {
  await stopServers();
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(directory, { recursive: true });
});

const ledger = (...args: string[]) => quorate("ledger", ...args);

const UNTIL = GENESIS + 6 * EPOCH_SECONDS;
const EVENTS = network(20, 4);
/** The same, but node 9 is decommissioned in epoch 3. */
const OTHER: ChainEvent[] = [
  ...EVENTS,
  { type: "nodes-decommissioned", ids: [9], blockNumber: GENESIS + 350, logIndex: 0, timestamp: GENESIS + 350 },
];

function fileOf(events: readonly ChainEvent[], name: string): string {
  const path = join(directory, name);
  const { chainId, rewards, pool } = DEPLOYMENT;
  writeEventFile(path, { chainId, rewards, pool, fromBlock: 0, head: headAt(UNTIL) }, events);
  return path;
}

/** An agent's HTTP interface before a real store of this history. */
async function agentOf(events: readonly ChainEvent[], name: string): Promise<string> {
  const path = join(directory, name);
  const store = openStore(path, DEPLOYMENT);
  const state = restoreLedger(null);
  advanceLedger(state, events, headAt(UNTIL), admit);
  store.persist([takeRecord(state)]);
  await store.written();
  const thread = new LedgerThread({ path, deployment: DEPLOYMENT });
  closing.push(
    () => store.close(),
    () => thread.close(),
  );
  const agent = testAgent();
  agent.ledger = thread;
  return serve(agent);
}

const json = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("quorate ledger", () => {
  it("--help says what each command is for, with examples", async () => {
    expect((await ledger("--help")).stdout).toMatch(/recompute[\s\S]*explain[\s\S]*diff/);
    const { code, stdout } = await ledger("recompute", "--help");
    expect([code, stdout.includes("Examples:"), stdout.includes("--export")]).toEqual([0, true, true]);
  });

  it("recompute prints an epoch's figures from a file, and the lines of an amount with their running sum", async () => {
    const path = fileOf(EVENTS, "one.jsonl");
    const state = foldAll(EVENTS, UNTIL);
    const { code, stdout } = await ledger("recompute", "--events", path, "--recipient", address(6));
    expect(code).toBe(0);
    expect(stdout).toMatch(/epoch +5\nrewards root +0x[0-9a-f]{64}\nowed in all +[0-9,.]+ SESH/);
    expect(stdout).toMatch(/nodes +0 pending, 20 active/);
    expect(stdout).toContain("no report of this epoch is recorded");
    expect(stdout).toMatch(/epoch +node +active s +node reward +fee +share +dust +bounty +amount +sum/);
    const lines = await ledger("recompute", "--events", path, "--recipient", address(6), "--json");
    const [figures, recipient, ...rows] = json(lines.stdout);
    expect(figures).toMatchObject({ type: "epoch", epoch: 5, totalOwed: state.totalOwed.toString(), recipients: 80 });
    expect(recipient).toMatchObject({ type: "recipient", amount: state.owed.get(address(6))?.toString() });
    expect(rows).toHaveLength(6);
    expect(rows.at(-1)).toMatchObject({ type: "line", epoch: 5, node: 2, sum: recipient.amount });
  });

  it("explain shows the same lines from an agent", async () => {
    const agent = await agentOf(EVENTS, "explained.sqlite");
    const [recipient, ...rows] = json((await ledger("explain", address(5), "--agent", agent, "--json")).stdout);
    const path = fileOf(EVENTS, "two.jsonl");
    const own = json((await ledger("recompute", "--events", path, "--recipient", address(5), "--json")).stdout);
    expect([recipient, ...rows]).toEqual(own.slice(1));
    const text = await ledger("explain", address(5), "--agent", agent, "--epoch", "2");
    expect(text.stdout).toMatch(/by the end of epoch 2\.\n\nAmounts in SESH/);
    expect(text.stdout.trimEnd().split("\n")).toHaveLength(7);
  });

  it("diff finds nothing between an agent and its own history, and the first difference to another's", async () => {
    const [one, other] = [await agentOf(EVENTS, "a.sqlite"), await agentOf(OTHER, "b.sqlite")];
    const same = await ledger("diff", one, "--events", fileOf(EVENTS, "three.jsonl"));
    expect([same.code, same.stdout]).toEqual([0, expect.stringContaining("the same up to epoch 5")]);
    for (const args of [
      ["--with", other],
      ["--events", fileOf(OTHER, "four.jsonl")],
    ]) {
      const found = await ledger("diff", one, ...args);
      expect([found.code, /^LEDGERS_DIFFER: /m.test(found.stderr)]).toEqual([1, true]);
      expect(found.stdout).toMatch(/first epoch that differs +3\n/);
      expect(found.stdout).toMatch(new RegExp(`${address(1)} +[0-9,.]+ SESH +against +[0-9,.]+ SESH`));
    }
    const [told] = json((await ledger("diff", one, "--with", other, "--json")).stdout);
    expect(told).toMatchObject({ comparedTo: 5, difference: { epoch: 3, recipients: expect.any(Array) } });
  }, 600_000);

  it("error: LEDGER_ROOT_DISAGREES when the chain has recorded another report, after the figures", async () => {
    const chain = new ReportChain(2);
    chain.now = endOf(0) + 1;
    chain.record(0, [1, 2], { isPayable: true });
    const path = fileOf(chain.events, "other.jsonl");
    const { code, stdout, stderr } = await ledger("recompute", "--events", path, "--epoch", "0");
    expect([code, stderr.split(":")[0]]).toEqual([1, "LEDGER_ROOT_DISAGREES"]);
    expect(stdout).toMatch(/on chain +ANOTHER report is recorded[\s\S]*payable root +ANOTHER one/);
  });

  it("error: each with its code and what to do", async () => {
    const good = fileOf(EVENTS, "five.jsonl");
    const bad = join(directory, "bad.jsonl");
    writeFileSync(bad, readFileSync(good, "utf8").replace('"feeBps":1000', '"feeBps":10001'));
    const cases: [string, string[]][] = [
      ["FLAG_INVALID", ["recompute"]],
      ["FLAG_INVALID", ["recompute", "--events", good, "--export", "x"]],
      ["CHAIN_PROVIDER_FAILED", ["recompute", "--rpc", "http://127.0.0.1:9", "--contract", address(1)]],
      ["EVENTS_FILE_INVALID", ["recompute", "--events", bad]],
      ["EPOCH_NOT_CLOSED", ["recompute", "--events", good, "--epoch", "6"]],
      ["AGENT_UNREACHABLE", ["explain", address(1), "--agent", "http://127.0.0.1:9"]],
      ["FLAG_INVALID", ["diff", "http://127.0.0.1:9", "--with", "http://127.0.0.1:9", "--events", good]],
    ];
    for (const [expected, args] of cases) {
      const error = await createProgram()
        .parseAsync(["ledger", ...args], { from: "user" })
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: expected, message: expect.stringContaining("what to do: ") });
    }
  });
});
