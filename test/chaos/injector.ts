/**
 * Makes faults happen, and undoes them. In: a network, its links, its chain relays, a plan. Out: what was done and
 * when; after `heal` nothing is wrong any more but the clocks, which stay apart. Not its job: what is right or wrong of
 * it.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeId } from "@quorate/common";
import type { LocalNetwork } from "../harness/network.ts";
import type { Promises } from "../harness/promises.ts";
import { readStore, type StoreContent } from "../harness/storeFile.ts";
import { CLEAR, type Condition, sameCondition, worst } from "./condition.ts";
import type { LinkChange, LinkLayer } from "./linkLayer.ts";
import { describeFault, type Fault } from "./plan.ts";
import type { Relay } from "./relay.ts";

/** A fault as it came to pass: a machine under load makes some longer than planned. */
export interface Happened {
  readonly fault: Fault;
  /** After the start of the run. */
  readonly fromMs: number;
  toMs: number | null;
}

export interface Ground {
  readonly network: LocalNetwork;
  readonly links: LinkLayer;
  readonly promises: Promises;
  /** Of each node's chain provider, by id. */
  readonly providers: ReadonlyMap<NodeId, Relay>;
  readonly stalled: Set<NodeId>;
  /** What each node's clock is off chain time, by id; read when an agent starts. */
  readonly offsetsMs: Map<NodeId, number>;
  readonly chainAheadMs: number;
  readonly onStore: (id: NodeId, store: StoreContent) => void;
  readonly note: (what: string) => void;
  readonly nowMs: () => number;
}

export class Injector {
  readonly happened: Happened[] = [];
  readonly #ground: Ground;
  readonly #active = new Set<Fault>();
  readonly #conditions = new Map<string, Condition>();
  #applying: Promise<void> = Promise.resolve();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** All faults of a plan, to the end of the last. */
  async play(faults: readonly Fault[]): Promise<void> {
    const startedMs = performance.now();
    await Promise.all(
      faults.map(async (fault) => {
        await sleep(Math.max(0, startedMs + fault.atMs - performance.now()));
        await this.#happen(fault);
      }),
    );
    await this.#applying;
  }

  async #happen(fault: Fault): Promise<void> {
    const { note, nowMs } = this.#ground;
    const { agents } = this.#ground.network;
    if ("node" in fault && !agents.some(({ id }) => id === fault.node)) {
      note(`agent ${fault.node} is down already: no ${fault.kind}`);
      return;
    }
    if (
      fault.kind === "chain" &&
      this.happened.some(({ fault: { kind }, toMs }) => kind === "chain" && toMs === null)
    ) {
      note("the chain node is down already");
      return;
    }
    note(describeFault(fault));
    const happened: Happened = { fault, fromMs: nowMs(), toMs: null };
    this.happened.push(happened);
    await this.#make(fault);
    happened.toMs = nowMs();
  }

  async #make(fault: Fault): Promise<void> {
    const { network, links, offsetsMs, chainAheadMs } = this.#ground;
    switch (fault.kind) {
      case "kill":
        return this.#kill(fault.node, fault.forMs);
      case "pause":
        return this.#pause(fault.node, fault.forMs);
      case "reset":
        return links.reset(fault.node);
      case "clock":
        offsetsMs.set(fault.node, fault.offsetMs);
        return network.agent(fault.node).child.send({ type: "clock", offsetMs: chainAheadMs + fault.offsetMs });
      case "chain":
        return network.chain.restart(fault.forMs);
      case "stall":
        return this.#stall(fault.nodes, fault.forMs);
      default:
        this.#active.add(fault);
        await this.#applyLinks();
        await sleep(fault.forMs);
        this.#active.delete(fault);
        await this.#applyLinks();
    }
  }

  async #kill(id: NodeId, awayMs: number): Promise<void> {
    const { network, promises, note, onStore } = this.#ground;
    await network.killAgent(id);
    const store = readStore(join(network.node(id).directory, "agent.sqlite"));
    promises.atDeath(id, store);
    onStore(id, store);
    await sleep(awayMs);
    try {
      await network.startAgent(id);
      note(`agent ${id} is up again`);
    } catch (error) {
      promises.violations.push(`agent ${id} did not come up again: ${error}`);
    }
  }

  /** By a shell of its own: it wakes the agent even when this process has died, so that none sleeps for ever. */
  async #pause(id: NodeId, forMs: number): Promise<void> {
    const { pid } = this.#ground.network.agent(id).child;
    const script = `kill -STOP ${pid}; sleep ${(forMs / 1_000).toFixed(2)}; kill -CONT ${pid}`;
    const shell = spawn("sh", ["-c", script], { stdio: "ignore", detached: true });
    await new Promise((resolve) => shell.once("exit", resolve));
  }

  async #stall(nodes: readonly NodeId[], forMs: number): Promise<void> {
    const { stalled, providers } = this.#ground;
    // Those of an earlier stall end with it.
    const ours = nodes.filter((id) => !stalled.has(id));
    for (const id of ours) stalled.add(id);
    await sleep(forMs);
    for (const id of ours) {
      stalled.delete(id);
      providers.get(id)?.kick();
    }
  }

  /** One after the other, so that the last one wins. */
  #applyLinks(): Promise<void> {
    this.#applying = this.#applying.then(() => this.#ground.links.apply(this.#changes()));
    return this.#applying;
  }

  #changes(): LinkChange[] {
    const ids = this.#ground.network.nodes.map(({ id }) => id);
    const changes: LinkChange[] = [];
    for (const from of ids) {
      for (const to of ids) {
        if (from === to) continue;
        const condition = worst([...this.#active].flatMap((fault) => conditionOf(fault, from, to)));
        const link = `${from} ${to}`;
        if (sameCondition(condition, this.#conditions.get(link) ?? CLEAR)) continue;
        this.#conditions.set(link, condition);
        changes.push({ from, to, condition });
      }
    }
    return changes;
  }
}

/** What a fault does to the link from one node to another. */
export function conditionOf(fault: Fault, from: NodeId, to: NodeId): Condition[] {
  switch (fault.kind) {
    case "partition":
      return fault.nodes.includes(from) === fault.nodes.includes(to) ? [] : [{ ...CLEAR, isCut: true }];
    case "oneWay":
      return fault.nodes.includes(from) && fault.to.includes(to) ? [{ ...CLEAR, isCut: true }] : [];
    case "slow":
      return fault.nodes.includes(from) || fault.nodes.includes(to) ? [fault.condition] : [];
    default:
      return [];
  }
}
