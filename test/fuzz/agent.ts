/**
 * The agent's core under hostile input in hostile order. In: how many runs, a seed; a run is one agent's life of 200
 * inputs. Out: nothing, or fast-check's error with the shortest life that breaks a rule (rules.ts). Bytes are random,
 * valid, valid with changes, or valid and wrong.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type ErrorCode,
  encodeCatchUpResponse,
  encodeGossip,
  encodeInquiryResponse,
  type Share,
} from "@quorate/common";
import fc from "fast-check";
import type { PeerKey } from "../../packages/aggregator/src/core/io.ts";
import { anyInteger, encoded, NODES, node, requestOf, shareOf } from "./cast.ts";
import { Life, type Move } from "./life.ts";
import { hostileBytes, mutated } from "./mutate.ts";
import type { Target } from "./target.ts";

export const MOVES_PER_LIFE = 200;

const anyNode = fc.integer({ min: 1, max: NODES.length });
/** Around the window of five closed epochs, and what is held. */
const anyEpoch = fc.oneof({ arbitrary: fc.nat(9), weight: 20 }, { arbitrary: anyInteger, weight: 1 });
const anyRecipient = fc.constantFrom(...NODES.map(({ beneficiary }) => beneficiary), `0x${"dd".repeat(20)}` as const);

/** Right as to signature; the amount may be what the ledger says (`owed` is resolved when it is sent) or another. */
const plausibleShare = fc.record({ id: anyNode, recipient: anyRecipient, epoch: anyEpoch, amount: fc.nat(3) });
const plausibleRequest = fc.record({ id: anyNode, recipient: anyRecipient, epoch: anyEpoch });

const badShare: fc.Arbitrary<Share> = fc
  .record({ share: plausibleShare, as: anyNode, over: fc.nat(2) })
  .map(({ share: { id, recipient, epoch, amount }, as, over }) => {
    const honest = shareOf(id, recipient, epoch, BigInt(amount + 1));
    const { signature } = shareOf(id, recipient, epoch, BigInt(amount + 2));
    // Under another's index, over another amount, or both.
    return { ...honest, nodeId: over === 1 ? id : as, signature: over === 0 ? honest.signature : signature };
  });

const gossipBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  { arbitrary: hostileBytes(encoded.gossip), weight: 2 },
  { arbitrary: badShare.map((share) => encodeGossip({ type: "shares", shares: [share] })), weight: 4 },
  {
    arbitrary: mutated(
      plausibleRequest.map(({ id, recipient, epoch }) =>
        encodeGossip({ type: "request", request: requestOf(id, recipient, epoch) }),
      ),
    ),
    weight: 1,
  },
);

const answerBytes = fc.oneof(
  hostileBytes(encoded.catchUp),
  fc
    .record({
      shares: fc.array(badShare, { maxLength: 3 }),
      requests: fc.array(plausibleRequest, { maxLength: 2 }),
      differs: fc.boolean(),
    })
    .map(({ shares, requests, differs }) =>
      encodeCatchUpResponse({
        shares,
        differs,
        partials: [],
        requests: requests.map(({ id, recipient, epoch }) => requestOf(id, recipient, epoch)),
      }),
    ),
);
const inquiryAnswers = fc.oneof(
  hostileBytes(encoded.answer),
  badShare.map((share) => encodeInquiryResponse({ type: "share", share })),
);

const anyPeer: fc.Arbitrary<PeerKey> = fc.oneof(
  anyNode.map((id) => node(id).peer),
  fc.constant<PeerKey>(`0x${"fe".repeat(32)}`),
);
const anyFailure: fc.Arbitrary<ErrorCode> = fc.constantFrom(
  ...(["NETWORK_PEER_NOT_CONNECTED", "NETWORK_PEER_BUSY", "NETWORK_REQUEST_FAILED"] as const),
);

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ type: fc.constant("gossip" as const), from: anyPeer, data: gossipBytes }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant("share" as const), share: plausibleShare }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("replays" as const), share: plausibleShare }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("round" as const), recipient: anyRecipient, epoch: fc.nat(6) }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("request" as const), request: plausibleRequest }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("claim" as const), recipient: anyRecipient, epoch: fc.option(anyEpoch) }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.oneof(fc.nat(50), fc.nat(20_000)) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("finish" as const), which: fc.nat(), right: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("stray" as const), job: fc.nat(300), data: inquiryAnswers }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("close-epoch" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("health" as const), healthy: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("peers" as const), connected: fc.array(anyPeer, { maxLength: 6 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("catch-up-asked" as const),
      from: anyPeer,
      data: hostileBytes(encoded.rounds),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("catch-up-answered" as const), from: anyPeer, data: answerBytes }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("catch-up-failed" as const), peer: anyPeer, code: anyFailure }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("inquiry-asked" as const),
      from: anyPeer,
      data: hostileBytes(encoded.inquiry),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("inquiry-answered" as const), which: fc.nat(), data: inquiryAnswers }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("inquiry-failed" as const), which: fc.nat(), code: anyFailure }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("restart" as const) }) },
);

export const anyMove: fc.Arbitrary<Move> = move;

export const AGENT: readonly Target[] = [
  {
    name: "agent.handle",
    weight: 25,
    casesPerRun: MOVES_PER_LIFE,
    run: (parameters) => {
      const lives = fc.array(move, { minLength: MOVES_PER_LIFE, maxLength: MOVES_PER_LIFE, size: "max" });
      const property = fc.property(lives, (moves) => {
        const life = new Life();
        for (const each of moves) life.do(each);
        life.end();
      });
      fc.assert(property, parameters);
    },
  },
  {
    name: "agent.handle, one long life",
    weight: 15,
    run: ({ numRuns, seed }) => liveLong(numRuns, seed),
  },
];

/** Moves generated at once. */
const CHUNK = 1_000;
/** Between the middle and the end of a long life; its rounds come and go with their epochs, and must not add up. */
const GROWTH_MAX_BYTES = 48 * 1_048_576;

/** Nothing that anyone may send grows the agent for good (P-88): its memory at the end is what it was halfway. */
function liveLong(moves: number, seed: number): void {
  const life = new Life();
  let halfway = 0;
  for (let done = 0; done < moves; done += CHUNK) {
    const chunk = fc.sample(move, { numRuns: Math.min(CHUNK, moves - done), seed: seed + done });
    for (const each of chunk) if (each.type !== "restart") life.do(each);
    if (halfway === 0 && done >= moves / 2) halfway = heapBytes();
  }
  life.end();
  const growth = heapBytes() - halfway;
  if (halfway > 0 && growth > GROWTH_MAX_BYTES) {
    throw new Error(`after ${moves} moves of seed ${seed} the heap had grown by ${growth} bytes since halfway`);
  }
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
