// The contracts in plain TypeScript: the same rules, none of the code. In: operations in the order they are mined, with
// their block's timestamp. Out: the name of the error the contract must give, or null, and the state it must then have.
// Keys are numbers and signatures are sets of numbers: cryptography is differential.test.ts' job. Here is what needs
// signatures; the parts are the set of nodes, the money, and what owner and guardian may do.

import { MoneyModel } from "./moneyModel.ts";
import { BPS, type ModelContributor, type ModelNode, NodesModel } from "./nodesModel.ts";
import { PowersModel } from "./powersModel.ts";

/** Who signed, by key, and what the caller says of it, by id. */
export interface ModelSignature {
  readonly signed: ReadonlySet<number>;
  readonly nonSigners: readonly number[];
  readonly extraSigners: readonly number[];
}

/** Who signed, by key, and who is named as having signed, by id: no more and no less. */
export interface ModelShowing {
  readonly signed: ReadonlySet<number>;
  readonly signers: readonly number[];
}

/** Whether a root may become payable (P-40): it may, it is zero, or it owes more than was ever released. */
export type Cover = "covered" | "rootless" | "owing";

/**
 * An epoch report. `content` are the leaves of its tree, lifetime amounts by account, as JSON: two reports with the
 * same parts have the same digest.
 */
export interface ModelReport {
  readonly epoch: number;
  readonly content: string;
  readonly cover: Cover;
  readonly activate: readonly number[];
  readonly decommission: readonly number[];
}

/** What is kept of an epoch's records. */
interface Entry {
  readonly digest: string;
  isPayable: boolean;
}

/** Whose keys a signature must be of, and the stake that comes of it. */
interface Sum {
  readonly keys: readonly number[];
  readonly activeAtomic: bigint;
  readonly floorAtomic: bigint;
}

export class NetworkModel {
  readonly entries: Map<number, Entry> = new Map();
  readonly set: NodesModel = new NodesModel();
  readonly powers: PowersModel;
  /** What the distributor keeps. */
  readonly money: MoneyModel;
  readonly epochSeconds: number;
  readonly genesis: number;

  constructor(parameters: {
    requirementAtomic: bigint;
    claimLimitAtomic: bigint;
    cycleSeconds: number;
    epochSeconds: number;
    noticeSeconds: number;
    genesis: number;
  }) {
    this.epochSeconds = parameters.epochSeconds;
    this.genesis = parameters.genesis;
    this.powers = new PowersModel(this.set, parameters);
    const isPaused = (at: number): boolean => this.powers.isPaused(at);
    this.money = new MoneyModel(parameters.claimLimitAtomic, parameters.cycleSeconds, isPaused);
  }

  get nodes(): readonly ModelNode[] {
    return this.set.nodes;
  }

  /** A node that is active from the start (P-21). */
  seed(key: number, operator: number, stakeAtomic: bigint): void {
    this.set.enter(key, [{ account: operator, stakeAtomic }], "active", this.genesis);
  }

  /** P-20, P-27, P-29: `addBLSPublicKey` by `caller`. */
  register(
    caller: number,
    proof: { readonly key: number; readonly operator: number },
    given: readonly ModelContributor[],
    at: number,
  ): string | null {
    if (this.powers.isPaused(at)) return "EnforcedPause";
    const requirement = this.powers.requirementAtomic;
    const contributors = given.length === 0 ? [{ account: caller, stakeAtomic: requirement }] : given;
    const problem = this.set.problemOf(caller, proof, contributors, requirement);
    if (problem === null) this.set.enter(proof.key, contributors, "pending", at);
    return problem;
  }

  /** P-24, P-25: `updateRewardsBalance`. */
  award(recipient: number, amountAtomic: bigint, signature: ModelSignature, at: number): string | null {
    if (this.powers.isPaused(at)) return "EnforcedPause";
    if (amountAtomic <= this.money.balanceOf(recipient).lifetime) return "AmountNotRaised";
    const sum = this.#sum(signature);
    if (typeof sum === "string") return sum;
    const problem = this.#moneyProblem(sum) ?? signatureProblem(sum.keys, signature.signed);
    if (problem === null) this.money.balanceOf(recipient).lifetime = amountAtomic;
    return problem;
  }

  /** P-37 to P-40: `reportEpoch`. */
  report(report: ModelReport, signature: ModelSignature, at: number): string | null {
    if (this.powers.isPaused(at)) return "EnforcedPause";
    const entry = this.entries.get(report.epoch);
    const end = this.endOf(report.epoch);
    const window = entry === undefined ? Math.floor(this.epochSeconds / 2) : 2 * this.epochSeconds;
    if (at < end || at >= end + window) return "OutsideWindow";
    const digest = JSON.stringify(report);
    if (entry !== undefined && entry.digest !== digest) return "AnotherReportRecorded";
    if (entry?.isPayable === true) return "AlreadyPayable";
    if (entry !== undefined && report.cover === "rootless") return "RootIsZero";
    if (entry !== undefined && report.cover === "owing") return "OwedExceedsReleased";
    const sum = this.#sum(signature);
    if (typeof sum === "string") return sum;
    const baseAtomic = this.set.activeAtomic;
    const isRecorded = sum.activeAtomic * BPS >= 6_667n * baseAtomic;
    const quorum = entry === undefined ? (isRecorded ? null : "QuorumNotReached") : this.#moneyProblem(sum);
    const problem = quorum ?? signatureProblem(sum.keys, signature.signed);
    if (problem !== null) return problem;
    const becomesPayable = report.cover === "covered" && this.#moneyProblem(sum) === null;
    if (becomesPayable) this.money.payableRoots.push(report.content);
    if (entry !== undefined) {
      entry.isPayable = true;
      return null;
    }
    this.entries.set(report.epoch, { digest, isPayable: becomesPayable });
    this.set.acceptedReports += 1;
    this.powers.lastReportAt = at;
    this.set.activate(report.activate, at);
    this.set.decommission(report.decommission, true, baseAtomic, at);
    return null;
  }

  /** P-39: `showSigners`. */
  show(epoch: number, { signed, signers }: ModelShowing, at: number): string | null {
    if (!this.entries.has(epoch)) return "NoRecord";
    const end = this.endOf(epoch);
    if (at < end || at >= end + this.epochSeconds) return "OutsideWindow";
    const isInSet = (id: number): boolean => !["exited", undefined].includes(this.set.stateOf(id));
    if (!signers.some(isInSet)) return "NobodyToShow";
    return this.#hear(signed, signers);
  }

  /** P-111: `contestSigned`. */
  contestSigned(epoch: number, { signed, signers }: ModelShowing, at: number): string | null {
    const end = this.endOf(epoch);
    if (at < end - this.epochSeconds || at >= end + this.epochSeconds) return "OutsideWindow";
    if (!signers.some((id) => this.set.stateOf(id) === "decommissioned")) return "NobodyToContest";
    return this.#hear(signed, signers);
  }

  /** P-110: `dropSilent` by anyone. */
  dropSilent(ids: readonly number[], at: number): string | null {
    if (this.powers.isPaused(at)) return "EnforcedPause";
    this.set.dropSilent(ids);
    return null;
  }

  /** P-36: `liquidateBLSPublicKey` by anyone. */
  liquidate(id: number, at: number): string | null {
    return this.powers.isPaused(at) ? "EnforcedPause" : this.set.liquidate(id, at);
  }

  /** The first second after an epoch. */
  endOf(epoch: number): number {
    return this.genesis + (epoch + 1) * this.epochSeconds;
  }

  /** An aggregate of exactly these nodes, whatever their state. */
  #hear(signed: ReadonlySet<number>, signers: readonly number[]): string | null {
    const keys = signers.map((id) => this.nodes[id - 1]?.key ?? 0);
    const problem = listProblem(signers, this.nodes.length) ?? signatureProblem(keys, signed);
    if (problem === null) this.set.hear(signers);
    return problem;
  }

  /** P-23. */
  #sum({ nonSigners, extraSigners }: ModelSignature): Sum | string {
    if (this.set.activeAtomic === 0n) return "NoActiveStake";
    const count = this.nodes.length;
    const problem = listProblem(nonSigners, count) ?? listProblem(extraSigners, count);
    if (problem !== null) return problem;
    const counted = this.nodes.filter(({ id, state }) => state === "active" && !nonSigners.includes(id));
    const extra = this.nodes.filter(({ id, state }) => state !== "active" && extraSigners.includes(id));
    const sumOf = (nodes: readonly ModelNode[]): bigint =>
      nodes.reduce((sum, { stakeAtomic }) => sum + stakeAtomic, 0n);
    const activeAtomic = sumOf(counted);
    const onFloor = extra.filter(({ state, isSilent }) => state === "decommissioned" && !isSilent);
    return {
      keys: [...counted, ...extra].map(({ key }) => key),
      activeAtomic,
      floorAtomic: activeAtomic + sumOf(onFloor),
    };
  }

  /** P-24. */
  #moneyProblem({ activeAtomic, floorAtomic }: Sum): string | null {
    const active = this.set.activeAtomic;
    if (activeAtomic * BPS < 9_500n * active) return "QuorumNotReached";
    return floorAtomic * BPS < 7_500n * (active + this.set.floorAtomic) ? "FloorNotReached" : null;
  }
}

/** P-23: a list is strictly ascending, and its ids were given. */
function listProblem(ids: readonly number[], given: number): string | null {
  for (const [i, id] of ids.entries()) {
    const previous = i === 0 ? 0 : (ids[i - 1] as number);
    if (i > 0 && id === previous) return "DuplicateId";
    if (id !== 0 && id < previous) return "UnsortedIds";
    if (id === 0 || id > given) return "UnknownId";
  }
  return null;
}

/** P-23: a signature is that of exactly these keys. */
function signatureProblem(keys: readonly number[], signed: ReadonlySet<number>): string | null {
  if (keys.length === 0) return "KeyAtInfinity";
  if (signed.size === 0) return "SignatureAtInfinity";
  return keys.length !== signed.size || keys.some((key) => !signed.has(key)) ? "InvalidSignature" : null;
}
