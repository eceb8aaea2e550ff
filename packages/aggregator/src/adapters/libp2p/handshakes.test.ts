import { multiaddrConnectionPair } from "@libp2p/utils";
import { multiaddr } from "@multiformats/multiaddr";
import { describe, expect, test } from "vitest";
import { Handshakes } from "./handshakes.ts";
import {
  KNOWN_HOST_BURST,
  KNOWN_HOST_PER_SECOND,
  PENDING_PER_KNOWN_HOST,
  PENDING_PER_STRANGER_HOST,
  PENDING_STRANGERS,
  STRANGER_HOST_BURST,
  STRANGER_HOST_PER_SECOND,
} from "./limits.ts";

/** A connection as it comes in from this address. */
function from(host: string) {
  const [connection] = multiaddrConnectionPair();
  const address = multiaddr(`/${host.includes(":") ? "ip6" : "ip4"}/${host}/tcp/4001`);
  return Object.assign(connection, { remoteAddr: address });
}

function setUp(knownHosts: readonly string[] = []) {
  let nowMs = 0;
  const handshakes = new Handshakes({ now: () => nowMs, isKnownHost: (host) => knownHosts.includes(host) });
  return {
    handshakes,
    pass: (ms: number) => (nowMs += ms),
    /** Lets as many in as there are, one after the other. */
    come(host: string, count: number) {
      const connections = Array.from({ length: count }, () => from(host));
      return { connections, admitted: connections.filter((connection) => handshakes.admit(connection)).length };
    },
  };
}

const open = (connections: readonly { status: string }[]) =>
  connections.filter(({ status }) => status === "open").length;

describe("P-98: handshakes under way", () => {
  test("of one host the newest stay, and the oldest make room", () => {
    const { come } = setUp();
    const { connections, admitted } = come("192.0.2.1", 2 * PENDING_PER_STRANGER_HOST);
    expect(admitted).toBe(connections.length);
    expect(connections.map(({ status }) => status)).toEqual([
      ...Array(PENDING_PER_STRANGER_HOST).fill("aborted"),
      ...Array(PENDING_PER_STRANGER_HOST).fill("open"),
    ]);
  });

  test("an operator's many nodes behind one address, where one was met before, have more room", () => {
    const { come, handshakes } = setUp();
    const met = from("192.0.2.1");
    handshakes.admit(met);
    handshakes.finished(met);
    expect(open(come("192.0.2.1", PENDING_PER_KNOWN_HOST).connections)).toBe(PENDING_PER_KNOWN_HOST);
    expect(open([met])).toBe(1);
  });

  test("strangers of many hosts take no room of the hosts that are known", () => {
    const { come, pass } = setUp(["192.0.2.1"]);
    const known = come("192.0.2.1", 8);
    let strangers = 0;
    for (let i = 0; i < 2 * PENDING_STRANGERS; i++) {
      pass(100);
      strangers += open(come(`198.51.${Math.floor(i / 200)}.${i % 200}`, 1).connections);
    }
    expect(strangers).toBe(2 * PENDING_STRANGERS);
    expect(open(known.connections)).toBe(8);
  });

  test("an IPv6 host is its /64: an enemy with all of it is one host", () => {
    const { come } = setUp();
    const connections = Array.from({ length: 20 }, (_, i) => come(`2001:db8:0:1::${i + 1}`, 1).connections).flat();
    expect(open(connections)).toBe(PENDING_PER_STRANGER_HOST);
  });

  test("hosts are let in at a rate, and a known one at a higher rate", () => {
    const { come, pass } = setUp(["192.0.2.1"]);
    expect(come("192.0.2.1", 2 * KNOWN_HOST_BURST).admitted).toBe(KNOWN_HOST_BURST);
    expect(come("192.0.2.2", 2 * STRANGER_HOST_BURST).admitted).toBe(STRANGER_HOST_BURST);
    pass(1_000);
    expect(come("192.0.2.1", 100).admitted).toBe(KNOWN_HOST_PER_SECOND);
    expect(come("192.0.2.2", 100).admitted).toBe(STRANGER_HOST_PER_SECOND);
  });

  test("a connection that ended gives its place back", async () => {
    const { come } = setUp();
    const first = come("192.0.2.1", PENDING_PER_STRANGER_HOST).connections;
    for (const connection of first.slice(0, 4)) connection.abort(new Error("gone"));
    come("192.0.2.1", 4);
    expect(open(first)).toBe(PENDING_PER_STRANGER_HOST - 4);
  });
});
