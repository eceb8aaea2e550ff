import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { toHex } from "@quorate/common";
import { expect, test } from "vitest";
import { parseBootstrap, withPeerId } from "./addresses.ts";
import { PEER_KEYS_MAX } from "./limits.ts";
import { identityKeyPair, PeerKeys, parsePeerKey, peerIdOf, peerKeyOf } from "./peers.ts";
import { protocolNames } from "./protocols.ts";

/** RFC 8032, section 7.1, test 1. */
const SEED = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
const PUBLIC_KEY = "0xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

test("P-7: the peer id follows from the identity secret, and gives its public key back", () => {
  const key = identityKeyPair(SEED);
  expect(toHex(key.publicKey.raw)).toBe(PUBLIC_KEY);
  const peerId = peerIdOf(PUBLIC_KEY);
  expect(peerId.toString()).toMatch(/^12D3KooW/);
  expect(peerKeyOf(peerId)).toBe(PUBLIC_KEY);
  expect(parsePeerKey(peerId.toString())).toBe(PUBLIC_KEY);
});

test("P-7: the libp2p key of a secret is the one that libp2p makes of it", async () => {
  for (let i = 0; i < 8; i++) {
    const seed = new Uint8Array(32).fill(i);
    expect(identityKeyPair(seed).equals(await generateKeyPairFromSeed("Ed25519", seed))).toBe(true);
  }
});

test("the keys of peer ids are the same when remembered, and after they were forgotten; an invalid one is never remembered", () => {
  const keys = new PeerKeys();
  const peers = Array.from({ length: PEER_KEYS_MAX + 1 }, (_, i) => {
    const secret = new Uint8Array(32);
    new DataView(secret.buffer).setUint32(0, i);
    // Any 32 bytes are a key's form; peer ids do not ask whether they are a point.
    const key = toHex(secret);
    return { key, text: peerIdOf(key).toString() };
  });
  for (const _ of [1, 2]) for (const { key, text } of peers) expect(keys.of(text)).toBe(key);
  for (const _ of [1, 2]) expect(() => keys.of("12D3KooW")).toThrow("NETWORK_PEER_ID_INVALID");
});

test("error: a secret, a key or a peer id of another kind", () => {
  expect(() => identityKeyPair(SEED.subarray(1))).toThrow("NETWORK_IDENTITY_INVALID");
  expect(() => peerIdOf("0x1234")).toThrow("HEX_MALFORMED");
  expect(() => parsePeerKey("12D3KooW")).toThrow("NETWORK_PEER_ID_INVALID");
  // The id of an RSA key.
  expect(() => parsePeerKey("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")).toThrow("NETWORK_PEER_ID_INVALID");
});

test("bootstrap addresses are grouped by the peer at their end", () => {
  const id = peerIdOf(PUBLIC_KEY).toString();
  const peers = parseBootstrap([`/ip4/127.0.0.1/tcp/1/p2p/${id}`, `/dns4/example.org/tcp/2/p2p/${id}`]);
  expect([...peers.keys()]).toEqual([PUBLIC_KEY]);
  expect(peers.get(PUBLIC_KEY)).toHaveLength(2);
  expect(withPeerId(peers.get(PUBLIC_KEY) ?? [], PUBLIC_KEY).map(String)[0]).toBe(`/ip4/127.0.0.1/tcp/1/p2p/${id}`);
});

test("error: a bootstrap address without a peer id, or no address at all", () => {
  expect(() => parseBootstrap(["/ip4/127.0.0.1/tcp/1"])).toThrow("NETWORK_ADDRESS_INVALID");
  expect(() => parseBootstrap(["127.0.0.1:9000"])).toThrow("NETWORK_ADDRESS_INVALID");
});

test("P-81, P-87, P-89, P-122, P-130: topic and protocols name chain and contract", () => {
  expect(protocolNames({ chainId: 31_337n, contract: "0x00000000000000000000000000000000000000Aa" })).toEqual({
    messages: "/quorate/1/31337/0x00000000000000000000000000000000000000aa/messages",
    catchUp: "/quorate/1/31337/0x00000000000000000000000000000000000000aa/catch-up",
    peers: "/quorate/1/31337/0x00000000000000000000000000000000000000aa/peers",
    inquiry: "/quorate/1/31337/0x00000000000000000000000000000000000000aa/inquiry",
    direct: "/quorate/1/31337/0x00000000000000000000000000000000000000aa/direct",
  });
});
