import type { Address, Hex } from "@quorate/common";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { address, admit, EPOCH_SECONDS, GENESIS, headAt } from "../../../test/support/ledgerHistory.ts";
import { releasedAt } from "./emission.ts";
import type { ChainEvent, ContributorView } from "./events.ts";
import { advanceLedger, amountAt, emptyLedger, type LedgerState, lastClosedEpoch } from "./ledger.ts";

const STAKE = 25_000n * 10n ** 9n;
const POOL = 40_000_000n * 10n ** 9n;

const hash = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;

function registered(
  id: number,
  timestamp: number,
  over: Partial<Extract<ChainEvent, { type: "node-registered" }>> = {},
): ChainEvent {
  return {
    type: "node-registered",
    blockNumber: timestamp,
    logIndex: id,
    timestamp,
    id,
    operator: address(id),
    seeded: true,
    blsKey: `0x${"11".repeat(96)}`,
    identityKey: hash(id),
    identitySignature: `0x${"22".repeat(64)}`,
    feeBps: 0,
    contributors: [{ addr: address(id), beneficiary: address(id), stake: STAKE }],
    ...over,
  };
}

const settled = (timestamp: number, balance: bigint, totalReleased = 0n): ChainEvent => ({
  type: "pool-settled",
  blockNumber: timestamp,
  logIndex: 50,
  timestamp,
  balance,
  time: timestamp,
  totalReleased,
});

const started: ChainEvent = {
  type: "started",
  blockNumber: GENESIS,
  logIndex: 0,
  timestamp: GENESIS,
  genesis: GENESIS,
  epochSeconds: EPOCH_SECONDS,
};

function fold(events: readonly ChainEvent[], until: number): LedgerState {
  const state = emptyLedger();
  advanceLedger(state, events, headAt(until), admit);
  return state;
}

const network = (nodes: number): ChainEvent[] => [
  ...Array.from({ length: nodes }, (_, i) => registered(i + 1, GENESIS - 10)),
  settled(GENESIS, POOL),
  started,
];

describe("epochs (P-51)", () => {
  it("closes an epoch with the first finalised block at or after its end, not before", () => {
    expect(lastClosedEpoch(fold(network(2), GENESIS + EPOCH_SECONDS - 1))).toBeNull();
    expect(lastClosedEpoch(fold(network(2), GENESIS + EPOCH_SECONDS))).toBe(0);
    expect(lastClosedEpoch(fold(network(2), GENESIS + 3 * EPOCH_SECONDS + 99))).toBe(2);
  });

  it("counts an event at the very end of an epoch in the next one", () => {
    const doubling = settled(
      GENESIS + EPOCH_SECONDS,
      2n * POOL,
      releasedAt({ balance: POOL, time: GENESIS, totalReleased: 0n }, GENESIS + EPOCH_SECONDS),
    );
    const state = fold([...network(1), doubling], GENESIS + 2 * EPOCH_SECONDS);
    const first = amountAt(state, 0, address(1)) ?? 0n;
    expect(first).toBe(releasedAt({ balance: POOL, time: GENESIS, totalReleased: 0n }, GENESIS + EPOCH_SECONDS));
    const doubled = { balance: 2n * POOL, time: GENESIS + EPOCH_SECONDS, totalReleased: first };
    expect(amountAt(state, 1, address(1))).toBe(releasedAt(doubled, GENESIS + 2 * EPOCH_SECONDS));
  });

  it("keeps the last five closed epochs and answers null outside of them", () => {
    const state = fold(network(1), GENESIS + 9 * EPOCH_SECONDS);
    expect(amountAt(state, 8, address(1))).not.toBeNull();
    expect(amountAt(state, 4, address(1))).not.toBeNull();
    expect(amountAt(state, 3, address(1))).toBeNull();
    expect(amountAt(state, 9, address(1))).toBeNull();
  });

  it("does not depend on how the blocks are cut into ranges (P-50)", () => {
    const released = releasedAt({ balance: POOL, time: GENESIS, totalReleased: 0n }, GENESIS + 250);
    const events = [...network(3), settled(GENESIS + 250, POOL / 2n, released)];
    const whole = fold(events, GENESIS + 500);
    const stepwise = emptyLedger();
    for (const event of events) advanceLedger(stepwise, [event], headAt(event.timestamp), admit);
    for (let t = GENESIS + 251; t <= GENESIS + 500; t += 7) advanceLedger(stepwise, [], headAt(t), admit);
    advanceLedger(stepwise, [], headAt(GENESIS + 500), admit);
    expect(stepwise).toEqual(whole);
  });
});

describe("emission and split (P-52 to P-55)", () => {
  it("pays equal nodes equally (P-53)", () => {
    const state = fold(network(4), GENESIS + EPOCH_SECONDS);
    const amounts = [1, 2, 3, 4].map((id) => amountAt(state, 0, address(id)));
    expect(new Set(amounts).size).toBe(1);
    expect(amounts[0]).toBeGreaterThan(0n);
  });

  it("pays nothing to a pending node", () => {
    const state = fold([...network(2), registered(3, GENESIS + 1, { seeded: false })], GENESIS + EPOCH_SECONDS);
    expect(amountAt(state, 0, address(3))).toBe(0n);
    expect(state.nodes.get(3)?.node.state).toBe("pending");
  });

  it("carries everything over while nobody is active", () => {
    const state = fold([settled(GENESIS, POOL), started], GENESIS + EPOCH_SECONDS);
    expect(state.carry).toBe(releasedAt({ balance: POOL, time: GENESIS, totalReleased: 0n }, GENESIS + EPOCH_SECONDS));
  });

  it("pays the fee and the dust to the first contributor's beneficiary (P-54)", () => {
    const contributors = [
      { addr: address(1), beneficiary: address(101), stake: STAKE / 4n },
      { addr: address(2), beneficiary: address(102), stake: STAKE - STAKE / 4n },
    ];
    const events = [registered(1, GENESIS - 1, { feeBps: 1_000, contributors }), settled(GENESIS, POOL), started];
    const state = fold(events, GENESIS + EPOCH_SECONDS);
    const reward = releasedAt({ balance: POOL, time: GENESIS, totalReleased: 0n }, GENESIS + EPOCH_SECONDS);
    const fee = reward / 10n;
    const others = ((reward - fee) * 3n) / 4n;
    expect(amountAt(state, 0, address(102))).toBe(others);
    expect(amountAt(state, 0, address(101))).toBe(reward - others);
    expect(amountAt(state, 0, address(1))).toBe(0n);
  });

  it("property: what is owed and carried is what was released, exactly, and lifetime amounts never fall", () => {
    const contributor = fc.record({
      parts: fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 10 }),
      feeBps: fc.nat({ max: 10_000 }),
    });
    const balances = fc.array(fc.bigInt({ min: 0n, max: 10n ** 17n }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(contributor, { maxLength: 6 }),
        balances,
        fc.integer({ min: 1, max: 1_000 }),
        (nodes, pools, gap) => {
          const events = randomHistory(nodes, pools, gap);
          const state = emptyLedger();
          let previous = new Map<Address, bigint>();
          for (const event of events) {
            advanceLedger(state, [event], headAt(event.timestamp), admit);
            for (const [recipient, amount] of previous) expect((state.owed.get(recipient) ?? 0n) >= amount).toBe(true);
            previous = new Map(state.owed);
            expect(sum(state.owed.values()) + state.carry).toBe(state.releasedAtOpen);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("changes of a node's state (P-53)", () => {
  const change = (
    type: "nodes-activated" | "nodes-decommissioned" | "node-exited",
    id: number,
    timestamp: number,
  ): ChainEvent => {
    const position = { timestamp, blockNumber: timestamp, logIndex: 0 };
    return type === "node-exited" ? { ...position, type, id } : { ...position, type, ids: [id] };
  };
  const leave = (id: number, timestamp: number, unlocksAt: number): ChainEvent => ({
    ...{ type: "leave-requested", id, unlocksAt, timestamp, blockNumber: timestamp, logIndex: 0 },
  });
  /** What nodes 1 and 2 earned by the end of an epoch, as parts of all that was released. */
  const parts = (events: readonly ChainEvent[], epoch: number): [bigint, bigint] => {
    const state = fold([...network(2), ...events], GENESIS + (epoch + 1) * EPOCH_SECONDS);
    return [amountAt(state, epoch, address(1)) ?? 0n, amountAt(state, epoch, address(2)) ?? 0n];
  };

  it("counts the seconds before a decommission and after a return, and none between", () => {
    const events = [change("nodes-decommissioned", 2, GENESIS + 20), change("nodes-activated", 2, GENESIS + 70)];
    const [first, second] = parts(events, 0);
    // 100 seconds against 20 + 30.
    expect(second).toBe(first / 2n);
    expect(first).toBeGreaterThan(0n);
  });

  it("a pending node earns from its activation", () => {
    const events = [registered(3, GENESIS + 5, { seeded: false }), change("nodes-activated", 3, GENESIS + 150)];
    const state = fold([...network(2), ...events], GENESIS + 2 * EPOCH_SECONDS);
    expect(amountAt(state, 0, address(3))).toBe(0n);
    const others = (amountAt(state, 1, address(1)) ?? 0n) - (amountAt(state, 0, address(1)) ?? 0n);
    expect(amountAt(state, 1, address(3))).toBe(others / 2n);
    expect(state.nodes.get(3)?.node.state).toBe("active");
  });

  it("one that has asked to leave earns until its exit unlocks, however often it asks", () => {
    const events = [leave(2, GENESIS + 10, GENESIS + 50), leave(2, GENESIS + 40, GENESIS + 50)];
    const [first, second] = parts(events, 0);
    expect(second).toBe(first / 2n);
    const [, later] = parts(events, 1);
    expect(later).toBe(second);
  });

  it("an exited node keeps what it earned, and earns nothing more", () => {
    const events = [change("node-exited", 2, GENESIS + 50)];
    const [first, second] = parts(events, 0);
    expect(second).toBe(first / 2n);
    expect(parts(events, 1)[1]).toBe(second);
  });

  it("error: CHAIN_EVENT_INVALID for a node that never registered: events are missing", () => {
    expect(() => parts([change("node-exited", 9, GENESIS + 1)], 0)).toThrow(/CHAIN_EVENT_INVALID/);
  });

  it("property: epochs add up exactly whatever happens to the nodes (P-55)", () => {
    const step = fc.record({
      kind: fc.constantFrom("nodes-activated", "nodes-decommissioned", "node-exited", "leave" as const),
      id: fc.integer({ min: 1, max: 4 }),
      after: fc.nat({ max: 90 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        let time = GENESIS;
        const states = new Map([1, 2, 3, 4].map((id) => [id, "active"]));
        const unlocks = new Map<number, number>();
        const events = steps.flatMap(({ kind, id, after }) => {
          time += after;
          const from = { "nodes-activated": ["decommissioned"], "nodes-decommissioned": ["active"] }[kind as string];
          if (!(from ?? ["active", "decommissioned"]).includes(states.get(id) as string)) return [];
          if (kind === "leave") {
            unlocks.set(id, unlocks.get(id) ?? time + 120);
            return [leave(id, time, unlocks.get(id) as number)];
          }
          states.set(id, { "nodes-activated": "active", "node-exited": "exited" }[kind as string] ?? "decommissioned");
          return [change(kind, id, time)];
        });
        const state = emptyLedger();
        for (const event of [...network(4), ...events]) advanceLedger(state, [event], headAt(event.timestamp), admit);
        advanceLedger(state, [], headAt(time + 3 * EPOCH_SECONDS), admit);
        expect(sum(state.owed.values()) + state.carry).toBe(state.releasedAtOpen);
        expect(sum(state.owed.values())).toBe(state.totalOwed);
      }),
      { numRuns: 60 },
    );
  });
});

function randomHistory(
  nodes: readonly { parts: readonly number[]; feeBps: number }[],
  pools: readonly bigint[],
  gap: number,
): ChainEvent[] {
  const registrations = nodes.map(({ parts, feeBps }, i) => {
    const contributors: ContributorView[] = parts.map((part, j) => ({
      addr: address(j + 1),
      beneficiary: address(50 + j),
      stake: BigInt(part) * 1_000_003n,
    }));
    return registered(i + 1, GENESIS - 1, { feeBps, contributors });
  });
  let time = GENESIS;
  let last = { balance: 0n, time, totalReleased: 0n };
  const settlements = pools.map((balance) => {
    const total = releasedAt(last, time);
    const event = settled(time, balance, total);
    last = { balance, time, totalReleased: total };
    time += gap;
    return event;
  });
  const [first, ...rest] = settlements;
  return [
    ...registrations,
    ...(first === undefined ? [] : [first]),
    started,
    ...rest,
    settled(time + 1_000, last.balance, releasedAt(last, time + 1_000)),
  ];
}

function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}
