/**
 * This agent's own signed peer record (P-122). In: the addresses as they are, and what others hold of it. Out: one
 * envelope, sealed anew only when the addresses change or others hold a newer one. Identify would otherwise sign
 * another at every connection, and all of them would travel.
 */
import type { Ed25519PrivateKey, Libp2p } from "@libp2p/interface";
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import type { Multiaddr } from "@multiformats/multiaddr";
import { equalBytes, MAX_PEER_RECORD_BYTES } from "@quorate/common";
import { isPrivateAddress } from "./addresses.ts";
import { agentUrlAddress } from "./agentUrls.ts";
import { ADDRESSES_PER_RECORD, RESEALS_BURST, RESEALS_PER_SECOND } from "./limits.ts";
import { TokenBucket } from "./rateLimit.ts";

export class OwnRecord {
  readonly #libp2p: Libp2p;
  readonly #privateKey: Ed25519PrivateKey;
  /** The agent's public URL (P-138), where it has one. */
  readonly #url: readonly Multiaddr[];
  #envelope: Uint8Array = new Uint8Array();
  #sequence = 0n;
  #sealedFor = "";
  readonly #now: () => number;
  readonly #reseals: TokenBucket;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param publicUrl where stakers reach this agent (P-138) */
  constructor(
    libp2p: Libp2p,
    privateKey: Ed25519PrivateKey,
    { now, publicUrl }: { readonly now: () => number; readonly publicUrl?: string | undefined },
  ) {
    this.#libp2p = libp2p;
    this.#privateKey = privateKey;
    this.#url = publicUrl === undefined ? [] : [agentUrlAddress(publicUrl)];
    this.#now = now;
    this.#reseals = new TokenBucket(RESEALS_BURST, RESEALS_PER_SECOND, now());
  }

  /** Empty before the first seal. */
  get envelope(): Uint8Array {
    return this.#envelope;
  }

  /** Seals where the addresses are not those of the record. True when it did. */
  refresh(): Promise<boolean> {
    return this.#inTurn(async () => this.#sealedFor !== this.#addresses() && (await this.#seal()));
  }

  /**
   * What another peer holds as this agent's record. A host that moved, or whose clock went back, may have sealed a
   * newer one before; then one above it is sealed, or nobody would believe this one. True when it did.
   * @throws what libp2p throws for an envelope that this agent has not signed
   */
  heard(envelope: Uint8Array): Promise<boolean> {
    return this.#inTurn(async () => {
      const { seqNumber } = PeerRecord.createFromProtobuf(RecordEnvelope.createFromProtobuf(envelope).payload);
      // An equal sequence under other bytes was sealed by the same keys elsewhere, or before this start.
      if (seqNumber < this.#sequence || equalBytes(envelope, this.#envelope)) return false;
      await RecordEnvelope.openAndCertify(envelope, PeerRecord.DOMAIN);
      return this.#reseals.take(this.#now()) && (await this.#seal(seqNumber));
    });
  }

  async #seal(above = 0n): Promise<boolean> {
    const addresses = this.#addresses();
    // Public ones first: a host of many containers has more addresses than a record may hold (MAX_PEER_RECORD_BYTES).
    const multiaddrs = this.#libp2p
      .getMultiaddrs()
      .map((address) => address.decapsulate("/p2p"))
      .sort((a, b) => Number(isPrivateAddress(a)) - Number(isPrivateAddress(b)))
      .slice(0, ADDRESSES_PER_RECORD);
    const highest = above > this.#sequence ? above : this.#sequence;
    const wallMs = BigInt(Date.now());
    this.#sequence = wallMs > highest ? wallMs : highest + 1n;
    this.#envelope = await this.#sealWith(multiaddrs);
    this.#sealedFor = addresses;
    await this.#libp2p.peerStore.patch(this.#libp2p.peerId, { peerRecordEnvelope: this.#envelope });
    return true;
  }

  /** As many of the addresses as a record may hold: names can be long. */
  async #sealWith(multiaddrs: readonly Multiaddr[]): Promise<Uint8Array> {
    const { peerId } = this.#libp2p;
    const record = new PeerRecord({
      ...{ peerId, seqNumber: this.#sequence },
      multiaddrs: [...multiaddrs, ...this.#url],
    });
    const envelope = new Uint8Array((await RecordEnvelope.seal(record, this.#privateKey)).marshal());
    if (envelope.length <= MAX_PEER_RECORD_BYTES || multiaddrs.length === 0) return envelope;
    return this.#sealWith(multiaddrs.slice(0, -1));
  }

  #addresses(): string {
    return this.#libp2p.getMultiaddrs().map(String).sort().join();
  }

  #inTurn(step: () => Promise<boolean>): Promise<boolean> {
    const result = this.#turn.then(step);
    this.#turn = result.catch(() => {});
    return result;
  }
}
