/**
 * The ledger beside the real contract and beside the contracts' own model of presence: random histories run on the
 * contract, and the ledger folds their logs block by block. After every block that changed the node set or recorded a
 * report, nodes and stakes are the contract's; for every recorded epoch, blocks and sums are the model's.
 */
import { type ChainHead, type Hex, sumsOf, toHex } from "@quorate/common";
import { send, startTestNetwork, type TestNetwork } from "@quorate/contracts/testing";
import type { Contract, JsonRpcProvider, JsonRpcSigner } from "ethers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Contracts,
  EVENT_TOPICS,
  orderLogs,
  parseEvent,
} from "../../packages/aggregator/src/adapters/chain/events.ts";
import { logSchema } from "../../packages/aggregator/src/adapters/chain/rpc.ts";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";
import { advanceLedger, emptyLedger, type LedgerState } from "../../packages/aggregator/src/core/ledger/ledger.ts";
import {
  blockSums,
  type EpochPresence,
  payableParts,
  presentNodes,
} from "../../packages/aggregator/src/core/ledger/presence.ts";
import { silentReports } from "../../packages/aggregator/src/core/ledger/uptime.ts";
import { admit } from "../../packages/aggregator/test/support/reportChain.ts";
import { ACCOUNT_OF, History } from "../../packages/contracts/test/history.ts";
import {
  ACCOUNTS,
  type Operation,
  operation,
  reportOf,
  SEEDED,
  stakeOf,
  UNIT,
} from "../../packages/contracts/test/operations.ts";
import { foldEpoch } from "../../packages/contracts/test/presence.ts";
import { readEvents } from "../../packages/contracts/test/presenceChain.ts";

const DAY_SECONDS = 86_400;
const STATES = ["none", "pending", "active", "decommissioned", "exited"];

let network: TestNetwork;
let history: History;
let contracts: Contracts;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: SEEDED,
    stakeOf,
    parameters: { stakingRequirementAtomic: 100n * UNIT, epochSeconds: 3_600, poolFundingAtomic: 100_000_000n * UNIT },
  });
  const { rewards, pool } = network.deployment;
  contracts = { rewards: rewards.toLowerCase() as Hex, pool: pool.toLowerCase() as Hex };
  history = new History(network);
  await send(network.rewards, "setGuardian", history.addressOf(ACCOUNT_OF.guardian));
  for (const i of ACCOUNTS) {
    await send(network.token, "transfer", history.addressOf(i), 10_000n * UNIT);
    const own = network.token.connect(network.chain.signers[i] as JsonRpcSigner) as Contract;
    await send(own, "approve", network.deployment.rewards, 2n ** 255n);
  }
  await network.chain.increaseTime(30 * DAY_SECONDS);
});
afterAll(() => network.chain.close());

/** All that the ledger reads, in its order. */
async function readChain(): Promise<ChainEvent[]> {
  const provider = network.chain.provider as unknown as JsonRpcProvider;
  const filter = { address: [contracts.rewards, contracts.pool], topics: [EVENT_TOPICS], fromBlock: "0x0" };
  const raw = logSchema.array().parse(await provider.send("eth_getLogs", [filter]));
  const logs = orderLogs(raw, 0, Number.MAX_SAFE_INTEGER);
  const events: ChainEvent[] = [];
  const heads = new Map<number, ChainHead>();
  for (const log of logs) {
    const head = heads.get(log.blockNumber) ?? (await headAt(provider, log.blockNumber));
    heads.set(head.number, head);
    const event = parseEvent(log, head, contracts);
    if (event !== null) events.push(event);
  }
  return events;
}

async function headAt(provider: JsonRpcProvider, blockNumber: number): Promise<ChainHead> {
  const block = await provider.getBlock(blockNumber);
  if (block === null) throw new Error(`no block ${blockNumber}`);
  return { number: block.number, hash: block.hash as Hex, timestamp: block.timestamp };
}

interface Folded {
  readonly state: LedgerState;
  /** What each epoch's presence had come to when it was last seen. */
  readonly presences: ReadonlyMap<number, EpochPresence>;
  readonly compared: number;
}

async function foldAndCompare(events: readonly ChainEvent[]): Promise<Folded> {
  const state = emptyLedger();
  const presences = new Map<number, EpochPresence>();
  let compared = 0;
  for (let from = 0, to = 0; from < events.length; from = to) {
    const { blockNumber, timestamp } = events[from] as ChainEvent;
    while (events[to]?.blockNumber === blockNumber) to++;
    const head = { number: blockNumber, hash: `0x${"00".repeat(32)}` as const, timestamp };
    advanceLedger(state, events.slice(from, to), head, admit);
    for (const presence of state.uptime.presences) presences.set(presence.epoch, presence);
    if (state.genesis === null) continue;
    await compareNodes(state, blockNumber);
    compared += 1;
  }
  return { state, presences, compared };
}

/** Nodes, stakes and counts as the contract had them after a block. */
async function compareNodes(state: LedgerState, blockTag: number): Promise<void> {
  const read = (method: string, ...args: unknown[]) => network.rewards.getFunction(method)(...args, { blockTag });
  const nodes = [...state.nodes.values()].map(({ node }) => node);
  const stake = (chosen: typeof nodes): bigint => chosen.reduce((sum, node) => sum + node.stake, 0n);
  expect(await read("nextId")).toBe(BigInt(nodes.length + 1));
  expect(await read("activeStake")).toBe(stake(nodes.filter(({ state }) => state === "active")));
  const out = nodes.filter(({ state }) => state === "decommissioned");
  expect(await read("decommissionedStake")).toBe(stake(out.filter(({ silent }) => !silent)));
  expect(await read("silentStake")).toBe(stake(out.filter(({ silent }) => silent)));
  const accepted = (await read("acceptedReports")) as bigint;
  expect(accepted).toBe(BigInt(state.uptime.acceptedReports));
  const records = (await read("nodes", 1, nodes.length)) as { state: bigint; heardAtReport: bigint }[];
  for (const [i, { id, state: own }] of nodes.entries()) {
    const stored = records[i] as (typeof records)[number];
    expect(STATES[Number(stored.state)], `node ${id}`).toBe(own);
    if (own === "decommissioned") expect(accepted - stored.heardAtReport).toBe(BigInt(silentReports(state, id) ?? -1));
  }
}

/** Blocks and sums as the contracts' model has them from the same logs. */
async function comparePresence(presence: EpochPresence): Promise<void> {
  const sums = sumsOf(network.scheme);
  const model = foldEpoch(await readEvents(network.rewards, presence.epoch), sums);
  expect(presence.blocks.map(({ ids }) => ids)).toEqual(model.blocks.map(({ ids }) => ids));
  const own = blockSums(payableParts(presence), sums);
  expect(own.map((sum) => sum && toHex(sum))).toEqual(model.blocks.map(({ sum }) => sum && toHex(sum)));
  expect(presentNodes(presence)).toEqual(model.present);
}

const seen = { compared: 0, presences: 0, blocks: 0, roots: 0, decommissioned: 0 };

async function tell(operations: readonly Operation[]): Promise<void> {
  const restore = await network.chain.snapshot();
  try {
    await history.run(operations, false);
    const { state, presences, compared } = await foldAndCompare(await readChain());
    for (const presence of presences.values()) await comparePresence(presence);
    const count = (await network.distributor.getFunction("payableRootCount")()) as bigint;
    expect(state.uptime.nextRootIndex).toBe(Number(count));
    seen.compared += compared;
    seen.presences += presences.size;
    seen.blocks += [...presences.values()].filter(({ blocks }) => blocks.length > 1).length;
    seen.roots += state.uptime.payableRoots.length;
    seen.decommissioned += [...state.nodes.values()].filter(({ node }) => node.state === "decommissioned").length;
  } finally {
    await restore();
  }
}

describe("the ledger on the contract's own logs", () => {
  it("P-50, P-56, P-58, P-110, P-112: nodes, stakes, silence and presence are the contract's after every block", async () => {
    const show = (signers: number[]): Operation => ({ kind: "show", epoch: 0, signers, lie: "none" });
    const record = (absent: number[], lists: Partial<Extract<Operation, { kind: "report" }>> = {}): Operation =>
      ({ ...reportOf([]), cover: "covered", absent, ...lists }) as Operation;
    await tell([
      { kind: "register", stranger: false, key: 101, split: "solo", operator: 2 },
      record([2, 3, 9], { decommission: [4, 5] }),
      show([2]),
      show([2, 9]),
      show([3, 4]),
      show([3]),
      record([5], { closes: false, repeat: true }),
      record([3], { activate: [9] }),
      { kind: "reports", count: 49 },
      { kind: "dropSilent", ids: [4, 5] },
      { kind: "contest", caller: 1, id: 4 },
      record([2], { activate: [4], decommission: [1, 6] }),
      show([2, 4]),
      { kind: "leave", caller: 1, id: 6 },
      { kind: "wait", seconds: 15 * DAY_SECONDS },
      { kind: "exit", id: 6 },
      record([]),
    ]);
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
  });

  it("P-50, P-56, P-58, P-112: and so they are in random histories", async () => {
    const operations = fc.array(operation, { minLength: 20, maxLength: 50, size: "max" });
    await fc.assert(fc.asyncProperty(operations, tell), { numRuns: 4, seed: 22 });
  });
});
