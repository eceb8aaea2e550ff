/**
 * The network between the agents. Gossip as gossipsub does it: own messages to every connection, others' to the mesh and only after an
 * `accept`; a message id is the hash of the data and marked seen before the verdict. And request-response for catch-up.
 * Faults apply to each copy: loss, duplication, delay, reordering, partition. Not modelled: IHAVE and IWANT, mesh repair, scores; an agent
 * has catch-up instead. Not here: what an agent makes of a message, and the time its processor takes.
 */
import { createHash } from "node:crypto";
import {
  MAX_CATCH_UP_REQUEST_BYTES,
  MAX_CATCH_UP_RESPONSE_BYTES,
  MAX_GOSSIP_BYTES,
  MAX_INQUIRY_BYTES,
  type NodeId,
  quorateError,
} from "@quorate/common";
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

/** What is longer gets no answer, or is none (P-82). */
const QUESTION_BYTES: Record<Question, { readonly request: number; readonly answer: number }> = {
  "catch-up": { request: MAX_CATCH_UP_REQUEST_BYTES, answer: MAX_CATCH_UP_RESPONSE_BYTES },
  inquiry: { request: MAX_INQUIRY_BYTES, answer: MAX_INQUIRY_BYTES },
};

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

interface Attached {
  readonly port: Port;
  readonly seen: Set<number>;
  /** Messages without a verdict, and who sent them: they need no copy back. */
  readonly senders: Map<number, Set<NodeId>>;
}

export class Network {
  readonly #faults: FaultOptions;
  readonly #plan: Plan;
  readonly #topology: Topology;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #attached = new Map<NodeId, Attached>();
  readonly #silent: ReadonlySet<NodeId>;
  readonly #closed = new Set<string>();
  readonly #interned = new Map<string, Message>();
  /** By link and direction, when the last direct message arrives: a stream delivers in order. */
  readonly #directMs = new Map<string, number>();
  /** Bytes sent by each node, gossip and catch-up. */
  readonly sentBytes = new Map<NodeId, number>();

  constructor(faults: FaultOptions, plan: Plan, topology: Topology, scheduler: Scheduler, random: Random) {
    this.#faults = faults;
    this.#plan = plan;
    this.#topology = topology;
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
    return (this.#topology.connections.get(id) ?? []).filter((peer) => !this.#isClosed(id, peer));
  }

  /** Two peers part for the rest of the run: one has banned the other. */
  disconnect(a: NodeId, b: NodeId): void {
    this.#closed.add(linkOf(a, b));
    this.#tell(a);
    this.#tell(b);
  }

  /** @throws WIRE_TOO_LARGE */
  publish(from: NodeId, data: Uint8Array): Message {
    if (data.length > MAX_GOSSIP_BYTES) {
      throw quorateError("WIRE_TOO_LARGE", { lengthBytes: data.length, maxBytes: MAX_GOSSIP_BYTES });
    }
    const message = this.#intern(data);
    this.#attached.get(from)?.seen.add(message.id);
    for (const peer of this.connections(from)) this.#sendGossip(from, peer, message);
    return message;
  }

  /** To one peer alone, whatever the mesh says: what only a liar does. */
  push(from: NodeId, to: NodeId, data: Uint8Array): void {
    if (!this.#isClosed(from, to)) this.#sendGossip(from, to, this.#intern(data));
  }

  /** A direct message (P-130) over a connection that is there; without one nothing is sent. */
  direct(from: NodeId, to: NodeId, data: Uint8Array): void {
    if (!this.connections(from).includes(to)) return;
    const arrive = (): void => {
      if (!this.#isClosed(from, to)) this.#attached.get(to)?.port.onDirect(from, data);
    };
    const link = `${from}>${to}`;
    this.#transmit(from, to, data.length + STREAM_OVERHEAD_BYTES, false, arrive, (atMs) => {
      const inOrderMs = Math.max(atMs, this.#directMs.get(link) ?? 0);
      this.#directMs.set(link, inOrderMs);
      return inOrderMs;
    });
  }

  settle(id: NodeId, message: Message, verdict: Verdict): void {
    const senders = this.#attached.get(id)?.senders;
    const have = senders?.get(message.id);
    senders?.delete(message.id);
    if (verdict !== "accept") return;
    const mesh = this.#topology.mesh.get(id) as ReadonlySet<NodeId>;
    for (const peer of mesh) {
      if (have?.has(peer) !== true && !this.#isClosed(id, peer)) this.#sendGossip(id, peer, message);
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
    const most = QUESTION_BYTES[what];
    if (this.#isClosed(from, to) || data.length > most.request) return;
    this.#transmit(from, to, data.length + STREAM_OVERHEAD_BYTES, false, () => {
      this.#attached.get(to)?.port.onAsked(what, from, data, (answer) => {
        if (answer.length > most.answer) return;
        this.#transmit(to, from, answer.length + STREAM_OVERHEAD_BYTES, false, () => end(answer));
      });
    });
  }

  #sendGossip(from: NodeId, to: NodeId, message: Message): void {
    this.#transmit(from, to, message.data.length + GOSSIP_OVERHEAD_BYTES, true, () => {
      const attached = this.#attached.get(to);
      if (attached === undefined || this.#isClosed(from, to)) return;
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
  #transmit(
    from: NodeId,
    to: NodeId,
    bytes: number,
    repeatable: boolean,
    arrive: () => void,
    arrivalMs: (atMs: number) => number = (atMs) => atMs,
  ): void {
    this.sentBytes.set(from, (this.sentBytes.get(from) ?? 0) + bytes);
    const { loss, duplicate, delay, latencyMs } = this.#faults;
    const healed = this.#scheduler.nowMs >= this.#plan.healMs;
    const lost = this.#random.chance(healed ? 0 : loss);
    const copies = this.#random.chance(healed ? 0 : duplicate) && repeatable ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const slow = this.#random.chance(healed ? 0 : delay) ? DELAY_FACTOR * latencyMs.max : 0;
      const linkMs = this.#random.between(latencyMs.min, latencyMs.max);
      if (lost || this.#isCut(from, to)) continue;
      this.#scheduler.at(arrivalMs(this.#scheduler.nowMs + linkMs + slow + bytes / BYTES_PER_MS), arrive);
    }
  }

  #isClosed(a: NodeId, b: NodeId): boolean {
    return this.#closed.size > 0 && this.#closed.has(linkOf(a, b));
  }

  #isCut(a: NodeId, b: NodeId): boolean {
    return this.#plan.partitions.some(({ window, group }) => {
      return group.has(a) !== group.has(b) && isIn(window, this.#scheduler.nowMs);
    });
  }

  /** The agent and its peers learn after a moment who is connected now. */
  #tellPeers(id: NodeId): void {
    for (const peer of [id, ...this.connections(id)]) this.#tell(peer);
  }

  #tell(id: NodeId): void {
    this.#scheduler.after(this.#random.between(this.#faults.latencyMs.min, this.#faults.latencyMs.max), () => {
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

function linkOf(a: NodeId, b: NodeId): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
