/**
 * What an amount is made of, for whoever wants to see it: each credit as it is given (P-53, P-54, P-63). Enters:
 * nothing. Leaves: the one way to credit, which an observer can watch. Not here: who is credited what (split.ts,
 * reports.ts).
 */
import type { Address, NodeId } from "@quorate/common";
import type { ContributorView } from "./events.ts";

/** The node that earned a credit, in one epoch. */
export interface EarningNode {
  readonly id: NodeId;
  /** Seconds of the epoch in which it was active and still earned. */
  readonly activeSeconds: number;
  /** What the node earned in the epoch, before it is divided inside it; atomic units. */
  readonly reward: bigint;
}

/**
 * `fee` and `dust` go to the first contributor's beneficiary, `share` to each contributor's (P-54), `bounty` to
 * submitters (P-63).
 */
export type CreditPart = "fee" | "share" | "dust" | "bounty";

/** Told of every credit of an epoch that closes; `node` is null for a bounty. Zero credits are not told. */
export type ObserveCredit = (
  epoch: number,
  to: Address,
  amountAtomic: bigint,
  part: CreditPart,
  node: EarningNode | null,
) => void;

/** Who looks on while epochs close. */
export interface CreditObserver {
  readonly observe: ObserveCredit | null;
  /**
   * Where it is set, nobody else's credits are computed, and amounts are this recipient's alone: a fold for one among
   * 100,000. What is owed in all and what is carried over are the same. No node is judged (P-59): that changes no
   * amount.
   */
  readonly only?: Address | null;
}

/** Whether one recipient is among a node's contributors: asked for each node in each epoch of its fold. */
const concerns = new WeakMap<CreditObserver, WeakMap<readonly ContributorView[], boolean>>();

/** The credits of one epoch. Whatever is added to them is told, so that the parts add up to the amounts. */
export class Credits {
  readonly amounts: Map<Address, bigint> = new Map();
  readonly #epoch: number;
  readonly #observe: ObserveCredit | null;
  readonly #only: Address | null;
  readonly #concerned: WeakMap<readonly ContributorView[], boolean>;

  constructor(epoch: number, observer: CreditObserver | null) {
    this.#concerned = (observer === null ? undefined : concerns.get(observer)) ?? new WeakMap();
    if (observer !== null) concerns.set(observer, this.#concerned);
    this.#epoch = epoch;
    this.#observe = observer?.observe ?? null;
    this.#only = observer?.only ?? null;
  }

  /** False in a fold for one recipient alone. */
  get ofEverybody(): boolean {
    return this.#only === null;
  }

  /** Whether anybody among them is credited here. */
  concern(contributors: readonly ContributorView[]): boolean {
    if (this.#only === null) return true;
    let isConcerned = this.#concerned.get(contributors);
    if (isConcerned === undefined) {
      isConcerned = contributors.some(({ beneficiary }) => beneficiary === this.#only);
      this.#concerned.set(contributors, isConcerned);
    }
    return isConcerned;
  }

  add(to: Address, amountAtomic: bigint, part: CreditPart, node: EarningNode | null): void {
    if (amountAtomic === 0n || (this.#only !== null && to !== this.#only)) return;
    const before = this.amounts.get(to);
    this.amounts.set(to, before === undefined ? amountAtomic : before + amountAtomic);
    this.#observe?.(this.#epoch, to, amountAtomic, part, node);
  }
}
