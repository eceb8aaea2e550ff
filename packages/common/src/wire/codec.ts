/**
 * Wire messages to domain values and back (P-81, P-82). In: untrusted bytes. Out: typed values, or a coded error and
 * never another one. A message is accepted only if encoding its values again gives the very same bytes, so that one
 * content has one form and one message id. Whether a signature is valid is not its job.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { isQuorateError, quorateError } from "../errors.ts";
import { equalBytes, toHex } from "../hex.ts";
import * as fields from "./fields.ts";
import * as limits from "./limits.ts";
import * as wire from "./messages.ts";
import type {
  CatchUpRequest,
  CatchUpResponse,
  CatchUpRound,
  GossipMessage,
  InquiryResponse,
  PeersRequest,
  SignedClaimRequest,
} from "./types.ts";

/** @throws WIRE_MALFORMED when a value has no wire form */
export function encodeGossip(message: GossipMessage): Uint8Array<ArrayBuffer> {
  return wire.GossipMessage.encode(gossipToWire(message));
}

function gossipToWire(message: GossipMessage): wire.GossipMessage {
  switch (message.type) {
    case "request":
      return { request: fields.requestToWire(message.request) };
    case "shares":
      return { shares: { shares: message.shares.map(fields.shareToWire) } };
    case "partial":
      return { partial: fields.partialToWire(message.partial) };
  }
}

/** @throws WIRE_TOO_LARGE, WIRE_MALFORMED, WIRE_NOT_CANONICAL, SHARE_WRONG_LENGTH */
export function decodeGossip(bytes: Uint8Array): GossipMessage {
  return strictly("GossipMessage", bytes, limits.MAX_GOSSIP_BYTES, encodeGossip, () => {
    const { request, shares, partial } = wire.GossipMessage.decode(bytes, {
      limits: { shares: { shares$: limits.SHARE_LISTS }, partial: limits.SHARE_LISTS },
    });
    if (request !== undefined) return { type: "request", request: fields.requestFromWire(request) };
    if (shares !== undefined) return { type: "shares", shares: fields.sharesFromWire(shares) };
    if (partial !== undefined) return { type: "partial", partial: fields.partialFromWire(partial) };
    throw quorateError("WIRE_MALFORMED", { field: "content", reason: "no request, shares or partial" });
  });
}

/** @throws WIRE_MALFORMED when a value has no wire form */
export function encodeCatchUpRequest(request: CatchUpRequest): Uint8Array<ArrayBuffer> {
  const { rounds, onlyNamed, rest } = request;
  return wire.CatchUpRequest.encode({
    rounds: rounds.map(fields.roundToWire),
    onlyNamed,
    rest: fields.restToWire(rest, onlyNamed),
  });
}

/** @throws WIRE_TOO_LARGE, WIRE_MALFORMED, WIRE_NOT_CANONICAL */
export function decodeCatchUpRequest(bytes: Uint8Array): CatchUpRequest {
  return strictly("CatchUpRequest", bytes, limits.MAX_CATCH_UP_REQUEST_BYTES, encodeCatchUpRequest, () => {
    const limited = { limits: { rounds: limits.MAX_CATCH_UP_ROUNDS } };
    const { rounds, onlyNamed, rest } = wire.CatchUpRequest.decode(bytes, limited);
    return { rounds: rounds.map(fields.roundFromWire), onlyNamed, rest: fields.restFromWire(rest, onlyNamed) };
  });
}

/**
 * What one round adds to the sum of those that are not named (P-157): the SHA-256 of its encoding, as it would be
 * named, as an integer.
 * @throws WIRE_MALFORMED when a value has no wire form
 */
export function catchUpSummand(round: CatchUpRound): bigint {
  return BigInt(toHex(sha256(wire.Round.encode(fields.roundToWire(round)))));
}

/** @throws WIRE_MALFORMED when a value has no wire form */
export function encodeCatchUpResponse(response: CatchUpResponse): Uint8Array<ArrayBuffer> {
  return wire.CatchUpResponse.encode({
    requests: response.requests.map(fields.requestToWire),
    shares: response.shares.map(fields.shareToWire),
    partials: response.partials.map(fields.partialToWire),
    differs: response.differs,
  });
}

/** @throws WIRE_TOO_LARGE, WIRE_MALFORMED, WIRE_NOT_CANONICAL, SHARE_WRONG_LENGTH */
export function decodeCatchUpResponse(bytes: Uint8Array): CatchUpResponse {
  return strictly("CatchUpResponse", bytes, limits.MAX_CATCH_UP_RESPONSE_BYTES, encodeCatchUpResponse, () => {
    const { requests, shares, partials, differs } = wire.CatchUpResponse.decode(bytes, {
      limits: {
        requests: limits.MAX_CATCH_UP_REQUESTS,
        shares: limits.MAX_CATCH_UP_SHARES,
        shares$: limits.SHARE_LISTS,
        partials: limits.MAX_CATCH_UP_PARTIALS,
        partials$: limits.SHARE_LISTS,
      },
    });
    return {
      requests: requests.map(fields.requestFromWire),
      shares: shares.map(fields.shareFromWire),
      partials: partials.map(fields.partialFromWire),
      differs,
    };
  });
}

/** @throws WIRE_MALFORMED when a value has no wire form */
export function encodeInquiryRequest(request: SignedClaimRequest): Uint8Array<ArrayBuffer> {
  return wire.InquiryRequest.encode({ request: fields.requestToWire(request) });
}

/** @throws WIRE_TOO_LARGE, WIRE_MALFORMED, WIRE_NOT_CANONICAL */
export function decodeInquiryRequest(bytes: Uint8Array): SignedClaimRequest {
  return strictly("InquiryRequest", bytes, limits.MAX_INQUIRY_BYTES, encodeInquiryRequest, () => {
    const { request } = wire.InquiryRequest.decode(bytes);
    if (request === undefined) throw quorateError("WIRE_MALFORMED", { field: "request", reason: "missing" });
    return fields.requestFromWire(request);
  });
}

/** @throws WIRE_MALFORMED when a value has no wire form */
export function encodeInquiryResponse(response: InquiryResponse): Uint8Array<ArrayBuffer> {
  return wire.InquiryResponse.encode(
    response.type === "share"
      ? { share: fields.shareToWire(response.share) }
      : { reason: fields.reasonToWire(response.reason) },
  );
}

/** @throws WIRE_TOO_LARGE, WIRE_MALFORMED, WIRE_NOT_CANONICAL, SHARE_WRONG_LENGTH */
export function decodeInquiryResponse(bytes: Uint8Array): InquiryResponse {
  return strictly("InquiryResponse", bytes, limits.MAX_INQUIRY_BYTES, encodeInquiryResponse, () => {
    const { share, reason } = wire.InquiryResponse.decode(bytes, { limits: { share: limits.SHARE_LISTS } });
    if (share !== undefined) return { type: "share", share: fields.shareFromWire(share) };
    if (reason !== undefined) return { type: "reason", reason: fields.reasonFromWire(reason) };
    throw quorateError("WIRE_MALFORMED", { field: "content", reason: "neither a share nor a reason" });
  });
}

/** @throws WIRE_MALFORMED when the record or the list is beyond its bound, or the list is not ascending */
export function encodePeersRequest({ peerRecord, wanted }: PeersRequest): Uint8Array<ArrayBuffer> {
  return wire.PeersRequest.encode({
    ...(peerRecord === null ? {} : { peerRecord: fields.peerRecord(peerRecord) }),
    wanted: fields.wantedToWire(wanted),
  });
}

/** @throws WIRE_TOO_LARGE, WIRE_MALFORMED, WIRE_NOT_CANONICAL */
export function decodePeersRequest(bytes: Uint8Array): PeersRequest {
  return strictly("PeersRequest", bytes, limits.MAX_PEERS_REQUEST_BYTES, encodePeersRequest, () => {
    const { peerRecord, wanted } = wire.PeersRequest.decode(bytes, { limits: { wanted: limits.MAX_WANTED_RECORDS } });
    return {
      peerRecord: peerRecord.length === 0 ? null : fields.peerRecord(peerRecord),
      wanted: fields.wantedFromWire(wanted),
    };
  });
}

/** @throws WIRE_MALFORMED when a record is empty or beyond its bound */
export function encodePeersResponse(peerRecords: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return wire.PeersResponse.encode({ peerRecords: peerRecords.map(fields.peerRecord) });
}

/** The signed peer records, unopened. @throws WIRE_TOO_LARGE, WIRE_MALFORMED, WIRE_NOT_CANONICAL */
export function decodePeersResponse(bytes: Uint8Array): Uint8Array[] {
  return strictly("PeersResponse", bytes, limits.MAX_PEERS_RESPONSE_BYTES, encodePeersResponse, () => {
    const { peerRecords } = wire.PeersResponse.decode(bytes, { limits: { peerRecords: limits.MAX_PEER_RECORDS } });
    return peerRecords.map(fields.peerRecord);
  });
}

/** Size first, then decoding, then the canonical form; whatever protobuf throws becomes WIRE_MALFORMED. */
function strictly<T>(
  name: string,
  bytes: Uint8Array,
  maxBytes: number,
  encode: (value: T) => Uint8Array,
  decode: () => T,
): T {
  if (bytes.length > maxBytes) {
    throw quorateError("WIRE_TOO_LARGE", { message: name, lengthBytes: bytes.length, maxBytes });
  }
  let value: T;
  try {
    value = decode();
  } catch (cause) {
    if (isQuorateError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw quorateError("WIRE_MALFORMED", { message: name, reason }, { cause });
  }
  const canonical = encode(value);
  if (!equalBytes(canonical, bytes)) {
    throw quorateError("WIRE_NOT_CANONICAL", {
      message: name,
      lengthBytes: bytes.length,
      canonicalBytes: canonical.length,
    });
  }
  return value;
}
