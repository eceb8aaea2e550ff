// The contracts in plain TypeScript: the same rules, none of the code. In: operations in the order they are mined, with their
// block's timestamp. Out: the name of the error the contract must give, or null, and the state it must then have. Keys are
// numbers and signatures are sets of numbers: cryptography is differential.test.ts' job.

import { MoneyModel } from "./moneyModel.ts";

export type ModelState = "pending" | "active" | "decommissioned" | "exited";

/** A registered node. Times are seconds since 1970, zero when it has not happened. */
export interface ModelNode {
  readonly id: number;
  readonly key: number;
  readonly operator: number;
  readonly stakeAtomic: bigint;
  readonly contributors: readonly ModelContributor[];
  readonly registeredAt: number;
  state: ModelState;
  leaveRequestedAt: number;
  lastLeaveRequestAt: number;
  decommissionedAt: number;
  decommissionedAtReport: number;
  unlocksAt: number;
  forfeitedAtomic: bigint;
  readonly withdrawn: Set<number>;
}

export interface ModelContributor {
  readonly account: number;
  readonly stakeAtomic: bigint;
}

/** Who signed, by key, and what the caller says of it, by id. */
export interface ModelSignature {
  readonly signed: ReadonlySet<number>;
  readonly nonSigners: readonly number[];
  readonly extraSigners: readonly number[];
}

/**
 * An epoch report. `content` are the leaves of its tree, lifetime amounts by account, as JSON: two reports with the same parts
 * have the same digest.
 */
export interface ModelReport {
  readonly epoch: number;
  readonly content: string;
  /** Whether root and amount allow it to become payable. */
  readonly isCovered: boolean;
  readonly activate: readonly number[];
  readonly decommission: readonly number[];
}

/** What the records of an epoch come to (P-39). */
export interface ModelRecords {
  readonly absent: readonly number[];
  readonly shown: readonly number[];
}

interface Entry extends ModelRecords {
  readonly digest: string;
  readonly firstRecordedAt: number;
  absent: number[];
  shown: number[];
  isPayable: boolean;
}

interface Signed {
  readonly activeAtomic: bigint;
  readonly floorAtomic: bigint;
}

const BPS = 10_000n;
const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3_600;

export class NetworkModel {
  readonly nodes: ModelNode[] = [];
  readonly entries: Map<number, Entry> = new Map();
  requirementAtomic: bigint;
  /** What the distributor keeps. */
  readonly money: MoneyModel;
  readonly epochSeconds: number;
  readonly genesis: number;
  acceptedReports = 0;
  /** What liquidators and the pool have been paid. */
  forfeitedAtomic = 0n;

  constructor(parameters: {
    requirementAtomic: bigint;
    claimLimitAtomic: bigint;
    cycleSeconds: number;
    epochSeconds: number;
    genesis: number;
  }) {
    this.requirementAtomic = parameters.requirementAtomic;
    this.money = new MoneyModel(parameters.claimLimitAtomic, parameters.cycleSeconds);
    this.epochSeconds = parameters.epochSeconds;
    this.genesis = parameters.genesis;
  }

  /** A node that is active from the start (P-21). */
  seed(key: number, operator: number, stakeAtomic: bigint): void {
    this.#enter(key, [{ account: operator, stakeAtomic }], "active", this.genesis);
  }

  /** P-20, P-27, P-29: `addBLSPublicKey` by `caller`, with the key's proof of possession for `operator`. */
  register(
    caller: number,
    { key, operator }: { readonly key: number; readonly operator: number },
    given: readonly ModelContributor[],
    at: number,
  ): string | null {
    if (this.paused) return "EnforcedPause";
    const alone = [{ account: caller, stakeAtomic: this.requirementAtomic }];
    const contributors = given.length === 0 ? alone : given;
    const first = contributors[0] as ModelContributor;
    if (caller !== first.account) return "CallerNotOperator";
    if (contributors.length > 10) return "ContributorCountOutOfRange";
    const isSmall = ({ stakeAtomic }: ModelContributor): boolean => stakeAtomic * BPS < 500n * this.requirementAtomic;
    if (contributors.some(isSmall)) return "ContributorStakeTooSmall";
    if (new Set(contributors.map(({ account }) => account)).size !== contributors.length) return "DuplicateContributor";
    const total = contributors.reduce((sum, { stakeAtomic }) => sum + stakeAtomic, 0n);
    if (total !== this.requirementAtomic) return "StakeMismatch";
    if (first.stakeAtomic * 4n < this.requirementAtomic) return "OperatorStakeTooSmall";
    if (this.nodes.some((node) => node.key === key && node.state !== "exited")) return "KeyInUse";
    if (first.account !== operator) return "InvalidProofOfPossession";
    this.#enter(key, contributors, "pending", at);
    return null;
  }

  /** P-24, P-25: `updateRewardsBalance`. */
  award(recipient: number, amountAtomic: bigint, signature: ModelSignature): string | null {
    if (this.paused) return "EnforcedPause";
    if (amountAtomic <= this.money.balanceOf(recipient).lifetime) return "AmountNotRaised";
    const result = this.#verify(signature);
    if (typeof result === "string") return result;
    if (result.activeAtomic * BPS < 9_500n * this.activeStakeAtomic) return "QuorumNotReached";
    if (!this.#movesMoney(result)) return "FloorNotReached";
    this.money.balanceOf(recipient).lifetime = amountAtomic;
    return null;
  }

  /** P-37 to P-40: `reportEpoch`. */
  report(report: ModelReport, signature: ModelSignature, earlier: ModelRecords, at: number): string | null {
    if (this.paused) return "EnforcedPause";
    const entry = this.entries.get(report.epoch);
    const from = this.genesis + (report.epoch + 1) * this.epochSeconds;
    if (at < from || at >= from + (entry === undefined ? 1 : 2) * this.epochSeconds) return "OutsideWindow";
    const digest = JSON.stringify(report);
    if (entry !== undefined && entry.digest !== digest) return "AnotherReportRecorded";
    const result = this.#verify(signature);
    if (typeof result === "string") return result;
    if (result.activeAtomic * BPS < 6_667n * this.activeStakeAtomic) return "QuorumNotReached";
    const becomesPayable = entry?.isPayable !== true && report.isCovered && this.#movesMoney(result);
    if (entry === undefined) {
      const absent = signature.nonSigners.filter((id) => this.#stateOf(id) === "active");
      const shown = signature.extraSigners.filter((id) => this.#isInactive(id));
      this.entries.set(report.epoch, { digest, firstRecordedAt: at, absent, shown, isPayable: becomesPayable });
      this.acceptedReports += 1;
      this.#apply(report, at);
    } else {
      const problem = this.#recordMore(entry, signature, earlier, becomesPayable);
      if (problem !== null) return problem;
    }
    if (becomesPayable) this.money.payableRoots.push(report.content);
    return null;
  }

  /** P-33: `initiateExitBLSPublicKey` by `caller`. */
  requestLeave(caller: number, id: number, at: number): string | null {
    const node = this.nodes[id - 1];
    if (node === undefined) return "UnknownId";
    if (node.state === "exited") return "NodeExited";
    if (node.lastLeaveRequestAt !== 0 && at < node.lastLeaveRequestAt + HOUR_SECONDS) return "LeaveRequestTooEarly";
    const part = node.contributors.find(({ account }) => account === caller);
    if (part === undefined) return "NotContributor";
    const isSmall = caller !== node.operator && part.stakeAtomic * 4n < node.stakeAtomic;
    if (isSmall && at < node.registeredAt + 30 * DAY_SECONDS) return "LeaveRequestTooEarly";
    if (node.leaveRequestedAt === 0) node.leaveRequestedAt = at;
    node.lastLeaveRequestAt = at;
    return null;
  }

  /** P-34: `exitBLSPublicKey` by anyone. */
  exit(id: number, at: number): string | null {
    const node = this.nodes[id - 1];
    if (node === undefined) return "UnknownId";
    if (node.state === "exited") return "NodeExited";
    if (node.leaveRequestedAt === 0) return "LeaveNotRequested";
    if (!this.#isUnlocked(node, at)) return "NodeLocked";
    node.state = "exited";
    node.unlocksAt = node.leaveRequestedAt + 15 * DAY_SECONDS;
    return null;
  }

  /** P-36: `liquidateBLSPublicKey` by anyone. */
  liquidate(id: number, at: number): string | null {
    if (this.paused) return "EnforcedPause";
    const node = this.nodes[id - 1];
    if (node === undefined) return "UnknownId";
    if (node.state === "exited") return "NodeExited";
    if (node.state !== "decommissioned") return "NodeNotDecommissioned";
    if (this.#isUnlocked(node, at)) return "NodeUnlocked";
    if (this.acceptedReports - node.decommissionedAtReport < 168) return "LiquidationTooEarly";
    node.state = "exited";
    node.unlocksAt = node.decommissionedAt + 30 * DAY_SECONDS;
    node.forfeitedAtomic = (node.stakeAtomic * 3n) / BPS + (node.stakeAtomic * 17n) / BPS;
    this.forfeitedAtomic += node.forfeitedAtomic;
    return null;
  }

  /** P-35: `withdrawPrincipal` by `caller`. */
  withdraw(caller: number, id: number, at: number): string | null {
    const node = this.nodes[id - 1];
    if (node === undefined) return "UnknownId";
    if (node.state !== "exited") return "NodeNotExited";
    if (at < node.unlocksAt) return "NodeLocked";
    if (!node.contributors.some(({ account }) => account === caller)) return "NotContributor";
    if (node.withdrawn.has(caller)) return "PrincipalWithdrawn";
    node.withdrawn.add(caller);
    return null;
  }

  /** P-29: one call pauses both contracts. */
  get paused(): boolean {
    return this.money.paused;
  }

  set paused(on: boolean) {
    this.money.paused = on;
  }

  get activeStakeAtomic(): bigint {
    return this.stakeAtomic(({ state }) => state === "active");
  }

  /** What has entered and was neither withdrawn nor forfeited. */
  get principalAtomic(): bigint {
    const withdrawn = this.nodes.map((node) =>
      node.contributors
        .filter(({ account }) => node.withdrawn.has(account))
        .reduce(
          (sum, { stakeAtomic }, i) =>
            sum + stakeAtomic - (i === 0 && node.withdrawn.has(node.operator) ? node.forfeitedAtomic : 0n),
          0n,
        ),
    );
    return this.stakeAtomic(() => true) - withdrawn.reduce((sum, part) => sum + part, 0n) - this.forfeitedAtomic;
  }

  stakeAtomic(counts: (node: ModelNode) => boolean): bigint {
    return this.nodes.filter(counts).reduce((sum, { stakeAtomic }) => sum + stakeAtomic, 0n);
  }

  #enter(key: number, contributors: readonly ModelContributor[], state: ModelState, at: number): void {
    this.nodes.push({
      id: this.nodes.length + 1,
      key,
      operator: (contributors[0] as ModelContributor).account,
      stakeAtomic: contributors.reduce((sum, { stakeAtomic }) => sum + stakeAtomic, 0n),
      contributors,
      registeredAt: at,
      state,
      leaveRequestedAt: 0,
      lastLeaveRequestAt: 0,
      decommissionedAt: 0,
      decommissionedAtReport: 0,
      unlocksAt: 0,
      forfeitedAtomic: 0n,
      withdrawn: new Set(),
    });
  }

  /** P-23. */
  #verify({ signed, nonSigners, extraSigners }: ModelSignature): Signed | string {
    if (this.activeStakeAtomic === 0n) return "NoActiveStake";
    for (const ids of [nonSigners, extraSigners]) {
      for (const [i, id] of ids.entries()) {
        const previous = i === 0 ? 0 : (ids[i - 1] as number);
        if (i > 0 && id === previous) return "DuplicateId";
        if (id !== 0 && id < previous) return "UnsortedIds";
        if (id === 0 || id > this.nodes.length) return "UnknownId";
      }
    }
    const absent = new Set(nonSigners.filter((id) => this.#stateOf(id) === "active"));
    const extra = extraSigners.filter((id) => this.#stateOf(id) !== "active");
    const counted = this.nodes.filter(({ id, state }) => state === "active" && !absent.has(id));
    const keys = [...counted.map(({ key }) => key), ...extra.map((id) => (this.nodes[id - 1] as ModelNode).key)];
    if (keys.length === 0) return "KeyAtInfinity";
    if (signed.size === 0) return "SignatureAtInfinity";
    if (keys.length !== signed.size || keys.some((key) => !signed.has(key))) return "InvalidSignature";
    const activeAtomic = counted.reduce((sum, { stakeAtomic }) => sum + stakeAtomic, 0n);
    const named = new Set(extraSigners);
    const floorAtomic = activeAtomic + this.stakeAtomic(({ id, state }) => state === "decommissioned" && named.has(id));
    return { activeAtomic, floorAtomic };
  }

  /** P-24. */
  #movesMoney({ activeAtomic, floorAtomic }: Signed): boolean {
    const active = this.activeStakeAtomic;
    const total = active + this.stakeAtomic(({ state }) => state === "decommissioned");
    return activeAtomic * BPS >= 9_500n * active && floorAtomic * BPS >= 7_500n * total;
  }

  /** P-38. */
  #apply({ activate, decommission }: ModelReport, at: number): void {
    const baseAtomic = this.activeStakeAtomic;
    for (const id of activate) {
      const node = this.nodes[id - 1];
      if (node !== undefined && this.#isInactive(id) && !this.#isUnlocked(node, at)) node.state = "active";
    }
    let takenAtomic = 0n;
    for (const id of decommission) {
      const node = this.nodes[id - 1];
      if (node === undefined || node.state !== "active" || this.#isUnlocked(node, at)) continue;
      const active = this.activeStakeAtomic;
      const total = active + this.stakeAtomic(({ state }) => state === "decommissioned");
      if (2n * (active - node.stakeAtomic) < total) continue;
      node.state = "decommissioned";
      node.decommissionedAt = at;
      node.decommissionedAtReport = this.acceptedReports;
      takenAtomic += node.stakeAtomic;
      if (takenAtomic * BPS >= 200n * baseAtomic) break;
    }
  }

  /** P-39. */
  #recordMore(
    entry: Entry,
    { nonSigners, extraSigners }: ModelSignature,
    earlier: ModelRecords,
    becomesPayable: boolean,
  ): string | null {
    const same = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();
    if (!same(earlier.absent, entry.absent) || !same(earlier.shown, entry.shown)) return "EarlierRecordsDiffer";
    const absent = entry.absent.filter((id) =>
      this.#stateOf(id) === "active" ? nonSigners.includes(id) : !extraSigners.includes(id),
    );
    const fresh = extraSigners.filter(
      (id) =>
        this.#isInactive(id) &&
        !entry.shown.includes(id) &&
        !entry.absent.includes(id) &&
        (this.nodes[id - 1] as ModelNode).decommissionedAt < entry.firstRecordedAt,
    );
    if (absent.length === entry.absent.length && fresh.length === 0 && !becomesPayable) return "NothingNew";
    entry.absent = absent;
    entry.shown = [...entry.shown, ...fresh].sort((a, b) => a - b);
    entry.isPayable ||= becomesPayable;
    return null;
  }

  #stateOf(id: number): ModelState | undefined {
    return this.nodes[id - 1]?.state;
  }

  #isInactive(id: number): boolean {
    return this.#stateOf(id) === "pending" || this.#stateOf(id) === "decommissioned";
  }

  #isUnlocked(node: ModelNode, at: number): boolean {
    return node.leaveRequestedAt !== 0 && at >= node.leaveRequestedAt + 15 * DAY_SECONDS;
  }
}
