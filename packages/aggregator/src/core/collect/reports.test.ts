/** From closed epochs to calls on chain: P-75, P-76, P-90 to P-96, by one agent with an account among twenty. */
import { type ChainCall, digestOf, type NodeId, type Share, toHex } from "@quorate/common";
import { describe, expect, it } from "vitest";
import {
  DOMAIN,
  EPOCH_SECONDS,
  GENESIS,
  headAfter,
  NOTHING_RESTORED,
  publishedShares,
  scheme,
  shareBytes,
  TestAgent,
} from "../../../test/support/cluster.ts";
import { ALL, node } from "../../../test/support/twenty.ts";
import type { SubmitRules } from "../context.ts";
import type { Effect, Input } from "../io.ts";
import type { ChainEvent } from "../ledger/events.ts";
import { CONTEST_FROM_SILENT, DROP_FROM_SILENT, TICK_MS } from "../limits.ts";

const NOTHING_ELSE: SubmitRules = { pack: false, finishExits: false, liquidate: false };
/** Collecting takes an eighth of an epoch, all turns a quarter. */
const COLLECT_MS = (EPOCH_SECONDS * 1_000) / 8;
const TURNS_MS = (EPOCH_SECONDS * 1_000) / 4;

type Report = Extract<Share, { kind: "EpochReport" }>;
type Submitted = Extract<Effect, { type: "submit" }>;

async function reporting(submits: SubmitRules | null = NOTHING_ELSE, epochs = 1): Promise<TestAgent> {
  return new TestAgent(node(1), NOTHING_RESTORED, { trees: true, ...(submits === null ? {} : { submits }) }).boot(
    ALL,
    epochs,
  );
}

function ownReport(effects: readonly Effect[]): Report {
  for (const share of publishedShares(effects)) if (share.kind === "EpochReport") return share;
  throw new Error("no report was signed");
}

/** The same message, signed by other nodes. */
async function hear(agent: TestAgent, report: Report, ids: readonly NodeId[]): Promise<void> {
  const digest = digestOf(DOMAIN, "EpochReport", report.message);
  for (const id of ids) {
    const signature = scheme.sign(node(id).blsSecret, digest);
    expect((await agent.gossip(shareBytes({ ...report, nodeId: id, signature }))).verdict).toBe("accept");
  }
}

/** Lets time pass; every look ahead sees `landed`. Leaves what was submitted meanwhile. */
async function pass(agent: TestAgent, ms: number, landed: readonly ChainEvent[] | null = []): Promise<Submitted[]> {
  const submitted: Submitted[] = [];
  for (const until = agent.nowMs + ms; agent.nowMs < until; ) {
    const effects = await agent.tickAt(agent.nowMs + TICK_MS);
    if (effects.some(({ type }) => type === "look-ahead")) {
      const answer: Input =
        landed === null
          ? { type: "look-ahead-failed", code: "CHAIN_PROVIDER_FAILED", detail: "down" }
          : { type: "looked-ahead", events: landed };
      effects.push(...(await agent.feed(answer)));
    }
    submitted.push(...effects.filter((effect) => effect.type === "submit"));
  }
  return submitted;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

let lastLog = 0;
function at(epochs: number): { blockNumber: number; logIndex: number; timestamp: number } {
  return { blockNumber: 1_000 + epochs, logIndex: ++lastLog, timestamp: GENESIS + epochs * EPOCH_SECONDS + 1 };
}

function aggregateOf(report: Report, ids: readonly NodeId[]): Uint8Array {
  const digest = digestOf(DOMAIN, "EpochReport", report.message);
  return scheme.aggregateSignatures(ids.map((id) => scheme.sign(node(id).blsSecret, digest)));
}

/** The event of a first record of these signers, all of them active. */
function recorded(report: Report, signers: readonly NodeId[], becamePayable = false): ChainEvent {
  return {
    type: "report-recorded",
    ...at(report.epoch + 1),
    epoch: report.epoch,
    submitter: node(2).beneficiary,
    digest: toHex(digestOf(DOMAIN, "EpochReport", report.message)),
    isFirst: true,
    becamePayable,
    signature: toHex(aggregateOf(report, signers)),
    nonSigners: range(1, 20).filter((id) => !signers.includes(id)),
    extraSigners: signers.filter((id) => id > 20),
  };
}

function valid(call: ChainCall | undefined, report: Report): boolean {
  if (call?.type !== "report" && call?.type !== "show") return false;
  const signers =
    call.type === "show"
      ? call.signers
      : [...range(1, 20).filter((id) => !call.nonSigners.includes(id)), ...call.extraSigners];
  const keys = signers.map((id) => node(id).blsKey);
  return scheme.verifyAggregate(keys, digestOf(DOMAIN, "EpochReport", report.message), call.signature);
}

describe("signing reports (P-75)", () => {
  it("signs the report of an epoch that has closed, unasked, with root, sum and lists of its own ledger", async () => {
    const agent = await reporting(null);
    const { message, nodeId } = ownReport(agent.effects);
    expect(nodeId).toBe(1);
    expect(message).toMatchObject({ epoch: 0, activate: [], decommission: [] });
    expect(message.totalOwed).toBe(agent.core.status().totalOwed);
    expect(message.rewardsRoot).toMatch(/^0x(?!0+$)[0-9a-f]{64}$/);
    const order = agent.effects.map(({ type }) => type);
    expect(order.indexOf("persist")).toBeLessThan(order.lastIndexOf("sign"));
  });

  it("waits for the root, and signs no tree whose sum is not the ledger's", async () => {
    const agent = await new TestAgent(node(1)).boot(ALL, 1);
    expect(() => ownReport(agent.effects)).toThrow();
    const built = { type: "tree-built", epoch: 0, root: `0x${"12".repeat(32)}` } as const;
    const wrong = await agent.feed({ ...built, totalOwed: agent.core.status().totalOwed + 1n });
    expect(wrong).toContainEqual(expect.objectContaining({ type: "observe", code: "TREE_SUM_DISAGREES" }));
    expect(() => ownReport(wrong)).toThrow();
    // Built again a while later.
    agent.nowMs += 10_000;
    const again = await agent.feed({ type: "timer", timer: "tick" });
    expect(again).toContainEqual(expect.objectContaining({ type: "build-tree", epoch: 0, first: true }));
    const right = await agent.feed({ ...built, totalOwed: agent.core.status().totalOwed });
    expect(ownReport(right).message.rewardsRoot).toBe(built.root);
  });
});

describe("the first record (P-90 to P-92)", () => {
  it("goes out in this node's turn when everyone has signed, with everyone in it", async () => {
    const agent = await reporting();
    const report = ownReport(agent.effects);
    await hear(agent, report, range(2, 21));
    const [call, ...more] = (await pass(agent, TURNS_MS)).map((effect) => effect.call);
    expect(more).toEqual([]);
    expect(call).toMatchObject({ type: "report", report: report.message, nonSigners: [], extraSigners: [21] });
    expect(valid(call, report)).toBe(true);
  });

  it("waits for the rest while collecting, then goes without them", async () => {
    const agent = await reporting();
    const report = ownReport(agent.effects);
    await hear(agent, report, range(2, 15));
    expect(await pass(agent, COLLECT_MS - 2 * TICK_MS)).toEqual([]);
    const [sent] = await pass(agent, TURNS_MS + COLLECT_MS);
    expect(sent).toMatchObject({ key: "report:0", notAfter: GENESIS + 1.5 * EPOCH_SECONDS });
    expect(sent?.call).toMatchObject({ nonSigners: range(16, 20), extraSigners: [] });
    expect(valid(sent?.call, report)).toBe(true);
  });

  it("does not go below two thirds of the stake", async () => {
    const agent = await reporting();
    await hear(agent, ownReport(agent.effects), range(2, 13));
    expect(await pass(agent, TURNS_MS + 2 * COLLECT_MS)).toEqual([]);
  });

  it("does not go when somebody else's has landed, final or not", async () => {
    const agent = await reporting();
    const report = ownReport(agent.effects);
    await hear(agent, report, range(2, 21));
    expect(await pass(agent, 2 * TURNS_MS, [recorded(report, range(1, 21), true)])).toEqual([]);
  });

  it("is not sent by an agent without an account, which asks nobody either", async () => {
    const agent = await reporting(null);
    await hear(agent, ownReport(agent.effects), range(2, 21));
    await pass(agent, 2 * TURNS_MS);
    expect(agent.effects.filter(({ type }) => type === "look-ahead" || type === "submit")).toEqual([]);
  });

  it("is tried again when it failed, each time later, and not while it is under way", async () => {
    const agent = await reporting();
    await hear(agent, ownReport(agent.effects), range(2, 21));
    const [first] = await pass(agent, TURNS_MS);
    expect(await pass(agent, TURNS_MS)).toEqual([]);
    const outcome = { kind: "failed", code: "CHAIN_PROVIDER_FAILED", detail: "down" } as const;
    await agent.feed({ type: "submitted", job: first?.job ?? 0, outcome });
    expect(await pass(agent, TICK_MS)).toEqual([]);
    expect((await pass(agent, 2 * TURNS_MS)).map(({ key }) => key)).toEqual(["report:0"]);
  });
});

describe("what a record left out (P-93, P-94)", () => {
  it("shows everyone who signed and is not present, in one aggregate of exactly them", async () => {
    const agent = await reporting();
    const report = ownReport(agent.effects);
    await hear(agent, report, [...range(2, 14), 17, 18, 21]);
    const shown = (await pass(agent, 2 * TURNS_MS, [recorded(report, range(1, 14))])).map(({ call }) => call);
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({ type: "show", epoch: 0, signers: [17, 18, 21] });
    expect(valid(shown[0], report)).toBe(true);
  });

  it("shows nobody without a look at what has landed: nothing on chain would refuse a second showing", async () => {
    const agent = await reporting();
    const report = ownReport(agent.effects);
    await hear(agent, report, range(2, 18));
    await agent.feed({ type: "chain", events: [recorded(report, range(1, 14))], head: headAfter(1.1) });
    expect(await pass(agent, 2 * TURNS_MS, null)).toEqual([]);
    const told = agent.effects.filter((effect) => effect.type === "observe" && effect.code === "LOOK_AHEAD_FAILED");
    expect(told).toHaveLength(1);
    expect((await pass(agent, 2 * TURNS_MS, [])).map(({ call }) => call.type)).toEqual(["show"]);
  });

  it("makes the root payable from the block on chain and the shares held, when they suffice", async () => {
    const agent = await reporting();
    const report = ownReport(agent.effects);
    // Nodes 2 to 7 are in the record only, and their shares never came here.
    await hear(agent, report, range(8, 19));
    await agent.feed({ type: "chain", events: [recorded(report, range(1, 14))], head: headAfter(1.1) });
    const sent = (await pass(agent, 2 * TURNS_MS)).map(({ call }) => call);
    const record = sent.find(({ type }) => type === "report");
    expect(record).toMatchObject({ nonSigners: [20], extraSigners: [] });
    expect(valid(record, report)).toBe(true);
  });

  it("sends nothing for a false digest that was recorded", async () => {
    const agent = await reporting();
    const report = ownReport(agent.effects);
    await hear(agent, report, range(2, 21));
    const lie = { ...report, message: { ...report.message, totalOwed: report.message.totalOwed + 1n } };
    expect(await pass(agent, 2 * TURNS_MS, [recorded(lie, range(1, 14))])).toEqual([]);
  });
});

describe("contests and silence (P-76, P-95)", () => {
  /** Node 1 follows a chain on which these nodes were decommissioned, and then so many reports accepted. */
  async function silentFor(reports: number, silent: readonly NodeId[], own: NodeId = 1): Promise<TestAgent> {
    const agent = await new TestAgent(node(own), NOTHING_RESTORED, { submits: NOTHING_ELSE }).boot(ALL, 1);
    const decommissioned: ChainEvent = { type: "nodes-decommissioned", ids: silent, ...at(1) };
    await agent.feed({ type: "chain", events: [decommissioned], head: headAfter(1.5) });
    for (let epoch = 1; epoch <= reports; epoch++) {
      const digest = `0x${epoch.toString(16).padStart(64, "0")}` as const;
      const record: ChainEvent = {
        ...{ type: "report-recorded", ...at(epoch + 1), epoch, submitter: node(2).beneficiary, digest },
        ...{
          isFirst: true,
          becamePayable: false,
          signature: `0x${"00".repeat(192)}`,
          nonSigners: [],
          extraSigners: [],
        },
      };
      await agent.feed({ type: "chain", events: [record], head: headAfter(epoch + 1.5) });
    }
    return agent;
  }

  async function contesting(agent: TestAgent, epoch: number, ids: readonly NodeId[]): Promise<void> {
    for (const id of ids) {
      const message = { epoch };
      const signature = scheme.sign(node(id).blsSecret, digestOf(DOMAIN, "Contest", message));
      const share: Share = { kind: "Contest", epoch, nodeId: id, message, signature };
      expect((await agent.gossip(shareBytes(share))).verdict).toBe("accept");
    }
  }

  it("a decommissioned node signs a contest of the running epoch, once, and an active one none", async () => {
    const signed = (agent: TestAgent) =>
      agent.records.flatMap((record) => (record.type === "signing" && record.id.kind === "Contest" ? [record.id] : []));
    expect(signed(await silentFor(2, [1]))).toEqual(
      [1, 2, 3].map((epoch) => ({ kind: "Contest", epoch, subject: "" })),
    );
    expect(signed(await silentFor(2, [2]))).toEqual([]);
  });

  it("lands one aggregate for all that have been silent for 12 reports", async () => {
    const before = await silentFor(CONTEST_FROM_SILENT - 1, [3, 4]);
    await contesting(before, CONTEST_FROM_SILENT, [3, 4]);
    expect(await pass(before, 2 * TURNS_MS)).toEqual([]);
    const agent = await silentFor(CONTEST_FROM_SILENT, [3, 4, 5]);
    const running = CONTEST_FROM_SILENT + 1;
    await contesting(agent, running, [3, 4]);
    const [sent, ...more] = await pass(agent, 2 * TURNS_MS);
    expect(more).toEqual([]);
    if (sent?.call.type !== "contest") throw new Error("not a contest");
    expect(sent.call).toMatchObject({ epoch: running, signers: [3, 4] });
    const digest = digestOf(DOMAIN, "Contest", { epoch: running });
    expect(
      scheme.verifyAggregate(
        [3, 4].map((id) => node(id).blsKey),
        digest,
        sent.call.signature,
      ),
    ).toBe(true);
  });

  it("drops from the floor who has been silent for 48 reports, and tells an operator whose node is silent", async () => {
    const agent = await silentFor(DROP_FROM_SILENT, [3]);
    expect((await pass(agent, 2 * TURNS_MS)).map(({ call }) => call)).toEqual([{ type: "drop-silent", ids: [3] }]);
    const own = await silentFor(25, [1]);
    await own.tickAt(own.nowMs + TICK_MS);
    await own.tickAt(own.nowMs + TICK_MS);
    const alarms = own.effects.filter((effect) => effect.type === "observe" && effect.code === "NODE_SILENT");
    expect(alarms).toEqual([expect.objectContaining({ values: { nodeId: 1, silentReports: 25 } })]);
  });
});

describe("what only some operators pay for (P-96)", () => {
  it("finishes exits that are due where that is allowed, and nowhere else", async () => {
    const due = async (rules: SubmitRules) => {
      const agent = await reporting(rules, 1);
      const leave: ChainEvent = { type: "leave-requested", id: 9, unlocksAt: GENESIS + 120, ...at(1) };
      await agent.feed({ type: "chain", events: [leave], head: headAfter(1.5) });
      return (await pass(agent, 2 * TURNS_MS)).map(({ call }) => call);
    };
    expect(await due(NOTHING_ELSE)).toEqual([]);
    expect(await due({ ...NOTHING_ELSE, finishExits: true })).toEqual([{ type: "exit", id: 9 }]);
  });
});
