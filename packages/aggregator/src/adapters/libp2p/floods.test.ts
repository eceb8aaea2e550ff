import { setTimeout as sleep } from "node:timers/promises";
import type { Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, describe, expect, test } from "vitest";
import { messages, prunes, rpc, startHostilePeer, TOPIC, yamuxFrame } from "../../../test/support/floodingPeer.ts";
import { createBarePeer, startNode, stopAll, type TestNode } from "../../../test/support/testNetwork.ts";
import { until } from "../../../test/support/until.ts";
import {
  GOSSIP_RPC_MAX_BYTES,
  GOSSIP_WRITE_BUFFER_BYTES,
  IGNORED_BURST,
  NEW_STREAMS_BURST,
  PEER_CONTROLS_BURST,
  PINGS_BURST,
  RPC_MAX_CONTROLS,
  STREAM_WINDOW_MAX_BYTES,
  TIDY_TICK_MS,
} from "./limits.ts";

afterEach(stopAll);

const { data, windowUpdate, ping, goAway, syn, rst } = yamuxFrame;
/** What the node says there was too much of, in order. */
const floods = (node: TestNode): string[] =>
  node.log.flatMap(({ code, values }) =>
    code === "NETWORK_PEER_FLOODS" && "what" in values ? [String(values.what)] : [],
  );
const bans = (node: TestNode): number => node.log.filter(({ code }) => code === "NETWORK_PEER_BANNED").length;

/** Sends until the other side has had enough. */
async function flood(stream: Stream, bytes: (n: number) => Uint8Array, atMost: number): Promise<void> {
  for (let n = 0; n < atMost && stream.status === "open"; n++) {
    if (!stream.send(bytes(n))) await stream.onDrain().catch(() => {});
    if (n % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("P-98: a peer that floods the muxer is disconnected and blamed", () => {
  test.each([
    [
      "streams that are opened and reset",
      "new streams",
      2 * NEW_STREAMS_BURST,
      (n: number) => [
        { type: windowUpdate, flag: syn, streamID: 1_001 + 2 * n, length: 0 },
        { type: windowUpdate, flag: rst, streamID: 1_001 + 2 * n, length: 0 },
      ],
    ],
    [
      "streams opened and reset in one frame",
      "new streams",
      2 * NEW_STREAMS_BURST,
      (n: number) => [{ type: windowUpdate, flag: syn | rst, streamID: 1_001 + 2 * n, length: 0 }],
    ],
    [
      "streams opened by data",
      "new streams",
      2 * NEW_STREAMS_BURST,
      (n: number) => [{ type: windowUpdate, flag: syn, streamID: 1_001 + 2 * n, length: 1 }],
    ],
    ["pings", "pings", 2 * PINGS_BURST, (n: number) => [{ type: ping, flag: syn, streamID: 0, length: n }]],
    [
      "frames for streams that are not there",
      "frames",
      50_000,
      () => [{ type: windowUpdate, flag: 0, streamID: 99_999, length: 1 }],
    ],
  ] as const)("%s", async (_what, blamedFor, count, frames) => {
    // Its clock stands still, so that no rate depends on how fast this host sends.
    const node = await startNode("node", [], {}, { now: () => 0 });
    const hostile = await startHostilePeer(node);
    await until(() => node.network.status().connected.length === 1);
    for (let n = 0; n < count; n++) for (const frame of frames(n)) hostile.frame(frame);
    await until(() => hostile.connection.status !== "open");
    expect(floods(node)).toContain(blamedFor);
  });

  test("a frame that says it is longer than any window ends the connection before it comes", async () => {
    const node = await startNode("node");
    const hostile = await startHostilePeer(node);
    // The header alone: what follows would be held until all of it is there.
    const { muxer } = hostile.connection as unknown as { muxer: { send(data: Uint8Array): void } };
    const header = Buffer.alloc(12);
    header.writeUInt8(data, 1);
    header.writeUInt32BE(1_001, 4);
    header.writeUInt32BE(STREAM_WINDOW_MAX_BYTES + 1, 8);
    muxer.send(header);
    await until(() => hostile.connection.status !== "open");
    expect(floods(node)).toEqual(["bytes in one frame"]);
  });

  test("farewells are counted like pings, and whoever comes back to go on is banned with one line in the log", async () => {
    const node = await startNode("node");
    const hostile = await startHostilePeer(node);
    for (let n = 0; n < 2 * PINGS_BURST; n++) hostile.frame({ type: goAway, flag: 0, streamID: 0, length: 1 });
    await until(() => hostile.connection.status !== "open");
    for (let round = 0; bans(node) === 0 && round < 8; round++) {
      const connection = await hostile.libp2p.dial(multiaddr(node.address)).catch(() => null);
      const muxer = (connection as unknown as { muxer?: { sendFrame(frame: object): void } } | null)?.muxer;
      for (let n = 0; n < 2 * PINGS_BURST; n++) muxer?.sendFrame({ type: ping, flag: syn, streamID: 0, length: n });
      await until(() => connection === null || connection.status !== "open");
    }
    expect(bans(node)).toBe(1);
  });
});

describe("P-123: a peer that floods gossip", () => {
  test("prunes, whether in one RPC or in many, are dropped before they are decoded, and count against it", async () => {
    const node = await startNode("node");
    const hostile = await startHostilePeer(node);
    const stream = await hostile.gossip();
    stream.send(rpc({ control: prunes(PEER_CONTROLS_BURST + 1) }));
    await until(() => floods(node).includes("control messages"));
    await flood(stream, () => rpc({ control: prunes(RPC_MAX_CONTROLS) }), 50_000);
    await until(() => bans(node) === 1);
    await until(() => hostile.connection.status !== "open");
  });

  test("messages that end as ignored reach the core up to a bound, and blame nobody", async () => {
    const node = await startNode("node");
    node.verdict = () => "ignore";
    const hostile = await startHostilePeer(node);
    const stream = await hostile.gossip();
    for (let n = 0; n < 10; n++) stream.send(rpc({ messages: messages(IGNORED_BURST / 2, n) }));
    // The last RPC has been read once the one behind it is.
    stream.send(rpc({ control: prunes(PEER_CONTROLS_BURST + 1) }));
    await until(() => floods(node).length === 1);
    expect(node.gossip.length).toBeGreaterThanOrEqual(IGNORED_BURST);
    expect(node.gossip.length).toBeLessThan(3 * IGNORED_BURST);
    expect(floods(node)).toEqual(["control messages"]);
  });

  test("messages that come faster than any honest peer can forward them are dropped and blamed", async () => {
    const node = await startNode("node");
    // Empty ones, a few kilobytes at a time: so no other bound is met first, however fast this host is.
    const many = rpc({ messages: Array.from({ length: 4_000 }, () => ({ topic: "" })) });
    const hostile = await startHostilePeer(node);
    const stream = await hostile.gossip();
    while (bans(node) === 0) {
      if (stream.status === "open") stream.send(many);
      await sleep(20);
    }
    expect(new Set(floods(node))).toEqual(new Set(["messages"]));
    expect(node.gossip).toEqual([]);
  });

  test("megabyte frames of nothing that decodes are dropped and blamed", async () => {
    const node = await startNode("node");
    const hostile = await startHostilePeer(node);
    const stream = await hostile.gossip();
    const garbage = rpc({ messages: [{ topic: TOPIC, data: new Uint8Array(GOSSIP_RPC_MAX_BYTES - 200) }] });
    await flood(stream, () => garbage, 200);
    // Which bound it meets first, gossip's or the muxer's, depends on how fast this host sends.
    await until(() => bans(node) === 1 || hostile.connection.status !== "open");
    expect(floods(node)).not.toEqual([]);
    expect(node.gossip).toEqual([]);
  });

  test("of one RPC of bad messages, what comes after the ban is dropped, and the ban is one line in the log", async () => {
    const node = await startNode("node");
    const hostile = await startHostilePeer(node);
    node.verdict = () => {
      node.network.blame(hostile.key, "SHARE_BAD_SIGNATURE");
      return "reject";
    };
    const stream = await hostile.gossip();
    stream.send(rpc({ messages: messages(2_000, 1) }));
    await until(() => hostile.connection.status !== "open");
    expect(bans(node)).toBe(1);
    expect(node.gossip.length).toBeLessThan(50);
  });

  test("a gossip stream that is never read ends, and with it the connection; little is kept for it", async () => {
    const node = await startNode("node");
    const { libp2p, key } = await createBarePeer("deaf");
    node.network.admit(new Set([key]));
    let taken: Stream | undefined;
    // Never gives a window back.
    await libp2p.handle("/meshsub/1.2.0", (stream) => {
      taken = stream;
      stream.pause();
    });
    await libp2p.start();
    const connection = await libp2p.dial(multiaddr(node.address));
    const stream = await connection.newStream("/meshsub/1.2.0");
    stream.send(rpc({ subscriptions: [{ topic: TOPIC, subscribe: true }] }));
    await until(() => taken !== undefined);
    // Until the node has seen that it is heard there; otherwise it is given more time, as one that is slow to begin.
    await sleep(3 * TIDY_TICK_MS);
    const most = 8 * GOSSIP_WRITE_BUFFER_BYTES;
    let sent = 0;
    for (let n = 0; sent < most && taken?.status === "open"; n++, sent += 1_000) {
      await node.network.publish(new Uint8Array(1_000).fill(n >> 8).fill(n, 0, 1));
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sent).toBeLessThan(most);
    await until(() => connection.status !== "open");
  });
});
