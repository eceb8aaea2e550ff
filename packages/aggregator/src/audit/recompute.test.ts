/** The ledger from nothing: figures of an epoch, and whether the chain says the same. */
import { buildRewardsTree, digestOf, nobleKeccakMany, toHex } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { address, endOf, headAt, ReportChain, startOf } from "../../test/support/reportChain.ts";
import { amountsAt } from "../core/ledger/amounts.ts";
import type { ChainEvent } from "../core/ledger/events.ts";
import { amountAt } from "../core/ledger/ledger.ts";
import { reportLists } from "../core/ledger/uptime.ts";
import { type RecomputeOptions, recompute } from "./recompute.ts";

const domain = { chainId: 31_337n, verifyingContract: address(0xc0) };
const EVERYTHING: RecomputeOptions = { epoch: null, recipient: null, keccakMany: nobleKeccakMany };

/** Six epochs; that of epoch 4 is recorded with what the ledger says of it, and made payable. */
function history(): { readonly chain: ReportChain; readonly events: ChainEvent[] } {
  const chain = new ReportChain(3);
  for (let epoch = 0; epoch < 5; epoch++) {
    chain.now = endOf(epoch) + 1;
    chain.record(epoch, [1, 2], { isPayable: epoch === 4 });
  }
  const state = chain.fold(endOf(5));
  const { activate, decommission } = reportLists(state, 4) ?? { activate: [], decommission: [] };
  const root = buildRewardsTree([...amountsAt(state, 4)]).root;
  const totalOwed = state.closed.find(({ epoch }) => epoch === 4)?.totalOwed ?? 0n;
  const digest = toHex(
    digestOf(domain, "EpochReport", { epoch: 4, rewardsRoot: root, totalOwed, activate, decommission }),
  );
  const events = chain.events.map((event): ChainEvent => {
    if (event.type === "report-recorded" && event.epoch === 4) return { ...event, digest };
    return event.type === "root-payable" ? { ...event, rewardsRoot: root, totalOwed } : event;
  });
  return { chain, events };
}

const sourceOf = (events: readonly ChainEvent[], until: number) => ({
  domain,
  head: headAt(until),
  events: () => events,
});

describe("recompute", () => {
  it("P-41 P-62 gives root, sum, lists and states of an epoch, and finds them on chain", () => {
    const { chain, events } = history();
    const { figures } = recompute(sourceOf(events, endOf(5)), { ...EVERYTHING, epoch: 4 });
    const state = chain.fold(endOf(4));
    expect(figures).toMatchObject({
      epoch: 4,
      root: buildRewardsTree([...amountsAt(state, 4)]).root,
      totalOwed: state.totalOwed,
      carry: state.carry,
      recipients: 4,
      nodes: { active: 3, decommissioned: 0 },
      decommission: [3],
      recorded: { agrees: true },
      payable: { rootIndex: 0, agrees: true },
    });
  });

  it("without an epoch it is the last closed one, which may have no record yet", () => {
    const { events } = history();
    const { figures } = recompute(sourceOf(events, startOf(6) + 5), EVERYTHING);
    expect(figures).toMatchObject({ epoch: 5, recorded: null, payable: null });
  });

  it("error: says so when the chain has recorded, or made payable, something else", () => {
    const { events } = history();
    const other = events.map(
      (event): ChainEvent => (event.type === "root-payable" ? { ...event, totalOwed: 1n } : event),
    );
    expect(recompute(sourceOf(other, endOf(5)), { ...EVERYTHING, epoch: 4 }).figures).toMatchObject({
      recorded: { agrees: true },
      payable: { agrees: false },
    });
    expect(recompute(sourceOf(events, endOf(5)), { ...EVERYTHING, epoch: 3 }).figures).toMatchObject({
      recorded: { agrees: false },
      payable: null,
    });
  });

  it("explains a recipient's amount at that epoch, and no later one", () => {
    const { chain, events } = history();
    const recipient = address(900);
    const found = recompute(sourceOf(events, endOf(5)), { ...EVERYTHING, epoch: 4, recipient });
    expect(found.lines.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(found.amount).toBe(amountAt(chain.fold(endOf(5)), 4, recipient));
    expect(found.lines.reduce((sum, { amount }) => sum + amount, 0n)).toBe(found.amount);
  });

  it("error: EPOCH_NOT_CLOSED", () => {
    const { events } = history();
    const closed = { code: "EPOCH_NOT_CLOSED", values: { epoch: 6, openEpoch: 6 } };
    const asked = () => recompute(sourceOf(events, endOf(5)), { ...EVERYTHING, epoch: 6 });
    expect(asked).toThrow(expect.objectContaining({ ...closed, values: expect.objectContaining(closed.values) }));
  });
});
