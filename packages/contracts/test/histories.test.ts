// The same random histories through the contracts and through a plain model: each operation ends the same way, with the
// same error by name, and leaves the same state. A history that fails prints its seed; fast-check makes it short.
import type { Contract, JsonRpcSigner } from "ethers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { send, startTestNetwork, type TestNetwork } from "../src/testing/index.ts";
import { ACCOUNT_OF, History } from "./history.ts";
import type { Cover } from "./model.ts";
import { ACCOUNTS, type Operation, operation, reportOf, SEEDED, type ShownLie, stakeOf, UNIT } from "./operations.ts";

const DAY_SECONDS = 86_400;
const EPOCH_SECONDS = 3_600;

let network: TestNetwork;
let history: History;

beforeAll(async () => {
  network = await startTestNetwork({
    nodes: SEEDED,
    stakeOf,
    parameters: {
      stakingRequirementAtomic: 100n * UNIT,
      claimLimitAtomic: 8n * UNIT,
      claimCycleSeconds: 43_200,
      epochSeconds: EPOCH_SECONDS,
      poolFundingAtomic: 100_000_000n * UNIT,
    },
  });
  history = new History(network);
  await send(network.rewards, "setGuardian", history.addressOf(ACCOUNT_OF.guardian));
  for (const i of ACCOUNTS) {
    await send(network.token, "transfer", history.addressOf(i), 10_000n * UNIT);
    const own = network.token.connect(network.chain.signers[i] as JsonRpcSigner) as Contract;
    await send(own, "approve", network.deployment.rewards, 2n ** 255n);
  }
  await network.chain.increaseTime(30 * DAY_SECONDS); // what is awarded below has been released by then
});
afterAll(() => network.chain.close());

/** Carries a history out, looks at what it has come to, and goes back to before it. */
async function tell(
  operations: readonly Operation[],
  compareAll: boolean,
  look: () => Promise<void> = async () => {},
): Promise<void> {
  const restore = await network.chain.snapshot();
  try {
    await history.run(operations, compareAll);
    await look();
  } finally {
    await restore();
  }
}

/** The ids that the events of a name carry. */
async function idsIn(event: string): Promise<bigint[][]> {
  const events = (await network.rewards.queryFilter(event)) as unknown as { args: { ids: bigint[] } }[];
  return events.map(({ args }) => [...args.ids]);
}

const seen = (outcome: string): number => history.outcomes.get(outcome) ?? 0;
const wait = (seconds: number): Operation => ({ kind: "wait", seconds });
const reports = (count: number): Operation => ({ kind: "reports", count });

describe("random histories", () => {
  test("P-20 to P-42, P-110 to P-116: contracts and model agree on every outcome and on the state after it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 60, size: "max" }), (operations) =>
        tell(operations, true),
      ),
      { numRuns: Number(process.env["HISTORIES"] ?? 8), seed: 21 },
    );
  });

  test("P-37, P-39, P-40: first records, later records and showings, and what each is refused for", async () => {
    const first = (cover: Cover, absent: number[] = []) => ({ ...reportOf([]), cover, absent }) as Operation;
    const again = (absent: number[] = []) => ({ ...reportOf([]), closes: false, repeat: true, absent }) as Operation;
    const another = { ...reportOf([3]), closes: false } as Operation;
    const show = (signers: number[], lie: ShownLie = "none", epoch = 0): Operation => ({
      ...{ kind: "show", epoch, signers, lie },
    });
    await tell(
      [
        first("rootless"),
        again(), // RootIsZero
        another, // AnotherReportRecorded
        first("owing"),
        again(), // OwedExceedsReleased
        first("covered", [1]), // QuorumNotReached: more than half is missing
        first("covered", [2]),
        again([2]), // QuorumNotReached: 5.7% are missing
        again(),
        again(), // AlreadyPayable
        show([2, 3]),
        show([2, 3], "unsigned"),
        show([2], "unsigned"), // SignatureAtInfinity
        show([2, 3], "unsorted"),
        show([2, 3], "duplicate"),
        show([2, 3], "unknown"),
        show([]), // NobodyToShow
        wait(EPOCH_SECONDS),
        show([2]), // NoRecord
        show([2], "none", -1), // OutsideWindow
        wait(EPOCH_SECONDS / 2),
        { ...reportOf([]), closes: false } as Operation, // OutsideWindow
      ],
      true,
    );
    const refusals = [
      "RootIsZero",
      "AnotherReportRecorded",
      "OwedExceedsReleased",
      "QuorumNotReached",
      "AlreadyPayable",
    ];
    for (const error of [...refusals, "OutsideWindow"]) expect(seen(`report ${error}`), error).toBeGreaterThan(0);
    const hidden = ["InvalidSignature", "SignatureAtInfinity", "UnsortedIds", "DuplicateId", "UnknownId"];
    for (const error of [...hidden, "NobodyToShow", "NoRecord", "OutsideWindow"]) {
      expect(seen(`show ${error}`), error).toBeGreaterThan(0);
    }
  });

  test("P-36: a node that is silent for 168 reports is liquidated, and its principal comes back later", async () => {
    const before = seen("liquidate null");
    await tell(
      [
        reportOf([5]),
        reports(100),
        { kind: "contest", caller: 1, id: 5 }, // it counts from here
        reports(167),
        { kind: "liquidate", id: 5 },
        reports(1),
        { kind: "liquidate", id: 5 },
        { kind: "withdraw", caller: 1, id: 5 },
        { kind: "leave", caller: 2, id: 6 }, // NotContributor
        { kind: "leave", caller: 1, id: 6 },
        { kind: "leave", caller: 1, id: 6 }, // LeaveRequestTooEarly
        { kind: "exit", id: 6 }, // NodeLocked
        { kind: "withdraw", caller: 1, id: 6 }, // NodeNotExited
        wait(24 * DAY_SECONDS),
        { kind: "withdraw", caller: 1, id: 5 },
        { kind: "withdraw", caller: 1, id: 5 },
        { kind: "exit", id: 6 },
      ],
      false,
    );
    expect(seen("liquidate null")).toBe(before + 1);
    const leaving = ["leave NotContributor", "leave LeaveRequestTooEarly", "exit NodeLocked", "withdraw NodeNotExited"];
    const liquidated = ["liquidate LiquidationTooEarly", "withdraw NodeLocked", "withdraw PrincipalWithdrawn"];
    for (const outcome of [...leaving, ...liquidated]) expect(seen(outcome), outcome).toBeGreaterThan(0);
  });

  test("P-110, P-112, P-116: a silent node is dropped, comes back when heard, and is kept out by the owner", async () => {
    const contest = (signers: number[], lie: ShownLie = "none", epoch = 0): Operation => ({
      ...{ kind: "contestSigned", epoch, signers, lie },
    });
    const drop: Operation = { kind: "dropSilent", ids: [5, 6, 6, 900] };
    const all = contest([5, 6]);
    await tell(
      [
        contest([5]), // NobodyToContest
        { kind: "contest", caller: 1, id: 5 }, // NodeNotDecommissioned
        reportOf([5, 6]), // the cap leaves it at the first
        reportOf([6]),
        { kind: "contest", caller: 2, id: 5 }, // CallerNotOperator
        contest([5, 6], "unsigned"),
        contest([5, 6], "unknown"),
        contest([5, 6], "none", -2), // OutsideWindow
        reports(46),
        drop,
        reports(1),
        drop, // node 5
        reports(1),
        drop, // node 6
        all,
        reports(48),
        drop,
        { kind: "show", epoch: 0, signers: [5], lie: "none" },
        { kind: "dropFromFloor", by: "owner", ids: [5] },
        all,
        { kind: "show", epoch: 0, signers: [5, 6], lie: "none" },
        reportOf([1]), // more than half of all stake: passed over
        { ...reportOf([]), activate: [5, 6], cover: "covered" } as Operation,
      ],
      true,
      async () => {
        expect(await idsIn("ServiceNodesDropped")).toEqual([[5n], [6n], [5n, 6n], [5n]]);
        expect(await idsIn("ServiceNodesRestored")).toEqual([[5n, 6n], [5n], [6n]]);
        expect((await idsIn("ServiceNodesActivated")).at(-1)).toEqual([5n, 6n]);
      },
    );
    for (const error of ["NobodyToContest", "InvalidSignature", "UnknownId", "OutsideWindow"]) {
      expect(seen(`contestSigned ${error}`), error).toBeGreaterThan(0);
    }
    for (const error of ["NodeNotDecommissioned", "CallerNotOperator"]) {
      expect(seen(`contest ${error}`), error).toBeGreaterThan(0);
    }
  });

  test("P-42: an emergency is announced, waits, and is voided by a report", async () => {
    const announce: Operation = { kind: "announce", by: "guardian", lists: "one" };
    const carryOut: Operation = { kind: "carryOut", by: "owner", lists: "one" };
    const back = { lists: "all and back", by: "owner" } as const;
    await tell(
      [
        announce,
        announce,
        carryOut,
        { kind: "announce", by: "owner", lists: "one and back" },
        { ...back, kind: "announce" },
        wait(17 * DAY_SECONDS),
        { kind: "carryOut", by: "owner", lists: "one and back" },
        { ...back, kind: "carryOut" },
        carryOut,
        carryOut,
        { kind: "contest", caller: 1, id: 5 },
        announce,
        reports(1),
        wait(4 * DAY_SECONDS),
        carryOut,
        { kind: "pause", by: "owner", seconds: DAY_SECONDS },
        announce,
        wait(3 * DAY_SECONDS),
        announce, // quiet counts from the end of the pause
        wait(DAY_SECONDS),
        announce,
      ],
      true,
    );
    const refused = ["EmergencyAnnouncedAlready", "EmergencyTooEarly", "ActiveStakeLeft", "EmergencyNotAnnounced"];
    for (const error of [...refused, "NetworkAlive", "null"]) {
      expect(seen(`announce ${error}`) + seen(`carryOut ${error}`), error).toBeGreaterThan(0);
    }
    expect(seen("carryOut null")).toBeGreaterThan(0);
  });

  test("P-113: three pauses of the guardian's in a month, then none for a month", async () => {
    const pause = (seconds: number): Operation => ({ kind: "pause", by: "guardian", seconds });
    const unpause: Operation = { kind: "unpause", by: "guardian" };
    const byOwner: Operation = { kind: "pause", by: "owner", seconds: 30 * DAY_SECONDS };
    await tell(
      [
        pause(0), // ParameterOutOfRange
        pause(DAY_SECONDS),
        { kind: "unpause", by: "stranger" }, // NotOwnerOrGuardian
        unpause,
        unpause, // NotPaused
        { kind: "require", percent: 80n },
        { kind: "require", percent: 80n }, // RequirementChangeTooEarly
        byOwner,
        pause(5),
        unpause,
        { kind: "unpause", by: "owner" },
        pause(5),
        wait(29 * DAY_SECONDS),
        pause(30 * DAY_SECONDS), // ends with the window
        wait(DAY_SECONDS),
        { kind: "claim", account: 3, part: 4, direct: true },
        pause(5),
        wait(28 * DAY_SECONDS),
        pause(5),
        wait(2 * DAY_SECONDS),
        pause(5),
        pause(6),
        pause(7),
        pause(8),
      ],
      true,
    );
    for (const error of ["GuardianMustWait", "PausedByOwner", "null"]) {
      expect(seen(`pause ${error}`), error).toBeGreaterThan(0);
    }
  });

  test("the histories reached what they are for", () => {
    if (process.env["HISTORIES"] !== undefined) {
      process.stdout.write(`${JSON.stringify([...history.outcomes].sort())}\n`);
    }
    const reached = [...history.outcomes.keys()];
    const kinds = ["register", "award", "claim", "prove", "report", "show", "contest", "contestSigned", "dropSilent"];
    const rest = ["dropFromFloor", "leave", "exit", "withdraw", "pause", "unpause", "require"];
    const done = [...kinds, ...rest].map((kind) => `${kind} null`);
    for (const outcome of [...done, "register KeyInUse", "register EnforcedPause"]) expect(reached).toContain(outcome);
    const errors = reached.map((outcome) => outcome.split(" ")[1]);
    const money = ["NothingToClaim", "ClaimExceedsBalance", "ClaimLimitExceeded", "RootNotValid", "InvalidProof"];
    const powers = ["NotPaused", "NotOwnerOrGuardian", "RequirementChangeTooEarly", "ParameterOutOfRange"];
    for (const error of ["QuorumNotReached", ...money, ...powers]) {
      expect(errors).toContain(error);
    }
  });
});
