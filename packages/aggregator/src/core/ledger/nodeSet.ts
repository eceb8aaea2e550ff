/**
 * The node set of a ledger, and what is looked up in it: by key, by identity. Each is made once for
 * each set, however often it is asked for, and whoever shares a ledger shares it. Not here: how nodes change
 * (ledger.ts).
 */
import { type Hex, toHex } from "@quorate/common";
import type { LedgerNode } from "./events.ts";
import { type LedgerState, sortedNodes } from "./ledger.ts";
import { admittedIdentities } from "./nodes.ts";

const SETS = new WeakMap<LedgerState["nodes"], readonly LedgerNode[]>();
const INDEXES = new WeakMap<readonly LedgerNode[], NodeIndex>();
const ADMITTED = new WeakMap<readonly LedgerNode[], ReadonlySet<Hex>>();
/** By a node's key, which stays the same object however the node changes. */
const KEYS = new WeakMap<Uint8Array, Hex>();

/**
 * In id order; the same array until a node changes. The fold changes a node only in a new map (advanceLedger), so that
 * the map tells one set from another.
 */
export function nodeSetOf({ nodes }: Pick<LedgerState, "nodes">): readonly LedgerNode[] {
  return once(SETS, nodes, () => sortedNodes({ nodes }).map(({ node }) => node));
}

/** The identities that may hold a connection (P-80). */
export function admittedOf(nodes: readonly LedgerNode[]): ReadonlySet<Hex> {
  return once(ADMITTED, nodes, () => admittedIdentities(nodes));
}

/** What is looked up in a node set. The array must not change any more. */
export function indexOf(nodes: readonly LedgerNode[]): NodeIndex {
  return once(INDEXES, nodes, () => new NodeIndex(nodes));
}

export class NodeIndex {
  readonly #byBlsKey = new Map<Hex, LedgerNode>();
  readonly #byIdentity = new Map<Hex, LedgerNode[]>();

  constructor(nodes: readonly LedgerNode[]) {
    for (const node of nodes) {
      if (node.state !== "exited") {
        const key = once(KEYS, node.blsKey, () => toHex(node.blsKey));
        if (!this.#byBlsKey.has(key)) this.#byBlsKey.set(key, node);
      }
      if (!node.identityValid) continue;
      const others = this.#byIdentity.get(node.identityKey);
      if (others === undefined) this.#byIdentity.set(node.identityKey, [node]);
      else others.push(node);
    }
  }

  /** The node with this BLS key that has not exited; null for none. */
  withBlsKey(key: Hex): LedgerNode | null {
    return this.#byBlsKey.get(key) ?? null;
  }

  /** The nodes that have said that this identity is theirs (P-8), in id order; several where one has exited. */
  withIdentity(key: Hex): readonly LedgerNode[] {
    return this.#byIdentity.get(key) ?? [];
  }
}

function once<Of extends object, Value>(known: WeakMap<Of, Value>, of: Of, make: () => Value): Value {
  const found = known.get(of);
  if (found !== undefined) return found;
  const made = make();
  known.set(of, made);
  return made;
}
