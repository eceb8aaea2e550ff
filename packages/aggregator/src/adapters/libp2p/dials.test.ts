import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import { multiaddr } from "@multiformats/multiaddr";
import { encodePeersResponse, toHex } from "@quorate/common";
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
import { DISCOVERY_TICK_MS } from "./limits.ts";
import { identityKeyPair, peerIdOf } from "./peers.ts";
import { protocolNames } from "./protocols.ts";

afterEach(async () => {
  vi.useRealTimers();
  await stopAll();
});

const connected = ({ network }: TestNode): readonly string[] => network.status().connected;

/** A service that is none of ours, and counts who comes. */
async function foreignService() {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end("220 mail ready\r\n");
  }).listen(0, "127.0.0.1");
  let visits = 0;
  server.on("connection", () => visits++);
  await once(server, "listening");
  return {
    address: `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`,
    visits: () => visits,
    close: () => server.close(),
  };
}

/** Records of made-up nodes, all at one address. */
async function recordsAt(address: string, count: number) {
  return await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const key = identityKeyPair(seedOf(`claims ${i}`));
      const peer = toHex(key.publicKey.raw);
      const record = new PeerRecord({ peerId: peerIdOf(peer), multiaddrs: [multiaddr(address)] });
      return { peer, envelope: (await RecordEnvelope.seal(record, key)).marshal() };
    }),
  );
}

/** A peer that tells these records to whoever asks. */
async function startGossip(records: readonly Uint8Array[]) {
  const teller = await startRawPeer("teller");
  await teller.libp2p.handle(protocolNames(NETWORK_ID).peers, (stream) => {
    stream.addEventListener("message", () => void stream.send(encode.single(encodePeersResponse(records))));
  });
  return teller;
}

describe("P-121: dials to addresses that no handshake has proved", () => {
  test("forty nodes that claim a foreign service's address have it dialled a few times, not by each name", async () => {
    const service = await foreignService();
    const records = await recordsAt(service.address, 40);
    const teller = await startGossip(records.map(({ envelope }) => envelope));
    const node = await startNode("node");
    node.network.admit(new Set([teller.key, ...records.map(({ peer }) => peer)]));
    await teller.libp2p.dial(multiaddr(node.address));
    await until(() => service.visits() > 0);
    await sleep(2 * DISCOVERY_TICK_MS);
    // As many as are dialled at once before the first has failed.
    expect(service.visits()).toBeLessThanOrEqual(8);
    service.close();
  });

  test("P-99: an enemy that claims the address of a node delays no dial to that node, and nobody is blamed", async () => {
    const honest = await startNode("honest");
    const place = honest.address.split("/p2p/")[0] ?? "";
    const records = await recordsAt(place, 8);
    const teller = await startGossip(records.map(({ envelope }) => envelope));
    const node = await startNode("node", [honest]);
    const all = new Set([teller.key, honest.key, ...records.map(({ peer }) => peer)]);
    node.network.admit(all);
    await teller.libp2p.dial(multiaddr(node.address));
    await until(() => node.log.filter(({ code }) => code === "NETWORK_DIAL_FAILED").length >= 8);
    honest.network.admit(new Set([node.key]));
    await until(() => connected(node).includes(honest.key));
    expect(node.log.filter(({ level }) => level === "warn")).toEqual([]);
  });

  test("P-120: an agent that is not in a private network dials no private address of a record", async () => {
    const service = await foreignService();
    const records = await recordsAt(service.address, 4);
    const teller = await startGossip(records.map(({ envelope }) => envelope));
    const node = await startNode("node", [], { allowPrivateAddresses: false });
    node.network.admit(new Set([teller.key, ...records.map(({ peer }) => peer)]));
    await teller.libp2p.dial(multiaddr(node.address));
    const [record] = records;
    const asked = await node.network.inquire(record?.peer as `0x${string}`, new Uint8Array()).catch(({ code }) => code);
    expect(asked).toBe("NETWORK_PEER_NOT_CONNECTED");
    expect(service.visits()).toBe(0);
    service.close();
  });
});

describe("bootstrap addresses", () => {
  test("one where another peer answers is warned about once, with both ids", async () => {
    const other = await startNode("other");
    const expected = toHex(identityKeyPair(seedOf("expected")).publicKey.raw);
    const place = other.address.split("/p2p/")[0] ?? "";
    const address = `${place}/p2p/${peerIdOf(expected)}`;
    const node = await startNode("node", [{ address } as TestNode]);
    const dialled = () => node.log.filter(({ code }) => code === "NETWORK_DIAL_FAILED").length;
    await until(() => dialled() >= 2);
    const warnings = node.log.filter(({ level }) => level === "warn");
    expect(warnings).toEqual([
      { level: "warn", code: "NETWORK_PEER_ID_UNEXPECTED", values: { expected, actual: other.key, address } },
    ]);
  });
});

describe("P-124: a wall clock that is set", () => {
  test("back by an hour: a peer that failed is dialled again as soon as it would have been", async () => {
    const first = await startNode("first");
    const node = await startNode("node", [first]);
    admitAll([first, node]);
    await until(() => connected(node).length === 1);
    await first.network.stop();
    const failures = (): number => node.log.filter(({ code }) => code === "NETWORK_DIAL_FAILED").length;
    await until(() => failures() >= 1);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
    const seen = failures();
    await until(() => failures() > seen);
    const again = await startNode("first", [], { listen: [first.address.split("/p2p/")[0] ?? ""] });
    again.network.admit(new Set([node.key]));
    await until(() => connected(node).length === 1);
  });
});
