/**
 * Rewards trees for all agents of a run, by the real RewardsTree (P-41). What an agent has asked for so far is hashed,
 * and one that has asked for exactly the same as another gets the root that was built for the other: a difference
 * between two agents is never hidden.
 */
import { createHash } from "node:crypto";
import { type Address, toHex } from "@quorate/common";
import { packChanges, RewardsTree } from "@quorate/common/rewards-tree";
import type { Effect, Input } from "../../../packages/aggregator/src/core/io.ts";

type BuildTree = Extract<Effect, { type: "build-tree" }>;
type Changes = readonly (readonly [Address, bigint])[];

/** What an agent is told of a tree. */
type BuiltTree = Pick<Extract<Input, { type: "tree-built" }>, "root" | "totalOwed">;

/** Roots by what was asked for to get them. */
export class BuiltRoots {
  readonly #roots = new Map<string, BuiltTree>();

  get(history: string, build: () => BuiltTree): BuiltTree {
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

  apply({ epoch, first, changes }: Omit<BuildTree, "type">): BuiltTree {
    if (first) {
      this.#history = "";
      this.#asked = [];
    }
    this.#asked.push({ epoch, changes });
    const hash = createHash("sha256").update(`${this.#history} ${epoch} `).update(packChanges(changes));
    this.#history = toHex(hash.digest());
    return this.#built.get(this.#history, () => this.#build());
  }

  #build(): BuiltTree {
    const tree = new RewardsTree();
    const built = this.#asked.map(({ epoch, changes }) => tree.apply(epoch, changes));
    const { root, totalOwed } = built.at(-1) as BuiltTree;
    return { root, totalOwed };
  }
}
