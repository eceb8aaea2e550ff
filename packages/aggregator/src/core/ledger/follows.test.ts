/** P-58: what the ledger refuses because events are missing or invented, and that a refusal leaves nothing behind. */
import { toHex } from "@quorate/common";
import { describe, expect, it } from "vitest";
import {
  address,
  admit,
  digestOf,
  EPOCH_SECONDS,
  endOf,
  GENESIS,
  headAt,
  ReportChain,
} from "../../../test/support/reportChain.ts";
import type { ChainEvent } from "./events.ts";
import { advanceLedger, emptyLedger } from "./ledger.ts";

/** Four active nodes, a pending one, and the first record of epoch 0 by all of them but node 4. */
function opened(): ReportChain {
  const chain = new ReportChain(4);
  chain.register();
  chain.now = endOf(0) + 1;
  chain.record(0, [1, 2, 3, 5]);
  return chain;
}

/**
 * Folds all but the last two events, then those two together: what they are refused with, when nothing is left of
 * either.
 */
function refusalOf(events: readonly ChainEvent[]): unknown {
  const state = emptyLedger();
  const until = (some: readonly ChainEvent[]) => headAt(some.at(-1)?.timestamp ?? 0);
  const [before, last] = [events.slice(0, -2), events.slice(-2)];
  advanceLedger(state, before, until(before), admit);
  const kept = structuredClone(state);
  try {
    advanceLedger(state, last, until(last), admit);
  } catch (error) {
    expect(state).toEqual(kept);
    return error;
  }
  throw new Error("it was accepted");
}

type Emit = (chain: ReportChain) => void;

const refused = (prepare: Emit, values: Record<string, unknown>): void => {
  const chain = opened();
  prepare(chain);
  expect(refusalOf(chain.events)).toMatchObject({ code: "CHAIN_EVENT_INVALID", values });
};

const signature = toHex(new Uint8Array(192));
const record = {
  ...({ type: "report-recorded", epoch: 0, isFirst: false, becamePayable: true, signature } as const),
  ...{ submitter: address(9), digest: toHex(digestOf(0)), nonSigners: [], extraSigners: [] },
};
const shown = { type: "signers-shown", epoch: 0, signature, signers: [4] } as const;

describe("P-58: nodes", () => {
  it("P-58 a registration after a missing one", () => {
    const chain = opened();
    chain.register();
    chain.register();
    // Node 6's is left out.
    expect(refusalOf(chain.events.filter((event) => event.type !== "node-registered" || event.id !== 6))).toMatchObject(
      {
        code: "CHAIN_EVENT_INVALID",
        values: { event: "node-registered", node: 7, expected: 6 },
      },
    );
  });

  it.each([
    ["activation of an active node", { type: "nodes-activated", ids: [2] }, { node: 2, state: "active" }],
    ["decommission of a pending node", { type: "nodes-decommissioned", ids: [5] }, { node: 5, state: "pending" }],
    ["drop of an active node", { type: "nodes-dropped", ids: [1] }, { node: 1, state: "active" }],
    ["a hearing of an active node", { type: "nodes-heard", ids: [1] }, { node: 1, state: "active" }],
    ["a node that never registered", { type: "node-exited", id: 9 }, { node: 9 }],
    ["an id twice", { type: "nodes-activated", ids: [5, 5] }, { ids: [5, 5] }],
    ["a second start", { type: "started", genesis: GENESIS + 7, epochSeconds: 9 }, { genesis: GENESIS }],
  ] as const)("P-58 %s", (_name, event, values) => {
    refused((chain) => chain.emit(event), { event: event.type, ...values });
  });

  it("P-58 anything of an exited node but its id in a showing", () => {
    for (const event of [
      { type: "node-exited", id: 4 },
      { type: "nodes-activated", ids: [4] },
      { type: "leave-requested", id: 4, unlocksAt: 5 },
    ] as const) {
      refused(
        (chain) => {
          chain.exit(4);
          chain.emit(event);
        },
        { node: 4, state: "exited" },
      );
    }
  });

  it("P-58 a node restored that was not dropped", () => {
    refused(
      (chain) => {
        chain.decommission([4]);
        chain.emit({ type: "nodes-restored", ids: [4] });
      },
      { reason: "was not dropped", node: 4 },
    );
  });

  it("P-58 a leave request with another unlock time than the first", () => {
    refused(
      (chain) => {
        chain.leave(4, 5_000_000);
        chain.leave(4, 5_000_001);
      },
      { node: 4, unlocksAt: 5_000_001, first: 5_000_000 },
    );
  });
});

describe("P-58: the pool", () => {
  it("P-58 a settlement that says another total than was released: a deposit is missing", () => {
    const chain = opened();
    for (const amount of [5n * 10n ** 15n, 7n]) {
      chain.now += 20;
      chain.fund(amount);
    }
    expect(() => chain.fold(endOf(3))).not.toThrow();
    const settled = chain.events.filter(({ type }) => type === "pool-settled");
    expect(refusalOf(chain.events.filter((event) => event !== settled[1]))).toMatchObject({
      values: { event: "pool-settled", reason: "released something else" },
    });
  });
});

describe("P-58: records, roots and showings", () => {
  it("P-58 a first record outside of its time: before the epoch has closed, or from half an epoch after it on", () => {
    for (const [epoch, at] of [
      [1, endOf(0) + 2],
      [1, endOf(1) + EPOCH_SECONDS / 2],
    ] as const) {
      refused(
        (chain) => {
          chain.now = at;
          chain.record(epoch, [1, 2, 3]);
        },
        { reason: "outside of its time", epoch },
      );
    }
  });

  it.each([
    ["a second first record", { ...record, isFirst: true }, { reason: "is not the first record" }],
    ["a later record of another digest", { ...record, digest: toHex(digestOf(1)) }, { reason: "another digest" }],
    ["a later record that makes nothing payable", { ...record, becamePayable: false }, { becamePayable: false }],
    ["a record whose first is missing", { ...record, epoch: -1 }, { reason: "its first record is missing" }],
    ["a non-signer that is pending", { ...record, nonSigners: [5] }, { node: 5, state: "pending" }],
    ["an extra signer that is active", { ...record, extraSigners: [4] }, { node: 4, state: "active" }],
    ["non-signers out of order", { ...record, nonSigners: [4, 1] }, { reason: "ids do not ascend" }],
    ["a showing without a record", { ...shown, epoch: -1 }, { reason: "outside of its time" }],
    ["a showing of an unknown node", { ...shown, signers: [4, 9] }, { node: 9 }],
    ["a showing out of order", { ...shown, signers: [4, 3] }, { reason: "ids do not ascend" }],
    ["a showing of nobody", { ...shown, signers: [] }, { reason: "shows nobody" }],
    [
      "a payable root without a record that made it so",
      { type: "root-payable", epoch: 0, rootIndex: 0, rewardsRoot: record.digest, totalOwed: 1n },
      { reason: "no record has just made it payable" },
    ],
  ] as const)("P-58 %s", (_name, event, values) => refused((chain) => chain.emit(event), values));

  it("P-58 a second record that makes the same root payable", () => {
    refused(
      (chain) => {
        chain.emit(record);
        chain.emit(record);
      },
      { reason: "a later record makes the root payable, once" },
    );
  });

  it("P-58 a payable root out of turn, or twice", () => {
    const root = { type: "root-payable", epoch: 0, rootIndex: 1, rewardsRoot: record.digest, totalOwed: 1n } as const;
    refused(
      (chain) => {
        chain.emit(record);
        chain.emit(root);
      },
      { rootIndex: 1, expected: 0 },
    );
    refused(
      (chain) => {
        chain.record(0, [1, 2, 3, 4]);
        chain.emit(root);
      },
      { reason: "no record has just made it payable" },
    );
  });

  it("P-58 a showing when the next epoch has ended, and a later record when two have", () => {
    refused(
      (chain) => {
        chain.now = endOf(1);
        chain.emit(shown);
      },
      { reason: "outside of its time", epoch: 0, openEpoch: 2 },
    );
    refused(
      (chain) => {
        chain.now = endOf(2);
        chain.emit(record);
      },
      { reason: "outside of its time", epoch: 0, openEpoch: 3 },
    );
  });
});
