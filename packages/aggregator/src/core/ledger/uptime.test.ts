/** The worked examples of P-59 to P-62; random histories stand in uptimeHistories.test.ts. */
import type { NodeId } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { admit, endOf, headAt, ReportChain, startOf } from "../../../test/support/reportChain.ts";
import { advanceLedger, emptyLedger, type LedgerState } from "./ledger.ts";
import { judgeNode, leftOut, type NodeUptime, reportLists, silentReports, uptimeStrip } from "./uptime.ts";

const range = (from: NodeId, to: NodeId): NodeId[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Epochs in which everyone signs but the absent ones, from `first` on; the lists are nobody's. */
function tell(chain: ReportChain, first: number, absent: readonly (readonly NodeId[])[]): void {
  for (const [i, missing] of absent.entries()) {
    chain.now = endOf(first + i) + 1;
    const signers = [...chain.states].filter(([id, state]) => state !== "exited" && !missing.includes(id));
    chain.record(
      first + i,
      signers.map(([id]) => id),
    );
  }
}

const levelOf = (state: LedgerState, id: NodeId): number | undefined => state.uptime.nodes.get(id)?.level;
const runOf = (state: LedgerState, id: NodeId): number | undefined => state.uptime.nodes.get(id)?.run;

describe("P-59: whom an epoch judges, and when", () => {
  it("P-59 at the close of the epoch after it, and not before", () => {
    const chain = new ReportChain(3);
    tell(chain, 0, [[3]]);
    expect(uptimeStrip(chain.fold(endOf(1) - 1), 3)).toEqual([]);
    expect(uptimeStrip(chain.fold(endOf(1)), 3)).toEqual(["missed"]);
    expect(uptimeStrip(chain.fold(endOf(1)), 2)).toEqual(["present"]);
  });

  it("P-59 a node registered a second before the epoch's end is judged, one registered at it is not", () => {
    const chain = new ReportChain(3);
    chain.now = endOf(3) - 1;
    const early = chain.register();
    chain.now = endOf(3);
    const late = chain.register();
    tell(chain, 3, [[early, late]]);
    const state = chain.fold(endOf(4));
    expect(uptimeStrip(state, early).at(-1)).toBe("missed");
    expect(uptimeStrip(state, late).at(-1)).toBe("unjudged");
  });

  it("P-59 a showing that names a node which exited before the epoch's end counts for nobody, at its end it does", () => {
    for (const [exitsAt, verdict] of [
      [endOf(3) - 1, "missed"],
      [endOf(3), "present"],
    ] as const) {
      const chain = new ReportChain(5);
      chain.now = exitsAt;
      chain.exit(4);
      chain.now = endOf(3) + 2;
      chain.record(3, [1, 2, 3]);
      chain.show(3, [4, 5]);
      expect(uptimeStrip(chain.fold(endOf(4)), 5).at(-1)).toBe(verdict);
    }
  });

  it("P-59 a showing a second before the next epoch's end counts", () => {
    const chain = new ReportChain(3);
    tell(chain, 3, [[3]]);
    chain.now = endOf(4) - 1;
    chain.show(3, [3]);
    expect(uptimeStrip(chain.fold(endOf(4)), 3).at(-1)).toBe("present");
  });

  it("P-59 an epoch without a record judges nobody", () => {
    const chain = new ReportChain(3);
    tell(chain, 0, [[3], [3]]);
    tell(chain, 3, [[3]]);
    const state = chain.fold(endOf(4));
    expect(uptimeStrip(state, 3)).toEqual(["missed", "missed", "unjudged", "missed"]);
    expect(levelOf(state, 3)).toBe(72);
  });

  it("P-59 the signers of a payable record are present; one that comes when the epoch was judged changes nothing", () => {
    for (const [at, verdict] of [
      [endOf(1) - 1, "present"],
      [endOf(1), "missed"],
    ] as const) {
      const chain = new ReportChain(3);
      tell(chain, 0, [[3]]);
      chain.now = at;
      chain.record(0, [1, 2, 3]);
      expect(uptimeStrip(chain.fold(endOf(1)), 3)).toEqual([verdict]);
    }
  });

  it("P-59 keeps presences while a root may become payable, and an exited node until it was judged", () => {
    const chain = new ReportChain(3);
    tell(chain, 0, [[], [], []]);
    chain.exit(3);
    const state = chain.fold(endOf(3) - 1);
    expect(state.uptime.presences.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(state.uptime.nodes.has(3)).toBe(true);
    advanceLedger(state, [], headAt(endOf(3)), admit);
    expect(state.uptime.presences.map(({ epoch }) => epoch)).toEqual([2]);
    expect(state.uptime.nodes.has(3)).toBe(false);
  });

  it("P-56, P-59 whom a record left out is told until the epoch is judged, without those that it does not judge", () => {
    const chain = new ReportChain(5);
    chain.exit(5);
    chain.now = endOf(0);
    chain.register();
    chain.record(0, [1, 2]);
    chain.show(0, [3]);
    const state = chain.fold(endOf(1) - 1);
    expect(leftOut(state, 0)).toEqual([4]);
    expect(leftOut(state, 1)).toBeNull();
    advanceLedger(state, [], headAt(endOf(1)), admit);
    expect(leftOut(state, 0)).toBeNull();
  });

  it("keeps the strip of a day", () => {
    const chain = new ReportChain(2);
    tell(chain, 0, Array(40).fill([]));
    expect(uptimeStrip(chain.fold(endOf(40)), 1)).toHaveLength(24);
  });
});

describe("P-60: the level", () => {
  /** Levels of node 3 after each of these verdicts on an active node. */
  const levels = (verdicts: string): number[] => {
    let node: NodeUptime = {
      registeredAt: 0,
      changedAt: 0,
      exitedAt: null,
      level: 0,
      run: 0,
      heardAtReport: 0,
      strip: "",
    };
    return [...verdicts].map((one) => {
      node = judgeNode(node, "active", one === "M" ? "missed" : "present", 1);
      return node.level;
    });
  };

  it("P-60 three absences make 72; taking turns makes 70 with the third", () => {
    expect(levels("MMM")).toEqual([24, 48, 72]);
    expect(levels("MPMPM")).toEqual([24, 23, 47, 46, 70]);
    expect(levels(`M${"P".repeat(24)}`).at(-1)).toBe(0);
    expect(levels("PP")).toEqual([0, 0]);
  });

  it("P-60 a decommission sets 48, and an epoch that ended before it does not raise it", () => {
    const chain = new ReportChain(3);
    tell(chain, 0, [[3], [3], [3]]);
    chain.now = endOf(2) + 2;
    chain.decommission([3]);
    // Epoch 2, at whose end node 3 was active, is judged now.
    const state = chain.fold(endOf(3));
    expect(uptimeStrip(state, 3)).toEqual(["missed", "missed", "missed"]);
    expect(levelOf(state, 3)).toBe(48);
  });

  it("P-60 an epoch counts for a node that is decommissioned a second before its end, not for one that is so at its end", () => {
    for (const [at, run] of [
      [endOf(2) - 1, 1],
      [endOf(2), 0],
    ] as const) {
      const chain = new ReportChain(3);
      chain.now = at;
      chain.decommission([3]);
      tell(chain, 2, [[]]);
      expect(runOf(chain.fold(endOf(3)), 3)).toBe(run);
    }
  });

  it("P-60 the level is kept on return: 47 after one presence, 71 after the next absence", () => {
    const chain = new ReportChain(3);
    chain.decommission([3]);
    tell(chain, 0, [[], [], []]);
    chain.activate([3]);
    tell(chain, 3, [[]]);
    expect(levelOf(chain.fold(endOf(4)), 3)).toBe(47);
    tell(chain, 4, [[3]]);
    expect(levelOf(chain.fold(endOf(5)), 3)).toBe(71);
  });
});

describe("P-61: the run", () => {
  it("P-61 a node registered in epoch 4 has runs 1, 1, 2 and 3 when epoch 5 has no record", () => {
    const chain = new ReportChain(3);
    chain.now = startOf(4);
    const id = chain.register();
    tell(chain, 4, [[]]);
    tell(chain, 6, [[], []]);
    // What comes later than a head is not read yet.
    const runs = [5, 6, 7, 8].map((epoch) => {
      const state = emptyLedger();
      const events = chain.events.filter(({ timestamp }) => timestamp < endOf(epoch));
      advanceLedger(state, events, headAt(endOf(epoch)), admit);
      return runOf(state, id);
    });
    expect(runs).toEqual([1, 1, 2, 3]);
    expect(reportLists(chain.fold(endOf(8)), 8)?.activate).toEqual([id]);
  });

  it("P-61 an absence ends it, and so does a change of state", () => {
    const chain = new ReportChain(3);
    const id = chain.register();
    tell(chain, 0, [[], [], [id]]);
    expect(runOf(chain.fold(endOf(3)), id)).toBe(0);
    tell(chain, 3, [[], [], []]);
    expect(runOf(chain.fold(endOf(6)), id)).toBe(3);
    chain.now = endOf(6) - 1;
    chain.activate([id]);
    expect(runOf(chain.fold(endOf(6)), id)).toBe(0);
  });
});

describe("P-62: the lists", () => {
  it("P-62 the worked example: whom the cap passed over is listed again by its new level", () => {
    const chain = new ReportChain(8);
    const state = chain.fold(endOf(9));
    for (const [id, level] of [
      [2, 72],
      [5, 95],
      [7, 72],
      [3, 48],
    ] as const) {
      state.uptime.nodes.set(id, { ...(state.uptime.nodes.get(id) as NodeUptime), level });
    }
    advanceLedger(state, [], headAt(endOf(10)), admit);
    expect(reportLists(state, 10)).toEqual({ epoch: 10, activate: [], decommission: [5, 2, 7] });

    const next = new ReportChain(8);
    next.now = endOf(10) + 1;
    next.record(10, [1, 2, 3, 4, 5, 6, 8], { lists: { activate: [], decommission: [5] } });
    const later = next.events.filter(({ timestamp }) => timestamp > endOf(10));
    advanceLedger(state, later, headAt(endOf(11)), admit);
    expect(reportLists(state, 11)).toEqual({ epoch: 11, activate: [], decommission: [7, 2] });
    expect(levelOf(state, 5)).toBe(48);
  });

  it("P-62 a dead node is listed three epochs later, until a record takes it; without records it stays listed", () => {
    const chain = new ReportChain(4);
    tell(chain, 0, [[4], [4], [4]]);
    const state = chain.fold(endOf(6));
    const listed = [2, 3, 4, 5, 6].map((epoch) => reportLists(state, epoch)?.decommission);
    expect(listed).toEqual([[], [4], [4], [4], [4]]);
    expect(reportLists(state, 7)).toBeNull();
    expect(reportLists(state, 1)).toBeNull();
  });

  it("P-62 a node whose exit has unlocked is in neither list", () => {
    for (const [unlocksAt, listed] of [
      [endOf(3), []],
      [endOf(3) + 1, [4]],
    ] as const) {
      const chain = new ReportChain(4);
      chain.leave(4, unlocksAt);
      tell(chain, 0, [[4], [4], [4]]);
      expect(reportLists(chain.fold(endOf(3)), 3)?.decommission).toEqual(listed);
    }
  });

  it("P-62 at most 64 ids, the lowest first where levels and runs are equal", () => {
    const chain = new ReportChain(80);
    const newcomers = Array.from({ length: 70 }, () => chain.register());
    tell(chain, 0, Array(3).fill(range(11, 80)));
    const lists = reportLists(chain.fold(endOf(3)), 3);
    expect(lists?.decommission).toEqual(range(11, 74));
    expect(lists?.activate).toEqual(newcomers.slice(0, 64));
  });
});

describe("P-110: silent reports", () => {
  it("P-110 count from the decommission, and anew from a showing", () => {
    const chain = new ReportChain(4);
    tell(chain, 0, [[4]]);
    chain.decommission([4]);
    tell(chain, 1, [[4], [4], [4]]);
    expect(silentReports(chain.fold(endOf(4)), 4)).toBe(3);
    chain.now = endOf(3) + 5;
    chain.show(3, [4]);
    expect(silentReports(chain.fold(endOf(4)), 4)).toBe(0);
    expect(silentReports(chain.fold(endOf(4)), 3)).toBeNull();
  });
});
