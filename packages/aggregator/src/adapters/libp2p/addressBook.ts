/**
 * Where admitted identities can be reached, by their own signed records (libp2p RFC 0003). In: envelopes from identify
 * and from other peers. Out: addresses to dial, URLs of agents (P-138), and envelopes to pass on. A record counts only
 * if the peer it names signed it, whoever brought it.
 */

import { peerIdFromPublicKey } from "@libp2p/peer-id";
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import type { Multiaddr } from "@multiformats/multiaddr";
import { equalBytes, MAX_PEER_RECORD_BYTES, quorateError } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import { type AddressPolicy, addressFault, hostOf, placeOf } from "./addresses.ts";
import { agentUrlOf } from "./agentUrls.ts";
import { ADDRESSES_PER_RECORD } from "./limits.ts";
import { peerKeyOf } from "./peers.ts";

/** An address that a record claims, and the place itself, whoever claims it. */
export interface Claimed {
  readonly address: Multiaddr;
  readonly place: string;
}

interface Entry {
  readonly sequence: bigint;
  readonly envelope: Uint8Array;
  readonly claimed: readonly Claimed[];
  /** Of its agent (P-138). */
  readonly url: string | null;
}

/**
 * `new`: something to dial that was not known; the others are no reason to ask again soon. `own`: this agent's,
 * unverified.
 */
export type Learned = "new" | "known" | "not-admitted" | "own";

export class AddressBook {
  /** One entry an admitted identity, and nobody else: about 1.7 kB each, 3 MB for 2,000 nodes (P-132). */
  readonly #entries = new Map<PeerKey, Entry>();
  readonly #self: PeerKey;
  readonly #isNode: (peer: PeerKey) => boolean;
  readonly #policy: AddressPolicy;
  /** Of all entries; null after a change, until somebody asks. */
  #hosts: ReadonlySet<string | null> | null = null;
  #onNew: (peer: PeerKey) => void = () => {};

  constructor(self: PeerKey, isNode: (peer: PeerKey) => boolean, policy: AddressPolicy) {
    this.#self = self;
    this.#isNode = isNode;
    this.#policy = policy;
  }

  /** @param onNew a record was taken in that is newer than any before */
  listen(onNew: (peer: PeerKey) => void): void {
    this.#onNew = onNew;
  }

  /**
   * Takes in one envelope. Those of strangers, and those no newer than what is here, are passed over unverified:
   * verifying costs 0.2 ms.
   * @throws NETWORK_RECORD_INVALID when it is malformed, not canonical (P-82) or not signed by the peer it names:
   * whoever sent it did not check it.
   */
  async learn(envelope: Uint8Array): Promise<Learned> {
    const { peer, record } = unseal(envelope);
    if (peer === this.#self) return "own";
    if (!this.#isNode(peer)) return "not-admitted";
    if (this.#isKnown(peer, record)) return "known";
    try {
      await RecordEnvelope.openAndCertify(envelope, PeerRecord.DOMAIN);
    } catch (cause) {
      throw quorateError("NETWORK_RECORD_INVALID", { peer }, { cause });
    }
    // Both may have changed during the await.
    if (!this.#isNode(peer)) return "not-admitted";
    if (this.#isKnown(peer, record)) return "known";
    const claimed = record.multiaddrs
      .filter((address) => addressFault(address, this.#policy, peer) === null)
      .slice(0, ADDRESSES_PER_RECORD)
      .map((address) => ({ address, place: placeOf(address) }));
    const url = agentUrlOf(record.multiaddrs, this.#policy);
    this.#entries.set(peer, { sequence: record.seqNumber, envelope: new Uint8Array(envelope), claimed, url });
    this.#hosts = null;
    this.#onNew(peer);
    return "new";
  }

  /** The addresses that the peer claims and the policy lets this node dial (P-120). */
  claimed(peer: PeerKey): readonly Claimed[] {
    return this.#entries.get(peer)?.claimed ?? [];
  }

  /** Whether a record claims an address of this host. */
  hasHost(host: string): boolean {
    this.#hosts ??= new Set(
      [...this.#entries.values()].flatMap(({ claimed }) => claimed.map(({ address }) => hostOf(address))),
    );
    return this.#hosts.has(host);
  }

  /** Where agents say that they answer over HTTP (P-138), by peer. */
  agentUrls(): Map<PeerKey, string> {
    const urls = new Map<PeerKey, string>();
    for (const [peer, { url }] of this.#entries) if (url !== null) urls.set(peer, url);
    return urls;
  }

  envelope(peer: PeerKey): Uint8Array | null {
    return this.#entries.get(peer)?.envelope ?? null;
  }

  peers(): PeerKey[] {
    return [...this.#entries.keys()].sort();
  }

  retain(keep: (peer: PeerKey) => boolean): void {
    for (const peer of this.#entries.keys()) if (!keep(peer)) this.#entries.delete(peer);
    this.#hosts = null;
  }

  #isKnown(peer: PeerKey, record: PeerRecord): boolean {
    const entry = this.#entries.get(peer);
    return entry !== undefined && entry.sequence >= record.seqNumber;
  }
}

/** The record and the peer that claims to have signed it; the signature is not checked here. */
function unseal(bytes: Uint8Array): { peer: PeerKey; record: PeerRecord } {
  try {
    if (bytes.length > MAX_PEER_RECORD_BYTES) throw new Error(`${bytes.length} bytes`);
    const envelope = RecordEnvelope.createFromProtobuf(bytes);
    // The signature covers the content alone, and these bytes are handed on: nobody may pad or reshape them on the way.
    if (!equalBytes(envelope.marshal(), bytes)) throw new Error("not canonical");
    const record = PeerRecord.createFromProtobuf(envelope.payload);
    const signer = peerKeyOf(peerIdFromPublicKey(envelope.publicKey));
    if (signer === null || signer !== peerKeyOf(record.peerId)) throw new Error("signed by another key");
    return { peer: signer, record };
  } catch (cause) {
    throw quorateError("NETWORK_RECORD_INVALID", { lengthBytes: bytes.length }, { cause });
  }
}
