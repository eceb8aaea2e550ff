/**
 * Who plays in the fuzz tests: five nodes and one pending, keys of the linear model (so that a million cases take
 * minutes), a chain, and arbitraries of what they could honestly send. Not here: what is done to it.
 */
import {
  type Address,
  CATCH_UP_SUM_END,
  type CatchUpRequest,
  type CatchUpRound,
  digestOf,
  encodeCatchUpRequest,
  encodeCatchUpResponse,
  encodeGossip,
  encodeInquiryRequest,
  encodeInquiryResponse,
  encodePeersResponse,
  KINDS,
  MAX_REPORT_IDS,
  type NodeId,
  type PartialAggregate,
  type Share,
  type SignatureScheme,
  type SignedClaimRequest,
  Signers,
  signIdentity,
  subnetOf,
  toHex,
} from "@quorate/common";
import { insecureLinearScheme } from "@quorate/common/bls/insecure-linear";
import fc from "fast-check";
import type { ChainEvent } from "../../packages/aggregator/src/core/ledger/events.ts";
import { DOMAIN, GENESIS, headAfter, pool, started } from "../../packages/aggregator/test/support/cluster.ts";
import { makeNode, rememberingVerifyIdentity, type SimNode } from "../sim/nodes.ts";

type ClaimShare = Extract<Share, { readonly kind: "RewardClaim" }>;

export { DOMAIN, headAfter };
export const scheme: SignatureScheme = insecureLinearScheme();

/** What the caches here hold at most: the memory of a long run is to be the agent's own. */
const CACHED_MAX = 10_000;

export const verifyIdentity = rememberingVerifyIdentity(CACHED_MAX);

const PENDING: NodeId = 6;

export const NODES: readonly SimNode[] = Array.from({ length: PENDING }, (_, i) =>
  makeNode(scheme, DOMAIN, i + 1, i + 1 < PENDING, { blockNumber: 1, timestamp: GENESIS - 10 }),
);

export const CHAIN_EVENTS: readonly ChainEvent[] = [...NODES.map(({ registered }) => registered), pool, started];

export function node(id: NodeId): SimNode {
  return NODES[(id - 1) % NODES.length] as SimNode;
}

const digests = new Map<string, Uint8Array>();

/** Hashing costs more than everything else of a case. */
function digestOfClaim(recipient: Address, amount: bigint): Uint8Array {
  const key = `${recipient}:${amount}`;
  const known = digests.get(key) ?? digestOf(DOMAIN, "RewardClaim", { recipient, amount });
  if (digests.size < CACHED_MAX) digests.set(key, known);
  return known;
}

/** A claim's share as its node would sign it, over whatever amount. */
export function shareOf(id: NodeId, recipient: Address, epoch: number, amount: bigint): ClaimShare {
  const signature = scheme.sign(node(id).blsSecret, digestOfClaim(recipient, amount));
  return { kind: "RewardClaim", nodeId: id, epoch, message: { recipient, amount }, signature };
}

const requests = new Map<string, SignedClaimRequest>();

export function requestOf(id: NodeId, recipient: Address, epoch: number): SignedClaimRequest {
  const key = `${id}:${recipient}@${epoch}`;
  const known = requests.get(key);
  if (known !== undefined) return known;
  const message = { recipient, epoch, nodeId: id };
  const identitySignature = signIdentity(node(id).identitySecret, digestOf(DOMAIN, "ClaimRequest", message));
  const request = { ...message, identitySignature };
  if (requests.size < CACHED_MAX) requests.set(key, request);
  return request;
}

/** Of all sizes, those nobody needs included. */
export const anyInteger: fc.Arbitrary<number> = fc.oneof(fc.nat(8), fc.maxSafeNat());
export const anyAddress: fc.Arbitrary<Address> = fc.oneof(
  fc.constantFrom(...NODES.map(({ beneficiary }) => beneficiary)),
  fc.nat(1_000).map((n): Address => `0x${n.toString(16).padStart(40, "0")}`),
);
const anySignature = fc.oneof(fc.uint8Array({ minLength: 192, maxLength: 192 }), fc.constant(new Uint8Array(192)));
const anyAmount = fc.oneof(fc.bigInt(1n, 10n ** 20n), fc.constantFrom(1n, 2n ** 128n - 1n));

const shareFields = { nodeId: fc.integer({ min: 1, max: 10 }), epoch: anyInteger, signature: anySignature };
const anyIds = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: MAX_REPORT_IDS });

/** In form, of every kind: what a codec must give back as it was. */
export const anyShare: fc.Arbitrary<Share> = fc.oneof(
  fc.record({
    ...shareFields,
    kind: fc.constant("RewardClaim" as const),
    message: fc.record({ recipient: anyAddress, amount: anyAmount }),
  }),
  fc
    .record({
      ...shareFields,
      report: fc.record({
        rewardsRoot: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex),
        totalOwed: fc.oneof(fc.constant(0n), anyAmount),
        activate: anyIds,
        decommission: anyIds,
      }),
    })
    .map(({ report, ...fields }): Share => {
      return { ...fields, kind: "EpochReport", message: { ...report, epoch: fields.epoch } };
    }),
  fc.record(shareFields).map((fields): Share => ({ ...fields, kind: "Contest", message: { epoch: fields.epoch } })),
);
export const anyRequest: fc.Arbitrary<SignedClaimRequest> = fc.record({
  recipient: anyAddress,
  epoch: anyInteger,
  nodeId: fc.integer({ min: 1, max: 10 }),
  identitySignature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
});
export const anyPartial: fc.Arbitrary<PartialAggregate> = fc
  .record({
    of: anyShare,
    bits: fc.integer({ min: 0, max: 8 }),
    places: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }),
  })
  .map(({ of: { nodeId, ...signed }, bits, places }) => {
    const subnet = subnetOf(nodeId, bits);
    const signers = Signers.of(places.map((place) => place * 2 ** bits + subnet.index));
    return { ...signed, subnet, signers, signature: new Uint8Array(192).fill(7) };
  });
const anyRound: fc.Arbitrary<CatchUpRound> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    epoch: anyInteger,
    recipient: anyAddress,
    signers: fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 8 }).map((ids) => Signers.of(ids)),
    needless: fc.boolean(),
    singles: fc.boolean(),
  })
  .map(({ recipient, ...rest }) => ({ ...rest, subject: rest.kind === "RewardClaim" ? recipient : "" }));
const anyRounds: fc.Arbitrary<CatchUpRequest> = fc
  .record({
    rounds: fc.array(anyRound, { maxLength: 5 }),
    onlyNamed: fc.boolean(),
    rest: fc.option(fc.bigInt({ min: 0n, max: CATCH_UP_SUM_END - 1n })),
  })
  .map((request) => (request.onlyNamed ? { ...request, rest: null } : request));

/** Valid encodings, by message. */
export const encoded: Readonly<
  Record<"gossip" | "rounds" | "catchUp" | "inquiry" | "answer" | "peers", fc.Arbitrary<Uint8Array>>
> = {
  gossip: fc.oneof(
    anyShare.map((share) => encodeGossip({ type: "shares", shares: [share] })),
    anyRequest.map((request) => encodeGossip({ type: "request", request })),
    anyPartial.map((partial) => encodeGossip({ type: "partial", partial })),
  ),
  rounds: anyRounds.map(encodeCatchUpRequest),
  catchUp: fc
    .record({
      requests: fc.array(anyRequest, { maxLength: 2 }),
      shares: fc.array(anyShare, { maxLength: 3 }),
      partials: fc.array(anyPartial, { maxLength: 2 }),
      differs: fc.boolean(),
    })
    .map(encodeCatchUpResponse),
  inquiry: anyRequest.map(encodeInquiryRequest),
  answer: fc.oneof(
    anyShare.map((share) => encodeInquiryResponse({ type: "share", share })),
    fc
      .record({ code: fc.constantFrom("EPOCH_NOT_CLOSED", "NO_REWARDS"), closedEpochs: anyInteger })
      .map((reason) => encodeInquiryResponse({ type: "reason", reason })),
  ),
  peers: fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 4 }).map(encodePeersResponse),
};
