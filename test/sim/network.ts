/**
 * The network between the agents. Gossip as gossipsub does it: own messages to every connection, others' to the mesh and only after an
 * `accept`; a message id is the hash of the data and marked seen before the verdict. And request-response for catch-up.
 * Faults apply to each copy: loss, duplication, delay, reordering, partition. Not modelled: IHAVE and IWANT, mesh repair, scores; an agent
 * has catch-up instead. Not here: what an agent makes of a message, and the time its processor takes.
 */
import { createHash } from "node:crypto";
import type { NodeId } from "@quorate/common";
import type { Verdict } from "../../packages/aggregator/src/core/io.ts";
import type { FaultOptions } from "./options.ts";
import { isIn, type Plan } from "./plan.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Topology } from "./topology.ts";

export interface Message {
  /** One number for each content, as P-81's id is one hash: equal data is one message. */
  readonly id: number;
  readonly data: Uint8Array;
}

/** The request-response protocols: catch-up (P-87) between connected peers, inquiries (P-89) also by dialling. */
export type Question = "catch-up" | "inquiry";

/** One end of the network: an agent's. */
export interface Port {
  onGossip(from: NodeId, message: Message): void;
  onDuplicate(): void;
  onDirect(from: NodeId, data: Uint8Array): void;
  onAsked(what: Question, from: NodeId, data: Uint8Array, answer: (data: Uint8Array) => void): void;
  onPeers(connected: readonly NodeId[]): void;
}

/** Topic, framing, noise and yamux around a gossip message of about 270 bytes (BASELINES: shares of about 330). */
const GOSSIP_OVERHEAD_BYTES = 60;
const STREAM_OVERHEAD_BYTES = 40;

/** 10 Mbit/s, in bytes a millisecond: what large answers take beside the latency. */
const BYTES_PER_MS = 1_250;

/** As adapters/libp2p/limits.ts: an answer that has not come by then is none. */
const REQUEST_TIMEOUT_MS = 8_000;

/** What a delayed message takes, in longest latencies. */
const DELAY_FACTOR = 10;

/** TCP, noise, yamux, and the choice of the protocol. */
const DIAL_ROUND_TRIPS = 4;

interface Attached {
  readonly port: Port;
  readonly seen: Set<number>;
  /** Messages without a verdict, and who sent them: they need no copy back. */
  readonly senders: Map<number, Set<NodeId>>;
}

export class Network {
  readonly #faults: FaultOptions;
  readonly #plan: Plan;
  readonly #links: ReadonlyMap<NodeId, Set<NodeId>>;
  readonly #mesh: ReadonlyMap<NodeId, Set<NodeId>>;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #attached = new Map<NodeId, Attached>();
  readonly #silent: ReadonlySet<NodeId>;
  readonly #banned = new Set<string>();
  /** Who is about to be told of its connections. */
  readonly #telling = new Set<NodeId>();
  readonly #interned = new Map<string, Message>();
  /** Bytes sent by each node, gossip and catch-up. */
  readonly sentBytes = new Map<NodeId, number>();
  /** And what reached each. */
  readonly receivedBytes = new Map<NodeId, number>();

  constructor(faults: FaultOptions, plan: Plan, topology: Topology, scheduler: Scheduler, random: Random) {
    this.#faults = faults;
    this.#plan = plan;
    this.#links = copyOf(topology.connections);
    this.#mesh = copyOf(topology.mesh);
    this.#scheduler = scheduler;
    this.#random = random;
    this.#silent = plan.silent;
  }

  /** An agent comes up: its peers hear of it, it hears of its peers, and it remembers no message. */
  attach(id: NodeId, port: Port): void {
    this.#attached.set(id, { port, seen: new Set(), senders: new Map() });
    this.#tellPeers(id);
  }

  detach(id: NodeId): void {
    this.#attached.delete(id);
    this.#tellPeers(id);
  }

  connections(id: NodeId): readonly NodeId[] {
    return [...this.#linksOf(id)];
  }

  /** Connections to these are wanted (P-131): what is missing is dialled. */
  mates(id: NodeId, wanted: readonly NodeId[]): void {
    for (const mate of wanted) if (!this.#isConnected(id, mate)) this.#connect(id, mate);
  }

  /** Two peers part for the rest of the run: one has banned the other. */
  disconnect(a: NodeId, b: NodeId): void {
    this.#banned.add(linkOf(a, b));
    this.#close(a, b);
    this.#tell(a);
    this.#tell(b);
  }

  publish(from: NodeId, data: Uint8Array): Message {
    const message = this.#intern(data);
    this.#attached.get(from)?.seen.add(message.id);
    for (const peer of this.#linksOf(from)) this.#sendGossip(from, peer, message);
    return message;
  }

  /** To one peer alone, whatever the mesh says: what only a liar does. */
  push(from: NodeId, to: NodeId, data: Uint8Array): void {
    if (this.#isConnected(from, to)) this.#sendGossip(from, to, this.#intern(data));
  }

  /** A direct message (P-130) over a connection that is there; without one nothing is sent. */
  direct(from: NodeId, to: NodeId, data: Uint8Array): void {
    if (!this.#isConnected(from, to)) return;
    this.#transmit(from, to, data.length + STREAM_OVERHEAD_BYTES, false, () => {
      if (this.#isConnected(from, to)) this.#attached.get(to)?.port.onDirect(from, data);
    });
  }

  settle(id: NodeId, message: Message, verdict: Verdict): void {
    const senders = this.#attached.get(id)?.senders;
    const have = senders?.get(message.id);
    senders?.delete(message.id);
    if (verdict !== "accept") return;
    for (const peer of this.#mesh.get(id) as ReadonlySet<NodeId>) {
      if (have?.has(peer) !== true) this.#sendGossip(id, peer, message);
    }
  }

  /** One exchange. `onAnswer` gets the answer once, or null when there is none in time. */
  ask(what: Question, from: NodeId, to: NodeId, data: Uint8Array, onAnswer: (data: Uint8Array | null) => void): void {
    let open = true;
    const end = (answer: Uint8Array | null): void => {
      if (open) onAnswer(answer);
      open = false;
    };
    this.#scheduler.after(REQUEST_TIMEOUT_MS, () => end(null));
    if (this.#isBanned(from, to)) return;
    this.#transmit(from, to, data.length + STREAM_OVERHEAD_BYTES, false, () => {
      this.#attached.get(to)?.port.onAsked(what, from, data, (answer) => {
        this.#transmit(to, from, answer.length + STREAM_OVERHEAD_BYTES, false, () => end(answer));
      });
    });
  }

  #sendGossip(from: NodeId, to: NodeId, message: Message): void {
    this.#transmit(from, to, message.data.length + GOSSIP_OVERHEAD_BYTES, true, () => {
      const attached = this.#attached.get(to);
      if (attached === undefined || !this.#isConnected(from, to)) return;
      if (attached.seen.has(message.id)) {
        attached.senders.get(message.id)?.add(from);
        attached.port.onDuplicate();
        return;
      }
      attached.seen.add(message.id);
      attached.senders.set(message.id, new Set([from]));
      attached.port.onGossip(from, message);
    });
  }

  /** Every draw of chance happens whatever the outcome of the others, so that one fault more changes as little as it can. */
  #transmit(from: NodeId, to: NodeId, bytes: number, repeatable: boolean, arrive: () => void): void {
    this.sentBytes.set(from, (this.sentBytes.get(from) ?? 0) + bytes);
    const { loss, duplicate, delay, latencyMs } = this.#faults;
    const healed = this.#scheduler.nowMs >= this.#plan.healMs;
    const lost = this.#random.chance(healed ? 0 : loss);
    const copies = this.#random.chance(healed ? 0 : duplicate) && repeatable ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const slow = this.#random.chance(healed ? 0 : delay) ? DELAY_FACTOR * latencyMs.max : 0;
      const linkMs = this.#random.between(latencyMs.min, latencyMs.max);
      if (lost || this.#isCut(from, to)) continue;
      this.#scheduler.after(linkMs + slow + bytes / BYTES_PER_MS, () => {
        this.receivedBytes.set(to, (this.receivedBytes.get(to) ?? 0) + bytes);
        arrive();
      });
    }
  }

  #isBanned(a: NodeId, b: NodeId): boolean {
    return this.#banned.size > 0 && this.#banned.has(linkOf(a, b));
  }

  #isConnected(a: NodeId, b: NodeId): boolean {
    return this.#linksOf(a).has(b);
  }

  #linksOf(id: NodeId): ReadonlySet<NodeId> {
    return this.#links.get(id) ?? NO_LINKS;
  }

  /** After what a dial takes. Whoever is down is not dialled again: its peers are told when it comes up. */
  #connect(a: NodeId, b: NodeId): void {
    const { min, max } = this.#faults.latencyMs;
    this.#scheduler.after(DIAL_ROUND_TRIPS * 2 * this.#random.between(min, max), () => {
      if (this.#isBanned(a, b) || this.#isConnected(a, b)) return;
      this.#links.get(a)?.add(b);
      this.#links.get(b)?.add(a);
      this.#tell(a);
      this.#tell(b);
    });
  }

  #close(a: NodeId, b: NodeId): void {
    for (const links of [this.#links, this.#mesh]) {
      links.get(a)?.delete(b);
      links.get(b)?.delete(a);
    }
  }

  #isCut(a: NodeId, b: NodeId): boolean {
    return this.#plan.partitions.some(({ window, group }) => {
      return group.has(a) !== group.has(b) && isIn(window, this.#scheduler.nowMs);
    });
  }

  /** The agent and its peers learn after a moment who is connected now. */
  #tellPeers(id: NodeId): void {
    this.#tell(id);
    for (const peer of this.#linksOf(id)) this.#tell(peer);
  }

  /** Once for all that changes meanwhile: a hundred peers come up at once. */
  #tell(id: NodeId): void {
    if (!this.#attached.has(id) || this.#telling.has(id)) return;
    this.#telling.add(id);
    this.#scheduler.after(this.#random.between(this.#faults.latencyMs.min, this.#faults.latencyMs.max), () => {
      this.#telling.delete(id);
      const up = this.connections(id).filter((peer) => this.#attached.has(peer) || this.#silent.has(peer));
      this.#attached.get(id)?.port.onPeers(up);
    });
  }

  #intern(data: Uint8Array): Message {
    const hash = createHash("sha256").update(data).digest("hex");
    const known = this.#interned.get(hash);
    if (known !== undefined) return known;
    const message = { id: this.#interned.size, data: new Uint8Array(data) };
    this.#interned.set(hash, message);
    return message;
  }
}

const NO_LINKS: ReadonlySet<NodeId> = new Set();

function copyOf(links: ReadonlyMap<NodeId, ReadonlySet<NodeId>>): Map<NodeId, Set<NodeId>> {
  return new Map([...links].map(([id, peers]) => [id, new Set(peers)]));
}

function linkOf(a: NodeId, b: NodeId): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
