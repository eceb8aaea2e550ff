/**
 * This agent's own signed peer record (P-122). In: the addresses as they are, and what others hold of it. Out: one envelope, sealed
 * anew only when the addresses change or others hold a newer one. Identify would otherwise sign another at every connection, and all
 * of them would travel.
 */
import type { Ed25519PrivateKey, Libp2p } from "@libp2p/interface";
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import { equalBytes } from "@quorate/common";
import { RESEALS_BURST, RESEALS_PER_SECOND } from "./limits.ts";
import { TokenBucket } from "./rateLimit.ts";

export class OwnRecord {
  readonly #libp2p: Libp2p;
  readonly #privateKey: Ed25519PrivateKey;
  #envelope: Uint8Array = new Uint8Array();
  #sequence = 0n;
  #sealedFor = "";
  readonly #now: () => number;
  readonly #reseals: TokenBucket;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(libp2p: Libp2p, privateKey: Ed25519PrivateKey, now: () => number) {
    this.#libp2p = libp2p;
    this.#privateKey = privateKey;
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
   * What another peer holds as this agent's record. A host that moved, or whose clock went back, may have sealed a newer one before;
   * then one above it is sealed, or nobody would believe this one. True when it did.
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
    const multiaddrs = this.#libp2p.getMultiaddrs().map((address) => address.decapsulate("/p2p"));
    const highest = above > this.#sequence ? above : this.#sequence;
    const wallMs = BigInt(Date.now());
    this.#sequence = wallMs > highest ? wallMs : highest + 1n;
    const record = new PeerRecord({ peerId: this.#libp2p.peerId, multiaddrs, seqNumber: this.#sequence });
    this.#envelope = new Uint8Array((await RecordEnvelope.seal(record, this.#privateKey)).marshal());
    this.#sealedFor = addresses;
    await this.#libp2p.peerStore.patch(this.#libp2p.peerId, { peerRecordEnvelope: this.#envelope });
    return true;
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
