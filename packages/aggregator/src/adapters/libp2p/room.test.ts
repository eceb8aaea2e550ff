import type { Libp2p } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, describe, expect, test } from "vitest";
import { admitAll, startNode, startRawPeer, stopAll, type TestNode } from "../../../test/support/testNetwork.ts";
import { until } from "../../../test/support/until.ts";
import { CONNECTIONS_PER_PEER } from "./limits.ts";

afterEach(stopAll);

const connected = ({ network }: TestNode): readonly string[] => network.status().connected;
const dial = (libp2p: Libp2p, node: TestNode) =>
  libp2p.dial(multiaddr(node.address), { force: true }).catch(() => null);
const isOpen = (libp2p: Libp2p): boolean => libp2p.getConnections().some(({ status }) => status === "open");

/** Registered peers, all of one enemy. */
const startEnemies = (count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => startRawPeer(`enemy ${i}`)));

describe("P-98: room for connections", () => {
  test("one identity that opens 32 connections has two, and a restarted agent finds its peers", async () => {
    const node = await startNode("node", [], { targetPeers: 2, maxConnections: 8 });
    const [enemy] = await startEnemies(1);
    const restarted = await startNode("restarted", [node]);
    node.network.admit(new Set([enemy?.key as `0x${string}`, restarted.key]));
    for (let i = 0; i < 32; i++) await dial(enemy?.libp2p as Libp2p, node);
    restarted.network.admit(new Set([node.key]));
    await until(() => connected(restarted).length === 1);
    const open = () => enemy?.libp2p.getConnections().filter(({ status }) => status === "open").length ?? 0;
    await until(() => open() <= CONNECTIONS_PER_PEER);
    expect(node.log.filter(({ level }) => level === "warn")).toEqual([]);
  });

  test("P-121: peers that dial in first do not keep a node from dialling some of its own choice", async () => {
    const honest = await startNode("honest");
    const node = await startNode("node", [honest], { targetPeers: 4, maxConnections: 32 });
    const enemies = await startEnemies(8);
    node.network.admit(new Set(enemies.map(({ key }) => key)));
    // It cannot come in yet: the honest node does not know it.
    await Promise.all(enemies.map(({ libp2p }) => dial(libp2p, node)));
    await until(() => connected(node).length === enemies.length);
    node.network.admit(new Set([honest.key, ...enemies.map(({ key }) => key)]));
    honest.network.admit(new Set([node.key]));
    await until(() => connected(node).includes(honest.key));
  });

  test("own dials stay when many identities come, and there is room for others again", async () => {
    const honest = await startNode("honest");
    const node = await startNode("node", [honest], { targetPeers: 2, maxConnections: 8 });
    const enemies = await startEnemies(16);
    admitAll([honest, node]);
    await until(() => connected(node).includes(honest.key));
    const all = new Set([honest.key, ...enemies.map(({ key }) => key)]);
    node.network.admit(all);
    for (const { libp2p } of enemies) await dial(libp2p, node);
    await until(() => enemies.filter(({ libp2p }) => isOpen(libp2p)).length <= 6);
    expect(connected(node)).toContain(honest.key);
    const late = await startNode("late", [node]);
    node.network.admit(new Set([...all, late.key]));
    late.network.admit(new Set([node.key]));
    await until(() => connected(late).length === 1);
  });
});
