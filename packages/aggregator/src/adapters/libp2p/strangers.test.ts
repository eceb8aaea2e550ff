import { afterEach, describe, expect, test } from "vitest";
import { gone, messages, rpc, startHostilePeer, stranger } from "../../../test/support/floodingPeer.ts";
import { admitAll, startNode, stopAll } from "../../../test/support/testNetwork.ts";
import { until } from "../../../test/support/until.ts";
import { HANDSHAKE_MAX_BYTES, PENDING_PER_STRANGER_HOST, SELECTION_MAX_BYTES } from "./limits.ts";

afterEach(stopAll);

/** A line of libp2p's protocol selection: a byte of length, the name, a line feed. */
const line = (name: string): Uint8Array => Buffer.from(`${String.fromCharCode(name.length + 1)}${name}\n`);

describe("P-98: strangers", () => {
  test("strangers that hold silent sockets make room for whoever comes next, and a node finds its peers", async () => {
    const node = await startNode("node");
    const sockets = await Promise.all(Array.from({ length: 3 * PENDING_PER_STRANGER_HOST }, () => stranger(node)));
    // The oldest went, and the last ones are there.
    await until(() => sockets.filter(({ closed }) => closed).length >= 2 * PENDING_PER_STRANGER_HOST);
    const restarted = await startNode("restarted", [node]);
    admitAll([node, restarted]);
    await until(() => restarted.network.status().connected.length === 1);
    for (const socket of sockets) socket.destroy();
  });

  test("a silent socket ends by itself", async () => {
    const node = await startNode("node");
    const socket = await stranger(node);
    await gone(socket);
  });

  test("lines of protocol selection before noise are answered up to a few kilobytes, then the socket is closed", async () => {
    const node = await startNode("node");
    const socket = await stranger(node);
    let answers = 0;
    socket.on("data", (data) => (answers += data.length));
    socket.write(line("/multistream/1.0.0"));
    const ended = gone(socket);
    for (let bytes = 0; bytes <= HANDSHAKE_MAX_BYTES; bytes += 4) socket.write(line("ls"));
    await ended;
    // What answers them is a line each, so it is bounded with them.
    expect(answers).toBeLessThan(8 * HANDSHAKE_MAX_BYTES);
  });

  test("one large chunk before noise is closed unread", async () => {
    const node = await startNode("node");
    const socket = await stranger(node);
    const answered: Buffer[] = [];
    socket.on("data", (data) => answered.push(data));
    const ended = gone(socket);
    socket.write(Buffer.alloc(64 * HANDSHAKE_MAX_BYTES, line("ls")));
    await ended;
    expect(Buffer.concat(answered).length).toBeLessThan(8 * HANDSHAKE_MAX_BYTES);
  });

  test("lines of protocol selection on a stream of a peer end its connection, and count against it", async () => {
    const node = await startNode("node");
    const hostile = await startHostilePeer(node);
    await until(() => node.network.status().connected.length === 1);
    const { muxer } = hostile.connection as unknown as {
      muxer: { createStream(): Promise<{ send(data: Uint8Array): boolean; status: string }> };
    };
    const stream = await muxer.createStream();
    stream.send(line("/multistream/1.0.0"));
    for (let bytes = 0; bytes <= SELECTION_MAX_BYTES && stream.status === "open"; bytes += 4) stream.send(line("ls"));
    await until(() => hostile.connection.status !== "open");
    await until(() => node.log.some(({ code }) => code === "NETWORK_PEER_FLOODS"));
  });

  test("a peer that follows the rules is heard as before, with bytes of every kind behind the handshake", async () => {
    const node = await startNode("node");
    const peer = await startHostilePeer(node, "honest");
    const stream = await peer.gossip();
    stream.send(rpc({ messages: messages(100, 1) }));
    await until(() => node.gossip.length === 100);
    expect(node.log.filter(({ code }) => code === "NETWORK_PEER_FLOODS")).toEqual([]);
  });
});
