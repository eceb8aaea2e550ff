/**
 * The checker of the kill tests; it knows nothing of who is killed when. In: what stakers were told, what was on the
 * wire, what stores hold at a death, what an agent says after its restart. Out: violations, in words. It holds to P-71
 * (one digest a round, recorded before it is published), to accepted claims, and to amounts that never fall (P-25,
 * P-55).
 */
import { equalBytes, type Hex, type NodeId, parseRoundKey, type RoundKey, type Subject, toHex } from "@quorate/common";
import type { StoreContent } from "./storeFile.ts";

export interface SeenShare {
  readonly nodeId: NodeId;
  readonly round: RoundKey;
  readonly digest: Hex;
  readonly amount: bigint;
  readonly signature: Uint8Array;
}

/** What one node has let others see. All of it binds it for good. */
interface Promised {
  readonly recorded: Map<RoundKey, Hex>;
  readonly published: Map<RoundKey, { readonly digest: Hex; readonly signature: Uint8Array }>;
  readonly accepted: Set<RoundKey>;
  readonly served: Set<RoundKey>;
}

export class Promises {
  readonly violations: string[] = [];
  readonly #byNode = new Map<NodeId, Promised>();
  /** All nodes read one chain: one amount a round among them all, and one digest. */
  readonly #rounds = new Map<RoundKey, { readonly digest: Hex; readonly amount: bigint }>();

  get counts() {
    const all = [...this.#byNode.values()];
    const sum = (of: (node: Promised) => number): number => all.reduce((total, node) => total + of(node), 0);
    return {
      rounds: this.#rounds.size,
      shares: sum(({ published }) => published.size),
      signings: sum(({ recorded }) => recorded.size),
      acceptedClaims: sum(({ accepted }) => accepted.size),
      bundles: sum(({ served }) => served.size),
    };
  }

  /** Rounds of which this node has published a share, oldest first. */
  publishedBy(id: NodeId): SeenShare[] {
    return [...this.#of(id).published].map(([round, share]) => ({
      nodeId: id,
      round,
      amount: this.#rounds.get(round)?.amount ?? 0n,
      ...share,
    }));
  }

  acceptedBy(id: NodeId): RoundKey[] {
    return [...this.#of(id).accepted];
  }

  /** On the wire, its signature checked under the node's own key, so that nobody else can have made it. */
  sawShare(share: SeenShare): void {
    const { published } = this.#of(share.nodeId);
    const before = published.get(share.round);
    if (before === undefined) published.set(share.round, share);
    else if (before.digest !== share.digest)
      this.#violated(
        `node ${share.nodeId} published two digests for ${share.round}: ${before.digest}, ${share.digest}`,
      );
    else if (!equalBytes(before.signature, share.signature))
      this.#violated(`node ${share.nodeId} published other bytes for ${share.round}: ${toHex(share.signature)}`);
    this.#agree(share.nodeId, share.round, share);
  }

  /** An agent answered a staker that it has taken the claim. */
  tookClaim(id: NodeId, round: RoundKey, claim: { readonly digest: Hex; readonly amount: bigint }): void {
    this.#of(id).accepted.add(round);
    this.#agree(id, round, claim);
  }

  servedBundle(id: NodeId, round: RoundKey): void {
    this.#of(id).served.add(round);
  }

  /** The store of an agent that has just died, however. */
  atDeath(id: NodeId, store: StoreContent): void {
    const promised = this.#of(id);
    for (const [round, digest] of promised.recorded) {
      const now = store.signings.get(round)?.digest;
      if (now !== digest) this.#violated(`node ${id} had recorded ${digest} for ${round}; its store has ${now}`);
    }
    for (const [round, { digest }] of promised.published) {
      const recorded = store.signings.get(round)?.digest;
      if (recorded !== digest) {
        this.#violated(`node ${id} published a share over ${digest} for ${round}; its store has ${recorded}`);
      }
    }
    for (const [round, signing] of store.signings) {
      promised.recorded.set(round, signing.digest);
      this.#agree(id, round, signing);
    }
    for (const round of promised.accepted) {
      if (epochOf(round) < store.firstEpoch) promised.accepted.delete(round);
      else if (!store.claims.has(round)) this.#violated(`node ${id} had taken ${round}; its store has no such claim`);
    }
    for (const round of promised.served) {
      if (!store.bundles.has(round)) this.#violated(`node ${id} had served ${round}; its store has no such bundle`);
    }
    this.#amountsRise(id, store);
  }

  /** After a restart the same request must give the same bytes. */
  gaveAgain(id: NodeId, before: SeenShare, signature: Uint8Array | null): void {
    if (signature !== null && equalBytes(signature, before.signature)) return;
    const now = signature === null ? "no share" : toHex(signature);
    this.#violated(`node ${id} gave ${toHex(before.signature)} for ${before.round}, and after its restart ${now}`);
  }

  lost(id: NodeId, round: RoundKey, what: string): void {
    this.#violated(`node ${id} had taken ${round}; ${what}`);
  }

  /** P-55: what a recipient has ever earned never falls from one epoch to the next. */
  #amountsRise(id: NodeId, store: StoreContent): void {
    const byRecipient = new Map<Subject, { epoch: number; amount: bigint }>();
    const inOrder = [...store.signings].sort(([a], [b]) => epochOf(a) - epochOf(b));
    for (const [round, { amount }] of inOrder) {
      const { subject: recipient } = parseRoundKey(round);
      const before = byRecipient.get(recipient);
      if (before !== undefined && amount < before.amount) {
        this.#violated(`node ${id} signed ${amount} for ${round}, less than ${before.amount} of epoch ${before.epoch}`);
      }
      byRecipient.set(recipient, { epoch: epochOf(round), amount });
    }
  }

  #agree(id: NodeId, round: RoundKey, { digest, amount }: { readonly digest: Hex; readonly amount: bigint }): void {
    const known = this.#rounds.get(round);
    if (known === undefined) this.#rounds.set(round, { digest, amount });
    else if (known.digest !== digest || known.amount !== amount) {
      this.#violated(`node ${id} stands for ${amount} in ${round}, others for ${known.amount}`);
    }
  }

  #of(id: NodeId): Promised {
    const known = this.#byNode.get(id);
    if (known !== undefined) return known;
    const fresh = {
      recorded: new Map(),
      published: new Map(),
      accepted: new Set<RoundKey>(),
      served: new Set<RoundKey>(),
    };
    this.#byNode.set(id, fresh);
    return fresh;
  }

  #violated(what: string): void {
    this.violations.push(what);
  }
}

export function epochOf(round: RoundKey): number {
  return parseRoundKey(round).epoch;
}
