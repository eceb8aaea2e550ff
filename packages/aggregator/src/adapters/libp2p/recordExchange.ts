/**
 * Peer records between two peers (P-122, P-132). In: questions of peers, and peers to ask. Out: answers, and what the
 * address book did not know. Whom to ask, and when, is not its job.
 */
import { randomInt } from "node:crypto";
import {
  decodePeersRequest,
  decodePeersResponse,
  encodePeersRequest,
  encodePeersResponse,
  isQuorateError,
  MAX_PEER_RECORDS,
  MAX_PEERS_RESPONSE_BYTES,
  quorateError,
} from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import type { Logger } from "../../driver/ports.ts";
import type { AddressBook } from "./addressBook.ts";
import type { OwnRecord } from "./ownRecord.ts";

export interface RecordExchangeModules {
  readonly self: PeerKey;
  readonly book: AddressBook;
  readonly ownRecord: Pick<OwnRecord, "envelope" | "heard">;
  readonly logger: Logger;
  /** Asks a connected peer for records, by the peers protocol. */
  ask(peer: PeerKey, request: Uint8Array): Promise<Uint8Array>;
  blame(peer: PeerKey, code: string): void;
  /** Identities whose records this node lacks, ascending; at most MAX_WANTED_RECORDS. */
  wanted(): readonly PeerKey[];
  /** Another peer held a newer record of this node, which has sealed one above it. */
  onSealed(): void;
}

export class RecordExchange {
  readonly #modules: RecordExchangeModules;
  #stopped = false;

  constructor(modules: RecordExchangeModules) {
    this.#modules = modules;
  }

  stop(): void {
    this.#stopped = true;
  }

  /**
   * The answer to another peer: own record first, the one held of the peer itself, those that it wants, then others,
   * as many as fit. Where there are more, every answer has other ones: nobody can keep a record from spreading.
   */
  async answer(from: PeerKey, request: Uint8Array): Promise<Uint8Array> {
    const { book, ownRecord } = this.#modules;
    const { peerRecord, wanted } = decodePeersRequest(request);
    try {
      if (peerRecord !== null) await this.#learn(from, peerRecord);
    } catch (error) {
      this.#failed(from, error);
      throw error;
    }
    const records: Uint8Array[] = [];
    let bytes = 0;
    for (const envelope of envelopes(book, ownRecord.envelope, [from, ...wanted])) {
      bytes += recordBytes(envelope);
      if (records.length >= MAX_PEER_RECORDS || bytes > MAX_PEERS_RESPONSE_BYTES) break;
      records.push(envelope);
    }
    return encodePeersResponse(records);
  }

  /** Gives one peer the own record, and learns those it knows. How many were new; never rejects. */
  async learnFrom(peer: PeerKey, wanted: readonly PeerKey[] = this.#modules.wanted()): Promise<number> {
    const { ask, ownRecord } = this.#modules;
    let learned = 0;
    try {
      const own = ownRecord.envelope;
      const request = encodePeersRequest({ peerRecord: own.length === 0 ? null : own, wanted });
      const records = decodePeersResponse(await ask(peer, request));
      for (const envelope of records) if (await this.#learn(peer, envelope)) learned += 1;
    } catch (error) {
      this.#failed(peer, error);
    }
    return learned;
  }

  /** Takes in one record that a peer passed on. True when there is something new to dial. */
  async #learn(from: PeerKey, envelope: Uint8Array): Promise<boolean> {
    const { book, ownRecord, onSealed, self } = this.#modules;
    const learned = await book.learn(envelope);
    if (learned !== "own") return learned === "new";
    // One that this agent has not signed was forged by whoever passes it on.
    const sealed = await ownRecord.heard(envelope).catch((cause) => {
      throw quorateError("NETWORK_RECORD_INVALID", { peer: self, from }, { cause });
    });
    if (sealed) onSealed();
    return false;
  }

  #failed(peer: PeerKey, error: unknown): void {
    if (this.#stopped) return;
    const code = isQuorateError(error) ? error.code : "NETWORK_REQUEST_FAILED";
    this.#modules.logger.debug({ peer, reason: String(error) }, code);
    // Only what the peer itself wrote counts against it; timeouts and refusals happen to the honest.
    if (code === "NETWORK_RECORD_INVALID" || code.startsWith("WIRE_")) this.#modules.blame(peer, code);
  }
}

/** The own one, those of `first`, then the others in random order, each once. */
function* envelopes(book: AddressBook, own: Uint8Array, first: readonly PeerKey[]): Generator<Uint8Array> {
  if (own.length > 0) yield own;
  for (const peer of new Set(first)) {
    const envelope = book.envelope(peer);
    if (envelope !== null) yield envelope;
  }
  const named = new Set(first);
  const others = book.peers().filter((peer) => !named.has(peer));
  for (let i = 0; i < others.length; i++) {
    const j = i + randomInt(others.length - i);
    const envelope = book.envelope(others[j] as PeerKey);
    others[j] = others[i] as PeerKey;
    if (envelope !== null) yield envelope;
  }
}

/** A record's bytes on the wire: its own, one of tag and two of length. */
function recordBytes(envelope: Uint8Array): number {
  return envelope.length + 3;
}
