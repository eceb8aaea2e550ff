import type { NodeDetails, PoolView } from "@quorate/client";
import type { Address } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { type NodeAction, nodeActions, type PoolAction, poolActions, principalOf } from "./actions.ts";

const [OPERATOR, LARGE, SMALL, OTHER] = ["a1", "b2", "c3", "d4"].map((pair): Address => `0x${pair.repeat(20)}`) as [
  Address,
  Address,
  Address,
  Address,
];
const DAY = 86_400;
const REGISTERED = 1_800_000_000;

const node = (more: Partial<NodeDetails> = {}): NodeDetails => ({
  id: 7,
  state: "active",
  operator: OPERATOR,
  stake: 10_000n,
  feeBps: 500,
  blsKey: new Uint8Array(96),
  identityKey: "0x",
  registeredAt: REGISTERED,
  leaveRequestedAt: null,
  decommissionedAt: null,
  unlocksAt: null,
  silent: false,
  liquidated: false,
  silentReports: null,
  contributors: [
    { addr: OPERATOR, beneficiary: OPERATOR, stake: 5_000n, withdrawn: false },
    { addr: LARGE, beneficiary: LARGE, stake: 2_500n, withdrawn: false },
    { addr: SMALL, beneficiary: SMALL, stake: 2_499n, withdrawn: false },
  ],
  ...more,
});
const ofNode = (action: NodeAction, of: NodeDetails, account: Address, now = REGISTERED) =>
  nodeActions(of, account, now).find((one) => one.action === action);

describe("what an account can do about a node", () => {
  it("P-33: operator and large contributors leave at any time, small ones 30 days after the registration", () => {
    const may = { reason: null, from: null };
    expect(ofNode("leave", node(), OPERATOR)).toMatchObject(may);
    expect(ofNode("leave", node(), LARGE)).toMatchObject(may);
    const allowedAt = REGISTERED + 30 * DAY;
    expect(ofNode("leave", node(), SMALL)).toMatchObject({ reason: "small", from: allowedAt });
    expect(ofNode("leave", node(), SMALL, allowedAt)).toMatchObject(may);
    expect(ofNode("leave", node(), OTHER)).toMatchObject({ reason: "notYours" });
    expect(ofNode("leave", node({ leaveRequestedAt: 1, unlocksAt: 2 }), OPERATOR)).toMatchObject({ reason: "asked" });
    expect(ofNode("leave", node({ state: "exited" }), OPERATOR)).toMatchObject({ reason: "exited" });
  });

  it("P-34: anyone exits a node from its unlock time on, to the second", () => {
    const unlocksAt = REGISTERED + 20 * DAY;
    const leaving = node({ leaveRequestedAt: unlocksAt - 15 * DAY, unlocksAt });
    expect(ofNode("exit", node(), OTHER)).toMatchObject({ reason: "notAsked" });
    expect(ofNode("exit", leaving, OTHER, unlocksAt - 1)).toMatchObject({ reason: "locked", from: unlocksAt });
    expect(ofNode("exit", leaving, OTHER, unlocksAt)).toMatchObject({ reason: null });
    expect(ofNode("exit", node({ state: "exited", unlocksAt }), OTHER, unlocksAt)).toMatchObject({ reason: "exited" });
  });

  it("P-35: principal is paid once, after the exit, when it is unlocked, to contributors", () => {
    const unlocksAt = REGISTERED + 20 * DAY;
    const out = node({ state: "exited", unlocksAt });
    expect(ofNode("withdraw", node({ unlocksAt }), LARGE)).toMatchObject({ reason: "inSet", from: unlocksAt });
    expect(ofNode("withdraw", out, LARGE, unlocksAt - 1)).toMatchObject({ reason: "locked", from: unlocksAt });
    expect(ofNode("withdraw", out, LARGE, unlocksAt)).toMatchObject({ reason: null });
    expect(ofNode("withdraw", out, OTHER, unlocksAt)).toMatchObject({ reason: "notYours" });
    const contributors = out.contributors.map((part) => ({ ...part, withdrawn: true }));
    expect(ofNode("withdraw", { ...out, contributors }, LARGE, unlocksAt)).toMatchObject({ reason: "paid" });
  });

  it("P-36: a liquidated node's operator alone pays the 3 and 17 bps of the whole stake", () => {
    const out = node({ state: "exited", liquidated: true });
    expect([OPERATOR, LARGE, OTHER].map((who) => principalOf(out, who))).toEqual([4_980n, 2_500n, 0n]);
    expect(principalOf(node(), OPERATOR)).toBe(5_000n);
  });

  it("P-111: only the operator contests, and only a decommissioned node", () => {
    const gone = node({ state: "decommissioned" });
    expect(ofNode("contest", gone, OPERATOR)).toMatchObject({ reason: null });
    expect(ofNode("contest", gone, LARGE)).toMatchObject({ reason: "notOperator" });
    expect(ofNode("contest", node(), OPERATOR)).toMatchObject({ reason: "notDecommissioned" });
  });
});

const pool = (more: Partial<PoolView> = {}): PoolView => ({
  address: OTHER,
  operator: OPERATOR,
  status: "open",
  round: 1n,
  feeBps: 500,
  stakingRequirement: 100n,
  total: 60n,
  manualFinalize: false,
  nodeId: null,
  contributions: [
    { addr: OPERATOR, beneficiary: OPERATOR, amount: 40n },
    { addr: LARGE, beneficiary: LARGE, amount: 20n },
  ],
  reservations: [],
  bounds: { minimum: 1n, maximum: 40n, leastLeft: 5n },
  refundable: 0n,
  withdrawableAt: null,
  ...more,
});
const shown = (of: PoolView, account: Address, now = 0) =>
  poolActions(of, account, now).map(({ action, reason, from }): [PoolAction, string | null, number | null] => [
    action,
    reason,
    from,
  ]);

describe("what an account can do about a pool", () => {
  it("P-47: a contributor takes its part back from a day on; the operator ends the round instead", () => {
    const mine = pool({ withdrawableAt: 500 });
    expect(shown(mine, LARGE, 499)).toEqual([
      ["topUp", null, null],
      ["withdraw", "tooEarly", 500],
    ]);
    expect(shown(mine, LARGE, 500)[1]).toEqual(["withdraw", null, null]);
    expect(shown(pool(), OPERATOR)).toEqual([
      ["topUp", null, null],
      ["withdraw", "ownerEnds", null],
      ["end", null, null],
    ]);
  });

  it("P-46: a full round takes nothing more, and its operator registers it where that was agreed", () => {
    const full = pool({ status: "full", manualFinalize: true, bounds: { minimum: 0n, maximum: 0n, leastLeft: 0n } });
    expect(shown(full, OPERATOR).filter(([action]) => action !== "withdraw")).toEqual([
      ["topUp", "full", null],
      ["finalize", null, null],
      ["end", null, null],
    ]);
    expect(shown({ ...full, status: "open" }, OPERATOR)).toContainEqual(["finalize", "notFull", null]);
  });

  it("P-47: what an ended round owes can be had at once; a contract without a round is its operator's to open", () => {
    const ended = pool({ status: "setup", contributions: [], refundable: 20n });
    expect(shown(ended, LARGE)).toEqual([["refund", null, null]]);
    expect(shown({ ...ended, refundable: 0n }, OPERATOR)).toEqual([["open", null, null]]);
    expect(shown({ ...ended, refundable: 0n }, OTHER)).toEqual([]);
  });
});
