/**
 * A peer that signs nothing, hears all gossip and asks nodes directly, over the agents' own libp2p adapter. In: a local
 * network. Out: every valid share on the wire, answers to inquiries (P-89). Agents let it in as a bootstrap peer. Not
 * its job: judging what it hears.
 */
import {
  type Address,
  decodeGossip,
  decodeInquiryResponse,
  digestOf,
  encodeInquiryRequest,
  identityKeyOf,
  type NodeId,
  parseRoundKey,
  type RoundKey,
  roundKey,
  type Share,
  signIdentity,
  toHex,
} from "@quorate/common";
import { createLibp2pNetwork } from "../../packages/aggregator/src/adapters/libp2p/createLibp2pNetwork.ts";
import type { PeerKey } from "../../packages/aggregator/src/core/io.ts";
import { claimRound, recipientOf } from "../../packages/aggregator/src/core/kinds/rewardClaim.ts";
import type { Logger, Network } from "../../packages/aggregator/src/driver/ports.ts";
import type { LocalNetwork, LocalNode } from "../harness/network.ts";
import type { SeenShare } from "../harness/promises.ts";

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Nobody's: it registers no node. */
const IDENTITY_SECRET: Uint8Array = new Uint8Array(32).fill(0x6f);

export class Onlooker {
  readonly #network: LocalNetwork;
  readonly #gossip: Network;

  private constructor(network: LocalNetwork, gossip: Network) {
    this.#network = network;
    this.#gossip = gossip;
  }

  /** Agents started after this know it. */
  static async start(network: LocalNetwork, onShare: (share: SeenShare) => void): Promise<Onlooker> {
    const gossip = await createLibp2pNetwork(
      {
        identitySecret: IDENTITY_SECRET,
        listen: ["/ip4/127.0.0.1/tcp/0"],
        bootstrap: [],
        networkId: { chainId: network.domain.chainId, contract: network.rewards },
        targetPeers: network.nodes.length,
        maxConnections: 4 * network.nodes.length,
      },
      { logger: SILENT },
    );
    const onlooker = new Onlooker(network, gossip);
    await gossip.start({
      onGossip: async (_from, data) => {
        const message = decodeGossip(data);
        if (message.type === "shares") for (const share of message.shares) onlooker.#take(share, onShare);
        return "accept";
      },
      onDirect: () => {},
      onCatchUp: async () => new Uint8Array(),
      onInquiry: async () => new Uint8Array(),
      onPeers: () => {},
    });
    gossip.admit(new Set(network.nodes.map((node) => identityOf(node))));
    for (const address of gossip.addresses()) network.addBootstrap(address);
    return onlooker;
  }

  /**
   * The node's share of a round, in the name of the next node; null for a reason instead. Rejects when it is not
   * reached.
   */
  async ask(id: NodeId, round: RoundKey): Promise<Share | null> {
    const asker = this.#network.node((id % this.#network.nodes.length) + 1);
    const message = { ...claimOf(round), nodeId: asker.id };
    const digest = digestOf(this.#network.domain, "ClaimRequest", message);
    const request = { ...message, identitySignature: signIdentity(asker.keys.identitySecret, digest) };
    const answer = await this.#gossip.inquire(identityOf(this.#network.node(id)), encodeInquiryRequest(request));
    const response = decodeInquiryResponse(answer);
    return response.type === "share" ? response.share : null;
  }

  connected(id: NodeId): boolean {
    return this.#gossip.status().connected.includes(identityOf(this.#network.node(id)));
  }

  stop(): Promise<void> {
    return this.#gossip.stop();
  }

  /** What is not valid under the node's own key was made by someone else and binds nobody. */
  #take(share: Share, onShare: (share: SeenShare) => void): void {
    if (share.kind !== "RewardClaim") return;
    const { nodeId, epoch, message, signature } = share;
    const { scheme, domain } = this.#network;
    const digest = digestOf(domain, "RewardClaim", message);
    if (!scheme.verify(this.#network.node(nodeId).keys.blsKey, digest, signature)) return;
    const round = roundKey(claimRound(message.recipient, epoch));
    onShare({ nodeId, round, digest: toHex(digest), amount: message.amount, signature });
  }
}

/** The claim that a round is about. */
export function claimOf(round: RoundKey): { readonly recipient: Address; readonly epoch: number } {
  const id = parseRoundKey(round);
  return { recipient: recipientOf(id), epoch: id.epoch };
}

function identityOf({ keys }: LocalNode): PeerKey {
  return toHex(identityKeyOf(keys.identitySecret));
}
