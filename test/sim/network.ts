/**
 * The network between the agents: who is connected, gossip (gossip.ts), direct messages, and questions there and back.
 * A question to a node without a connection has to dial it first. Connections close and are replaced where the run asks
 * for it. Not here: how bytes travel (links.ts), what an agent makes of a message, and the time its processor takes.
 */
import {
  type ErrorCode,
  MAX_CATCH_UP_REQUEST_BYTES,
  MAX_CATCH_UP_RESPONSE_BYTES,
  MAX_GOSSIP_BYTES,
  MAX_INQUIRY_BYTES,
  type NodeId,
  quorateError,
} from "@quorate/common";
import {
  DIAL_TIMEOUT_MS,
  INQUIRY_TIMEOUT_MS,
  PARALLEL_DIALS,
  REQUEST_TIMEOUT_MS,
  VISIT_DIAL_TIMEOUT_MS,
  VISIT_IDLE_MS,
} from "../../packages/aggregator/src/adapters/libp2p/limits.ts";
import { Visits } from "../../packages/aggregator/src/adapters/libp2p/visits.ts";
import type { PeerKey, Verdict } from "../../packages/aggregator/src/core/io.ts";
import { Gossip, type GossipPort, type Message } from "./gossip.ts";
import { Links } from "./links.ts";
import type { FaultOptions } from "./options.ts";
import type { Plan } from "./plan.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Topology } from "./topology.ts";

export type { Message } from "./gossip.ts";

/** The request-response protocols: catch-up (P-87, P-134) and inquiries (P-89). */
export type Question = "catch-up" | "inquiry";

interface QuestionBounds {
  /** What is longer gets no answer, or is none (P-82). */
  readonly requestBytes: number;
  readonly answerBytes: number;
  readonly timeoutMs: number;
}

const BOUNDS: Record<Question, QuestionBounds> = {
  "catch-up": {
    requestBytes: MAX_CATCH_UP_REQUEST_BYTES,
    answerBytes: MAX_CATCH_UP_RESPONSE_BYTES,
    timeoutMs: REQUEST_TIMEOUT_MS,
  },
  inquiry: { requestBytes: MAX_INQUIRY_BYTES, answerBytes: MAX_INQUIRY_BYTES, timeoutMs: INQUIRY_TIMEOUT_MS },
};

/** An answer, or null and why there is none. */
export type OnAnswer = (answer: Uint8Array | null, code: ErrorCode) => void;

/** One end of the network: an agent's. */
export interface Port extends GossipPort {
  onDirect(from: NodeId, data: Uint8Array): void;
  onAsked(what: Question, from: NodeId, data: Uint8Array, answer: (data: Uint8Array) => void): void;
  onPeers(connected: readonly NodeId[]): void;
  /** A connection is made, by this node or to it: it costs the processor. */
  onDial?(): void;
}

const STREAM_OVERHEAD_BYTES = 40;

/** TCP, noise, yamux, and the choice of protocols; and what they send, both ways alike. */
const DIAL_ROUND_TRIPS = 4;
const DIAL_BYTES = 1_200;

/** A dial that is to be made. */
interface Dial {
  readonly to: NodeId;
  /** Nobody has answered by then. */
  readonly timeoutMs: number;
  readonly made: () => void;
  readonly failed: () => void;
}

export class Network {
  readonly #faults: FaultOptions;
  readonly #plan: Plan;
  readonly #connected: ReadonlyMap<NodeId, Set<NodeId>>;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #links: Links;
  readonly #gossip: Gossip;
  readonly #ports = new Map<NodeId, Port>();
  readonly #banned = new Set<string>();
  /** Who is about to be told of its connections. */
  readonly #telling = new Set<NodeId>();
  /** Dials for more than one question, and those that wait for one of them to end. */
  readonly #dialling = new Map<NodeId, { underWay: number; readonly waiting: (() => void)[] }>();
  /** Connections made for questions, until when. */
  readonly #dialled = new Map<string, number>();
  readonly #visits = new Map<NodeId, Visits>();
  readonly #mates = new Map<NodeId, ReadonlySet<NodeId>>();

  constructor(faults: FaultOptions, plan: Plan, topology: Topology, scheduler: Scheduler, random: Random) {
    this.#faults = faults;
    this.#plan = plan;
    this.#connected = new Map([...topology.connections].map(([id, peers]) => [id, new Set(peers)]));
    this.#scheduler = scheduler;
    this.#random = random;
    this.#links = new Links(faults, plan, scheduler, random);
    const connections = { of: (id: NodeId) => this.#peersOf(id), isUp: (id: NodeId) => this.#isUp(id) };
    this.#gossip = new Gossip(topology, connections, this.#links, { scheduler, random: random.fork("gossip") });
    this.#planChurn(topology.bits, random.fork("churn"));
    for (const { window, group } of plan.partitions) scheduler.at(window.toMs, () => this.#connectAnew(group));
  }

  get sentBytes(): ReadonlyMap<NodeId, number> {
    return this.#links.sentBytes;
  }

  get receivedBytes(): ReadonlyMap<NodeId, number> {
    return this.#links.receivedBytes;
  }

  /** An agent comes up: its peers hear of it, it hears of its peers. */
  attach(id: NodeId, port: Port): void {
    this.#ports.set(id, port);
    this.#gossip.attach(id, port);
    this.#tellPeers(id);
  }

  detach(id: NodeId): void {
    this.#ports.delete(id);
    this.#gossip.detach(id);
    this.#tellPeers(id);
  }

  connections(id: NodeId): readonly NodeId[] {
    return [...this.#peersOf(id)];
  }

  /** Connections to these are wanted (P-131): what is missing is dialled. */
  mates(id: NodeId, wanted: readonly NodeId[]): void {
    this.#mates.set(id, new Set(wanted));
    for (const mate of wanted) if (!this.#isConnected(id, mate)) this.#connect(id, mate);
  }

  /** Two peers part for the rest of the run: one has banned the other. */
  disconnect(a: NodeId, b: NodeId): void {
    this.#banned.add(linkOf(a, b));
    this.#close(a, b);
  }

  /** @throws WIRE_TOO_LARGE */
  publish(from: NodeId, data: Uint8Array): Message {
    if (data.length > MAX_GOSSIP_BYTES) {
      throw quorateError("WIRE_TOO_LARGE", { lengthBytes: data.length, maxBytes: MAX_GOSSIP_BYTES });
    }
    return this.#gossip.publish(from, data);
  }

  /** To one peer alone, whatever the mesh says: what only a liar does. */
  push(from: NodeId, to: NodeId, data: Uint8Array): void {
    this.#gossip.push(from, to, data);
  }

  settle(id: NodeId, message: Message, verdict: Verdict): void {
    this.#gossip.settle(id, message, verdict);
  }

  /** A direct message (P-130) over a connection that is there; without one nothing is sent. */
  direct(from: NodeId, to: NodeId, data: Uint8Array): void {
    if (!this.#isConnected(from, to)) return;
    this.#links.sendInOrder(from, to, data.length + STREAM_OVERHEAD_BYTES, () => {
      if (this.#isConnected(from, to)) this.#ports.get(to)?.onDirect(from, data);
    });
  }

  /** A direct message to a node that is dialled for it where there is no connection: no agent does so. */
  directDialling(from: NodeId, to: NodeId, data: Uint8Array): void {
    const send = (): void =>
      this.#links.sendInOrder(from, to, data.length + STREAM_OVERHEAD_BYTES, () => {
        this.#ports.get(to)?.onDirect(from, data);
      });
    if (this.#isConnected(from, to) || this.#isDialled(from, to)) send();
    else this.#dialLasting(from, to, send);
  }

  /**
   * One exchange, after a dial if need be, which waits for its turn (P-131). `onAnswer` gets the answer once, or why
   * there is none.
   */
  ask(what: Question, from: NodeId, to: NodeId, data: Uint8Array, onAnswer: OnAnswer): void {
    this.#reach(from, to, (failure) => {
      if (failure === null) this.#exchange(what, from, to, data, onAnswer);
      else onAnswer(null, failure);
    });
  }

  #exchange(what: Question, from: NodeId, to: NodeId, data: Uint8Array, onAnswer: OnAnswer): void {
    let open = true;
    const end = (answer: Uint8Array | null): void => {
      if (open) onAnswer(answer, "NETWORK_REQUEST_TIMEOUT");
      open = false;
    };
    const { requestBytes, answerBytes, timeoutMs } = BOUNDS[what];
    this.#scheduler.after(timeoutMs, () => end(null));
    if (this.#isBanned(from, to) || data.length > requestBytes) return;
    this.#links.send(from, to, data.length + STREAM_OVERHEAD_BYTES, false, () => {
      this.#ports.get(to)?.onAsked(what, from, data, (answer) => {
        if (answer.length > answerBytes) return;
        this.#links.send(to, from, answer.length + STREAM_OVERHEAD_BYTES, false, () => end(answer));
      });
    });
  }

  /** As in production (adapters/libp2p/discovery.ts). */
  #reach(from: NodeId, to: NodeId, then: (failure: ErrorCode | null) => void): void {
    if (this.#isConnected(from, to)) return then(null);
    const visits = this.#visitsOf(from);
    const peer = peerOf(to);
    for (const idle of visits.idle()) {
      visits.end(idle);
      this.#dialled.delete(linkOf(from, Number(idle)));
    }
    visits.used(peer);
    if (this.#isDialled(from, to)) {
      this.#dialled.set(linkOf(from, to), this.#scheduler.nowMs + VISIT_IDLE_MS);
      return then(null);
    }
    const made = (): void => {
      visits.made(peer);
      then(null);
    };
    const failed = (): void => {
      visits.end(peer);
      then("NETWORK_PEER_NOT_CONNECTED");
    };
    const dial = { to, timeoutMs: VISIT_DIAL_TIMEOUT_MS, made, failed };
    if (this.#mates.get(from)?.has(to) === true) return this.#dial(from, dial);
    visits.begin(peer, (mayDial) => {
      if (mayDial) this.#dial(from, dial);
      else then("NETWORK_PEER_BUSY");
    });
  }

  #visitsOf(id: NodeId): Visits {
    const now = (): number => this.#scheduler.nowMs;
    const after = (delayMs: number, then: () => void): void => this.#scheduler.after(delayMs, then);
    const visits = this.#visits.get(id) ?? new Visits({ now, after });
    this.#visits.set(id, visits);
    return visits;
  }

  /** For more than one question: a few at once, and the next one when one has ended. */
  #dialLasting(from: NodeId, to: NodeId, made: () => void): void {
    const dialling = this.#dialling.get(from) ?? { underWay: 0, waiting: [] };
    this.#dialling.set(from, dialling);
    if (dialling.underWay >= PARALLEL_DIALS) {
      dialling.waiting.push(() => this.#dialLasting(from, to, made));
      return;
    }
    dialling.underWay += 1;
    const ended = (): void => {
      dialling.underWay -= 1;
      dialling.waiting.shift()?.();
    };
    const madeOne = (): void => {
      ended();
      made();
    };
    this.#dial(from, { to, timeoutMs: DIAL_TIMEOUT_MS, made: madeOne, failed: ended });
  }

  /** Nobody answers a dial who is down or cut off. */
  #dial(from: NodeId, { to, timeoutMs, made, failed }: Dial): void {
    const isAnswered = this.#isUp(to) && !this.#isBanned(from, to) && !this.#links.isCut(from, to);
    const takesMs = isAnswered ? DIAL_ROUND_TRIPS * 2 * this.#links.wayMs(from, to) : timeoutMs;
    this.#scheduler.after(takesMs, () => {
      if (!isAnswered || !this.#isUp(from) || !this.#isUp(to)) return failed();
      for (const [a, b] of [[from, to] as const, [to, from] as const]) {
        this.#links.send(a, b, DIAL_BYTES, false, () => {});
        this.#ports.get(a)?.onDial?.();
      }
      this.#dialled.set(linkOf(from, to), this.#scheduler.nowMs + VISIT_IDLE_MS);
      made();
    });
  }

  #isDialled(a: NodeId, b: NodeId): boolean {
    return (this.#dialled.get(linkOf(a, b)) ?? 0) > this.#scheduler.nowMs;
  }

  #isBanned(a: NodeId, b: NodeId): boolean {
    return this.#banned.size > 0 && this.#banned.has(linkOf(a, b));
  }

  #isConnected(a: NodeId, b: NodeId): boolean {
    return this.#peersOf(a).has(b);
  }

  #peersOf(id: NodeId): ReadonlySet<NodeId> {
    return this.#connected.get(id) ?? NOBODY;
  }

  #isUp(id: NodeId): boolean {
    return this.#ports.has(id) || this.#plan.silent.has(id);
  }

  /** Whoever is down when it is dialled is not dialled again: connections of the start come back by themselves. */
  #connect(a: NodeId, b: NodeId): void {
    const made = (): void => {
      if (this.#isBanned(a, b)) return;
      this.#connected.get(a)?.add(b);
      this.#connected.get(b)?.add(a);
      this.#tell(a);
      this.#tell(b);
    };
    this.#dialLasting(a, b, made);
  }

  #close(a: NodeId, b: NodeId): void {
    this.#connected.get(a)?.delete(b);
    this.#connected.get(b)?.delete(a);
    this.#dialled.delete(linkOf(a, b));
    this.#gossip.closed(a, b);
    this.#tell(a);
    this.#tell(b);
  }

  /** Connections that close before healing: one of the two dials another node instead, or a mate again. */
  #planChurn(bits: number, random: Random): void {
    const { churn = 0 } = this.#faults;
    if (churn === 0) return;
    const subnets = 2 ** bits;
    for (const [id, peers] of this.#connected) {
      for (const peer of peers) {
        if (peer < id || !random.chance(churn)) continue;
        const isMate = bits > 0 && id % subnets === peer % subnets;
        const other = isMate ? peer : random.pick(this.#plan.ids);
        this.#scheduler.at(random.between(0, this.#plan.healMs), () => this.#replace(id, peer, other));
      }
    }
  }

  /** A partition takes the connections through it with it; they are there again after a dial when it is over. */
  #connectAnew(group: ReadonlySet<NodeId>): void {
    for (const id of group) {
      const across = [...this.#peersOf(id)].filter((peer) => !group.has(peer) && this.#isUp(peer));
      for (const peer of across) this.#replace(id, peer, peer);
    }
  }

  #replace(id: NodeId, peer: NodeId, other: NodeId): void {
    if (!this.#isConnected(id, peer)) return;
    this.#close(id, peer);
    if (other !== id) this.#connect(id, other);
  }

  /** The agent and its peers learn after a moment who is connected now. */
  #tellPeers(id: NodeId): void {
    this.#tell(id);
    for (const peer of this.#peersOf(id)) this.#tell(peer);
  }

  /** Once for all that changes meanwhile: a hundred peers come up at once. */
  #tell(id: NodeId): void {
    if (!this.#ports.has(id) || this.#telling.has(id)) return;
    this.#telling.add(id);
    this.#scheduler.after(this.#random.between(this.#faults.latencyMs.min, this.#faults.latencyMs.max), () => {
      this.#telling.delete(id);
      this.#ports.get(id)?.onPeers(this.connections(id).filter((peer) => this.#isUp(peer)));
    });
  }
}

const NOBODY: ReadonlySet<NodeId> = new Set();

/** Nothing but a name: the network goes by ids. */
function peerOf(id: NodeId): PeerKey {
  return String(id) as PeerKey;
}

function linkOf(a: NodeId, b: NodeId): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
