/**
 * Bundles (P-100 to P-102): everything needed to act on chain, as one JSON. In: an aggregate with its signers and the
 * node set, or untrusted JSON. Out: a bundle, or its values after everything that can be recomputed offline was.
 * Whether the signature is valid under the chain's keys is for the contract's `verify` to say.
 */

import { z } from "zod";
import { parseAtomic } from "./amount.ts";
import { rewardClaimCalldata } from "./calldata.ts";
import { type ErrorValue, quorateError } from "./errors.ts";
import { fromHex, toHex } from "./hex.ts";
import { digestOf, type RewardClaim, type SigningDomain } from "./messages.ts";
import { SIGNATURE_BYTES } from "./points.ts";
import {
  deriveIdLists,
  FLOOR_QUORUM_BPS,
  hasMoneyQuorum,
  type IdLists,
  MONEY_QUORUM_BPS,
  type NodeView,
  type SignedStake,
  stakeSigned,
} from "./quorum.ts";
import { MAX_SIGNERS_BYTES, Signers } from "./signers.ts";
import type { Address, Hex, NodeId } from "./types.ts";

export const BUNDLE_VERSION = "1";

/** Ids in one list: at 5,200 gas each, more would not fit a transaction of 16,777,216 gas (EIP-7825). */
const MAX_LIST_IDS = 4_096;
/** Fixed words plus two full lists, rounded up. */
const MAX_CALLDATA_BYTES = 524_288;
/** The JSON of a bundle at all its bounds, rounded up; longer text is not parsed. */
const MAX_BUNDLE_CHARACTERS = 2_097_152;

/** The block whose node set the id lists and stakes hold for. */
export interface BundleBlock {
  readonly number: number;
  /** 32 bytes. */
  readonly hash: Hex;
}

/** What a bundle is built from. */
export interface BundleInput {
  readonly domain: SigningDomain;
  readonly epoch: number;
  readonly message: RewardClaim;
  /** The aggregate, 192 bytes (P-2). */
  readonly signature: Uint8Array;
  readonly signers: Signers;
  readonly nodes: Iterable<NodeView>;
  readonly block: BundleBlock;
}

/** The values of a bundle that passed every offline check. With fresh `nodes` and `block` they build a fresh bundle. */
export interface BundleContent extends Omit<BundleInput, "nodes"> {
  readonly digest: Uint8Array;
  readonly lists: IdLists;
  readonly stake: Omit<SignedStake, "signedBps">;
  readonly calldata: Hex;
}

const integer = z.string().regex(/^(?:0|[1-9]\d{0,77})$/, "not a decimal integer");
const hexOf = (bytes: number) =>
  z.string().regex(new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`), `not ${bytes} bytes of hex`);
const hexUpTo = (bytes: number) =>
  z
    .string()
    .max(2 + bytes * 2)
    .regex(/^0x(?:[0-9a-f]{2})*$/, "not lower-case hex");
const ids = z.array(integer).max(MAX_LIST_IDS);

/** The form of a bundle (P-100). What its parts say to each other is checked by `parseBundle`. */
export const bundleSchema = z.strictObject({
  version: z.literal(BUNDLE_VERSION),
  kind: z.literal("RewardClaim"),
  chainId: integer,
  contract: hexOf(20),
  epoch: integer,
  message: z.strictObject({ recipient: hexOf(20), amount: integer }),
  digest: hexOf(32),
  signature: hexOf(SIGNATURE_BYTES),
  signers: hexUpTo(MAX_SIGNERS_BYTES),
  nonSigners: ids,
  extraSigners: ids,
  block: z.strictObject({ number: integer, hash: hexOf(32) }),
  calldata: hexUpTo(MAX_CALLDATA_BYTES),
  stake: z.strictObject({
    activeStake: integer,
    decommissionedStake: integer,
    signedActive: integer,
    signedFloor: integer,
  }),
});

/** A bundle as it is served and stored: plain JSON. */
export type Bundle = z.infer<typeof bundleSchema>;

/**
 * The bundle of an aggregate over a node set.
 * @throws BUNDLE_BELOW_QUORUM when the stake that signed does not move money (P-24), and as checkSignatureEncoding
 */
export function buildBundle(input: BundleInput): Bundle {
  const { domain, epoch, message, signature, signers, block } = input;
  const nodes = [...input.nodes];
  const stake = stakeSigned(signers, nodes);
  const lists = deriveIdLists(signers, nodes);
  requireQuorum(stake, lists);
  return {
    version: BUNDLE_VERSION,
    kind: "RewardClaim",
    chainId: String(domain.chainId),
    contract: domain.verifyingContract,
    epoch: String(epoch),
    message: { recipient: message.recipient, amount: String(message.amount) },
    digest: toHex(digestOf(domain, "RewardClaim", message)),
    signature: toHex(signature),
    signers: signers.toHex(),
    nonSigners: lists.nonSigners.map(String),
    extraSigners: lists.extraSigners.map(String),
    block: { number: String(block.number), hash: block.hash },
    calldata: rewardClaimCalldata(message, signature, lists),
    stake: {
      activeStake: String(stake.activeStake),
      decommissionedStake: String(stake.decommissionedStake),
      signedActive: String(stake.signedActive),
      signedFloor: String(stake.signedFloor),
    },
  };
}

/**
 * Reads a bundle from JSON, as text or parsed, and recomputes what can be recomputed offline (P-101).
 * @throws BUNDLE_MALFORMED, BUNDLE_INCONSISTENT, BUNDLE_BELOW_QUORUM, SIGNERS_MALFORMED, POINT_NOT_CANONICAL,
 * POINT_AT_INFINITY
 */
export function parseBundle(json: unknown): BundleContent {
  const bundle = parseForm(json);
  const domain = { chainId: BigInt(bundle.chainId), verifyingContract: bundle.contract as Address };
  const message = { recipient: bundle.message.recipient as Address, amount: parseAtomic(bundle.message.amount) };
  const digest = digestOf(domain, "RewardClaim", message);
  requireEqual("digest", bundle.digest, toHex(digest));

  const signature = fromHex(bundle.signature);
  const signers = Signers.fromHex(bundle.signers);
  const lists = {
    nonSigners: bundle.nonSigners.map((id) => safeInteger("nonSigners", id)),
    extraSigners: bundle.extraSigners.map((id) => safeInteger("extraSigners", id)),
  };
  requireListsFit(signers, lists);
  // Refuses a signature that is not canonical, too (P-3).
  const calldata = rewardClaimCalldata(message, signature, lists);
  requireEqual("calldata", bundle.calldata, calldata);

  const stake = {
    activeStake: parseAtomic(bundle.stake.activeStake),
    decommissionedStake: parseAtomic(bundle.stake.decommissionedStake),
    signedActive: parseAtomic(bundle.stake.signedActive),
    signedFloor: parseAtomic(bundle.stake.signedFloor),
  };
  requireStakesFit(stake, lists);
  requireQuorum(stake, lists);

  const epoch = safeInteger("epoch", bundle.epoch);
  const block = { number: safeInteger("block.number", bundle.block.number), hash: bundle.block.hash as Hex };
  return { domain, epoch, message, digest, signature, signers, lists, block, calldata, stake };
}

function parseForm(json: unknown): Bundle {
  let value = json;
  if (typeof json === "string") {
    if (json.length > MAX_BUNDLE_CHARACTERS) {
      throw quorateError("BUNDLE_MALFORMED", { lengthCharacters: json.length, maxCharacters: MAX_BUNDLE_CHARACTERS });
    }
    try {
      value = JSON.parse(json);
    } catch (cause) {
      throw quorateError("BUNDLE_MALFORMED", { reason: "not JSON" }, { cause });
    }
  }
  const result = bundleSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw quorateError("BUNDLE_MALFORMED", { field: issue?.path.join(".") || "(whole)", reason: issue?.message });
}

/** What signers and lists say of each other without a node set (P-102). */
function requireListsFit(signers: Signers, lists: IdLists): void {
  for (const [part, list] of Object.entries(lists) as [keyof IdLists, readonly NodeId[]][]) {
    const unordered = list.findIndex((id, i) => id <= (i === 0 ? 0 : (list[i - 1] as NodeId)));
    if (unordered >= 0) inconsistent(part, { id: list[unordered], reason: "not strictly ascending from 1" });
  }
  const signed = lists.nonSigners.find((id) => signers.has(id));
  if (signed !== undefined) inconsistent("nonSigners", { id: signed, reason: "is among the signers" });
  const absent = lists.extraSigners.find((id) => !signers.has(id));
  if (absent !== undefined) inconsistent("extraSigners", { id: absent, reason: "is not among the signers" });
}

/**
 * What the stakes say of each other and of the lists: every node has stake, and only decommissioned ones add to the
 * floor.
 */
function requireStakesFit(stake: BundleContent["stake"], lists: IdLists): void {
  const { activeStake, decommissionedStake, signedActive, signedFloor } = stake;
  const unsigned = activeStake - signedActive;
  const floorExtra = signedFloor - signedActive;
  if (unsigned < 0n || floorExtra < 0n || floorExtra > decommissionedStake) {
    inconsistent("stake", { activeStake, decommissionedStake, signedActive, signedFloor });
  }
  if ((unsigned === 0n) !== (lists.nonSigners.length === 0)) {
    inconsistent("stake", { activeStake, signedActive, nonSigners: lists.nonSigners });
  }
  if (floorExtra > 0n && lists.extraSigners.length === 0) {
    inconsistent("stake", { signedActive, signedFloor, reason: "no extra signer adds to the floor" });
  }
}

function requireQuorum(stake: Omit<SignedStake, "signedBps">, lists: IdLists): void {
  if (hasMoneyQuorum(stake)) return;
  throw quorateError("BUNDLE_BELOW_QUORUM", {
    signedActive: stake.signedActive,
    activeStake: stake.activeStake,
    quorumBps: MONEY_QUORUM_BPS,
    signedFloor: stake.signedFloor,
    floorOf: stake.activeStake + stake.decommissionedStake,
    floorBps: FLOOR_QUORUM_BPS,
    nonSigners: lists.nonSigners,
  });
}

function requireEqual(part: string, given: string, recomputed: string): void {
  if (given !== recomputed) inconsistent(part, { given: excerpt(given), recomputed: excerpt(recomputed) });
}

function inconsistent(part: string, values: Record<string, ErrorValue>): never {
  throw quorateError("BUNDLE_INCONSISTENT", { part, ...values });
}

function safeInteger(field: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw quorateError("BUNDLE_MALFORMED", { field, value: text });
  return value;
}

function excerpt(text: string): string {
  return text.length <= 140 ? text : `${text.slice(0, 140)}... (${text.length} characters)`;
}
