/**
 * The fields of wire messages, each checked against its form and bound in both directions. In: what protobuf decoded,
 * or domain values. Out: the other, or WIRE_MALFORMED naming the field.
 */

import { type ErrorValues, type QuorateError, quorateError } from "../errors.ts";
import { fromHex, toHex } from "../hex.ts";
import { KINDS, type KindMessage } from "../kinds.ts";
import { SIGNATURE_BYTES } from "../points.ts";
import { MAX_SIGNERS_BYTES, Signers } from "../signers.ts";
import { MAX_SUBNET_BITS, packSigners, type Subnet, unpackSigners } from "../subnets.ts";
import type { Address, Hex, NodeId } from "../types.ts";
import {
  CATCH_UP_SUM_END,
  IDENTITY_BYTES,
  MAX_AMOUNT_BYTES,
  MAX_PEER_RECORD_BYTES,
  MAX_REASON_CHARACTERS,
  MAX_REPORT_IDS,
  MAX_WANTED_RECORDS,
} from "./limits.ts";
import type * as wire from "./messages.ts";
import type { CatchUpRound, PartialAggregate, Reason, Share, SignedClaimRequest } from "./types.ts";

const ADDRESS_BYTES = 20;
const ROOT_BYTES = 32;
const SUM_BYTES = 32;
/** An Ed25519 signature (P-7). */
const IDENTITY_SIGNATURE_BYTES = 64;

export function requestToWire(request: SignedClaimRequest): wire.ClaimRequest {
  return {
    recipient: addressToWire("recipient", request.recipient),
    epoch: integerToWire("epoch", request.epoch, 0),
    nodeId: integerToWire("node_id", request.nodeId, 1),
    identitySignature: exactBytes("identity_signature", request.identitySignature, IDENTITY_SIGNATURE_BYTES),
  };
}

export function requestFromWire(request: wire.ClaimRequest): SignedClaimRequest {
  return {
    recipient: addressFromWire("recipient", request.recipient),
    epoch: integerFromWire("epoch", request.epoch, 0),
    nodeId: integerFromWire("node_id", request.nodeId, 1) as NodeId,
    identitySignature: exactBytes("identity_signature", request.identitySignature, IDENTITY_SIGNATURE_BYTES),
  };
}

export function shareToWire(share: Share): wire.Share {
  return {
    nodeId: integerToWire("node_id", share.nodeId, 1),
    epoch: integerToWire("epoch", share.epoch, 0),
    signature: requireShareSignature(share.signature, share.nodeId),
    ...messageToWire(share),
  };
}

/** P-158: of one node, one at least. */
export function sharesFromWire({ shares }: wire.Shares): Share[] {
  const [first] = shares;
  if (first === undefined) throw quorateError("WIRE_MALFORMED", { field: "shares", reason: "empty" });
  if (shares.some(({ nodeId }) => nodeId !== first.nodeId)) {
    throw quorateError("WIRE_MALFORMED", { field: "shares", reason: "of several nodes" });
  }
  return shares.map(shareFromWire);
}

export function shareFromWire(share: wire.Share): Share {
  const nodeId = integerFromWire("node_id", share.nodeId, 1);
  const epoch = integerFromWire("epoch", share.epoch, 0);
  return {
    ...messageFromWire(share, epoch),
    nodeId,
    epoch,
    signature: shareSignature(share.signature, nodeId),
  };
}

export function partialToWire(partial: PartialAggregate): wire.PartialAggregate {
  const { subnet, signers } = partial;
  requireSubnet(subnet);
  if (signers.count === 0) throw malformed("signers", { reason: "a partial without signers" });
  return {
    subnetBits: subnet.bits,
    subnet: subnet.index,
    signers: packedOf(signers, subnet),
    epoch: integerToWire("epoch", partial.epoch, 0),
    signature: exactBytes("signature", partial.signature, SIGNATURE_BYTES),
    ...messageToWire(partial),
  };
}

export function partialFromWire(partial: wire.PartialAggregate): PartialAggregate {
  const subnet = { bits: partial.subnetBits, index: partial.subnet };
  requireSubnet(subnet);
  const epoch = integerFromWire("epoch", partial.epoch, 0);
  const signers = unpackedOf(partial.signers, subnet);
  const signature = exactBytes("signature", partial.signature, SIGNATURE_BYTES);
  return { ...messageFromWire(partial, epoch), epoch, subnet, signers, signature };
}

function requireSubnet({ bits, index }: Subnet): void {
  if (bits > MAX_SUBNET_BITS || index >= 2 ** bits)
    throw malformed("subnet", { bits, index, maxBits: MAX_SUBNET_BITS });
}

function packedOf(signers: Signers, subnet: Subnet): Uint8Array<ArrayBuffer> {
  try {
    return packSigners(signers, subnet);
  } catch (cause) {
    throw malformed("signers", { subnet: subnet.index, bits: subnet.bits }, cause);
  }
}

/** Canonical: one node at least, and no zero byte at the end. */
function unpackedOf(bytes: Uint8Array, subnet: Subnet): Signers {
  const maxBytes = MAX_SIGNERS_BYTES / 2 ** subnet.bits;
  if (bytes.length === 0 || bytes.length > maxBytes || bytes.at(-1) === 0) {
    throw malformed("signers", { lengthBytes: bytes.length, maxBytes });
  }
  try {
    return unpackSigners(bytes, subnet);
  } catch (cause) {
    throw malformed("signers", { value: toHex(bytes.subarray(0, 32)) }, cause);
  }
}

/** What carries one message of any kind, and its epoch. */
type Carrier = KindMessage & { readonly epoch: number };

function messageToWire(share: Carrier): WireMessage {
  switch (share.kind) {
    case "RewardClaim": {
      const { recipient, amount } = share.message;
      return { rewardClaim: { recipient: addressToWire("recipient", recipient), amount: amountToWire(amount) } };
    }
    case "EpochReport": {
      const { epoch, rewardsRoot, totalOwed, activate, decommission } = share.message;
      requireEpoch(epoch, share.epoch);
      return {
        epochReport: {
          rewardsRoot: exactBytes("rewards_root", fromHex(rewardsRoot), ROOT_BYTES),
          totalOwed: totalOwed === 0n ? new Uint8Array() : amountToWire(totalOwed),
          activate: idsToWire("activate", activate),
          decommission: idsToWire("decommission", decommission),
        },
      };
    }
    case "Contest":
      requireEpoch(share.message.epoch, share.epoch);
      return { contest: {} };
  }
}

function messageFromWire({ rewardClaim, epochReport, contest }: WireMessage, epoch: number): KindMessage {
  if (rewardClaim !== undefined) {
    const recipient = addressFromWire("recipient", rewardClaim.recipient);
    return { kind: "RewardClaim", message: { recipient, amount: amountFromWire(rewardClaim.amount) } };
  }
  if (epochReport !== undefined) {
    const message = {
      epoch,
      rewardsRoot: toHex(exactBytes("rewards_root", epochReport.rewardsRoot, ROOT_BYTES)),
      totalOwed: epochReport.totalOwed.length === 0 ? 0n : amountFromWire(epochReport.totalOwed),
      activate: epochReport.activate.map((id) => integerFromWire("activate", id, 1)),
      decommission: epochReport.decommission.map((id) => integerFromWire("decommission", id, 1)),
    };
    return { kind: "EpochReport", message };
  }
  if (contest !== undefined) return { kind: "Contest", message: { epoch } };
  throw malformed("message", { reason: "a signature without a message" });
}

type WireMessage = Pick<wire.Share, "rewardClaim" | "epochReport" | "contest">;

/** A share's epoch is its message's: the wire carries it once. */
function requireEpoch(messageEpoch: number, shareEpoch: number): void {
  if (messageEpoch !== shareEpoch) throw malformed("epoch", { message: messageEpoch, share: shareEpoch });
}

function idsToWire(field: string, ids: readonly NodeId[]): number[] {
  if (ids.length > MAX_REPORT_IDS) throw malformed(field, { ids: ids.length, maxIds: MAX_REPORT_IDS });
  return ids.map((id) => integerToWire(field, id, 1));
}

export function roundToWire(round: CatchUpRound): wire.Round {
  return {
    kind: KINDS.indexOf(round.kind) + 1,
    epoch: integerToWire("epoch", round.epoch, 0),
    subject: round.subject === "" ? new Uint8Array() : addressToWire("subject", round.subject),
    signers: round.signers.toBytes(),
    needless: round.needless,
    singles: round.singles,
  };
}

export function roundFromWire(round: wire.Round): CatchUpRound {
  if (round.signers.length > MAX_SIGNERS_BYTES) {
    throw malformed("signers", { lengthBytes: round.signers.length, maxBytes: MAX_SIGNERS_BYTES });
  }
  const kind = KINDS[round.kind - 1];
  if (kind === undefined) throw malformed("kind", { value: round.kind, known: KINDS.length });
  if ((kind === "RewardClaim") !== round.subject.length > 0) {
    throw malformed("subject", { kind, lengthBytes: round.subject.length });
  }
  return {
    kind,
    epoch: integerFromWire("epoch", round.epoch, 0),
    subject: kind === "RewardClaim" ? addressFromWire("subject", round.subject) : "",
    signers: signersFromWire(round.signers),
    needless: round.needless,
    singles: round.singles,
  };
}

/** A pull (P-137) wants nothing of the rest, so it has no sum of it. */
export function restToWire(rest: bigint | null, onlyNamed: boolean): Uint8Array<ArrayBuffer> {
  if (rest === null) return new Uint8Array();
  if (onlyNamed || rest < 0n || rest >= CATCH_UP_SUM_END) throw malformed("rest", { value: rest, onlyNamed });
  return fromHex(`0x${rest.toString(16).padStart(2 * SUM_BYTES, "0")}`);
}

export function restFromWire(rest: Uint8Array, onlyNamed: boolean): bigint | null {
  if (rest.length === 0) return null;
  if (onlyNamed || rest.length !== SUM_BYTES) {
    throw malformed("rest", { lengthBytes: rest.length, expectedBytes: SUM_BYTES, onlyNamed });
  }
  return BigInt(toHex(rest));
}

export function reasonToWire(reason: Reason): wire.Reason {
  return {
    code: reasonCode(reason.code),
    closedEpochs: integerToWire("closed_epochs", reason.closedEpochs, 0),
  };
}

export function reasonFromWire(reason: wire.Reason): Reason {
  return {
    code: reasonCode(reason.code),
    closedEpochs: integerFromWire("closed_epochs", reason.closedEpochs, 0),
  };
}

/** A signed peer record stays opaque here; only its size is checked. */
export function peerRecord(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.length === 0 || bytes.length > MAX_PEER_RECORD_BYTES) {
    throw malformed("peer_records", { lengthBytes: bytes.length, maxBytes: MAX_PEER_RECORD_BYTES });
  }
  return new Uint8Array(bytes);
}

/** Ascending and so without repeats: one list has one form. */
export function wantedToWire(wanted: readonly Hex[]): Uint8Array<ArrayBuffer>[] {
  if (wanted.length > MAX_WANTED_RECORDS) {
    throw malformed("wanted", { length: wanted.length, max: MAX_WANTED_RECORDS });
  }
  return wanted.map((identity, i) => {
    const before = wanted[i - 1];
    if (before !== undefined && before >= identity) throw malformed("wanted", { before, value: identity });
    return fromHex(identity, IDENTITY_BYTES);
  });
}

export function wantedFromWire(wanted: readonly Uint8Array[]): Hex[] {
  return wanted.map((bytes) => {
    if (bytes.length === IDENTITY_BYTES) return toHex(bytes);
    throw malformed("wanted", { lengthBytes: bytes.length, expectedBytes: IDENTITY_BYTES });
  });
}

function signersFromWire(bytes: Uint8Array): Signers {
  try {
    return Signers.fromBytes(bytes);
  } catch (cause) {
    throw malformed("signers", { value: toHex(bytes.subarray(0, 32)) }, cause);
  }
}

/** Its own code, because a share of wrong length is one of the forgeries the collector counts (P-3). */
function requireShareSignature(signature: Uint8Array, nodeId: NodeId): Uint8Array<ArrayBuffer> {
  if (signature.length !== SIGNATURE_BYTES) {
    throw quorateError("SHARE_WRONG_LENGTH", {
      nodeId,
      lengthBytes: signature.length,
      expectedBytes: SIGNATURE_BYTES,
    });
  }
  // The encoder copies it: whether the buffer under it is shared is all the same.
  return signature as Uint8Array<ArrayBuffer>;
}

function shareSignature(signature: Uint8Array, nodeId: NodeId): Uint8Array<ArrayBuffer> {
  return new Uint8Array(requireShareSignature(signature, nodeId));
}

function addressToWire(field: string, address: Address): Uint8Array<ArrayBuffer> {
  if (!/^0x[0-9a-f]{40}$/.test(address)) throw malformed(field, { value: address });
  return fromHex(address);
}

function addressFromWire(field: string, bytes: Uint8Array): Address {
  return toHex(exactBytes(field, bytes, ADDRESS_BYTES));
}

const AMOUNT_END = 1n << BigInt(8 * MAX_AMOUNT_BYTES);

/** Minimal big-endian; zero has no form, because nobody claims nothing (P-70). */
function amountToWire(amount: bigint): Uint8Array<ArrayBuffer> {
  if (amount <= 0n || amount >= AMOUNT_END) throw malformed("amount", { value: amount });
  const digits = amount.toString(16);
  return fromHex(digits.length % 2 === 0 ? `0x${digits}` : `0x0${digits}`);
}

function amountFromWire(bytes: Uint8Array): bigint {
  if (bytes.length === 0 || bytes.length > MAX_AMOUNT_BYTES || bytes[0] === 0) {
    throw malformed("amount", { value: toHex(bytes.subarray(0, MAX_AMOUNT_BYTES + 1)), maxBytes: MAX_AMOUNT_BYTES });
  }
  return BigInt(toHex(bytes));
}

function integerToWire(field: string, value: number, min: number): number {
  if (!Number.isSafeInteger(value) || value < min) throw malformed(field, { value, min });
  return value;
}

/** Upper-case words only: it is printed to people, and a peer chose it. */
function reasonCode(code: string): string {
  if (code.length > MAX_REASON_CHARACTERS || !/^[A-Z][A-Z0-9_]*$/.test(code)) {
    throw malformed("code", { lengthCharacters: code.length, maxCharacters: MAX_REASON_CHARACTERS });
  }
  return code;
}

/** uint64 narrowed to a safe integer: epochs and ids never come near 2^53. The decoder refuses what is above it. */
function integerFromWire(field: string, value: number, min: number): number {
  return integerToWire(field, value, min);
}

/** A copy, so that what is kept does not hold on to the network buffer it came in. */
function exactBytes(field: string, bytes: Uint8Array, lengthBytes: number): Uint8Array<ArrayBuffer> {
  if (bytes.length !== lengthBytes) {
    throw malformed(field, { lengthBytes: bytes.length, expectedBytes: lengthBytes });
  }
  return new Uint8Array(bytes);
}

function malformed(field: string, values: ErrorValues, cause?: unknown): QuorateError {
  return quorateError("WIRE_MALFORMED", { field, ...values }, cause === undefined ? {} : { cause });
}
