import os from "node:os";
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import { multiaddr } from "@multiformats/multiaddr";
import {
  decodePeersResponse,
  encodePeersRequest,
  encodePeersResponse,
  MAX_PEERS_RESPONSE_BYTES,
} from "@quorate/common";
import { encode } from "it-length-prefixed";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  admitAll,
  NETWORK_ID,
  seedOf,
  startNode,
  startRawPeer,
  stopAll,
  type TestNode,
} from "../../../test/support/testNetwork.ts";
import { until } from "../../../test/support/until.ts";
import type { PeerKey } from "../../core/io.ts";
import { identityKeyPair, peerIdOf, peerKeyOf } from "./peers.ts";
import { protocolNames } from "./protocols.ts";
import { RequestStream } from "./streams.ts";

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await stopAll();
});

const PEERS = protocolNames(NETWORK_ID).peers;
const BOUNDS = { maxRequestBytes: 2_000, maxAnswerBytes: MAX_PEERS_RESPONSE_BYTES };
const connected = ({ network }: TestNode): readonly string[] => network.status().connected;

/** The record of a peer that a node hands out, as a third one is told. */
async function recordAt(node: TestNode, peer: PeerKey, asker: Awaited<ReturnType<typeof startRawPeer>>) {
  const connection = await asker.libp2p.dial(multiaddr(node.address));
  const stream = new RequestStream(await connection.newStream(PEERS), BOUNDS);
  const answer = await stream.ask(encodePeersRequest({ peerRecord: null, wanted: [] })).catch(() => null);
  stream.abort(new Error("done"));
  const records = answer === null ? [] : decodePeersResponse(answer);
  const found = records
    .map((bytes) => PeerRecord.createFromProtobuf(RecordEnvelope.createFromProtobuf(bytes).payload))
    .find(({ peerId }) => peerKeyOf(peerId) === peer);
  return { sequence: found?.seqNumber ?? 0n, addresses: (found?.multiaddrs ?? []).map(String) };
}

describe("P-122: this agent's own record", () => {
  test("a host that moves with its clock a day behind is found at its new address", async () => {
    const keeper = await startNode("keeper");
    const before = await startNode("mover", [keeper]);
    const asker = await startRawPeer("asker");
    admitAll([keeper, before]);
    keeper.network.admit(new Set([before.key, asker.key]));
    await until(() => connected(keeper).length === 1 && connected(before).length === 1);
    const old = await recordAt(keeper, before.key, asker);
    await before.network.stop();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 86_400_000 });
    const after = await startNode("mover", [keeper]);
    after.network.admit(new Set([keeper.key, asker.key]));
    const place = after.address.split("/p2p/")[0] ?? "";
    await expect
      .poll(async () => (await recordAt(keeper, after.key, asker)).addresses, { interval: 500, timeout: 60_000 })
      .toEqual([place]);
    expect(old.addresses).not.toEqual([place]);
    expect((await recordAt(after, after.key, asker)).sequence).toBeGreaterThan(old.sequence);
  });

  test("an address that is added after the start is sealed into a new record, which peers are given", async () => {
    const keeper = await startNode("keeper");
    const interfaces = os.networkInterfaces();
    const node = await startNode("node", [keeper], { listen: ["/ip4/0.0.0.0/tcp/0"] });
    const asker = await startRawPeer("asker");
    admitAll([keeper, node]);
    keeper.network.admit(new Set([node.key, asker.key]));
    await until(() => connected(keeper).length === 1 && connected(node).length === 1);
    const added = {
      ...(Object.values(interfaces).flat()[0] as os.NetworkInterfaceInfo),
      address: "10.9.8.7",
      internal: false,
    };
    vi.spyOn(os, "networkInterfaces").mockReturnValue({ ...interfaces, added0: [added] as os.NetworkInterfaceInfo[] });
    await expect
      .poll(async () => (await recordAt(keeper, node.key, asker)).addresses.join(), { interval: 500, timeout: 60_000 })
      .toContain("/ip4/10.9.8.7/tcp/");
  });

  test("one that this agent has not signed changes nothing and is blamed on who passed it on", async () => {
    const node = await startNode("node");
    const enemy = await startRawPeer("enemy");
    node.network.admit(new Set([enemy.key]));
    const key = identityKeyPair(seedOf("node"));
    const record = new PeerRecord({ peerId: peerIdOf(node.key), multiaddrs: [], seqNumber: 2n ** 60n });
    const forged = await RecordEnvelope.seal(record, key);
    forged.signature[0] = (forged.signature[0] ?? 0) ^ 1;
    forged.marshaled = undefined as never;
    const bytes = forged.marshal();
    await enemy.libp2p.handle(PEERS, (stream) => {
      stream.addEventListener("message", () => void stream.send(encode.single(encodePeersResponse([bytes]))));
    });
    await enemy.libp2p.dial(multiaddr(node.address));
    const blamed = () => node.log.some(({ code, values }) => code === "NETWORK_RECORD_INVALID" && "points" in values);
    await until(blamed);
    expect((await recordAt(node, node.key, enemy)).sequence).toBeLessThan(2n ** 60n);
  });
});
