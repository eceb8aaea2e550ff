import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, describe, expect, test } from "vitest";
import { admitAll, startNode, startRawPeer, stopAll, type TestNode } from "../../../test/support/testNetwork.ts";
import { until } from "../../../test/support/until.ts";
import { VISIT_IDLE_MS } from "./limits.ts";

afterEach(stopAll);

const connected = ({ network }: TestNode): readonly string[] => network.status().connected;
const keysOf = (nodes: readonly TestNode[]) => new Set(nodes.map(({ key }) => key));
const start = async (count: number, options: { targetPeers: number; maxConnections: number }) => {
  const first = await startNode(0, [], options);
  const rest = await Promise.all(Array.from({ length: count - 1 }, (_, i) => startNode(i + 1, [first], options)));
  return [first, ...rest];
};

describe("P-131: mates", () => {
  test("12 nodes in 3 subnets with one bootstrap peer: all mates find each other, and gossip reaches all", async () => {
    const nodes = await start(12, { targetPeers: 3, maxConnections: 8 });
    admitAll(nodes);
    const matesOf = (index: number) => nodes.filter((_, i) => i !== index && i % 3 === index % 3);
    for (const [i, { network }] of nodes.entries()) network.mates(keysOf(matesOf(i)));
    await until(() => nodes.every((node, i) => matesOf(i).every(({ key }) => connected(node).includes(key))));
    await until(() => nodes.every(({ network }) => network.status().meshPeers >= 2));
    const [sender] = nodes as [TestNode];
    await sender.network.publish(new Uint8Array([1]));
    await until(() => nodes.every((node) => node === sender || node.gossip.length === 1));
    // One of them exits: nobody keeps a connection to it, and its mates are fewer.
    const gone = nodes[3] as TestNode;
    const left = nodes.filter((node) => node !== gone);
    for (const { network } of left) network.admit(keysOf(left));
    await until(() => left.every((node) => !connected(node).includes(gone.key)) && connected(gone).length === 0);
    expect(matesOf(0).filter(({ key }) => connected(nodes[0] as TestNode).includes(key)).length).toBe(2);
  });

  test("connections to mates are never closed to make room for others, and leave the others theirs", async () => {
    const nodes = await start(8, { targetPeers: 2, maxConnections: 8 });
    const [node, ...others] = nodes as [TestNode, ...TestNode[]];
    const enemies = await Promise.all(Array.from({ length: 16 }, (_, i) => startRawPeer(`enemy ${i}`)));
    const everybody = new Set([...keysOf(nodes), ...enemies.map(({ key }) => key)]);
    for (const { network } of nodes) network.admit(everybody);
    node.network.mates(keysOf(others));
    await until(() => others.every(({ key }) => connected(node).includes(key)));
    for (const { libp2p } of enemies) await libp2p.dial(multiaddr(node.address)).catch(() => null);
    const open = () => enemies.filter(({ libp2p }) => libp2p.getConnections().some(({ status }) => status === "open"));
    await until(() => open().length <= 6);
    expect(open().length).toBeGreaterThan(0);
    expect(others.filter(({ key }) => !connected(node).includes(key))).toEqual([]);
  });

  test("a question to a node without a connection makes one, which is closed when nothing more is asked", async () => {
    let aheadMs = 0;
    const options = { targetPeers: 1, maxConnections: 12 };
    const hub = await startNode("hub", [], options);
    const asker = await startNode("asker", [hub], options, { now: () => performance.now() + aheadMs });
    const far = await startNode("far", [hub], options);
    admitAll([hub, asker, far]);
    await until(() => connected(asker).length === 1 && connected(far).length === 1);
    expect(await asker.network.catchUp(far.key, new Uint8Array([7]))).toEqual(new Uint8Array([7]));
    expect(connected(asker)).toEqual([hub.key, far.key].sort());
    aheadMs += VISIT_IDLE_MS;
    await until(() => connected(asker).length === 1 && connected(far).length === 1);
    expect(connected(asker)).toEqual([hub.key]);
    // That was no failure of its: it is reached again at once.
    expect(await asker.network.inquire(far.key, new Uint8Array([8]))).toEqual(new Uint8Array([8]));
  });
});
