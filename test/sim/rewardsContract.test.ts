/**
 * The simulation's ServiceNodeRewards by its rules, one after the other; its node set is held to the real contract by
 * the tests of the contracts.
 */
import { type ChainCall, digestOf, type EpochReport, type NodeId, type SigningDomain, toHex } from "@quorate/common";
import { insecureLinearScheme } from "@quorate/common/bls/insecure-linear";
import { beforeEach, describe, expect, it } from "vitest";
import { makeNode, type SimNode } from "./nodes.ts";
import { type Executed, RewardsContract } from "./rewardsContract.ts";

const GENESIS = 1_000_000;
const EPOCH_SECONDS = 100;
const SEEDED = 20;
/** Registered and pending. */
const PENDING = 21;
const DOMAIN: SigningDomain = { chainId: 31_337, verifyingContract: `0x${"5e".repeat(20)}` };
const scheme = insecureLinearScheme();
const by = `0x${"aa".repeat(20)}` as const;
const ids = (from: number, to: number): NodeId[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const endOf = (epoch: number): number => GENESIS + (epoch + 1) * EPOCH_SECONDS;
const ALL = ids(1, SEEDED);

const nodes: readonly SimNode[] = ids(1, PENDING).map((id) =>
  makeNode(scheme, DOMAIN, id, id <= SEEDED, { blockNumber: 1, timestamp: GENESIS - 10 }),
);

let contract: RewardsContract;
beforeEach(() => {
  contract = new RewardsContract(scheme, DOMAIN, GENESIS, EPOCH_SECONDS);
  for (const { registered } of nodes) contract.take(registered);
  const settled = { balance: 10n ** 18n, time: GENESIS, totalReleased: 0n };
  contract.take({ type: "pool-settled", blockNumber: 2, timestamp: GENESIS, logIndex: 0, ...settled });
});

function report(epoch: number, fields: Partial<EpochReport> = {}): EpochReport {
  return { epoch, rewardsRoot: `0x${"12".repeat(32)}`, totalOwed: 5n, activate: [], decommission: [], ...fields };
}

function sign(digest: Uint8Array, signers: readonly NodeId[]): Uint8Array {
  return scheme.aggregateSignatures(signers.map((id) => scheme.sign((nodes[id - 1] as SimNode).blsSecret, digest)));
}

function record(signers: readonly NodeId[], said: EpochReport): ChainCall {
  const active = contract.set.nodes.filter(({ state }) => state === "active").map(({ id }) => id);
  return {
    ...{ type: "report", report: said, signature: sign(digestOf(DOMAIN, "EpochReport", said), signers) },
    nonSigners: active.filter((id) => !signers.includes(id)),
    extraSigners: signers.filter((id) => !active.includes(id)),
  };
}

const show = (epoch: number, signers: readonly NodeId[], said = report(epoch)): ChainCall => {
  return { type: "show", epoch, signers, signature: sign(digestOf(DOMAIN, "EpochReport", said), signers) };
};

const contest = (epoch: number, signers: readonly NodeId[]): ChainCall => {
  return { type: "contest", epoch, signers, signature: sign(digestOf(DOMAIN, "Contest", { epoch }), signers) };
};

/** The types of the events, or the error's name. */
function outcome(call: ChainCall, at: number): string {
  const executed: Executed = contract.execute(call, by, at);
  return "error" in executed ? executed.error : executed.map(({ type }) => type).join(" ");
}

/** Node 20 leaves the active set by the record of epoch 0. */
function decommissionLast(): void {
  const said = report(0, { decommission: [SEEDED] });
  expect(outcome(record(ALL, said), endOf(0))).toMatch(/nodes-decommissioned$/);
}

describe("records (P-37, P-38, P-40)", () => {
  it("P-37: from the epoch's end until half an epoch later, with 6667 bps of the active stake", () => {
    const enough = record(ids(1, 14), report(0));
    expect(outcome(enough, endOf(0) - 1)).toBe("OutsideWindow");
    expect(outcome(enough, endOf(0) + 50)).toBe("OutsideWindow");
    expect(outcome(record(ids(1, 13), report(0)), endOf(0))).toBe("QuorumNotReached");
    expect(outcome(enough, endOf(0) + 49)).toBe("report-recorded");
  });

  it("P-40: payable at 9500 bps, when the root is not zero and what is owed has been released", () => {
    expect(outcome(record(ids(1, 18), report(0)), endOf(0))).toBe("report-recorded");
    expect(outcome(record(ids(1, 19), report(1)), endOf(1))).toBe("report-recorded root-payable");
    expect(outcome(record(ALL, report(2, { rewardsRoot: `0x${"00".repeat(32)}` })), endOf(2))).toBe("report-recorded");
    expect(outcome(record(ALL, report(3, { totalOwed: 10n ** 18n })), endOf(3))).toBe("report-recorded");
    expect(contract.payableEpochs).toEqual([1]);
  });

  it("P-38: lists move who may be moved, and decommissions end with the node that reaches 200 bps", () => {
    const said = report(0, { activate: [PENDING, 3], decommission: [7, 5, PENDING] });
    expect(outcome(record(ALL, said), endOf(0))).toBe(
      "report-recorded root-payable nodes-activated nodes-decommissioned",
    );
    expect(contract.set.stateOf(PENDING)).toBe("active");
    expect(contract.set.stateOf(7)).toBe("decommissioned");
    expect(contract.set.stateOf(5)).toBe("active");
    const tooLong = report(1, { activate: ids(1, 65) });
    expect(outcome(record(ALL, tooLong), endOf(1))).toBe("ListTooLong");
  });

  it("P-23: a signature that is not of exactly the nodes that the lists leave", () => {
    const call = record(ids(1, 18), report(0));
    expect(outcome({ ...call, nonSigners: [19] } as ChainCall, endOf(0))).toBe("InvalidSignature");
    expect(outcome({ ...call, nonSigners: [20, 19] } as ChainCall, endOf(0))).toBe("UnsortedIds");
    expect(outcome({ ...call, extraSigners: [PENDING + 1] } as ChainCall, endOf(0))).toBe("UnsortedIds");
    expect(outcome(record([...ids(1, 18), PENDING], report(0)), endOf(0))).toBe("report-recorded");
  });

  it("P-39: a later record has the first one's digest, makes the root payable, and comes within two epochs", () => {
    expect(outcome(record(ids(1, 14), report(0)), endOf(0))).toBe("report-recorded");
    expect(outcome(record(ALL, report(0, { totalOwed: 6n })), endOf(0) + 60)).toBe("AnotherReportRecorded");
    expect(outcome(record(ids(1, 18), report(0)), endOf(0) + 60)).toBe("QuorumNotReached");
    expect(outcome(record(ALL, report(0)), endOf(2))).toBe("OutsideWindow");
    expect(outcome(record(ALL, report(0)), endOf(2) - 1)).toBe("report-recorded root-payable");
    expect(outcome(record(ALL, report(0)), endOf(2) - 1)).toBe("AlreadyPayable");
  });

  it("P-39: a later record applies no lists", () => {
    const said = report(0, { decommission: [7] });
    expect(outcome(record(ids(1, 14), said), endOf(0))).toBe("report-recorded nodes-decommissioned");
    expect(outcome(record(ids(8, 20), said), endOf(0) + 60)).toBe("QuorumNotReached");
    expect(outcome(record(ALL, said), endOf(0) + 60)).toBe("report-recorded root-payable");
    expect(contract.set.acceptedReports).toBe(1);
  });
});

describe("showings and contests (P-39, P-110, P-111)", () => {
  it("P-39: shows exactly the listed nodes over the recorded digest, until the next epoch has ended", () => {
    expect(outcome(show(0, [19]), endOf(0))).toBe("NoRecord");
    expect(outcome(record(ids(1, 14), report(0)), endOf(0))).toBe("report-recorded");
    expect(outcome(show(0, [15, 16]), endOf(1))).toBe("OutsideWindow");
    expect(outcome({ ...show(0, [15, 16]), signers: [15] } as ChainCall, endOf(1) - 1)).toBe("InvalidSignature");
    expect(outcome({ ...show(0, [15, 16]), signers: [16, 15] } as ChainCall, endOf(1) - 1)).toBe("UnsortedIds");
    expect(outcome(show(0, [15, 16], report(0, { totalOwed: 6n })), endOf(1) - 1)).toBe("InvalidSignature");
    expect(outcome(show(0, [15, 16]), endOf(1) - 1)).toBe("signers-shown");
    expect(outcome({ ...show(0, [15]), signers: [] } as ChainCall, endOf(1) - 1)).toBe("NobodyToShow");
  });

  it("P-110: whoever is silent for 48 reports is dropped by anyone, and a showing brings it back", () => {
    decommissionLast();
    for (let epoch = 1; epoch <= 47; epoch++) contract.execute(record(ids(1, 19), report(epoch)), by, endOf(epoch));
    expect(outcome({ type: "drop-silent", ids: [SEEDED] }, endOf(47))).toBe("");
    contract.execute(record(ids(1, 19), report(48)), by, endOf(48));
    expect(outcome({ type: "drop-silent", ids: [SEEDED] }, endOf(48))).toBe("nodes-dropped");
    expect(outcome(show(48, [SEEDED], report(48)), endOf(48))).toBe("signers-shown nodes-heard nodes-restored");
    expect(outcome({ type: "drop-silent", ids: [SEEDED] }, endOf(48))).toBe("");
  });

  it("P-111: a contest of the running epoch or the one before, by a decommissioned node", () => {
    decommissionLast();
    const at = endOf(1) + 5;
    expect(outcome(contest(0, [SEEDED]), at)).toBe("OutsideWindow");
    expect(outcome(contest(3, [SEEDED]), at)).toBe("OutsideWindow");
    expect(outcome(contest(2, [3, 4]), at)).toBe("NobodyToContest");
    expect(outcome({ ...contest(2, [SEEDED]), epoch: 1 } as ChainCall, at)).toBe("InvalidSignature");
    expect(outcome(contest(2, [SEEDED]), at)).toBe("nodes-heard");
    expect(outcome(contest(1, [3, SEEDED]), at)).toBe("nodes-heard");
  });
});

describe("simulation of a call", () => {
  it("says what execution would, and leaves nothing behind", () => {
    const said = report(0, { activate: [PENDING], decommission: [7] });
    const call = record(ALL, said);
    const before = JSON.stringify(contract.views().map((node) => ({ ...node, stake: "", blsKey: toHex(node.blsKey) })));
    const simulated = contract.simulate(call, by, endOf(0));
    expect(contract.records.size).toBe(0);
    expect(contract.set.acceptedReports).toBe(0);
    expect(JSON.stringify(contract.views().map((node) => ({ ...node, stake: "", blsKey: toHex(node.blsKey) })))).toBe(
      before,
    );
    expect(contract.execute(call, by, endOf(0))).toEqual(simulated);
    expect(contract.simulate(call, by, endOf(0))).toEqual({ error: "AlreadyPayable" });
  });
});
