/**
 * The tools of an attack, in the attacker's process. In: the order. Out: an `Enemy`, and at the end what it did and
 * cost.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fromHex, type SigningDomain } from "@quorate/common";
import { HostilePeer } from "../../packages/aggregator/test/support/hostilePeer.ts";
import { Random } from "../sim/random.ts";
import { type AttackerReport, type AttackOrder, ENEMY_ADDRESS, type Enemy, type Target } from "./attack.ts";
import { getJson } from "./http.ts";
import { RealLinks } from "./links.ts";

export class RealEnemy implements Enemy {
  readonly order: AttackOrder;
  readonly domain: SigningDomain;
  readonly random: Random;
  readonly #ended = new AbortController();
  readonly #counts: Record<string, number> = {};
  readonly #peers: HostilePeer[] = [];
  readonly #links: RealLinks[] = [];
  #targets: readonly Target[];

  constructor(order: AttackOrder) {
    const { chainId, verifyingContract } = order.domain;
    this.order = order;
    this.domain = { chainId: BigInt(chainId), verifyingContract };
    this.random = new Random(`siege ${order.attack} ${order.seed}`);
    this.#targets = order.targets;
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  targets(): readonly Target[] {
    return this.#targets;
  }

  victim(): Target {
    const [victim] = this.#targets;
    if (victim === undefined) throw new Error("nobody to attack");
    return victim;
  }

  retarget(targets: readonly Target[]): void {
    this.#targets = targets;
  }

  end(): void {
    this.#ended.abort();
  }

  count(name: string, by = 1): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + by;
  }

  most(name: string, value: number): void {
    this.#counts[name] = Math.max(this.#counts[name] ?? 0, value);
  }

  async peer(options: Parameters<Enemy["peer"]>[0] = {}): Promise<HostilePeer> {
    const { chainId, verifyingContract: contract } = this.domain;
    const peer = await HostilePeer.start({
      ...options,
      identitySecret: fromHex(this.order.keys.identitySecret),
      networkId: { chainId, contract },
      localAddress: ENEMY_ADDRESS,
    });
    this.#peers.push(peer);
    return peer;
  }

  links(peer: HostilePeer): RealLinks {
    const links = new RealLinks(peer, (name) => this.count(name));
    this.#links.push(links);
    return links;
  }

  async closedEpoch(): Promise<number> {
    for (;;) {
      const target = this.random.pick(this.#targets);
      const status = await getJson(target, "/v1/status").catch(() => null);
      const epoch = (status as { closedEpoch?: unknown } | null)?.closedEpoch;
      if (typeof epoch === "number") return epoch;
      if (this.signal.aborted) return 0;
      await sleep(200);
    }
  }

  async every(everyMs: number, act: () => unknown): Promise<void> {
    while (!this.signal.aborted) {
      const startedMs = performance.now();
      await act();
      const leftMs = Math.max(0, everyMs - (performance.now() - startedMs));
      // At 0 too: the sockets of this process want their turn.
      await sleep(leftMs, undefined, { signal: this.signal }).catch(() => {});
    }
  }

  report(cpuMs: number, error: string | null): AttackerReport {
    const links = this.#links.map((each) => each.report());
    const sum = (of: "attacked" | "cutOff"): number => links.reduce((total, each) => total + each[of], 0);
    const cutOffAfterMs = links.find((each) => each.cutOffAfterMs !== null)?.cutOffAfterMs ?? null;
    return { counts: this.#counts, cpuMs, attacked: sum("attacked"), cutOff: sum("cutOff"), cutOffAfterMs, error };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.stop()));
  }
}
