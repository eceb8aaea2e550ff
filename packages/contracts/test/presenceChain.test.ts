// The blocks of presence.ts on the real contract: a cartel of 6% shows what it likes, and from the logs alone anyone
// makes the root payable as soon as 95% are present. Nothing here hands a share to the fold.
import {
  type Address,
  digestOf,
  type EpochReport,
  GROUP_ORDER,
  g1Struct,
  g2Struct,
  type NodeId,
  provePossession,
  sumsOf,
  toHex,
} from "@quorate/common";
import { craft } from "@quorate/common/testing";
import type { Contract, JsonRpcSigner } from "ethers";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  makeTestNode,
  send,
  signAsOne,
  soloContributor,
  startTestNetwork,
  TEST_STAKE_ATOMIC,
  type TestNetwork,
  type TestNode,
} from "../src/testing/index.ts";
import { type EpochPresence, foldEpoch, type PayableCall } from "./presence.ts";
import { readEvents } from "./presenceChain.ts";
import { revertOf } from "./support.ts";

const SEEDED = 50;
/** Sign the first record: 70%. */
const FIRST = range(1, 35);
/** Honest, and left out of it. 40 is decommissioned by it; 46 and 47 may be exited by anyone. */
const LEFT_OUT = range(36, 47);
const LEAVERS = [46, 47];
/** 6%: without one of them nothing becomes payable. */
const CARTEL = [48, 49, 50];
/** Pending; the record activates it. */
const NEWCOMER = 51;
/** Exited before the epoch's end. */
const GONE = 52;
/** Pending, of one hand: their keys cancel. */
const TWINS = [53, 54];
/** What one more node in a showing costs at most. */
const KEY_GAS = 8_000n;
const FIFTEEN_DAYS = 15 * 86_400;

let network: TestNetwork;
let nodes: readonly TestNode[];
let report: EpochReport;
let restore: () => Promise<void>;

function range(from: number, to: number): NodeId[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

beforeAll(async () => {
  network = await startTestNetwork({ nodes: SEEDED });
  const { chain, rewards, token, deployment } = network;
  const operator = chain.signers[1] as JsonRpcSigner;
  const own = rewards.connect(operator) as Contract;
  await send(token, "transfer", operator.address, TEST_STAKE_ATOMIC * 4n);
  await send(token.connect(operator) as Contract, "approve", deployment.rewards, TEST_STAKE_ATOMIC * 4n);
  const added = [...[NEWCOMER, GONE].map((id) => ordinary(id, operator)), ...TWINS.map((id) => twin(id, operator))];
  for (const { registration } of added) {
    await send(own, "addBLSPublicKey", registration, soloContributor(operator.address as Address, TEST_STAKE_ATOMIC));
  }
  nodes = [...network.nodes, ...added];
  for (const id of [GONE, ...LEAVERS]) await send(own, "initiateExitBLSPublicKey", id);
  await chain.increaseTime(FIFTEEN_DAYS + 1);
  await send(rewards, "exitBLSPublicKey", GONE);

  const [genesis, epochSeconds] = await Promise.all([view("genesis"), view("epochSeconds")]);
  const epoch = (BigInt((await chain.provider.getBlock("latest"))?.timestamp as number) - genesis) / epochSeconds;
  await chain.setNextTimestamp(Number(genesis + (epoch + 1n) * epochSeconds));
  await chain.mine();
  const lists = { activate: [NEWCOMER], decommission: [40] };
  report = { epoch: Number(epoch), rewardsRoot: `0x${"39".repeat(32)}`, totalOwed: 1n, ...lists };
  await record(FIRST);
});
afterAll(() => network.chain.close());
beforeEach(async () => {
  restore = await network.chain.snapshot();
  return () => restore();
});

const view = async (name: string): Promise<bigint> => BigInt(await network.rewards.getFunction(name)());
const ordinary = (id: NodeId, { address }: JsonRpcSigner): TestNode =>
  makeTestNode(network.scheme, network.domain, id, address as Address);

/** A node with a secret of the twins', which sum to zero, and a valid proof of possession. */
function twin(id: NodeId, operator: JsonRpcSigner): TestNode {
  const node = ordinary(TWINS[0] as NodeId, operator);
  if (id === TWINS[0]) return node;
  const blsSecret = craft.secretBytes(GROUP_ORDER - BigInt(toHex(node.blsSecret)));
  const proof = provePossession(network.scheme, network.domain, { ...node, blsSecret });
  const possession = { blsKey: g1Struct(proof.blsKey), proofOfPossession: g2Struct(proof.proofOfPossession) };
  return { ...node, blsSecret, blsKey: proof.blsKey, registration: { ...node.registration, ...possession } };
}

const nodesOf = (ids: readonly NodeId[]): TestNode[] => ids.map((id) => nodes[id - 1] as TestNode);
const digest = (): Uint8Array => digestOf(network.domain, "EpochReport", report);

/** The first record, by these of the seeded nodes. */
async function record(signers: readonly NodeId[]): Promise<void> {
  const signature = signAsOne(network.scheme, nodesOf(signers), digest());
  const nonSigners = range(1, SEEDED).filter((id) => !signers.includes(id));
  await send(network.rewards, "reportEpoch", report, signature, nonSigners, []);
}

/** Shows these nodes, as whoever has heard their shares can; returns the gas. */
async function show(signers: readonly NodeId[]): Promise<bigint> {
  const signature = signAsOne(network.scheme, nodesOf(signers), digest());
  return send(network.rewards, "showSigners", report.epoch, signature, signers);
}

/** From here on nobody's secret is used: logs in, blocks out. */
async function readPresence(): Promise<EpochPresence> {
  return foldEpoch(await readEvents(network.rewards, report.epoch), sumsOf(network.scheme));
}

/** Somebody without any node. */
const anyone = (): Contract => network.rewards.connect(network.chain.signers[7] as JsonRpcSigner) as Contract;
const argumentsOf = ({ signature, nonSigners, extraSigners }: PayableCall): unknown[] => [
  g2Struct(signature),
  nonSigners,
  extraSigners,
];

/** That the sum of all blocks verifies on chain; returns whether money may move by it (P-24). */
async function verifiesOnChain(presence: EpochPresence): Promise<boolean> {
  const call = presence.payable() as PayableCall;
  const stakes = await network.rewards.getFunction("verify")(toHex(digest()), ...argumentsOf(call));
  const [signedActive, signedFloor] = stakes as [bigint, bigint];
  const [active, floor] = [await view("activeStake"), await view("decommissionedStake")];
  return signedActive * 10_000n >= 9_500n * active && signedFloor * 10_000n >= 7_500n * (active + floor);
}

async function makePayable(presence: EpochPresence): Promise<void> {
  await send(anyone(), "reportEpoch", report, ...argumentsOf(presence.payable() as PayableCall));
}
const isPayable = (): Promise<boolean> => network.rewards.getFunction("isPayable")(report.epoch);

describe("P-39, P-40: a root made payable from the chain alone", () => {
  test("70% recorded, the others shown in several sets: anyone adds up what the logs hold", async () => {
    for (const set of [[36, 37, 38], [39, 40, 41, NEWCOMER], range(42, 47)]) await show(set);
    const early = await readPresence();
    const refused = send(anyone(), "reportEpoch", report, ...argumentsOf(early.payable() as PayableCall));
    expect(await revertOf(network.rewards, refused)).toMatch(/^QuorumNotReached/);

    await show([48]);
    const presence = await readPresence();
    expect(presence.payable()).toMatchObject({ nonSigners: [49, 50], extraSigners: [40] });
    await makePayable(presence);
    expect(await isPayable()).toBe(true);
    const after = await readPresence();
    expect(after.blocks).toEqual(presence.blocks);
    expect(after.present).toEqual(presence.present);
  });

  test("the fold's active set is the contract's, after lists and an exit", async () => {
    await send(anyone(), "exitBLSPublicKey", LEAVERS[0]);
    const { active } = await readPresence();
    const bitmap = (await network.rewards.getFunction("activeBitmap")(0)) as bigint;
    expect(range(1, TWINS[1] as NodeId).filter((id) => (bitmap >> BigInt(id)) & 1n)).toEqual(
      [...active].sort((a, b) => a - b),
    );
  });
});

describe("P-56: a cartel of 6% that shows overlapping sets", () => {
  test("whoever it makes present is in a sum that anyone adds; whom it spoils is shown singly; then the root is payable", async () => {
    await show([36, 48]); // {x} and A
    await show([36, 49]); // {x} and B: overlaps
    await show(LEFT_OUT); // honest, front-run by the first
    await show([36, 37, 48]); // a superset
    await show([36, 37, 48]); // again
    await show([37, 38, 49]); // a chain: 37 is a block of its own, so 38 and 49 become one
    await show([39, GONE]); // exited before the epoch's end: counts for nobody
    await show([39, 41]);
    await send(anyone(), "exitBLSPublicKey", 46);
    await show([45, 46, 47]); // signed before the exit
    await show([1, 50]); // a part of the first record's signers
    const spoilt = await readPresence();
    expect(spoilt.blocks.slice(1).map(({ ids }) => ids)).toEqual([[36, 48], [37], [38, 49], [39, 41], [45, 46, 47]]);
    expect(spoilt.passedOver).toBe(4);
    expect(spoilt.present).not.toContain(50);
    expect(await verifiesOnChain(spoilt)).toBe(false);

    for (const id of [...LEFT_OUT, NEWCOMER]) if (!spoilt.present.has(id)) await show([id]);
    const presence = await readPresence();
    for (const id of LEFT_OUT) expect(presence.present).toContain(id);
    expect(await verifiesOnChain(presence)).toBe(true);
    await makePayable(presence);
    expect(await isPayable()).toBe(true);
  });

  test("in every order of four showings, the sum verifies and whoever was shown singly is present", async () => {
    const lists = [[36, 48], [36, 37, 49], [37, 38, 39], [37]];
    for (const order of permutations(lists)) {
      const again = await network.chain.snapshot();
      for (const list of order) await show(list);
      const presence = await readPresence();
      await verifiesOnChain(presence);
      expect(presence.present).toContain(37);
      for (const id of order[0] as NodeId[]) expect(presence.present).toContain(id);
      await again();
    }
  });

  test("twins whose keys cancel are shown without signing; their block has no sum, and the others' still add up", async () => {
    const only36 = signAsOne(network.scheme, nodesOf([36]), digest());
    await show([36]);
    await send(anyone(), "showSigners", report.epoch, only36, [36, ...TWINS]);
    const presence = await readPresence();
    expect(presence.blocks.at(-1)).toEqual({ ids: TWINS, sum: null });
    expect(presence.payable()?.extraSigners).toEqual(TWINS);
    await verifiesOnChain(presence);
  });

  test("nobody is shown by a signature that is not theirs", async () => {
    const only36 = signAsOne(network.scheme, nodesOf([36]), digest());
    const forged = send(anyone(), "showSigners", report.epoch, only36, [36, 48]);
    expect(await revertOf(network.rewards, forged)).toMatch(/^InvalidSignature/);
  });
});

describe("P-56: random showings on the contract", () => {
  const signers = [...LEFT_OUT, ...CARTEL, NEWCOMER, GONE, ...TWINS, 1, 2];
  const sets = fc.array(fc.uniqueArray(fc.constantFrom(...signers), { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 6,
  });

  test("every sum of all blocks verifies, and the root becomes payable exactly when they hold 95% of what is active", async () => {
    const seen = { payable: 0, short: 0, passedOver: 0 };
    const drawn = fc.record({ sets, exits: fc.subarray(LEAVERS), isCompleted: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(drawn, async ({ sets: lists, exits, isCompleted }) => {
        const again = await network.chain.snapshot();
        for (const [i, list] of lists.entries()) {
          const id = exits[i];
          if (id !== undefined) await send(anyone(), "exitBLSPublicKey", id);
          const isGone = list.every((one) => one === GONE || exits.includes(one));
          if (!isGone && !cancel(list)) await show([...list].sort((a, b) => a - b));
        }
        if (isCompleted) {
          const { present } = await readPresence();
          const missing = [...LEFT_OUT, NEWCOMER].filter((id) => !present.has(id) && !exits.includes(id));
          for (const id of missing) await show([id]);
        }
        const presence = await readPresence();
        const isEnough = await verifiesOnChain(presence);
        if (isEnough) await makePayable(presence);
        else expect(await revertOf(network.rewards, makePayable(presence))).toMatch(/^(Quorum|Floor)NotReached/);
        expect(await isPayable()).toBe(isEnough);
        seen[isEnough ? "payable" : "short"] += 1;
        seen.passedOver += presence.passedOver;
        await again();
      }),
      { numRuns: 14 },
    );
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
  });

  /** The contract refuses a key at infinity. */
  function cancel(list: readonly NodeId[]): boolean {
    return list.length === 2 && TWINS.every((id) => list.includes(id));
  }
});

describe("P-39: what it costs to show everyone", () => {
  /** Not decommissioned: hearing one that is writes to it (P-110). */
  const missing = LEFT_OUT.filter((id) => id !== 40);

  test("a node alone, and each further key of a showing", async () => {
    const [alone, all] = [await show(missing.slice(0, 1)), await show(missing)];
    expect(alone).toBeLessThanOrEqual(230_000n);
    expect((all - alone) / BigInt(missing.length - 1)).toBeLessThanOrEqual(KEY_GAS);
  });

  test("a cartel of three makes three showings count for nobody; the fourth counts, for less than twice its gas in all", async () => {
    const spent = { honest: 0n, cartel: 0n };
    const left = [...missing];
    for (const spoiler of CARTEL) {
      spent.cartel += await show([left[0] as NodeId, spoiler]);
      spent.honest += await show(left);
      left.shift();
    }
    expect((await readPresence()).passedOver).toBe(CARTEL.length);
    spent.honest += await show(left);
    const { present } = await readPresence();
    for (const id of missing) expect(present).toContain(id);
    expect(spent.honest).toBeLessThan(2n * spent.cartel);
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((others) => [item, ...others]));
}
