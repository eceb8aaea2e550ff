/**
 * The twenty nodes of the core's tests and a pending one, in eight subnets: node 2 has the mates 10 and 18. Enters: an
 * agent's node. Leaves: the agent with its connections, and what it sent to single peers.
 */
import {
  type CatchUpRequest,
  type ClaimView,
  decodeCatchUpRequest,
  decodeGossip,
  digestOf,
  encodeGossip,
  type GossipMessage,
  type Hex,
  type NodeId,
  type PartialAggregate,
  Signers,
  subnetOf,
} from "@quorate/common";
import type { Effect } from "../../src/core/io.ts";
import { DOMAIN, makeShare, NOTHING_RESTORED, scheme, shareBytes, TestAgent, type TestAgentWays } from "./cluster.ts";
import { ALL, node, STAKER } from "./twenty.ts";

/** 21 nodes are 8 subnets of two or three. */
export const FLOOD_MAX = 8;
export const BITS = 3;
/** The epoch the tests claim for. */
export const EPOCH = 2;

export const identityOf = (id: NodeId): Hex => node(id).identityKey;
export const idOf = (identity: Hex): NodeId => ALL.find(({ identityKey }) => identityKey === identity)?.id ?? 0;

/** The agent of node `id`, connected to these nodes. */
export async function bootInSubnets(
  id: NodeId,
  connected: readonly NodeId[],
  ways: TestAgentWays = {},
): Promise<TestAgent> {
  const agent = await new TestAgent(node(id), NOTHING_RESTORED, { ...ways, floodMax: FLOOD_MAX }).boot(ALL, 3);
  await agent.feed({ type: "peers", connected: connected.map(identityOf) });
  return agent;
}

/** The sum of the right shares of these nodes of one subnet; of `others` where a liar says so. */
export function makePartial(amount: bigint, ids: readonly NodeId[], others: readonly NodeId[] = ids): PartialAggregate {
  const message = { recipient: STAKER, amount };
  const digest = digestOf(DOMAIN, "RewardClaim", message);
  const signature = scheme.aggregateSignatures(others.map((id) => scheme.sign(node(id).blsSecret, digest)));
  const subnet = subnetOf(ids[0] ?? 0, BITS);
  return { kind: "RewardClaim", message, epoch: EPOCH, subnet, signers: Signers.of(ids), signature };
}

export const partialBytes = (partial: PartialAggregate): Uint8Array => encodeGossip({ type: "partial", partial });

/** Node `id` sends its own share directly. */
export function sendShare(agent: TestAgent, id: NodeId, amount: bigint): Promise<Effect[]> {
  const data = shareBytes(makeShare(node(id), { recipient: STAKER, epoch: EPOCH, amount }));
  return agent.feed({ type: "direct", from: identityOf(id), data });
}

/** Every message sent to single peers, with the ids of these. */
export function directOf(effects: readonly Effect[]): { readonly to: NodeId[]; readonly message: GossipMessage }[] {
  return effects.flatMap((effect) =>
    effect.type === "direct" ? [{ to: effect.peers.map(idOf), message: decodeGossip(effect.data) }] : [],
  );
}

/** The partials among them, by their signers. */
export function partialsOf(effects: readonly Effect[]): { readonly to: NodeId[]; readonly signers: NodeId[] }[] {
  return directOf(effects).flatMap(({ to, message }) =>
    message.type === "partial" ? [{ to, signers: message.partial.signers.ids() }] : [],
  );
}

/** Whom an agent asked by catch-up, and for what. */
export function pullsOf(effects: readonly Effect[]): { readonly peer: NodeId; readonly asked: CatchUpRequest }[] {
  return effects.flatMap((effect) =>
    effect.type === "catch-up-ask" ? [{ peer: idOf(effect.peer), asked: decodeCatchUpRequest(effect.data) }] : [],
  );
}

export const blamesOf = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) => (effect.type === "blame" ? [`${idOf(effect.peer)} ${effect.code}`] : []));

/** The ids of a claim's signers, as the agent's staker sees them. */
export const signersOf = (claim: ClaimView | null): readonly NodeId[] => claim?.signers ?? [];
