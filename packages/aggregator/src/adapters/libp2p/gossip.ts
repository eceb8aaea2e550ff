/**
 * The gossip topic (P-81). In: raw messages from mesh peers. Out: verdicts that gossipsub forwards and scores by, and
 * messages of our own. A message is forwarded only after the core has checked it (P-83); this file looks at nothing but
 * its size.
 */
import { hash } from "node:crypto";
import {
  type GossipSub,
  type GossipsubOpts,
  type Message,
  StrictNoSign,
  TopicValidatorResult,
} from "@libp2p/gossipsub";
import type { PeerId } from "@libp2p/interface";
import { MAX_GOSSIP_BYTES } from "@quorate/common";
import type { PeerKey, Verdict } from "../../core/io.ts";
import type { Logger } from "../../driver/ports.ts";
import type { GossipBounds } from "./gossipBounds.ts";
import * as limits from "./limits.ts";
import { peerKeyOf } from "./peers.ts";
import { SCORE_THRESHOLDS, scoreParams } from "./scoring.ts";

/** P-81. */
const MESSAGE_ID_BYTES = 20;

const RESULTS: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  keep: TopicValidatorResult.Ignore,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

/**
 * The first 20 bytes of SHA-256 of the data: all of it, signature included, or a forged copy could pass for the honest
 * one.
 */
export function messageId(data: Uint8Array): Uint8Array {
  return hash("sha256", data, "buffer").subarray(0, MESSAGE_ID_BYTES);
}

/**
 * By which further copies of a message are known before anything else is done with them: all of SHA-256 of all the
 * data, as the id has to be.
 */
export function copyId(data: Uint8Array): string {
  return hash("sha256", data, "base64");
}

/** @param conductPoints see `scoreParams` */
export function gossipOptions(topic: string, conductPoints: (peerId: string) => number): Partial<GossipsubOpts> {
  return {
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: (message) => messageId(message.data),
    fastMsgIdFn: ({ data }) => copyId(data ?? new Uint8Array()),
    allowedTopics: [topic],
    maxTopicBytesPerPeer: limits.TOPIC_BYTES_PER_PEER,
    maxInboundDataLength: limits.GOSSIP_RPC_MAX_BYTES,
    maxOutboundBufferSize: limits.GOSSIP_WRITE_BUFFER_BYTES,
    maxInboundStreams: limits.INBOUND_GOSSIP_STREAMS,
    decodeRpcLimits: {
      maxSubscriptions: limits.RPC_MAX_CONTROLS,
      maxMessages: limits.RPC_MAX_MESSAGES,
      maxControlMessages: limits.RPC_MAX_CONTROLS,
      maxIhaveMessageIDs: limits.RPC_MAX_IDS,
      maxIwantMessageIDs: limits.RPC_MAX_IDS,
      maxIdontwantMessageIDs: limits.RPC_MAX_CONTROLS,
      maxPeerInfos: limits.RPC_MAX_CONTROLS,
    },
    idontwantMinDataSize: limits.IDONTWANT_MIN_BYTES,
    gossipsubIWantFollowupMs: limits.IWANT_FOLLOWUP_MS,
    scoreParams: scoreParams(topic, conductPoints),
    scoreThresholds: SCORE_THRESHOLDS,
    // Addresses come from signed records over the peers protocol, and floodsub has neither scores nor a mesh.
    doPX: false,
    fallbackToFloodsub: false,
    ...limits.MESH_FLOOD,
    gossipFactor: limits.GOSSIP_FACTOR,
    // Own messages go to every connected peer: a dozen more copies of 300 bytes, and no mesh neighbour can hold a
    // share back.
    floodPublish: true,
    // Without subscribers yet, a message still waits in the cache and is advertised to those that come within the
    // next seconds.
    allowPublishToZeroTopicPeers: true,
    // Publishing again what has been heard already is no error.
    ignoreDuplicatePublishError: true,
  };
}

export interface ValidatorModules {
  readonly logger: Logger;
  readonly bounds: GossipBounds;
  onGossip(from: PeerKey, data: Uint8Array): Promise<Verdict>;
  blame(peer: PeerKey, code: string): void;
}

/**
 * The asynchronous validator of the topic. What ends in `ignore` here, gossip does not bring again: messages of a
 * banned peer, or of one that causes too much work for nothing. There, and where the core's bounds do so
 * (VERIFY_QUEUE_MAX), catch-up fills the gap.
 */
export function gossipValidator(
  modules: ValidatorModules,
): (peer: PeerId, message: Message) => Promise<TopicValidatorResult> {
  const { logger, bounds, onGossip, blame } = modules;
  return async (peer, message) => {
    const from = peerKeyOf(peer);
    if (from === null) return TopicValidatorResult.Reject;
    // Also what came in one RPC with that for which its sender has just been banned.
    if (!bounds.mayCause(from)) return TopicValidatorResult.Ignore;
    if (message.data.length > MAX_GOSSIP_BYTES) {
      blame(from, "WIRE_TOO_LARGE");
      return TopicValidatorResult.Reject;
    }
    try {
      // A copy: the data is a view into an RPC of up to megabytes, which the core would keep alive with it.
      const verdict = await withinTimeout(onGossip(from, new Uint8Array(message.data)));
      if (verdict === "ignore") bounds.ignored(from);
      return RESULTS[verdict];
    } catch (error) {
      logger.warn({ peer: from, reason: String(error) }, "NETWORK_VERDICT_FAILED");
      return TopicValidatorResult.Ignore;
    }
  };
}

/** The router reads its degrees at each heartbeat, and grows or prunes its mesh to them. */
export function setMeshDegrees(gossip: GossipSub, hasSubnets: boolean): void {
  const { opts } = gossip as GossipSub & { readonly opts: GossipsubOpts };
  Object.assign(opts, hasSubnets ? limits.MESH_SUBNETS : limits.MESH_FLOOD);
}

/** Peers of the topic's mesh. The router has it; its published interface leaves it out. */
export function meshPeers(gossip: GossipSub, topic: string): number {
  return (gossip as GossipSub & { getMeshPeers(topic: string): string[] }).getMeshPeers(topic).length;
}

async function withinTimeout(verdict: Promise<Verdict>): Promise<Verdict> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`no verdict within ${limits.VERDICT_TIMEOUT_MS} ms`)),
    limits.VERDICT_TIMEOUT_MS,
  );
  try {
    return await Promise.race([verdict, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
