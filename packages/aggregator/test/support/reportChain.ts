/**
 * A chain of epoch reports for tests of the ledger: it emits what the contract would, in order, and applies the lists
 * of each first record without the caps of P-38. Signatures are the linear model's.
 */
import { type Hex, type NodeId, type NodeState, toHex } from "@quorate/common";
import { insecureLinearScheme } from "@quorate/common/bls/insecure-linear";
import { craft } from "@quorate/common/testing";
import { releasedAt } from "../../src/core/ledger/emission.ts";
import type { ChainEvent } from "../../src/core/ledger/events.ts";
import { advanceLedger, emptyLedger, type LedgerState } from "../../src/core/ledger/ledger.ts";
import { address, admit, EPOCH_SECONDS, GENESIS, headAt } from "./ledgerHistory.ts";

export { address, admit, EPOCH_SECONDS, GENESIS, headAt };

const STAKE = 25_000n * 10n ** 9n;
const POOL = 40_000_000n * 10n ** 9n;

export const scheme = insecureLinearScheme();
const word = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;
export const startOf = (epoch: number): number => GENESIS + epoch * EPOCH_SECONDS;
export const endOf = (epoch: number): number => startOf(epoch + 1);

export interface Lists {
  readonly activate: readonly NodeId[];
  readonly decommission: readonly NodeId[];
}

/** What one event is, without its place. */
type Told = ChainEvent extends infer Event
  ? Event extends ChainEvent
    ? Omit<Event, "blockNumber" | "logIndex" | "timestamp">
    : never
  : never;

type Registration = Extract<ChainEvent, { type: "node-registered" }>;

export class ReportChain {
  readonly events: ChainEvent[] = [];
  readonly states: Map<NodeId, NodeState> = new Map();
  /** Seconds; the timestamp of the next event. */
  now: number = GENESIS - 10;
  readonly #secretOf: (id: NodeId) => bigint;
  #roots = 0;
  readonly #recorded = new Map<number, { isPayable: boolean }>();

  /** `seeded` nodes that are active from genesis on, or what happens before genesis. */
  constructor(
    seeded: number | ((chain: ReportChain) => void),
    secretOf: (id: NodeId) => bigint = (id) => 5n ** BigInt(40 + id),
  ) {
    this.#secretOf = secretOf;
    if (typeof seeded !== "number") seeded(this);
    else for (let i = 0; i < seeded; i++) this.register(true);
    this.now = GENESIS;
    this.emit({ type: "pool-settled", balance: POOL, time: GENESIS, totalReleased: 0n });
    this.emit({ type: "started", genesis: GENESIS, epochSeconds: EPOCH_SECONDS });
  }

  emit(event: Told): void {
    const position = { blockNumber: this.now, logIndex: this.events.length, timestamp: this.now };
    this.events.push({ ...position, ...event } as ChainEvent);
  }

  register(seeded = false, over: Partial<Pick<Registration, "feeBps" | "contributors">> = {}): NodeId {
    const id = this.states.size + 1;
    this.states.set(id, seeded ? "active" : "pending");
    this.emit({
      ...{ type: "node-registered", id, operator: address(id), seeded, blsKey: `0x${"11".repeat(96)}`, feeBps: 0 },
      ...{ identityKey: word(id), identitySignature: `0x${"22".repeat(64)}` as Hex },
      contributors: [{ addr: address(id), beneficiary: address(id), stake: STAKE }],
      ...over,
    });
    return id;
  }

  /** Those of the ids that may be are moved, as by a report or an emergency. */
  activate(ids: readonly NodeId[]): void {
    this.#move("nodes-activated", "active", this.#of(ids, "pending", "decommissioned"));
  }

  decommission(ids: readonly NodeId[]): void {
    this.#move("nodes-decommissioned", "decommissioned", this.#of(ids, "active"));
  }

  exit(id: NodeId): void {
    if (this.states.get(id) === "exited") return;
    this.states.set(id, "exited");
    this.emit({ type: "node-exited", id });
  }

  leave(id: NodeId, unlocksAt: number): void {
    this.emit({ type: "leave-requested", id, unlocksAt });
  }

  /** A record by these nodes, the epoch's first or a later one; a later one is payable whatever is said. */
  record(epoch: number, signers: readonly NodeId[], { isPayable = false, by = 900, lists = NO_LISTS } = {}): void {
    const before = this.#recorded.get(epoch);
    const isFirst = before === undefined;
    const becamePayable = isPayable || !isFirst;
    const nonSigners = [...this.states].filter(([id, state]) => state === "active" && !signers.includes(id));
    this.emit({
      ...{ type: "report-recorded", epoch, submitter: address(by), digest: toHex(digestOf(epoch)), isFirst },
      ...{ becamePayable, signature: this.signatureOf(epoch, signers) },
      nonSigners: nonSigners.map(([id]) => id),
      extraSigners: ascending(signers.filter((id) => this.states.get(id) !== "active")),
    });
    this.#recorded.set(epoch, { isPayable: becamePayable });
    if (becamePayable)
      this.emit({ type: "root-payable", epoch, rootIndex: this.#roots++, rewardsRoot: word(epoch), totalOwed: 1n });
    if (!isFirst) return;
    this.activate(lists.activate);
    this.decommission(lists.decommission);
  }

  show(epoch: number, signers: readonly NodeId[]): void {
    const list = ascending(signers);
    this.emit({ type: "signers-shown", epoch, signature: this.signatureOf(epoch, list), signers: list });
    const heard = this.#of(list, "decommissioned");
    if (heard.length > 0) this.emit({ type: "nodes-heard", ids: heard });
  }

  /** The pool is funded now. */
  fund(amount: bigint): void {
    const pools = this.events.filter((event) => event.type === "pool-settled");
    const last = pools.at(-1) as Extract<ChainEvent, { type: "pool-settled" }>;
    const totalReleased = releasedAt(last, this.now);
    const balance = last.balance - (totalReleased - last.totalReleased) + amount;
    this.emit({ type: "pool-settled", balance, time: this.now, totalReleased });
  }

  isRecorded(epoch: number): boolean {
    return this.#recorded.has(epoch);
  }

  isPayable(epoch: number): boolean {
    return this.#recorded.get(epoch)?.isPayable ?? false;
  }

  /** Keys of one hand may cancel: then the contract takes no signature of theirs, and this throws POINT_AT_INFINITY. */
  signatureOf(epoch: number, signers: readonly NodeId[]): Hex {
    const shares = signers.map((id) => scheme.sign(craft.secretBytes(this.#secretOf(id)), digestOf(epoch)));
    return toHex(scheme.aggregateSignatures(shares));
  }

  /** The ledger after all events, with a head at `until`, in seconds. */
  fold(until: number): LedgerState {
    const state = emptyLedger();
    advanceLedger(state, this.events, headAt(until), admit);
    return state;
  }

  #of(ids: readonly NodeId[], ...states: NodeState[]): NodeId[] {
    return ids.filter((id) => states.includes(this.states.get(id) as NodeState));
  }

  #move(type: "nodes-activated" | "nodes-decommissioned", to: NodeState, ids: readonly NodeId[]): void {
    for (const id of ids) this.states.set(id, to);
    if (ids.length > 0) this.emit({ type, ids });
  }
}

const NO_LISTS: Lists = { activate: [], decommission: [] };

export function digestOf(epoch: number): Uint8Array {
  return new Uint8Array(32).fill(epoch % 251);
}

function ascending(ids: readonly NodeId[]): NodeId[] {
  return [...ids].sort((a, b) => a - b);
}
