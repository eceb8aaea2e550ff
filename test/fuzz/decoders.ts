/**
 * Every decoder of the agent under hostile input. In: how many cases, a seed. Out: nothing, or fast-check's error
 * with the smallest input that breaks a rule: a decoder gives a value or throws one of the codes its contract names,
 * never another error (P-82), and what it gives is canonical: encoded again it is the same bytes.
 */
import {
  buildProofFile,
  buildRewardsTree,
  decodeCatchUpRequest,
  decodeCatchUpResponse,
  decodeGossip,
  decodeInquiryRequest,
  decodeInquiryResponse,
  decodePeersRequest,
  decodePeersResponse,
  type ErrorCode,
  encodeCatchUpRequest,
  encodeCatchUpResponse,
  encodeGossip,
  encodeInquiryRequest,
  encodeInquiryResponse,
  encodePeersRequest,
  encodePeersResponse,
  equalBytes,
  isQuorateError,
  parseBundle,
  parseProofFile,
  type RewardsProof,
} from "@quorate/common";
import { claimRequestSchema, claimSchema, epochQuerySchema, statusSchema } from "@quorate/common/http";
import fc from "fast-check";
import { orderLogs, parseEvent } from "../../packages/aggregator/src/adapters/chain/events.ts";
import { logSchema } from "../../packages/aggregator/src/adapters/chain/rpc.ts";
import { AddressBook } from "../../packages/aggregator/src/adapters/libp2p/addressBook.ts";
import { fromText, toText } from "../../packages/aggregator/src/adapters/sqlite/plain.ts";
import { parseConfig } from "../../packages/aggregator/src/config.ts";
import type { PeerKey } from "../../packages/aggregator/src/core/io.ts";
import { type LedgerRows, restoreLedger, takeRecord } from "../../packages/aggregator/src/core/ledger/checkpoint.ts";
import { advanceLedger } from "../../packages/aggregator/src/core/ledger/ledger.ts";
import { nodeOf } from "../../packages/aggregator/src/core/ledger/nodes.ts";
import { ledgerOf } from "../../packages/aggregator/test/support/ledgerDisk.ts";
import { sampleBundle } from "../../packages/aggregator/test/support/sampleBundle.ts";
import { CHAIN_EVENTS, DOMAIN, encoded, headAfter, verifyIdentity } from "./cast.ts";
import { hostileBytes, hostileJson, hostileText } from "./mutate.ts";
import { sampleLogs, samplePeerRecord } from "./samples.ts";
import type { Target } from "./target.ts";

const WIRE: readonly ErrorCode[] = ["WIRE_TOO_LARGE", "WIRE_MALFORMED", "WIRE_NOT_CANONICAL"];

/** The value, or null for an error of one of these codes; any other error goes up. */
export function orCoded<T>(run: () => T, codes: readonly ErrorCode[]): T | null {
  try {
    return run();
  } catch (error) {
    if (isQuorateError(error) && codes.includes(error.code)) return null;
    throw error;
  }
}

function wire<T>(
  name: string,
  valid: fc.Arbitrary<Uint8Array>,
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
  codes: readonly ErrorCode[] = WIRE,
): Target {
  const property = fc.property(hostileBytes(valid), (bytes) => {
    const copy = Uint8Array.from(bytes);
    const value = orCoded(() => decode(bytes), codes);
    if (!equalBytes(bytes, copy)) throw new Error("the input was changed");
    if (value !== null && !equalBytes(encode(value), bytes)) throw new Error("accepted, but not canonical");
  });
  return { name, weight: 8, run: (parameters) => fc.assert(property, parameters) };
}

function text(name: string, valid: unknown, decode: (text: string) => unknown, codes: readonly ErrorCode[]): Target {
  const property = fc.property(hostileText(fc.constant(valid)), (input) => {
    orCoded(() => decode(input), codes);
  });
  return { name, weight: 4, run: (parameters) => fc.assert(property, parameters) };
}

const SHARES: readonly ErrorCode[] = [...WIRE, "SHARE_WRONG_LENGTH"];
const BUNDLE: readonly ErrorCode[] = [
  "BUNDLE_MALFORMED",
  "BUNDLE_INCONSISTENT",
  "BUNDLE_BELOW_QUORUM",
  "SIGNERS_MALFORMED",
  "POINT_NOT_CANONICAL",
  "POINT_AT_INFINITY",
];

const RECIPIENT = `0x${"11".repeat(20)}` as const;
const REWARDS_TREE = buildRewardsTree([
  [RECIPIENT, 7n],
  [`0x${"22".repeat(20)}`, 8n],
]);
const PROOF_FILE = buildProofFile({
  ...{ domain: DOMAIN, to: RECIPIENT, epoch: 3, rootIndex: 0, rewardsRoot: REWARDS_TREE.root, recipient: RECIPIENT },
  ...(REWARDS_TREE.proofOf(RECIPIENT) as RewardsProof),
});

const CONFIG = {
  chain: {
    providers: ["http://127.0.0.1:1"],
    chainId: 1,
    rewards: `0x${"11".repeat(20)}`,
    pool: `0x${"22".repeat(20)}`,
  },
  p2p: { listen: ["/ip4/127.0.0.1/tcp/0"], bootstrap: [], targetPeers: 12 },
  http: { port: 0 },
  keys: { directory: "keys", passwordFile: "password" },
  store: { path: "agent.sqlite" },
};

/** The ledger's rows of five nodes and two epochs. */
function sampleLedger(): LedgerRows {
  const ledger = restoreLedger(null);
  advanceLedger(ledger, CHAIN_EVENTS, headAfter(2), nodeOf(DOMAIN, verifyIdentity));
  return ledgerOf([takeRecord(ledger)]) as LedgerRows;
}

const ledgerRows = sampleLedger();
const ledgerText: unknown = JSON.parse(toText({ head: ledgerRows.head, nodes: ledgerRows.nodes }));

/** What is JSON text in the store; amounts are columns of their own. */
function restoreFrom(text: string): void {
  const changed = fromText(text) as { readonly head?: unknown; readonly nodes?: unknown } | null;
  restoreLedger({ ...ledgerRows, head: changed?.head, nodes: Array.isArray(changed?.nodes) ? changed.nodes : [] });
}

/** zod's own promise is to throw nothing in `safeParse`; transforms in a schema are ours. */
const schemas: Target = {
  name: "HTTP bodies, queries and answers",
  weight: 4,
  run: (parameters) => {
    const valid = fc.constantFrom<unknown>(
      { recipient: `0x${"11".repeat(20)}`, epoch: 3 },
      { epoch: "12" },
      { recipient: `0x${"11".repeat(20)}`, amount: "12", status: "collecting", signers: [1], reasons: [] },
    );
    fc.assert(
      fc.property(hostileJson(valid), (json) => {
        for (const schema of [claimRequestSchema, epochQuerySchema, claimSchema, statusSchema]) {
          // An address has a code of its own, which the server passes on.
          orCoded(() => schema.safeParse(json), ["ADDRESS_MALFORMED"]);
        }
      }),
      parameters,
    );
  },
};

const logs: Target = {
  name: "logs of a provider",
  weight: 4,
  run: (parameters) => {
    const { raw, block, contracts } = sampleLogs();
    fc.assert(
      fc.property(hostileJson(fc.constant(raw)), (json) => {
        const parsed = logSchema.array().safeParse(json);
        if (!parsed.success) return;
        orCoded(() => orderLogs(parsed.data, 0, 10), ["CHAIN_LOGS_UNTRUSTED"]);
        for (const log of parsed.data) {
          orCoded(() => parseEvent(log, block, contracts), ["CHAIN_LOGS_UNTRUSTED", "CHAIN_EVENT_INVALID"]);
        }
      }),
      parameters,
    );
  },
};

/** An agent's own identity: no record is of it. */
const NOBODY: PeerKey = `0x${"00".repeat(32)}`;

const peerRecords: Target = {
  name: "signed peer records",
  weight: 0.5,
  run: async (parameters) => {
    const { peer, envelope } = await samplePeerRecord();
    const property = fc.asyncProperty(hostileBytes(fc.constant(envelope)), async (bytes) => {
      const book = new AddressBook(NOBODY, (known) => known === peer, { privateAddresses: true, names: true });
      try {
        const learned = await book.learn(bytes);
        if (learned === "new" && !equalBytes(bytes, envelope)) throw new Error("a changed record was believed");
      } catch (error) {
        if (!isQuorateError(error, "NETWORK_RECORD_INVALID")) throw error;
      }
    });
    await fc.assert(property, parameters);
  },
};

export const DECODERS: readonly Target[] = [
  wire("gossip", encoded.gossip, decodeGossip, encodeGossip, SHARES),
  wire("catch-up request", encoded.rounds, decodeCatchUpRequest, encodeCatchUpRequest),
  wire("catch-up answer", encoded.catchUp, decodeCatchUpResponse, encodeCatchUpResponse, SHARES),
  wire("inquiry", encoded.inquiry, decodeInquiryRequest, encodeInquiryRequest),
  wire("inquiry's answer", encoded.answer, decodeInquiryResponse, encodeInquiryResponse, SHARES),
  wire(
    "peers request",
    fc.constantFrom(
      encodePeersRequest({ peerRecord: null, wanted: [] }),
      encodePeersRequest({ peerRecord: new Uint8Array(300).fill(7), wanted: [`0x${"11".repeat(32)}`] }),
    ),
    decodePeersRequest,
    encodePeersRequest,
  ),
  wire("peers answer", encoded.peers, decodePeersResponse, encodePeersResponse),
  text("proof file", PROOF_FILE, parseProofFile, ["PROOF_MALFORMED", "PROOF_INVALID"]),
  text("bundle", sampleBundle({ recipient: `0x${"11".repeat(20)}`, epoch: 3 }), parseBundle, BUNDLE),
  text("ledger rows", ledgerText, restoreFrom, ["STORE_CORRUPT"]),
  text(
    "configuration",
    CONFIG,
    (yaml) => parseConfig({ file: { path: "fuzz.yaml", text: yaml }, env: {}, flags: {} }),
    ["CONFIG_MALFORMED", "CONFIG_INVALID"],
  ),
  schemas,
  logs,
  peerRecords,
];
