/**
 * The hostile node's connections. In: a peer and the agents. Out: one link an agent, made again when it is lost, and
 * how many agents have cut the node off: they ended a connection and take no other.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { HostileLink, HostilePeer } from "../../packages/aggregator/test/support/hostilePeer.ts";
import type { Links, Target } from "./attack.ts";

/** A node that may not connect is tried no more often. */
const RETRY_MS = 500;

interface Record {
  link: HostileLink | null;
  connectedAtMs: number;
  /** When the agent ended the last connection; null while there is one. */
  lostAtMs: number | null;
  retryAtMs: number;
}

export class RealLinks implements Links {
  readonly #peer: HostilePeer;
  /** By agent: its address changes at a restart, and its memory of the node with it. */
  readonly #records = new Map<string, Record>();
  readonly #count: (name: string) => void;

  constructor(peer: HostilePeer, count: (name: string) => void) {
    this.#peer = peer;
    this.#count = count;
  }

  /** An open link with its gossip stream; null while the agent takes none. */
  async to(target: Target): Promise<HostileLink | null> {
    const record = this.#records.get(target.address);
    if (record?.link?.open) return record.link;
    this.#noteLoss(record);
    if (record !== undefined && performance.now() < record.retryAtMs) return null;
    try {
      const link = await this.#peer.connect(target.address);
      await link.openGossip();
      this.#count("connections");
      const connectedAtMs = record?.connectedAtMs ?? performance.now();
      this.#records.set(target.address, { link, connectedAtMs, lostAtMs: null, retryAtMs: 0 });
      return link;
    } catch {
      this.#count("refused");
      if (record !== undefined) record.retryAtMs = performance.now() + RETRY_MS;
      return null;
    }
  }

  async each(targets: readonly Target[], send: (link: HostileLink, target: Target) => unknown): Promise<void> {
    const sent = targets.map(async (target) => {
      const link = await this.to(target);
      if (link === null) return;
      try {
        await send(link, target);
      } catch {
        this.#count("sendsFailed");
        // A link without its gossip stream is of no use: the next one is made anew.
        link.close();
        await sleep(RETRY_MS);
      }
    });
    await Promise.all(sent);
  }

  /** @returns of how many agents that were reached, how many have ended it for good, and after how long */
  report(): { attacked: number; cutOff: number; cutOffAfterMs: number | null } {
    const all = [...this.#records.values()];
    for (const record of all) this.#noteLoss(record);
    const times = all
      .flatMap(({ connectedAtMs, lostAtMs }) => (lostAtMs === null ? [] : [lostAtMs - connectedAtMs]))
      .sort((a, b) => a - b);
    const median = times[Math.floor(times.length / 2)];
    return {
      attacked: all.length,
      cutOff: times.length,
      cutOffAfterMs: median === undefined ? null : Math.round(median),
    };
  }

  #noteLoss(record: Record | undefined): void {
    if (record?.link == null || record.link.open || record.lostAtMs !== null) return;
    record.lostAtMs = performance.now();
  }
}
