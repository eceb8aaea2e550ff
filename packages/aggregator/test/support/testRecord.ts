/** For tests: the signed peer record of one made-up node, as it travels. */

import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import { multiaddr } from "@multiformats/multiaddr";
import { identityKeyPair, peerKeyOf } from "../../src/adapters/libp2p/peers.ts";
import type { PeerKey } from "../../src/core/io.ts";

export async function sealedRecord(
  identitySecret: Uint8Array,
  addresses: readonly string[],
): Promise<{ readonly peer: PeerKey; readonly envelope: Uint8Array }> {
  const privateKey = identityKeyPair(identitySecret);
  const peerId = peerIdFromPrivateKey(privateKey);
  const record = new PeerRecord({ peerId, multiaddrs: addresses.map((address) => multiaddr(address)), seqNumber: 1n });
  const envelope = await RecordEnvelope.seal(record, privateKey);
  return { peer: peerKeyOf(peerId) as PeerKey, envelope: new Uint8Array(envelope.marshal()) };
}
