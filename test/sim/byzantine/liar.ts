/**
 * What a liar has to lie with: its own keys, what it hears, its connections. It has nobody else's keys.
 */
import {
  type Address,
  digestOf,
  encodeGossip,
  type GossipMessage,
  type KindMessage,
  type NodeId,
  type SignedClaimRequest,
  signIdentity,
} from "@quorate/common";
import type { SimAgent, World } from "../agent.ts";
import type { SimNode } from "../nodes.ts";
import type { Random } from "../random.ts";

/** Below the ten blames at which a peer is banned: a liar that is banned is as good as silent. */
const BLAMES_PER_PEER = 8;

export class Liar {
  readonly self: SimNode;
  readonly world: World;
  readonly #agent: () => SimAgent;
  readonly #blamesBy = new Map<NodeId, number>();

  constructor(self: SimNode, world: World, agent: () => SimAgent) {
    this.self = self;
    this.world = world;
    this.#agent = agent;
  }

  get agent(): SimAgent {
    return this.#agent();
  }

  peers(): readonly NodeId[] {
    return this.world.network.connections(this.self.id);
  }

  /** Whether the set has subnets (P-131): then shares are heard from their own nodes alone. */
  get hasSubnets(): boolean {
    return this.world.nodes.size > this.world.floodMax;
  }

  /** To every peer that would not ban it for one more. */
  tellAll(message: GossipMessage): void {
    const data = encodeGossip(message);
    const isDirect = message.type === "partial" || (message.type === "shares" && this.hasSubnets);
    for (const peer of this.peers()) this.tell(peer, data, isDirect);
  }

  tell(peer: NodeId, data: Uint8Array, isDirect = false): void {
    const spent = this.#blamesBy.get(peer) ?? 0;
    if (spent >= BLAMES_PER_PEER || this.agent.core === null) return;
    this.#blamesBy.set(peer, spent + 1);
    if (isDirect) this.whisper(peer, data);
    else this.world.network.push(this.self.id, peer, data);
  }

  /** To one peer alone (P-130), without a thought for what it will make of it. */
  whisper(peer: NodeId, data: Uint8Array): void {
    if (this.agent.core !== null) this.world.network.direct(this.self.id, peer, data);
  }

  /** Without a thought for what the peer will make of it. */
  shout(data: Uint8Array): void {
    if (this.agent.core === null) return;
    for (const peer of this.peers()) this.world.network.push(this.self.id, peer, data);
  }

  sign({ kind, message }: KindMessage, secret: Uint8Array = this.self.blsSecret): Uint8Array {
    return this.world.scheme.sign(secret, digestOf(this.world.domain, kind, message));
  }

  request(recipient: Address, epoch: number): SignedClaimRequest {
    const message = { recipient, epoch, nodeId: this.self.id };
    const digest = digestOf(this.world.domain, "ClaimRequest", message);
    return { ...message, identitySignature: signIdentity(this.self.identitySecret, digest) };
  }

  /** A secret that is nobody's. */
  strangerSecret(random: Random): Uint8Array {
    return random.bytes(32).fill(0, 0, 1).fill(1, 31);
  }
}
