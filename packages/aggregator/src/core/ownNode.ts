/**
 * This agent's own node as the chain has it: registered by whom, leaving, exited. Enters: the node set and what the
 * agent expects of its own. Leaves: a view for status and metrics, and a line of the log at each change. Nothing
 * depends on it.
 */
import { type ErrorCode, type OwnNode, toHex } from "@quorate/common";
import type { Context, Step } from "./context.ts";
import type { LedgerNode } from "./ledger/events.ts";
import type { Collector } from "./stages.ts";

export class OwnNodeWatch implements Collector {
  readonly busy = false;
  readonly #context: Context;
  /** The node set in which the own node was looked for last, and what was found. */
  #found: { readonly nodes: readonly LedgerNode[]; readonly node: LedgerNode | null } | null = null;
  #told: OwnNode | null = null;

  constructor(context: Context) {
    this.#context = context;
  }

  view(): OwnNode | null {
    const node = this.#node();
    if (node === null) return null;
    const { id: nodeId, state, operator } = node;
    const unlocksAt = this.#context.ledger.nodes.get(nodeId)?.earnsUntil ?? null;
    return { nodeId, state, operator, unlocksAt, foreign: this.#foreign(node) };
  }

  /** Leave requests change no node set, so there is a look at every tick. */
  tick(step: Step): void {
    const now = this.view();
    const before = this.#told?.nodeId === now?.nodeId ? this.#told : null;
    this.#told = now;
    if (now === null) return;
    for (const code of now.foreign) if (!before?.foreign.includes(code)) tell(code, now, step);
    if (now.unlocksAt !== null && now.unlocksAt !== (before?.unlocksAt ?? null)) tell("NODE_LEAVING", now, step);
    if (now.state === before?.state) return;
    if (now.state === "exited") tell("NODE_EXITED", now, step);
    else tell("NODE_STATE_CHANGED", now, step, now.state === "decommissioned" ? "warn" : "info", before?.state);
  }

  needs(): [] {
    return [];
  }

  resume(): void {}
  roundChanged(): void {}
  nodesChanged(): void {}
  prune(): void {}

  /** The one that has not exited; else the last that has. */
  #node(): LedgerNode | null {
    const { ownNode, nodes, options } = this.#context;
    if (ownNode !== null) return ownNode;
    if (this.#found?.nodes !== nodes) {
      const blsKey = toHex(options.blsKey);
      this.#found = { nodes, node: nodes.findLast((node) => toHex(node.blsKey) === blsKey) ?? null };
    }
    return this.#found.node;
  }

  #foreign({ identityKey, identityValid, operator }: LedgerNode): OwnNode["foreign"] {
    const expected = this.#context.options;
    const foreign: OwnNode["foreign"][number][] = [];
    if (expected.identityKey !== undefined && expected.identityKey !== identityKey)
      foreign.push("NODE_FOREIGN_IDENTITY");
    else if (!identityValid) foreign.push("NODE_IDENTITY_INVALID");
    if (expected.operator !== undefined && expected.operator !== operator) foreign.push("NODE_FOREIGN_OPERATOR");
    return foreign;
  }
}

function tell(code: ErrorCode, own: OwnNode, { emit }: Step, level: "info" | "warn" = "warn", before?: string): void {
  const { nodeId, state, operator, unlocksAt } = own;
  const values = { nodeId, state, operator, ...(before === undefined ? {} : { before }) };
  const unlocks = unlocksAt === null ? {} : { unlocksAt };
  emit({ type: "observe", level, code, values: { ...values, ...unlocks } });
}
