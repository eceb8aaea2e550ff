import type { Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { MAX_GOSSIP_BYTES, toHex } from "@quorate/common";
import { encode } from "it-length-prefixed";
import { afterEach, describe, expect, test } from "vitest";
import { startHostilePeer } from "../../../test/support/floodingPeer.ts";
import type { TestNode } from "../../../test/support/testNetwork.ts";
import { createBarePeer, NETWORK_ID, startCluster, startNode, stopAll } from "../../../test/support/testNetwork.ts";
import { until } from "../../../test/support/until.ts";
import { BAN_POINTS } from "./conduct.ts";
import { DIRECT_QUEUE_MAX, PEER_MESSAGES_BURST } from "./limits.ts";
import { peerIdOf } from "./peers.ts";
import { protocolNames } from "./protocols.ts";

afterEach(stopAll);

const { direct: PROTOCOL } = protocolNames(NETWORK_ID);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const one = (data: Uint8Array): Uint8Array => encode.single(data).subarray();
const counts = ({ network }: TestNode) => network.status().direct;
const floods = ({ log }: TestNode): number =>
  log.filter(
    ({ code, values }) => code === "NETWORK_PEER_FLOODS" && "what" in values && /direct/.test(`${values.what}`),
  ).length;

describe("P-130: direct messages", () => {
  test("reach the peers they are for, in order, and nobody else; what is for others is dropped and counted", async () => {
    const [a, b, c] = (await startCluster(3)) as [TestNode, TestNode, TestNode];
    const absent = `0x${"77".repeat(32)}` as const;
    for (let n = 0; n < 200; n++) a.network.direct([b.key, absent], text(`message ${n}`));
    a.network.direct([b.key, c.key], new Uint8Array(MAX_GOSSIP_BYTES).fill(3));
    await until(() => b.direct.length === 201 && c.direct.length === 1);
    const expected = Array.from({ length: 200 }, (_, n) => ({ from: a.key, data: toHex(text(`message ${n}`)) }));
    expect(b.direct.slice(0, 200)).toEqual(expected);
    expect(c.direct).toEqual([{ from: a.key, data: toHex(new Uint8Array(MAX_GOSSIP_BYTES).fill(3)) }]);
    expect([a.gossip, b.gossip, c.gossip]).toEqual([[], [], []]);
    expect(counts(a)).toEqual({ sent: 202, received: 0, dropped: 200 });
    expect(counts(b)).toEqual({ sent: 0, received: 201, dropped: 0 });
  });

  test("more than a message may have is refused where it is sent", async () => {
    const node = await startNode("node");
    expect(() => node.network.direct([], new Uint8Array(MAX_GOSSIP_BYTES + 1))).toThrow(
      expect.objectContaining({ code: "WIRE_TOO_LARGE" }),
    );
  });

  test("a peer that reads nothing costs its queue, and neither others nor later peers wait for it", async () => {
    const node = await startNode("node", [], {}, { now: () => 0 });
    const deaf = await createBarePeer("deaf");
    const honest = await startNode("honest", [node]);
    node.network.admit(new Set([deaf.key, honest.key]));
    honest.network.admit(new Set([node.key]));
    const held: Stream[] = [];
    await deaf.libp2p.handle(PROTOCOL, (stream) => {
      stream.pause();
      held.push(stream);
    });
    await deaf.libp2p.start();
    await deaf.libp2p.dial(multiaddr(node.address));
    await until(() => node.network.status().connected.length === 2);
    const large = new Uint8Array(MAX_GOSSIP_BYTES);
    // A stream takes a window of 256 kB, and this host's sockets some more.
    for (let n = 0; n < 5; n++) {
      for (let i = 0; i < DIRECT_QUEUE_MAX; i++) node.network.direct([deaf.key], large);
      await until(() => counts(node).sent > 0);
    }
    const { dropped } = counts(node);
    expect(dropped).toBeGreaterThanOrEqual(3 * DIRECT_QUEUE_MAX);
    node.network.direct([deaf.key, honest.key], text("on time"));
    await until(() => honest.direct.length === 1);
    expect(counts(node).dropped).toBe(dropped + 1);
    expect(node.network.status().connected).toContain(deaf.key);
    // When it reads again, what was queued comes, in order and whole.
    const before = counts(node).sent;
    held[0]?.resume();
    await until(() => counts(node).sent >= before + DIRECT_QUEUE_MAX);
  });

  test("a stream that is reset is opened anew, and what waits for it is sent then", async () => {
    const node = await startNode("node");
    const peer = await createBarePeer("resetting");
    node.network.admit(new Set([peer.key]));
    let received = 0;
    let resets = 0;
    await peer.libp2p.handle(PROTOCOL, (stream) => {
      if (resets < 2) {
        resets += 1;
        stream.abort(new Error("not now"));
        return;
      }
      stream.addEventListener("message", ({ data }) => {
        received += data.byteLength;
      });
    });
    await peer.libp2p.start();
    await peer.libp2p.dial(multiaddr(node.address));
    await until(() => node.network.status().connected.length === 1);
    // What was on its way when the stream ended is lost; one of the later ones arrives.
    const sending = setInterval(() => node.network.direct([peer.key], text("again")), 50);
    await until(() => received > 0).finally(() => clearInterval(sending));
    expect(resets).toBe(2);
  });

  test("a peer that is gone leaves no queue behind, and is served again when it is back", async () => {
    const [a, b] = (await startCluster(2)) as [TestNode, TestNode];
    a.network.direct([b.key], text("first"));
    await until(() => b.direct.length === 1);
    a.network.admit(new Set());
    await until(() => a.network.status().connected.length === 0);
    a.network.direct([b.key], text("lost"));
    expect(counts(a)).toEqual({ sent: 1, received: 0, dropped: 1 });
    a.network.admit(new Set([b.key]));
    await until(() => a.network.status().connected.length === 1 && b.network.status().connected.length === 1);
    a.network.direct([b.key], text("second"));
    await until(() => b.direct.length === 2);
  });
});

describe("P-130: a hostile sender of direct messages", () => {
  const openStream = async (node: TestNode) => {
    const hostile = await startHostilePeer(node);
    await until(() => node.network.status().connected.length === 1);
    return { hostile, stream: await hostile.connection.newStream(PROTOCOL) };
  };

  test("what comes faster than any honest peer sends is dropped uncounted and blamed, and its bucket outlasts it", async () => {
    const node = await startNode("node", [], {}, { now: () => 0 });
    const { hostile, stream } = await openStream(node);
    const many = Buffer.concat(Array.from({ length: 512 }, () => one(text("x"))));
    for (let n = 0; n < PEER_MESSAGES_BURST / 512; n++) stream.send(many);
    await until(() => node.direct.length === PEER_MESSAGES_BURST);
    expect(floods(node)).toBe(0);
    stream.send(many);
    await until(() => floods(node) === 1);
    expect(node.direct.length).toBe(PEER_MESSAGES_BURST);
    await hostile.connection.close();
    await until(() => node.network.status().connected.length === 0);
    const back = await hostile.libp2p.dial(multiaddr(node.address));
    // One more, and behind it what shows that it has been read.
    (await back.newStream(PROTOCOL)).send(Buffer.concat([one(text("once more")), Uint8Array.of(0xff, 0x7f)]));
    await until(() => node.log.some(({ code }) => code === "WIRE_TOO_LARGE"));
    await hostile.libp2p.services;
    expect(counts(node).received).toBe(PEER_MESSAGES_BURST);
  });

  test("one that says it sends more than a message has is cut off before it comes, and banned if it goes on", async () => {
    const node = await startNode("node");
    const { hostile } = await openStream(node);
    for (let n = 0; n < BAN_POINTS && hostile.connection.status === "open"; n++) {
      const stream = await hostile.connection.newStream(PROTOCOL).catch(() => null);
      stream?.send(Uint8Array.of(0xff, 0x7f));
      await until(() => stream === null || stream.status !== "open");
    }
    await until(() => node.log.some(({ code }) => code === "NETWORK_PEER_BANNED"));
    expect(node.direct).toEqual([]);
    await until(() => hostile.libp2p.getConnections(peerIdOf(node.key)).length === 0);
  });

  test("half a message is never taken for one, and ends with its stream", async () => {
    const node = await startNode("node");
    const { hostile, stream } = await openStream(node);
    const message = one(text("a whole message"));
    stream.send(message.subarray(0, 5));
    stream.abort(new Error("gone"));
    const next = await hostile.connection.newStream(PROTOCOL);
    next.send(message);
    await until(() => node.direct.length > 0);
    expect(node.direct).toEqual([{ from: hostile.key, data: toHex(text("a whole message")) }]);
  });
});
