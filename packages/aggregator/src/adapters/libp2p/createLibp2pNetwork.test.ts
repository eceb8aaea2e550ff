import { setTimeout as sleep } from "node:timers/promises";
import type { Libp2p } from "@libp2p/interface";
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import { multiaddr } from "@multiformats/multiaddr";
import {
  encodePeersResponse,
  MAX_CATCH_UP_REQUEST_BYTES,
  MAX_CATCH_UP_RESPONSE_BYTES,
  MAX_GOSSIP_BYTES,
  toHex,
} from "@quorate/common";
import { encode } from "it-length-prefixed";
import { afterEach, describe, expect, test } from "vitest";
import {
  admitAll,
  NETWORK_ID,
  seedOf,
  startCluster,
  startNode,
  startRawPeer,
  stopAll,
  type TestNode,
} from "../../../test/support/testNetwork.ts";
import { until } from "../../../test/support/until.ts";
import type { Network } from "../../driver/ports.ts";
import { BAN_POINTS } from "./conduct.ts";
import { createLibp2pNetwork } from "./createLibp2pNetwork.ts";
import { CATCH_UP_BURST, QUEUED_REQUESTS_PER_PEER } from "./limits.ts";
import { identityKeyPair, parsePeerKey, peerIdOf } from "./peers.ts";
import { protocolNames } from "./protocols.ts";

afterEach(stopAll);

const NAMES = protocolNames(NETWORK_ID);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const connected = ({ network }: TestNode): readonly string[] => network.status().connected;

describe("gossip", () => {
  test("P-81: five nodes from a single bootstrap hear one message once each, and not their own", async () => {
    const nodes = await startCluster(5);
    const [, sender] = nodes as [TestNode, TestNode];
    await sender.network.publish(text("a share"));
    await until(() => nodes.every((node) => node === sender || node.gossip.length > 0));
    await sleep(100);
    for (const node of nodes) {
      const heard = node.gossip.map(({ data }) => data);
      expect(heard).toEqual(node === sender ? [] : [toHex(text("a share"))]);
    }
  });

  test("P-83: what is rejected is not forwarded, what is accepted is; blame is on who forwarded it", async () => {
    // A line: the first and the last know each other only through the middle one.
    const middle = await startNode("middle");
    const first = await startNode("first", [middle]);
    const last = await startNode("last", [middle]);
    middle.network.admit(new Set([first.key, last.key]));
    first.network.admit(new Set([middle.key]));
    last.network.admit(new Set([middle.key]));
    await until(() => middle.network.status().meshPeers === 2);
    middle.verdict = (data) => (toHex(data) === toHex(text("bad")) ? "reject" : "accept");
    await first.network.publish(text("bad"));
    await first.network.publish(text("good"));
    await until(() => last.gossip.length > 0);
    expect(last.gossip).toEqual([{ from: middle.key, data: toHex(text("good")) }]);
    expect(middle.gossip.map(({ from }) => from)).toEqual([first.key, first.key]);
  });

  test("a verdict that fails is an ignore: not forwarded, nobody is blamed, the next message is", async () => {
    const [a, b] = (await startCluster(2)) as [TestNode, TestNode];
    b.verdict = () => Promise.reject(new Error("broken core"));
    await a.network.publish(text("one"));
    await until(() => b.log.some(({ code }) => code === "NETWORK_VERDICT_FAILED"));
    b.verdict = () => "accept";
    await a.network.publish(text("two"));
    await until(() => b.gossip.length === 2);
    expect(connected(b)).toEqual([a.key]);
  });

  test("P-83: whoever goes on forwarding what is rejected is no longer heard", async () => {
    const [a, b] = (await startCluster(2)) as [TestNode, TestNode];
    b.verdict = () => "reject";
    for (let i = 0; i < 15; i++) await a.network.publish(text(`bad ${i}`));
    await until(() => b.gossip.length === 15);
    // gossipsub keeps a score for a second before it computes it again.
    await sleep(1_300);
    await a.network.publish(text("good, too late"));
    await sleep(200);
    expect(b.gossip).toHaveLength(15);
  });

  test("P-81: a message above 1,024 bytes is neither published nor taken; whoever goes on sending them is disconnected", async () => {
    const node = await startNode("node");
    const attacker = await startRawPeer("attacker");
    node.network.admit(new Set([attacker.key]));
    await expect(node.network.publish(new Uint8Array(MAX_GOSSIP_BYTES + 1))).rejects.toMatchObject({
      code: "WIRE_TOO_LARGE",
    });
    attacker.libp2p.services.gossip.subscribe(NAMES.messages);
    await attacker.libp2p.dial(multiaddr(node.address));
    await until(() => node.network.status().meshPeers === 1);
    await attacker.libp2p.services.gossip.publish(NAMES.messages, new Uint8Array(MAX_GOSSIP_BYTES));
    await until(() => node.gossip.length === 1);
    for (let i = 0; i < BAN_POINTS; i++) {
      await attacker.libp2p.services.gossip.publish(NAMES.messages, new Uint8Array(MAX_GOSSIP_BYTES + 1).fill(i));
    }
    await until(() => node.log.some(({ code }) => code === "NETWORK_PEER_BANNED"));
    await until(() => connected(node).length === 0);
    expect(node.gossip).toHaveLength(1);
    await refuses(node, attacker.libp2p);
  });
});

describe("P-80: admission", () => {
  test("before the registry is known, only bootstrap peers may connect", async () => {
    const bootstrap = await startNode("bootstrap");
    const node = await startNode("node", [bootstrap]);
    bootstrap.network.admit(new Set([node.key]));
    await until(() => connected(bootstrap).includes(node.key));
    const stranger = await startRawPeer("stranger");
    await refuses(node, stranger.libp2p);
    // A bootstrap peer that is not (yet) known as a node is connected, but not reported as one.
    expect(connected(node)).toEqual([]);
    node.network.admit(new Set([bootstrap.key]));
    expect(connected(node)).toEqual([bootstrap.key]);
    expect(node.peers.at(-1)).toEqual([bootstrap.key]);
  });

  test("an identity that is not admitted cannot connect, and is not dialled", async () => {
    const nodes = await startCluster(2);
    const stranger = await startRawPeer("stranger");
    for (const node of nodes) await refuses(node, stranger.libp2p);
    const late = await startNode("late", nodes);
    late.network.admit(new Set(nodes.map(({ key }) => key)));
    // Time for a first dial and a second one after the backoff.
    await sleep(800);
    expect(connected(late)).toEqual([]);
    admitAll([...nodes, late]);
    await until(() => connected(late).length === 2);
  });

  test("a peer that leaves the registry is disconnected at once, and stays out", async () => {
    const nodes = await startCluster(3);
    const [a, b, leaver] = nodes as [TestNode, TestNode, TestNode];
    for (const node of [a, b]) node.network.admit(new Set([a.key, b.key]));
    await until(() => connected(leaver).length === 0);
    await sleep(700);
    expect(connected(leaver)).toEqual([]);
    expect(connected(a)).toEqual([b.key]);
    expect(a.peers.at(-1)).toEqual([b.key]);
  });

  test("blame disconnects at the threshold, not before", async () => {
    const [a, b] = (await startCluster(2)) as [TestNode, TestNode];
    for (let i = 1; i < BAN_POINTS; i++) a.network.blame(b.key, "SHARE_BAD_SIGNATURE");
    await sleep(50);
    expect(connected(a)).toEqual([b.key]);
    a.network.blame(b.key, "SHARE_BAD_SIGNATURE");
    await until(() => connected(a).length === 0);
    await sleep(700);
    expect(connected(a)).toEqual([]);
  });
});

describe("P-87: catch-up", () => {
  test("requests and answers of every size up to their bounds come through, in order, over one stream", async () => {
    const [a, b] = (await startCluster(2)) as [TestNode, TestNode];
    b.answer = (data) => (data.length === 1 ? new Uint8Array(MAX_CATCH_UP_RESPONSE_BYTES).fill(data[0] ?? 0) : data);
    const request = new Uint8Array(MAX_CATCH_UP_REQUEST_BYTES).fill(7);
    const answers = await Promise.all([
      a.network.catchUp(b.key, request),
      a.network.catchUp(b.key, new Uint8Array()),
      a.network.catchUp(b.key, text("third")),
      a.network.catchUp(b.key, new Uint8Array([9])),
    ]);
    expect(answers[0]).toEqual(request);
    expect(answers[1]).toHaveLength(0);
    expect(answers[2]).toEqual(text("third"));
    expect(answers[3]).toHaveLength(MAX_CATCH_UP_RESPONSE_BYTES);
    expect(new Set(answers[3])).toEqual(new Set([9]));
  });

  test("error: request too large, peer not connected, too many waiting", async () => {
    const [a, b] = (await startCluster(2)) as [TestNode, TestNode];
    const tooLarge = new Uint8Array(MAX_CATCH_UP_REQUEST_BYTES + 1);
    await expect(a.network.catchUp(b.key, tooLarge)).rejects.toMatchObject({ code: "NETWORK_REQUEST_TOO_LARGE" });
    const nobody = parsePeerKey((await createNetwork("nobody")).peerId);
    await expect(a.network.catchUp(nobody, text("?"))).rejects.toMatchObject({ code: "NETWORK_PEER_NOT_CONNECTED" });
    const many = Array.from({ length: QUEUED_REQUESTS_PER_PEER + 1 }, () => a.network.catchUp(b.key, text("?")));
    await expect(Promise.all(many)).rejects.toMatchObject({ code: "NETWORK_PEER_BUSY" });
    await Promise.allSettled(many);
  });

  test("error: a slow responder times out, and the next request does not get the late answer", async () => {
    const [a, b] = (await startCluster(2, { requestTimeoutMs: 500 })) as [TestNode, TestNode];
    let answerLate = (_: Uint8Array): void => {};
    b.answer = () => new Promise((resolve) => (answerLate = resolve));
    await expect(a.network.catchUp(b.key, text("slow"))).rejects.toMatchObject({ code: "NETWORK_REQUEST_TIMEOUT" });
    b.answer = (data) => data;
    answerLate(text("slow"));
    // On a busy machine another one may time out.
    const ask = () => a.network.catchUp(b.key, text("fast")).catch(({ code }) => code);
    let answer = await ask();
    while (answer === "NETWORK_REQUEST_TIMEOUT") answer = await ask();
    expect(answer).toEqual(text("fast"));
    expect(connected(a)).toEqual([b.key]);
  });

  test("error: an oversized answer is refused from its length alone, and blamed", async () => {
    const node = await startNode("node");
    const attacker = await startRawPeer("attacker");
    node.network.admit(new Set([attacker.key]));
    await attacker.libp2p.handle(NAMES.catchUp, (stream) => {
      stream.addEventListener(
        "message",
        () => void stream.send(encode.single(new Uint8Array(MAX_CATCH_UP_RESPONSE_BYTES + 1))),
      );
    });
    await attacker.libp2p.dial(multiaddr(node.address));
    await until(() => connected(node).length === 1);
    await expect(node.network.catchUp(attacker.key, text("?"))).rejects.toMatchObject({
      code: "NETWORK_ANSWER_TOO_LARGE",
    });
    expect(node.log).toContainEqual(expect.objectContaining({ code: "NETWORK_ANSWER_TOO_LARGE" }));
  });

  test("error: an oversized request, or one the core refuses, resets the stream and harms nobody else", async () => {
    const node = await startNode("node");
    const attacker = await startRawPeer("attacker");
    node.network.admit(new Set([attacker.key]));
    const connection = await attacker.libp2p.dial(multiaddr(node.address));
    const stream = await connection.newStream(NAMES.catchUp);
    stream.send(encode.single(new Uint8Array(MAX_CATCH_UP_REQUEST_BYTES + 1)));
    await until(() => stream.status === "reset" || stream.status === "aborted");
    const [a, b] = (await startCluster(2)) as [TestNode, TestNode];
    b.answer = () => Promise.reject(new Error("refused by the core"));
    await expect(a.network.catchUp(b.key, text("?"))).rejects.toMatchObject({ code: "NETWORK_REQUEST_REFUSED" });
    b.answer = () => new Uint8Array(MAX_CATCH_UP_RESPONSE_BYTES + 1);
    await expect(a.network.catchUp(b.key, text("?"))).rejects.toMatchObject({ code: "NETWORK_REQUEST_REFUSED" });
    b.answer = (data) => data;
    await expect(a.network.catchUp(b.key, text("again"))).resolves.toEqual(text("again"));
  });

  test("a peer that asks too often is refused, not banned", async () => {
    const [a, b] = (await startCluster(2)) as [TestNode, TestNode];
    let asked = 0;
    const asking = (async () => {
      for (; asked < 100 * CATCH_UP_BURST; asked++) await a.network.catchUp(b.key, text("?"));
    })();
    await expect(asking).rejects.toMatchObject({ code: "NETWORK_REQUEST_REFUSED" });
    expect(asked).toBeGreaterThanOrEqual(CATCH_UP_BURST);
    expect(b.log).toContainEqual(expect.objectContaining({ code: "NETWORK_RATE_LIMITED" }));
    expect(connected(a)).toEqual([b.key]);
    await sleep(600);
    await expect(a.network.catchUp(b.key, text("later"))).resolves.toEqual(text("later"));
  });
});

describe("discovery", () => {
  test("signed records spread: nodes that share only a bootstrap peer find each other, and survive its end", async () => {
    const nodes = await startCluster(6);
    const [bootstrap, ...rest] = nodes as [TestNode, ...TestNode[]];
    await bootstrap.network.stop();
    await until(() => rest.every((node) => connected(node).length === 4));
    await until(() => rest.every((node) => node.network.status().meshPeers === 4));
    await rest[0]?.network.publish(text("still here"));
    await until(() => rest.slice(1).every((node) => node.gossip.length === 1));
  });

  test("dialling stops at the target", async () => {
    const first = await startNode(0, [], { targetPeers: 2 });
    const rest = await Promise.all([1, 2, 3, 4, 5].map((i) => startNode(i, [first], { targetPeers: 2 })));
    admitAll([first, ...rest]);
    await until(() => rest.every((node) => connected(node).length >= 2));
    const connections = [first, ...rest].reduce((sum, node) => sum + connected(node).length, 0) / 2;
    expect(connections).toBeLessThanOrEqual(6 * 2);
  });

  test("a node that is full makes room, so that newcomers still find the others through it", async () => {
    const full = await startNode("full", [], { targetPeers: 2, maxConnections: 8 });
    const rest = await Promise.all(
      Array.from({ length: 12 }, (_, i) => startNode(i, [full], { targetPeers: 2, maxConnections: 8 })),
    );
    admitAll([full, ...rest]);
    await until(() => rest.every((node) => connected(node).length >= 2));
    await until(() => connected(full).length <= 6);
  });

  test("a peer that passes on a forged record is blamed; the record is not used", async () => {
    const node = await startNode("node");
    const attacker = await startRawPeer("attacker");
    const victim = identityKeyPair(seedOf("victim"));
    node.network.admit(new Set([attacker.key, toHex(victim.publicKey.raw)]));
    const record = new PeerRecord({
      peerId: peerIdOf(toHex(victim.publicKey.raw)),
      multiaddrs: attacker.libp2p.getMultiaddrs(),
    });
    const forged = await RecordEnvelope.seal(record, victim);
    forged.signature[0] = (forged.signature[0] ?? 0) ^ 1;
    forged.marshaled = undefined as never;
    await attacker.libp2p.handle(NAMES.peers, (stream) => {
      stream.addEventListener(
        "message",
        () => void stream.send(encode.single(encodePeersResponse([forged.marshal()]))),
      );
    });
    await attacker.libp2p.dial(multiaddr(node.address));
    await until(() => node.log.some(({ code, level }) => code === "NETWORK_RECORD_INVALID" && level === "debug"));
    expect(node.log).toContainEqual(
      expect.objectContaining({ code: "NETWORK_RECORD_INVALID", values: expect.objectContaining({ points: 1 }) }),
    );
  });

  test("the own address among the bootstrap addresses is passed over", async () => {
    const { peerId } = await createNetwork("self");
    const own = { address: `/ip4/127.0.0.1/tcp/9/p2p/${peerId}` } as TestNode;
    const self = await startNode("self", [own]);
    const other = await startNode("other", [self]);
    admitAll([self, other]);
    await until(() => connected(self).length === 1);
    expect(self.log.filter(({ code }) => code === "NETWORK_DIAL_FAILED")).toEqual([]);
  });
});

describe("start and stop", () => {
  test("error: an address that is taken, a secret of the wrong length, a bad address", async () => {
    const { network } = await startNode("taken");
    const listen = (network.addresses()[0] ?? "").split("/p2p/")[0] ?? "";
    await expect(startNode("late", [], { listen: [listen] })).rejects.toMatchObject({ code: "NETWORK_LISTEN_FAILED" });
    const bad = (options: object) => startNode("bad", [], options);
    await expect(bad({ identitySecret: new Uint8Array(31) })).rejects.toMatchObject({
      code: "NETWORK_IDENTITY_INVALID",
    });
    await expect(bad({ listen: ["localhost:1"] })).rejects.toMatchObject({ code: "NETWORK_ADDRESS_INVALID" });
    await expect(bad({ bootstrap: [listen] })).rejects.toMatchObject({ code: "NETWORK_ADDRESS_INVALID" });
  });

  test("error: nothing is sent before the start or after the stop", async () => {
    const idle = await createNetwork("idle");
    await expect(idle.publish(text("?"))).rejects.toMatchObject({ code: "NETWORK_NOT_RUNNING" });
    const [a, b] = (await startCluster(2)) as [TestNode, TestNode];
    b.answer = () => sleep(5_000, new Uint8Array(), { ref: false });
    const pending = a.network.catchUp(b.key, text("?"));
    const outcome = expect(pending).rejects.toMatchObject({ code: "NETWORK_NOT_RUNNING" });
    await sleep(50);
    await a.network.stop();
    await outcome;
    await expect(a.network.catchUp(b.key, text("?"))).rejects.toMatchObject({ code: "NETWORK_NOT_RUNNING" });
  });

  test("stop closes every socket; libp2p's own last timers run out soon after", async () => {
    const handles = (): string[] =>
      process.getActiveResourcesInfo().filter((name) => /^(TCP|Timeout|Immediate)/.test(name));
    const before = handles().length;
    await startCluster(4);
    expect(handles().length).toBeGreaterThan(before);
    await stopAll();
    expect(handles().filter((name) => name === "TCPSocketWrap")).toEqual([]);
    await until(() => handles().length <= before);
  });
});

function createNetwork(name: string): Promise<Network> {
  return createLibp2pNetwork(
    {
      identitySecret: seedOf(name),
      listen: [],
      bootstrap: [],
      networkId: NETWORK_ID,
      targetPeers: 1,
      maxConnections: 1,
    },
    { logger: console },
  );
}

/**
 * No connection comes about, or none that lasts: a gater's refusal may reach the dialler only after its own side looks
 * open.
 */
async function refuses(node: TestNode, libp2p: Libp2p): Promise<void> {
  const connection = await libp2p.dial(multiaddr(node.address)).catch(() => null);
  await until(() => connection === null || connection.status !== "open");
}
