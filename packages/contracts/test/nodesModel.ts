// The set of nodes in plain TypeScript: who is in which state, whose stake counts where, who leaves with what. In:
// operations with their block's timestamp. Out: the name of the error the contract must give, or null. Who signed is
// model.ts' job.

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
  /** The accepted reports when it was last decommissioned or heard (P-110). */
  heardAtReport: number;
  /** Dropped from the floor, for silence or by the owner. */
  isSilent: boolean;
  isKeptOut: boolean;
  unlocksAt: number;
  forfeitedAtomic: bigint;
  readonly withdrawn: Set<number>;
}

export interface ModelContributor {
  readonly account: number;
  readonly stakeAtomic: bigint;
}

export const BPS = 10_000n;
export const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3_600;

export class NodesModel {
  readonly nodes: ModelNode[] = [];
  acceptedReports = 0;
  /** What liquidators and the pool have been paid. */
  forfeitedAtomic = 0n;

  /** P-20, P-27: what is wrong with a registration by `caller`, whose key has a proof of possession for `operator`. */
  problemOf(
    caller: number,
    { key, operator }: { readonly key: number; readonly operator: number },
    contributors: readonly ModelContributor[],
    requirement: bigint,
  ): string | null {
    const first = contributors[0] as ModelContributor;
    if (caller !== first.account) return "CallerNotOperator";
    if (contributors.length > 10) return "ContributorCountOutOfRange";
    if (contributors.some(({ stakeAtomic }) => stakeAtomic * BPS < 500n * requirement))
      return "ContributorStakeTooSmall";
    if (new Set(contributors.map(({ account }) => account)).size !== contributors.length) return "DuplicateContributor";
    const total = contributors.reduce((sum, { stakeAtomic }) => sum + stakeAtomic, 0n);
    if (total !== requirement) return "StakeMismatch";
    if (first.stakeAtomic * 4n < requirement) return "OperatorStakeTooSmall";
    if (this.nodes.some((node) => node.key === key && node.state !== "exited")) return "KeyInUse";
    return first.account === operator ? null : "InvalidProofOfPossession";
  }

  enter(key: number, contributors: readonly ModelContributor[], state: ModelState, at: number): void {
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
      heardAtReport: 0,
      isSilent: false,
      isKeptOut: false,
      unlocksAt: 0,
      forfeitedAtomic: 0n,
      withdrawn: new Set(),
    });
  }

  /** P-38, P-42: pending and decommissioned nodes become active; others are passed over. */
  activate(ids: readonly number[], at: number): void {
    for (const node of this.#known(ids)) {
      if ((node.state !== "pending" && node.state !== "decommissioned") || isUnlocked(node, at)) continue;
      node.state = "active";
      node.isSilent = false;
      node.isKeptOut = false;
    }
  }

  /** P-38, with its caps, or P-42 without. `baseAtomic` is the active stake before the record. */
  decommission(ids: readonly number[], capped: boolean, baseAtomic: bigint, at: number): void {
    let takenAtomic = 0n;
    for (const node of this.#known(ids)) {
      if (node.state !== "active" || isUnlocked(node, at)) continue;
      const total = this.activeAtomic + this.floorAtomic + this.silentAtomic;
      if (capped && 2n * (this.activeAtomic - node.stakeAtomic) < total) continue;
      node.state = "decommissioned";
      node.decommissionedAt = at;
      node.heardAtReport = this.acceptedReports;
      takenAtomic += node.stakeAtomic;
      if (capped && takenAtomic * BPS >= 200n * baseAtomic) break;
    }
  }

  /** P-110: a contest or a showing of these nodes. */
  hear(ids: readonly number[]): void {
    for (const node of this.#known(ids)) {
      if (node.state !== "decommissioned") continue;
      node.heardAtReport = this.acceptedReports;
      if (!node.isKeptOut) node.isSilent = false;
    }
  }

  /** P-110: who was silent for 48 reports no longer counts toward the floor. */
  dropSilent(ids: readonly number[]): void {
    for (const node of this.#known(ids)) {
      if (node.state === "decommissioned" && this.acceptedReports - node.heardAtReport >= 48) node.isSilent = true;
    }
  }

  /** P-116: the owner takes nodes out of the floor, until they are activated. */
  keepOut(ids: readonly number[]): void {
    for (const node of this.#known(ids)) {
      if (node.state !== "decommissioned") continue;
      node.isSilent = true;
      node.isKeptOut = true;
    }
  }

  /** P-111: `contest` by `caller`. */
  contest(caller: number, id: number): string | null {
    const node = this.nodes[id - 1];
    if (node === undefined) return "UnknownId";
    if (caller !== node.operator) return "CallerNotOperator";
    if (node.state !== "decommissioned") return "NodeNotDecommissioned";
    this.hear([id]);
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
    if (!isUnlocked(node, at)) return "NodeLocked";
    node.state = "exited";
    node.unlocksAt = node.leaveRequestedAt + 15 * DAY_SECONDS;
    return null;
  }

  /** P-36: `liquidateBLSPublicKey` by anyone. */
  liquidate(id: number, at: number): string | null {
    const node = this.nodes[id - 1];
    if (node === undefined) return "UnknownId";
    if (node.state === "exited") return "NodeExited";
    if (node.state !== "decommissioned") return "NodeNotDecommissioned";
    if (isUnlocked(node, at)) return "NodeUnlocked";
    if (this.acceptedReports - node.heardAtReport < 168) return "LiquidationTooEarly";
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

  get activeAtomic(): bigint {
    return this.stakeAtomic(({ state }) => state === "active");
  }

  /** Of decommissioned nodes that count toward the floor. */
  get floorAtomic(): bigint {
    return this.stakeAtomic(({ state, isSilent }) => state === "decommissioned" && !isSilent);
  }

  get silentAtomic(): bigint {
    return this.stakeAtomic(({ state, isSilent }) => state === "decommissioned" && isSilent);
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

  stateOf(id: number): ModelState | undefined {
    return this.nodes[id - 1]?.state;
  }

  #known(ids: readonly number[]): ModelNode[] {
    return ids.map((id) => this.nodes[id - 1]).filter((node) => node !== undefined);
  }
}

/** P-34: only the exit is left to it. */
function isUnlocked(node: ModelNode, at: number): boolean {
  return node.leaveRequestedAt !== 0 && at >= node.leaveRequestedAt + 15 * DAY_SECONDS;
}
