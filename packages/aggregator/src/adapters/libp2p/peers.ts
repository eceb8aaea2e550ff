/**
 * The two forms of a peer. In: an identity key (32 bytes of Ed25519, P-7) or a libp2p peer id. Out: the other.
 * A libp2p peer id of an Ed25519 key is the key itself with a prefix, so nothing is looked up and nothing can disagree.
 */
import { privateKeyFromRaw, publicKeyFromRaw } from "@libp2p/crypto/keys";
import type { Ed25519PrivateKey, PeerId } from "@libp2p/interface";
import { peerIdFromPublicKey, peerIdFromString } from "@libp2p/peer-id";
import { concatBytes, fromHex, quorateError, toHex } from "@quorate/common";
import type { PeerKey } from "../../core/io.ts";
import { nativeIdentityKeyOf } from "../keys/identityKey.ts";
import { PEER_KEYS_MAX } from "./limits.ts";

/** Bytes of an Ed25519 seed and of its public key (RFC 8032). */
const KEY_BYTES = 32;

/**
 * The libp2p key of an identity secret. The peer id follows from it alone.
 * @throws NETWORK_IDENTITY_INVALID unless `secret` is 32 bytes.
 */
export function identityKeyPair(secret: Uint8Array): Ed25519PrivateKey {
  if (secret.length !== KEY_BYTES) throw quorateError("NETWORK_IDENTITY_INVALID", { lengthBytes: secret.length });
  // Of the secret alone libp2p would compute the public key in JavaScript. 64 bytes are always a key of Ed25519.
  return privateKeyFromRaw(concatBytes(secret, nativeIdentityKeyOf(secret))) as Ed25519PrivateKey;
}

/**
 * The peer id of an identity key.
 * @throws HEX_MALFORMED unless `key` is 32 bytes of hex; NETWORK_PEER_ID_INVALID when libp2p refuses it.
 */
export function peerIdOf(key: PeerKey): PeerId {
  const raw = fromHex(key, KEY_BYTES);
  try {
    return peerIdFromPublicKey(publicKeyFromRaw(raw));
  } catch (cause) {
    throw quorateError("NETWORK_PEER_ID_INVALID", { key }, { cause });
  }
}

/** The identity key of a peer id, or null: only Ed25519 peers can be nodes. */
export function peerKeyOf(peer: PeerId): PeerKey | null {
  if (peer.type !== "Ed25519") return null;
  return toHex(peer.publicKey.raw);
}

/**
 * The identity key of a peer id's text (`12D3Koo…`).
 * @throws NETWORK_PEER_ID_INVALID when it is not the id of an Ed25519 key.
 */
export function parsePeerKey(text: string): PeerKey {
  let key: PeerKey | null = null;
  try {
    key = peerKeyOf(peerIdFromString(text));
  } catch (cause) {
    throw quorateError("NETWORK_PEER_ID_INVALID", { peerId: text.slice(0, 80) }, { cause });
  }
  if (key === null) throw quorateError("NETWORK_PEER_ID_INVALID", { peerId: text.slice(0, 80) });
  return key;
}

/**
 * `parsePeerKey` with a memory: gossipsub asks for the sender's score at every message, and reading base58 costs 20 µs.
 */
export class PeerKeys {
  readonly #known = new Map<string, PeerKey>();

  /** @throws NETWORK_PEER_ID_INVALID */
  of(text: string): PeerKey {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const key = parsePeerKey(text);
    if (this.#known.size >= PEER_KEYS_MAX) this.#known.clear();
    this.#known.set(text, key);
    return key;
  }
}
