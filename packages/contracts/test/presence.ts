// Who has signed an epoch's report, and the aggregate of exactly them, from the chain's events alone. In: the events of
// the node set and of one epoch, in the order of the log. Out: the present nodes as disjoint blocks with known sums,
// and what makes the root payable. Pure: reading logs is presenceChain.ts. A second implementation of what the ledger
// keeps as recipes: here every sum is a point, added up as it comes.
import type { NodeId, Sum, Sums } from "@quorate/common";

/** What the fold reads, in the order of the log. Ids of lists are distinct, as the contract's are. */
export type PresenceEvent =
  | { readonly kind: "registered"; readonly id: NodeId; readonly isActive: boolean }
  | { readonly kind: "activated" | "decommissioned"; readonly ids: readonly NodeId[] }
  | { readonly kind: "exited"; readonly id: NodeId }
  /** The epoch ends: it judges whoever is registered and has not exited here. */
  | { readonly kind: "ended" }
  | {
      readonly kind: "recorded";
      readonly isFirst: boolean;
      readonly signature: Uint8Array;
      readonly nonSigners: readonly NodeId[];
      readonly extraSigners: readonly NodeId[];
    }
  | { readonly kind: "shown"; readonly signature: Uint8Array; readonly signers: readonly NodeId[] };

/** Nodes whose signatures are known as one sum, and no smaller part of it. */
export interface Block {
  readonly ids: readonly NodeId[];
  readonly sum: Sum;
}

/** What `reportEpoch` takes beside the report. Both lists ascend. */
export interface PayableCall {
  readonly signature: Uint8Array;
  readonly nonSigners: readonly NodeId[];
  readonly extraSigners: readonly NodeId[];
}

/** Which showings count. */
export interface CountingRule {
  /** Whether one that lists a node that the epoch does not judge counts for nobody. */
  readonly judgedOnly: boolean;
}

/** The blocks of one epoch. */
export class EpochPresence {
  /** The active nodes after the last event. */
  readonly active = new Set<NodeId>();
  readonly present = new Set<NodeId>();
  readonly #blocks: Block[] = [];
  readonly #blockOf = new Map<NodeId, Block>();
  readonly #inSet = new Set<NodeId>();
  #judged: ReadonlySet<NodeId> = new Set();
  readonly #sums: Sums;
  readonly #rule: CountingRule;
  #passedOver = 0;

  constructor(sums: Sums, rule: CountingRule = { judgedOnly: true }) {
    this.#sums = sums;
    this.#rule = rule;
  }

  /** Disjoint, in the order of the log; the first is the first record's. */
  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** How many showings counted for nobody. */
  get passedOver(): number {
    return this.#passedOver;
  }

  /** Takes the next event of the log. */
  apply(event: PresenceEvent): void {
    switch (event.kind) {
      case "registered":
        this.#inSet.add(event.id);
        if (event.isActive) this.active.add(event.id);
        return;
      case "activated":
        for (const id of event.ids) this.active.add(id);
        return;
      case "decommissioned":
        for (const id of event.ids) this.active.delete(id);
        return;
      case "exited":
        this.active.delete(event.id);
        this.#inSet.delete(event.id);
        return;
      case "ended":
        this.#judged = new Set(this.#inSet);
        return;
      case "recorded":
        return this.#record(event.isFirst, this.#signersOf(event), event.signature);
      case "shown":
        return this.#show(event.signers, event.signature);
    }
  }

  /**
   * The record of everyone in the blocks, against a set of active nodes; null before the first record.
   * @param activeNow The set the call will meet; by default the one after the last event.
   */
  payable(activeNow: ReadonlySet<NodeId> = this.active): PayableCall | null {
    const signature = this.#sums.add(this.#blocks.map(({ sum }) => sum));
    if (signature === null) return null;
    return {
      signature,
      nonSigners: ascending([...activeNow].filter((id) => !this.#blockOf.has(id))),
      extraSigners: ascending([...this.#blockOf.keys()].filter((id) => !activeNow.has(id))),
    };
  }

  /** A record stands before what its own lists change, so the set is the one that its signature was checked against. */
  #signersOf(record: { readonly nonSigners: readonly NodeId[]; readonly extraSigners: readonly NodeId[] }): NodeId[] {
    const absent = new Set(record.nonSigners);
    return [...[...this.active].filter((id) => !absent.has(id)), ...record.extraSigners];
  }

  /** A later record's signers are present; the root is payable with it, so nobody needs a block of them any more. */
  #record(isFirst: boolean, signers: readonly NodeId[], signature: Uint8Array): void {
    if (isFirst) this.#addBlock(signers, signature);
    else for (const id of signers) this.present.add(id);
  }

  #show(signers: readonly NodeId[], signature: Uint8Array): void {
    const named = new Set<Block>();
    const rest: NodeId[] = [];
    for (const id of signers) {
      const block = this.#blockOf.get(id);
      if (block === undefined) rest.push(id);
      else named.add(block);
    }
    const earlier = [...named];
    const namedIds = earlier.reduce((count, { ids }) => count + ids.length, 0);
    const isWhole = namedIds + rest.length === signers.length;
    if (!isWhole || (this.#rule.judgedOnly && signers.some((id) => !this.#judged.has(id)))) {
      this.#passedOver += 1;
      return;
    }
    if (rest.length === 0) return;
    this.#addBlock(rest, this.#sums.add([signature, ...earlier.map(({ sum }) => this.#sums.negate(sum))]));
  }

  #addBlock(ids: readonly NodeId[], sum: Sum): void {
    const block = { ids: ascending(ids), sum };
    this.#blocks.push(block);
    for (const id of ids) {
      this.#blockOf.set(id, block);
      this.present.add(id);
    }
  }
}

/** The presence after all of `events`. */
export function foldEpoch(events: Iterable<PresenceEvent>, sums: Sums, rule?: CountingRule): EpochPresence {
  const presence = new EpochPresence(sums, rule);
  for (const event of events) presence.apply(event);
  return presence;
}

function ascending(ids: readonly NodeId[]): NodeId[] {
  return [...ids].sort((a, b) => a - b);
}
