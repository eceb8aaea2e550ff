/**
 * Gossip as gossipsub v1.1 does it: own messages to every connection, others' to the mesh and only after an `accept`; a
 * message id is the hash of the data and marked seen before the verdict. Each second a heartbeat: the mesh is repaired,
 * and some peers outside of it are told what has been heard (IHAVE), which they fetch if they lack it (IWANT). Not
 * modelled: scores; bans come from the agents' blames (network.ts).
 */
import { createHash } from "node:crypto";
import type { NodeId } from "@quorate/common";
import type { Verdict } from "../../packages/aggregator/src/core/io.ts";
import type { Links } from "./links.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { MeshDegrees, Topology } from "./topology.ts";

export interface Message {
  /** One number for each content, as P-81's id is one hash: equal data is one message. */
  readonly id: number;
  readonly data: Uint8Array;
}

/** One end of gossip: an agent's. */
export interface GossipPort {
  onGossip(from: NodeId, message: Message): void;
  onDuplicate(): void;
}

/** What gossip asks of the connections. */
export interface Connections {
  of(id: NodeId): ReadonlySet<NodeId>;
  /** Whether a connection to it holds: the agent is up, or silent. */
  isUp(id: NodeId): boolean;
}

/** Topic, framing, noise and yamux around a gossip message of about 270 bytes (BASELINES: shares of about 330). */
const OVERHEAD_BYTES = 60;
/** A message id in IHAVE and IWANT, with its field. */
const ID_BYTES = 34;

/**
 * As adapters/libp2p: a beat each second; ids of the last three of five beats go to at least 6 peers, or a twentieth.
 */
const HEARTBEAT_MS = 1_000;
const LAZY_DEGREE = 6;
const LAZY_PART = 0.05;
const HISTORY_TOLD = 3;
const HISTORY_KEPT = 5;

interface Router {
  readonly port: GossipPort;
  readonly seen: Set<number>;
  /** Messages without a verdict, and who sent them: they need no copy back. */
  readonly senders: Map<number, Set<NodeId>>;
  /** Messages accepted or published, by heartbeat, the present one first. */
  history: Message[][];
}

export class Gossip {
  readonly #mesh: ReadonlyMap<NodeId, Set<NodeId>>;
  readonly #degrees: MeshDegrees;
  readonly #connections: Connections;
  readonly #links: Links;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #routers = new Map<NodeId, Router>();
  readonly #interned = new Map<string, Message>();

  constructor(
    { mesh, degrees }: Pick<Topology, "mesh" | "degrees">,
    connections: Connections,
    links: Links,
    { scheduler, random }: { readonly scheduler: Scheduler; readonly random: Random },
  ) {
    this.#mesh = new Map([...mesh].map(([id, peers]) => [id, new Set(peers)]));
    this.#degrees = degrees;
    this.#connections = connections;
    this.#links = links;
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** It comes up, and remembers no message. */
  attach(id: NodeId, port: GossipPort): void {
    const router = { port, seen: new Set<number>(), senders: new Map(), history: [[]] };
    this.#routers.set(id, router);
    this.#scheduler.after(this.#random.between(0, HEARTBEAT_MS), () => this.#beat(id, router));
  }

  detach(id: NodeId): void {
    this.#routers.delete(id);
  }

  /** The connection is gone. */
  closed(a: NodeId, b: NodeId): void {
    this.#mesh.get(a)?.delete(b);
    this.#mesh.get(b)?.delete(a);
  }

  meshOf(id: NodeId): ReadonlySet<NodeId> {
    return this.#mesh.get(id) ?? NOBODY;
  }

  publish(from: NodeId, data: Uint8Array): Message {
    const message = this.#intern(data);
    const router = this.#routers.get(from);
    router?.seen.add(message.id);
    router?.history[0]?.push(message);
    for (const peer of this.#connections.of(from)) this.#send(from, peer, message);
    return message;
  }

  /** To one peer alone, whatever the mesh says: what only a liar does. */
  push(from: NodeId, to: NodeId, data: Uint8Array): void {
    if (this.#connections.of(from).has(to)) this.#send(from, to, this.#intern(data));
  }

  settle(id: NodeId, message: Message, verdict: Verdict): void {
    const router = this.#routers.get(id);
    const have = router?.senders.get(message.id);
    router?.senders.delete(message.id);
    if (verdict !== "accept") return;
    router?.history[0]?.push(message);
    for (const peer of this.meshOf(id)) if (have?.has(peer) !== true) this.#send(id, peer, message);
  }

  #send(from: NodeId, to: NodeId, message: Message): void {
    this.#links.send(from, to, message.data.length + OVERHEAD_BYTES, true, () => {
      const router = this.#routers.get(to);
      if (router === undefined || !this.#connections.of(from).has(to)) return;
      if (router.seen.has(message.id)) {
        router.senders.get(message.id)?.add(from);
        router.port.onDuplicate();
        return;
      }
      router.seen.add(message.id);
      router.senders.set(message.id, new Set([from]));
      router.port.onGossip(from, message);
    });
  }

  #beat(id: NodeId, router: Router): void {
    if (this.#routers.get(id) !== router) return;
    this.#repairMesh(id);
    this.#tellOthers(id, router);
    router.history = [[], ...router.history].slice(0, HISTORY_KEPT);
    this.#scheduler.after(HEARTBEAT_MS, () => this.#beat(id, router));
  }

  /** Below Dlo others are grafted, up to D; who has more than Dhi takes nobody, as it would prune the newcomer. */
  #repairMesh(id: NodeId): void {
    const mesh = this.#mesh.get(id) as Set<NodeId>;
    for (const peer of mesh) if (!this.#connections.isUp(peer)) this.closed(id, peer);
    const { D, Dlo, Dhi } = this.#degrees;
    if (mesh.size >= Dlo) return;
    const others = this.#outside(id).filter((peer) => this.meshOf(peer).size < Dhi);
    for (const peer of this.#random.sample(others, D - mesh.size)) {
      mesh.add(peer);
      this.#mesh.get(peer)?.add(id);
      this.#links.send(id, peer, OVERHEAD_BYTES, false, () => {});
    }
  }

  #tellOthers(id: NodeId, { history }: Router): void {
    const told = history.slice(0, HISTORY_TOLD).flat();
    if (told.length === 0) return;
    const others = this.#outside(id);
    const count = Math.max(LAZY_DEGREE, Math.ceil(LAZY_PART * others.length));
    for (const peer of this.#random.sample(others, count)) {
      this.#links.send(id, peer, OVERHEAD_BYTES + told.length * ID_BYTES, false, () => this.#want(peer, id, told));
    }
  }

  /** `id` is told by `teller` what it has. */
  #want(id: NodeId, teller: NodeId, told: readonly Message[]): void {
    const router = this.#routers.get(id);
    if (router === undefined || !this.#connections.of(id).has(teller)) return;
    const lacking = told.filter((message) => !router.seen.has(message.id));
    if (lacking.length === 0) return;
    this.#links.send(id, teller, OVERHEAD_BYTES + lacking.length * ID_BYTES, false, () => {
      const kept = new Set(this.#routers.get(teller)?.history.flat());
      for (const message of lacking) if (kept.has(message)) this.#send(teller, id, message);
    });
  }

  /** Connections that are up and not in the mesh. */
  #outside(id: NodeId): NodeId[] {
    const mesh = this.meshOf(id);
    return [...this.#connections.of(id)].filter((peer) => !mesh.has(peer) && this.#connections.isUp(peer));
  }

  #intern(data: Uint8Array): Message {
    const hash = createHash("sha256").update(data).digest("base64");
    const known = this.#interned.get(hash);
    if (known !== undefined) return known;
    const message = { id: this.#interned.size, data: new Uint8Array(data) };
    this.#interned.set(hash, message);
    return message;
  }
}

const NOBODY: ReadonlySet<NodeId> = new Set();
