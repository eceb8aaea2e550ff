/**
 * Rewards trees for all agents of a run, by the real RewardsTree (P-41). What an agent has asked for so far is hashed, and one that has asked for
 * exactly the same as another gets the root that was built for the other: a difference between two agents is never hidden.
 */
import { createHash } from "node:crypto";
import { type Address, type Hex, toHex } from "@quorate/common";
import { packChanges, RewardsTree } from "@quorate/common/rewards-tree";
import type { Effect } from "../../../packages/aggregator/src/core/io.ts";

type BuildTree = Extract<Effect, { type: "build-tree" }>;
type Changes = readonly (readonly [Address, bigint])[];

/** Roots by what was asked for to get them. */
export class BuiltRoots {
  readonly #roots = new Map<string, Hex>();

  get(history: string, build: () => Hex): Hex {
    const root = this.#roots.get(history) ?? build();
    this.#roots.set(history, root);
    return root;
  }
}

/** The trees of one agent. */
export class AgentTrees {
  readonly #built: BuiltRoots;
  #history = "";
  #asked: { readonly epoch: number; readonly changes: Changes }[] = [];

  constructor(built: BuiltRoots) {
    this.#built = built;
  }

  apply({ epoch, first, changes }: Omit<BuildTree, "type">): Hex {
    if (first) {
      this.#history = "";
      this.#asked = [];
    }
    this.#asked.push({ epoch, changes });
    const hash = createHash("sha256").update(`${this.#history} ${epoch} `).update(packChanges(changes));
    this.#history = toHex(hash.digest());
    return this.#built.get(this.#history, () => this.#build());
  }

  #build(): Hex {
    const tree = new RewardsTree();
    const roots = this.#asked.map(({ epoch, changes }) => tree.apply(epoch, changes).root);
    return roots.at(-1) as Hex;
  }
}
