/**
 * ServiceNodeRewards for the simulation: reports, showings, contests and drops by P-22 to P-40 and P-110 to P-112,
 * over the run's own signature scheme. The node set is the model that the differential tests hold to the real
 * contract. Enters: calls with their block's time. Leaves: events, or the name of the error that the contract would
 * give. Not here: blocks, and when they become final (chain.ts).
 */
import {
  type Address,
  type ChainCall,
  digestOf,
  type EpochReport,
  fromHex,
  hasMoneyQuorum,
  hasReportQuorum,
  type IdLists,
  type NodeId,
  type NodeView,
  releasedOf,
  type SignatureScheme,
  Signers,
  type SigningDomain,
  stakeSigned,
  toHex,
} from "@quorate/common";
import type { ChainEvent, EventPosition } from "../../packages/aggregator/src/core/ledger/events.ts";
import { NodesModel } from "../../packages/contracts/test/nodesModel.ts";

/** An event before its block gives it a place. */
export type Emitted = ChainEvent extends infer E
  ? E extends ChainEvent
    ? Omit<E, keyof EventPosition>
    : never
  : never;

type Registered = Extract<ChainEvent, { type: "node-registered" }>;

/** What a call came to. */
export type Executed = readonly Emitted[] | { readonly error: string };

const LIST_MAX = 64;

export class RewardsContract {
  readonly set = new NodesModel();
  readonly #scheme: SignatureScheme;
  readonly #domain: SigningDomain;
  readonly #genesis: number;
  readonly #epochSeconds: number;
  readonly #keys: Uint8Array[] = [];
  readonly #records = new Map<number, { readonly digest: string; isPayable: boolean }>();
  #pool = { balance: 0n, time: 0, totalReleased: 0n };
  #roots = 0;

  constructor(scheme: SignatureScheme, domain: SigningDomain, genesis: number, epochSeconds: number) {
    this.#scheme = scheme;
    this.#domain = domain;
    this.#genesis = genesis;
    this.#epochSeconds = epochSeconds;
  }

  /** Epochs whose root is payable; tests and checkers read it. */
  get payableEpochs(): readonly number[] {
    return [...this.#records].filter(([, { isPayable }]) => isPayable).map(([epoch]) => epoch);
  }

  get records(): ReadonlyMap<number, { readonly digest: string; readonly isPayable: boolean }> {
    return this.#records;
  }

  /** What happens without an agent: registrations and deposits, in the order of the log. */
  take(event: ChainEvent): void {
    if (event.type === "node-registered") this.#register(event);
    if (event.type === "pool-settled") this.#pool = event;
  }

  execute(call: ChainCall, submitter: Address, at: number): Executed {
    switch (call.type) {
      case "report":
        return this.#report(call.report, call.signature, call, submitter, at);
      case "show":
        return this.#show(call, at);
      case "contest":
        return this.#contest(call, at);
      case "drop-silent":
        return this.#moved(() => this.set.dropSilent(call.ids));
      default:
        return { error: "NotSimulated" };
    }
  }

  /** What `execute` would come to now; it leaves nothing behind. */
  simulate(call: ChainCall, submitter: Address, at: number): Executed {
    const { acceptedReports, nodes } = this.set;
    const before = nodes.map((node) => ({ ...node }));
    const records = [...this.#records].map(([epoch, record]) => [epoch, { ...record }] as const);
    const roots = this.#roots;
    const executed = this.execute(call, submitter, at);
    this.set.acceptedReports = acceptedReports;
    nodes.forEach((node, i) => {
      Object.assign(node, before[i]);
    });
    this.#records.clear();
    for (const [epoch, record] of records) this.#records.set(epoch, record);
    this.#roots = roots;
    return executed;
  }

  #register({ id, blsKey, seeded, contributors, timestamp }: Registered): void {
    const parts = contributors.map(({ stake }) => ({ account: id, stakeAtomic: stake }));
    this.set.enter(id, parts, seeded ? "active" : "pending", timestamp);
    this.#keys.push(fromHex(blsKey));
  }

  /** P-37 to P-40: what makes a record redundant is refused before the pairing. */
  #report(report: EpochReport, signature: Uint8Array, lists: IdLists, submitter: Address, at: number): Executed {
    const { epoch } = report;
    const record = this.#records.get(epoch);
    const end = this.#endOf(epoch);
    const window = record === undefined ? Math.floor(this.#epochSeconds / 2) : 2 * this.#epochSeconds;
    if (at < end || at >= end + window) return { error: "OutsideWindow" };
    if (Math.max(report.activate.length, report.decommission.length) > LIST_MAX) return { error: "ListTooLong" };
    const digest = toHex(digestOf(this.#domain, "EpochReport", report));
    if (record !== undefined && record.digest !== digest) return { error: "AnotherReportRecorded" };
    if (record?.isPayable === true) return { error: "AlreadyPayable" };
    const isCovered = !/^0x0*$/.test(report.rewardsRoot) && report.totalOwed <= this.#releasedAt(at);
    if (record !== undefined && !isCovered) return { error: "OwedExceedsReleased" };

    const counted = this.#counted(lists);
    if (typeof counted === "string") return { error: counted };
    const stake = stakeSigned(counted.signers, this.views());
    const isMoney = hasMoneyQuorum(stake);
    if (record === undefined ? !hasReportQuorum(stake) : !isMoney) return { error: "QuorumNotReached" };
    const keys = counted.signers.ids().map((id) => this.#keys[id - 1] as Uint8Array);
    if (!this.#scheme.verifyAggregate(keys, fromHex(digest), signature)) return { error: "InvalidSignature" };

    const isFirst = record === undefined;
    const becamePayable = isMoney && isCovered;
    this.#records.set(epoch, { digest, isPayable: becamePayable });
    const { nonSigners, extraSigners } = counted;
    const events: Emitted[] = [
      {
        ...{ type: "report-recorded", epoch, submitter, digest, isFirst, becamePayable },
        ...{ signature: toHex(signature), nonSigners, extraSigners },
      },
    ];
    const { rewardsRoot, totalOwed } = report;
    if (becamePayable) events.push({ type: "root-payable", epoch, rootIndex: this.#roots++, rewardsRoot, totalOwed });
    return isFirst ? [...events, ...this.#applyLists(report, at)] : events;
  }

  #applyLists({ activate, decommission }: EpochReport, at: number): Emitted[] {
    const base = this.set.activeAtomic;
    this.set.acceptedReports += 1;
    return this.#moved(() => {
      this.set.activate(activate, at);
      this.set.decommission(decommission, true, base, at);
    });
  }

  #show({ epoch, signature, signers }: Extract<ChainCall, { type: "show" }>, at: number): Executed {
    const record = this.#records.get(epoch);
    if (record === undefined) return { error: "NoRecord" };
    if (at >= this.#endOf(epoch + 1)) return { error: "OutsideWindow" };
    if (!signers.some((id) => this.#isInSet(id))) return { error: "NobodyToShow" };
    const problem = this.#exactly(fromHex(record.digest as `0x${string}`), signature, signers);
    if (problem !== null) return { error: problem };
    const shown: Emitted = { type: "signers-shown", epoch, signature: toHex(signature), signers };
    return [shown, ...this.#heard(signers)];
  }

  #contest({ epoch, signature, signers }: Extract<ChainCall, { type: "contest" }>, at: number): Executed {
    if (at < this.#endOf(epoch - 1) || at >= this.#endOf(epoch + 1)) return { error: "OutsideWindow" };
    if (!signers.some((id) => this.set.stateOf(id) === "decommissioned")) return { error: "NobodyToContest" };
    const problem = this.#exactly(digestOf(this.#domain, "Contest", { epoch }), signature, signers);
    return problem === null ? this.#heard(signers) : { error: problem };
  }

  #heard(signers: readonly NodeId[]): Emitted[] {
    const ids = signers.filter((id) => this.set.stateOf(id) === "decommissioned");
    if (ids.length === 0) return [];
    return [{ type: "nodes-heard", ids }, ...this.#moved(() => this.set.hear(ids))];
  }

  /** The events of what a change of the model moved. */
  #moved(change: () => void): Emitted[] {
    const before = this.set.nodes.map(({ state, isSilent }) => ({ state, isSilent }));
    change();
    const changed = (to: (node: (typeof before)[number], was: (typeof before)[number]) => boolean): NodeId[] =>
      this.set.nodes.flatMap((node, i) => (to(node, before[i] as (typeof before)[number]) ? [node.id] : []));
    const lists: [Emitted["type"], NodeId[]][] = [
      ["nodes-activated", changed(({ state }, was) => state === "active" && was.state !== "active")],
      ["nodes-decommissioned", changed(({ state }, was) => state === "decommissioned" && was.state === "active")],
      ["nodes-dropped", changed((node, was) => node.isSilent && !was.isSilent)],
      ["nodes-restored", changed((node, was) => !node.isSilent && was.isSilent && node.state === "decommissioned")],
    ];
    return lists.flatMap(([type, ids]) => (ids.length === 0 ? [] : [{ type, ids } as Emitted]));
  }

  /** P-23: the lists as they count, and whose keys that adds up to. */
  #counted({ nonSigners, extraSigners }: IdLists): (IdLists & { readonly signers: Signers }) | string {
    const active = this.set.nodes.filter(({ state }) => state === "active").map(({ id }) => id);
    if (active.length === 0) return "NoActiveStake";
    if ([nonSigners, extraSigners].some((ids) => !this.#isAscending(ids))) return "UnsortedIds";
    const absent = new Set(nonSigners);
    const isActive = new Set(active);
    const extra = extraSigners.filter((id) => !isActive.has(id));
    return {
      nonSigners: nonSigners.filter((id) => isActive.has(id)),
      extraSigners: extra,
      signers: Signers.of([...active.filter((id) => !absent.has(id)), ...extra]),
    };
  }

  #exactly(digest: Uint8Array, signature: Uint8Array, signers: readonly NodeId[]): string | null {
    if (!this.#isAscending(signers)) return "UnsortedIds";
    const keys = signers.map((id) => this.#keys[id - 1] as Uint8Array);
    return this.#scheme.verifyAggregate(keys, digest, signature) ? null : "InvalidSignature";
  }

  #isAscending(ids: readonly NodeId[]): boolean {
    return ids.every((id, i) => id > (i === 0 ? 0 : (ids[i - 1] as number)) && id <= this.set.nodes.length);
  }

  #isInSet(id: NodeId): boolean {
    const state = this.set.stateOf(id);
    return state !== undefined && state !== "exited";
  }

  /** The node set now. */
  views(): NodeView[] {
    return this.set.nodes.map(({ id, state, isSilent: silent, stakeAtomic: stake }) => {
      return { id, state, silent, stake, blsKey: this.#keys[id - 1] as Uint8Array };
    });
  }

  #releasedAt(at: number): bigint {
    const { balance, time, totalReleased } = this.#pool;
    return totalReleased + (at <= time ? 0n : releasedOf(balance, BigInt(at - time)));
  }

  #endOf(epoch: number): number {
    return this.#genesis + (epoch + 1) * this.#epochSeconds;
  }
}
