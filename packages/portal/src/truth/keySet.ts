/**
 * The node set with its BLS keys as agents tell it, for checking a bundle where no chain can be asked (P-149). Enters:
 * a panel. Leaves: what agents said, held against each other, and whether that is enough to check anything against.
 * Not its job: the check (checkBundle.ts); the contract's own node set comes before this one wherever it can be had.
 */
import { fromHex, type NodeView, quorateError } from "@quorate/common";
import type { Compared } from "./compare.ts";
import { AGENTS_WANTED } from "./limits.ts";
import { nodePages } from "./nodesSaid.ts";
import type { Panel } from "./panel.ts";

export interface KeySet {
  /** The last closed epoch of who says so; -1 before the first. */
  readonly epoch: number;
  readonly nodes: readonly NodeView[];
  /** The same for the same ids, states, stakes and keys. */
  readonly key: string;
}

/** Bytes of a BLS key (P-2). */
const KEY_BYTES = 96;

/** @throws AGENT_* when no agent answers */
export function askKeySet(panel: Panel, signal: AbortSignal): Promise<Compared<KeySet>> {
  return panel.ask<KeySet>({
    async ask(agent) {
      const { closedEpoch } = await agent.status();
      const nodes: NodeView[] = [];
      let key = "";
      for await (const some of nodePages(agent, signal)) {
        for (const { id, state, silent, stake, blsKey } of some) {
          const bytes = fromHex(blsKey);
          if (bytes.length !== KEY_BYTES) {
            const reason = `the BLS key of node ${id} has ${bytes.length} bytes`;
            throw quorateError("AGENT_ANSWER_INVALID", { url: agent.url, reason });
          }
          nodes.push({ id, state, silent, stake, blsKey: bytes });
          key += `${id} ${state} ${silent} ${stake} ${blsKey}\n`;
        }
      }
      return { epoch: closedEpoch ?? -1, nodes, key };
    },
    keyOf: ({ key }) => key,
    momentOf: ({ epoch }) => epoch,
    signal,
  });
}

/** How much a set is worth that agents told. */
export type Agreement = "agreed" | "disagree" | "alone";

/** Two agents have to say the same, and none something else of the same moment. */
export function agreementOn({ belief, against }: Compared<KeySet>): Agreement {
  if (against.length > 0) return "disagree";
  return belief.by === "agents" && belief.count >= AGENTS_WANTED ? "agreed" : "alone";
}

/** The nodes that two sets do not have alike, in id order. */
export function differingNodes(one: KeySet, other: KeySet): readonly number[] {
  const lines = (set: KeySet) => set.key.split("\n").filter((line) => line !== "");
  const [mine, theirs] = [new Set(lines(one)), new Set(lines(other))];
  const odd = [...mine].filter((line) => !theirs.has(line)).concat([...theirs].filter((line) => !mine.has(line)));
  return [...new Set(odd.map((line) => Number.parseInt(line, 10)))].sort((a, b) => a - b);
}
