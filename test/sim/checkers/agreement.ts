/**
 * Every honest agent's ledger is what the contract is: states, silence, valid roots at its head, and the verdicts on
 * everyone (P-50, P-59).
 */
import type { NodeId } from "@quorate/common";
import type { Agent } from "../../../packages/aggregator/src/core/io.ts";
import type { ChainEvent } from "../../../packages/aggregator/src/core/ledger/events.ts";
import { honest } from "./checker.ts";
import type { Hidden } from "./hidden.ts";
import type { LifeChecker, LifeTruth } from "./life.ts";

interface Snapshot {
  readonly blockNumber: number;
  /** The state of each node, and whether it was dropped, in id order. */
  readonly nodes: readonly string[];
}

export class Agreement implements LifeChecker {
  readonly name = "agreement";
  readonly #truth: LifeTruth;
  readonly #hidden: Hidden;
  readonly #snapshots: Snapshot[] = [];

  /** @param hidden knows who was present */
  constructor(truth: LifeTruth, hidden: Hidden) {
    this.#truth = truth;
    this.#hidden = hidden;
  }

  onEvents(events: readonly ChainEvent[]): void {
    const blockNumber = events.at(-1)?.blockNumber ?? 0;
    const nodes = this.#truth.chain.contract.set.nodes.map(
      ({ state, isSilent }) => `${state}${isSilent ? ", silent" : ""}`,
    );
    this.#snapshots.push({ blockNumber, nodes });
  }

  finishLife(): void {
    for (const [id, { core }] of this.#truth.agents) {
      if (core !== null && honest(this.#truth, id)) this.#check(id, core);
    }
  }

  #check(id: NodeId, core: Agent): void {
    const head = core.status().head?.number ?? 0;
    const report = (detail: string): void => this.#truth.report(this.name, `agent ${id} at block ${head}: ${detail}`);
    const there = this.#snapshots.findLast(({ blockNumber }) => blockNumber <= head)?.nodes ?? [];
    const here = core.nodes().map(({ state, silent }) => `${state}${silent ? ", silent" : ""}`);
    for (let i = 0; i < Math.max(there.length, here.length); i++) {
      if (here[i] !== there[i]) report(`node ${i + 1} is ${here[i]}, and ${there[i]} in the contract`);
    }
    const roots = this.#truth.chain.log.filter(
      ({ type, blockNumber }) => type === "root-payable" && blockNumber <= head,
    );
    const known = core.payableRoots();
    if (known.length !== Math.min(8, roots.length)) report(`${known.length} roots of ${roots.length}`);
    for (const { epoch, agrees } of known)
      if (agrees === false) report(`another root for epoch ${epoch} than the payable one`);
    for (const { id: node } of core.nodes()) this.#checkStrip(core, node, report);
  }

  /** Verdicts in the strip's letters; the last one is on the epoch before the last closed one. */
  #checkStrip(core: Agent, node: NodeId, report: (detail: string) => void): void {
    const lastClosed = core.owed(this.#truth.world.nodes.get(node)?.beneficiary ?? "0x")?.epoch;
    if (lastClosed === undefined) return report("no epoch has closed");
    const strip = core.uptime(node);
    const expected = [...strip].map((_, i) => this.#verdict(node, lastClosed - strip.length + i)).join("");
    if (strip !== expected) report(`the verdicts on node ${node} are ${strip}, and ${expected} by the chain`);
  }

  #verdict(id: NodeId, epoch: number): string {
    const present = this.#hidden.present(epoch);
    if (present === null || !this.#hidden.isJudged(id, epoch)) return "U";
    return present.has(id) ? "P" : "M";
  }
}
