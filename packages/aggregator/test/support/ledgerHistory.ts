/**
 * Histories for tests and benchmarks of the ledger: networks of any size, and random ones with all that may happen to
 * their nodes. Enters: sizes, or fast-check's draws. Leaves: events in order. Not here: what the ledger makes of them.
 */
import { type Address, type ChainHead, fromHex, type Hex, isQuorateError } from "@quorate/common";
import fc from "fast-check";
import { releasedAt } from "../../src/core/ledger/emission.ts";
import type { ChainEvent, ContributorView, LedgerNode } from "../../src/core/ledger/events.ts";
import { type AdmitNode, advanceLedger, emptyLedger, type LedgerState } from "../../src/core/ledger/ledger.ts";

export const GENESIS = 1_000_000;
export const EPOCH_SECONDS = 100;
const STAKE = 25_000n * 10n ** 9n;
const POOL = 40_000_000n * 10n ** 9n;

export const address = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
const hash = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;

/** One block a second: the block's number is its timestamp. */
export const headAt = (timestamp: number): ChainHead => ({ number: timestamp, hash: hash(timestamp), timestamp });

/** Takes the identity check as given: it is the agent's. */
export const admit: AdmitNode = (event): LedgerNode => ({
  id: event.id,
  operator: event.operator,
  state: event.seeded ? "active" : "pending",
  silent: false,
  stake: event.contributors.reduce((sum, { stake }) => sum + stake, 0n),
  blsKey: fromHex(event.blsKey),
  identityKey: event.identityKey,
  identityValid: true,
  feeBps: event.feeBps,
  contributors: event.contributors,
});

export function registration(
  id: number,
  timestamp: number,
  { seeded, feeBps, contributors }: { seeded: boolean; feeBps: number; contributors: readonly ContributorView[] },
): ChainEvent {
  const keys = {
    blsKey: `0x${"11".repeat(96)}`,
    identityKey: hash(id),
    identitySignature: `0x${"22".repeat(64)}`,
  } as const;
  const position = { blockNumber: timestamp, logIndex: id, timestamp };
  return { type: "node-registered", ...position, id, operator: address(id), seeded, ...keys, feeBps, contributors };
}

const settled = (timestamp: number, balance: bigint, totalReleased: bigint): ChainEvent => ({
  type: "pool-settled",
  ...{ blockNumber: timestamp, logIndex: 1_000_000, timestamp, balance, time: timestamp, totalReleased },
});

const started: ChainEvent = {
  type: "started",
  ...{ blockNumber: GENESIS, logIndex: 1_000_001, timestamp: GENESIS, genesis: GENESIS, epochSeconds: EPOCH_SECONDS },
};

/**
 * A network before its first epoch: `nodes` nodes of as many contributors each, all of them different recipients, with
 * a fee and equal stakes.
 */
export function network(nodes: number, contributorsOfEach: number): ChainEvent[] {
  const stake = STAKE / BigInt(contributorsOfEach);
  return [
    ...Array.from({ length: nodes }, (_, i) => {
      const contributors = Array.from({ length: contributorsOfEach }, (__, j) => {
        const recipient = address(1 + i * contributorsOfEach + j);
        return { addr: recipient, beneficiary: recipient, stake };
      });
      return registration(i + 1, GENESIS - 10, { seeded: true, feeBps: 1_000, contributors });
    }),
    settled(GENESIS, POOL, 0n),
    started,
  ];
}

const NODES_MAX = 6;

const step = fc.record({
  kind: fc.constantFrom("register", "activate", "decommission", "drop", "restore", "leave", "exit", "deposit", "wait"),
  id: fc.integer({ min: 1, max: NODES_MAX }),
  after: fc.nat({ max: 130 }),
  amount: fc.bigInt({ min: 0n, max: POOL }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/**
 * Registrations, activations, decommissions, leaves, exits, deposits and pauses in any order, from before genesis on.
 */
export const histories: fc.Arbitrary<ChainEvent[]> = fc
  .record({
    shapes: fc.array(
      fc.record({
        parts: fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 10 }),
        feeBps: fc.nat({ max: 10_000 }),
        seeded: fc.boolean(),
      }),
      { minLength: NODES_MAX, maxLength: NODES_MAX },
    ),
    registeredBefore: fc.integer({ min: 1, max: NODES_MAX }),
    steps: fc.array(step, { maxLength: 25 }),
  })
  .map(({ shapes, registeredBefore, steps }) => {
    const registrations = shapes.map(({ parts, feeBps, seeded }, i) => (timestamp: number, before: boolean) => {
      const contributors = parts.map((part, j) => ({
        addr: address(j + 1),
        beneficiary: address(50 + ((i + j) % 12)),
        stake: BigInt(part) * 1_000_003n,
      }));
      return registration(i + 1, timestamp, { seeded: seeded && before, feeBps, contributors });
    });
    const first = registrations.slice(0, registeredBefore).map((register) => register(GENESIS - 10, true));
    const drawn = [...first, settled(GENESIS, POOL, 0n), started, ...lived(steps, registrations, registeredBefore)];
    return following(drawn);
  });

/** Without the events that cannot follow on those before them (P-58). */
function following(events: readonly ChainEvent[]): ChainEvent[] {
  const state = emptyLedger();
  return events.filter((event) => {
    try {
      advanceLedger(state, [event], headAt(event.timestamp), admit);
      return true;
    } catch (error) {
      if (isQuorateError(error)) return false;
      throw error;
    }
  });
}

function lived(
  steps: readonly Step[],
  registrations: readonly ((timestamp: number, before: boolean) => ChainEvent)[],
  registeredBefore: number,
): ChainEvent[] {
  let timestamp = GENESIS;
  let registered = registeredBefore;
  let pool = { balance: POOL, time: GENESIS, totalReleased: 0n };
  return steps.flatMap(({ kind, id: drawn, after, amount }): ChainEvent[] => {
    // At least a second each, so that no two events stand at one place.
    timestamp += 1 + after;
    const id = 1 + (drawn % registered);
    const position = { blockNumber: timestamp, logIndex: 0, timestamp };
    switch (kind) {
      case "register": {
        const register = registrations[registered];
        if (register === undefined) return [];
        registered += 1;
        return [register(timestamp, false)];
      }
      case "activate":
        return [{ type: "nodes-activated", ids: [id], ...position }];
      case "decommission":
        return [{ type: "nodes-decommissioned", ids: [id], ...position }];
      case "drop":
        return [{ type: "nodes-dropped", ids: [id], ...position }];
      case "restore":
        return [{ type: "nodes-restored", ids: [id], ...position }];
      case "leave":
        return [{ type: "leave-requested", id, unlocksAt: timestamp + 120, ...position }];
      case "exit":
        return [{ type: "node-exited", id, ...position }];
      case "deposit": {
        const totalReleased = releasedAt(pool, timestamp);
        pool = {
          balance: pool.balance - (totalReleased - pool.totalReleased) + amount,
          time: timestamp,
          totalReleased,
        };
        return [settled(timestamp, pool.balance, totalReleased)];
      }
      default:
        timestamp += 3 * EPOCH_SECONDS;
        return [];
    }
  });
}

/** Folded at once, from nothing. */
export function foldAll(events: readonly ChainEvent[], until: number): LedgerState {
  const state = emptyLedger();
  advanceLedger(state, events, headAt(until), admit);
  return state;
}

/** What two folds of one history have in common, however they came by it. */
export function folded({ journal: _journal, ...rest }: LedgerState): Omit<LedgerState, "journal"> {
  return rest;
}

export function lastTimestamp(events: readonly ChainEvent[]): number {
  return events.reduce((last, { timestamp }) => Math.max(last, timestamp), GENESIS);
}
