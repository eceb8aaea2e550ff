import type { ChainCall, SigningDomain } from "@quorate/common";
import { insecureLinearScheme } from "@quorate/common/bls/insecure-linear";
import { beforeEach, describe, expect, it } from "vitest";
import type { ChainEvent } from "../../../packages/aggregator/src/core/ledger/events.ts";
import { makeNode } from "../nodes.ts";
import { RewardsContract } from "../rewardsContract.ts";
import { Scheduler } from "../scheduler.ts";
import { Calendar, GENESIS, SEEDING } from "./calendar.ts";
import { FINALITY_MS, LifeChain, type Transaction } from "./chain.ts";

const DOMAIN: SigningDomain = { chainId: 31_337, verifyingContract: `0x${"5e".repeat(20)}` };
const scheme = insecureLinearScheme();
const nodeAt = (id: number, seeded: boolean) => makeNode(scheme, DOMAIN, id, seeded, SEEDING).registered;
const DROP: ChainCall = { type: "drop-silent", ids: [1] };
/** Refused by every contract that has no record. */
const SHOW: ChainCall = { type: "show", epoch: 0, signature: new Uint8Array(192), signers: [1] };

let scheduler: Scheduler;
let chain: LifeChain;
let seen: ChainEvent[][];
let ends: string[];
beforeEach(() => {
  scheduler = new Scheduler();
  seen = [];
  ends = [];
  const calendar = new Calendar(100);
  const contract = new RewardsContract(scheme, DOMAIN, GENESIS, 100);
  const observer = { onEvents: (events: readonly ChainEvent[]) => seen.push([...events]) };
  chain = new LifeChain(contract, calendar, scheduler, [nodeAt(1, true), nodeAt(2, true)], [observer]);
  chain.start();
});

function passUntil(untilMs: number): void {
  while (scheduler.step(untilMs)) {
    // Blocks are made.
  }
}

function transaction(name: string, call: ChainCall, fields: Partial<Transaction> = {}): Transaction {
  const sender = { from: 1, submitter: `0x${"aa".repeat(20)}` as const };
  const onEnd: Transaction["onEnd"] = (end) => {
    ends.push(`${name} ${end.kind}${"code" in end ? ` ${end.code}` : ""}`);
  };
  return { ...sender, call, notAfter: Number.MAX_SAFE_INTEGER, readyMs: 0, onEnd, ...fields };
}

describe("the chain of a life run", () => {
  it("begins with the seeded nodes, the pool and the start, which are final at once", () => {
    expect(seen[0]?.map(({ type }) => type)).toEqual(["node-registered", "node-registered", "pool-settled", "started"]);
    expect(chain.between(null, chain.headAt(0))).toEqual(seen[0]);
  });

  it("shows an event to whoever looks ahead at once, and as final four blocks later", () => {
    chain.registerAt(3_000, nodeAt(3, false));
    passUntil(4_000);
    const head = chain.headAt(4_000);
    expect(chain.between(null, head)).toHaveLength(4);
    expect(chain.above(head, 4_000).map(({ type }) => type)).toEqual(["node-registered"]);
    expect(chain.above(head, 3_999)).toEqual([]);
    passUntil(4_000 + FINALITY_MS);
    expect(chain.between(head, chain.headAt(3_999 + FINALITY_MS))).toEqual([]);
    expect(chain.between(head, chain.headAt(4_000 + FINALITY_MS))).toHaveLength(1);
  });

  it("settles the pool at what it has released when a deposit comes (P-31)", () => {
    chain.fundAt(3_000, 1_000n);
    passUntil(4_000);
    const [settled] = seen.at(-1) ?? [];
    if (settled?.type !== "pool-settled") throw new Error("the deposit settles");
    expect(settled.totalReleased).toBeGreaterThan(0n);
    expect(settled.balance + settled.totalReleased).toBe(40_000_000n * 10n ** 9n + 1_000n);
  });

  it("executes what is ready in the order of the queue, whoever pays more first", () => {
    chain.broadcast(transaction("first", DROP));
    chain.broadcast(transaction("late", DROP, { readyMs: 3_000 }));
    chain.broadcast(transaction("refused", SHOW));
    chain.frontRun(transaction("rich", DROP));
    expect(chain.pending).toHaveLength(4);
    passUntil(2_000);
    expect(ends).toEqual(["rich included", "first included", "refused reverted NoRecord"]);
    passUntil(4_000);
    expect(ends.at(-1)).toBe("late included");
    expect(chain.pending).toEqual([]);
  });

  it("never takes a transaction after its time, and says beforehand what would be refused", () => {
    expect(chain.problemOf(SHOW, `0x${"aa".repeat(20)}`)).toBe("NoRecord");
    expect(chain.problemOf(DROP, `0x${"aa".repeat(20)}`)).toBeNull();
    const { timestamp } = chain.calendar.blockAt(2_000);
    chain.broadcast(transaction("in time", DROP, { readyMs: 2_000, notAfter: timestamp }));
    chain.broadcast(transaction("too late", DROP, { readyMs: 4_000, notAfter: timestamp }));
    passUntil(4_000);
    expect(ends).toEqual(["in time included", "too late expired"]);
  });
});
