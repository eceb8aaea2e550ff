/** P-138: where agents say that they answer over HTTP, in their signed peer records. */
import { PeerRecord, RecordEnvelope } from "@libp2p/peer-record";
import { multiaddr } from "@multiformats/multiaddr";
import { MAX_PEER_RECORD_BYTES } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import { admitAll, startNode, stopAll } from "../../../test/support/testNetwork.ts";
import { sealedRecord } from "../../../test/support/testRecord.ts";
import { until } from "../../../test/support/until.ts";
import type { PeerKey } from "../../core/io.ts";
import { AddressBook } from "./addressBook.ts";
import { addressFault } from "./addresses.ts";
import { agentUrlAddress, agentUrlOf } from "./agentUrls.ts";

afterEach(stopAll);

const ANYBODY = { privateAddresses: false, names: false };
const AT_HOME = { privateAddresses: true, names: true };
const urlOf = (addresses: readonly string[], policy = ANYBODY) =>
  agentUrlOf(
    addresses.map((address) => multiaddr(address)),
    policy,
  );

describe("P-138: a URL in a peer record", () => {
  it.each([
    ["https://agent.example", "/dns/agent.example/tcp/443/tls/http"],
    ["http://agent.example", "/dns/agent.example/tcp/80/http"],
    ["https://agent.example:8443/node/7", "/dns/agent.example/tcp/8443/tls/http/http-path/node%2F7"],
    ["https://agent.example/caf%C3%A9", "/dns/agent.example/tcp/443/tls/http/http-path/caf%25C3%25A9"],
    ["http://8.8.8.8:8900", "/ip4/8.8.8.8/tcp/8900/http"],
    ["https://[2606:4700::1]", "/ip6/2606:4700::1/tcp/443/tls/http"],
    [`https://${"a".repeat(60)}.example/${"b".repeat(123)}`, null],
  ])("%s is a multiaddr that gives it back, and that nobody dials", (url, address) => {
    const made = agentUrlAddress(url);
    if (address !== null) expect(made.toString()).toBe(address);
    expect(agentUrlOf([multiaddr(made.bytes)], ANYBODY)).toBe(url);
    expect(addressFault(made, AT_HOME, null)).not.toBeNull();
  });

  it("the first one counts, whatever stands beside it", () => {
    const [first, second] = ["/dns4/a.example/tcp/443/https", "/dns/b.example/tcp/443/tls/http"];
    expect(urlOf(["/ip4/8.8.8.8/tcp/4001", first, second])).toBe("https://a.example");
    expect(urlOf([second, first])).toBe("https://b.example");
    expect(urlOf(["/ip4/8.8.8.8/tcp/4001"])).toBeNull();
  });

  it.each([
    "/ip4/127.0.0.1/tcp/8900/http",
    "/ip4/192.168.1.1/tcp/80/http",
    "/ip4/169.254.169.254/tcp/80/http",
    "/ip6/::1/tcp/80/http",
    "/ip6/::ffff:10.0.0.1/tcp/80/http",
    "/dns/localhost/tcp/80/http",
    "/dns/a.localhost./tcp/80/http",
    "/dns/router/tcp/80/http",
    "/dns/printer.local/tcp/80/http",
    "/dns4/127.0.0.1/tcp/80/http",
    "/dns/2130706433/tcp/80/http",
    "/dns/0x7f.1/tcp/80/http",
  ])("%s is for a local network alone", (address) => {
    expect(urlOf([address])).toBeNull();
    expect(urlOf([address, "/dns/agent.example/tcp/443/tls/http"])).toBeNull();
    expect(urlOf([address], AT_HOME)).toMatch(/^http:/);
  });

  it.each([
    ["over another transport", "/ip4/8.8.8.8/udp/443/http"],
    ["of a web socket", "/dns/a.example/tcp/443/tls/ws"],
    ["by way of a peer", "/dns/a.example/tcp/443/tls/http/p2p-circuit"],
    ["with a name for TLS apart", "/dns/a.example/tcp/443/tls/sni/b.example/http"],
    ["with two paths", "/dns/a.example/tcp/443/tls/http/http-path/a/http-path/b"],
    ["with a query", "/dns/a.example/tcp/443/tls/http/http-path/a%3Fb"],
    ["with a fragment", "/dns/a.example/tcp/443/tls/http/http-path/a%23b"],
    ["with credentials in its name", "/dns/a:b@c.example/tcp/443/tls/http"],
    ["with a path in its name", "/dns/a.example%2Fb/tcp/443/tls/http"],
    ["longer than a URL may be", `/dns/a.example/tcp/443/tls/http/http-path/${"a".repeat(200)}`],
  ])("error: none is %s", (_what, address) => {
    expect(urlOf([address], AT_HOME)).toBeNull();
  });

  it("error: none is in a name that holds slashes and half a percent code", () => {
    const name = Buffer.from("a.example/tcp/1/http/http-path/%zz");
    // 53 is the code of dns.
    const address = multiaddr(Uint8Array.of(53, name.length, ...name));
    expect(address.toString()).toBe("/dns/a.example/tcp/1/http/http-path/%zz");
    expect(agentUrlOf([address], AT_HOME)).toBeNull();
  });

  it("a record with a URL passes on as it is, and what the URL names is no host of ours", async () => {
    const { peer, envelope } = await sealedRecord(new Uint8Array(32).fill(7), ["/ip4/8.8.8.8/tcp/1/http"]);
    const book = new AddressBook(`0x${"00".repeat(32)}`, () => true, ANYBODY);
    expect(await book.learn(envelope)).toBe("new");
    expect([...book.agentUrls()]).toEqual([[peer, "http://8.8.8.8:1"]]);
    expect([book.claimed(peer), book.hasHost("8.8.8.8"), book.envelope(peer)]).toEqual([[], false, envelope]);
    book.retain(() => false);
    expect(book.agentUrls().size).toBe(0);
  });
});

describe("P-138: over TCP", () => {
  it("a URL reaches those who never met its agent, and a later one replaces it", async () => {
    const keeper = await startNode("keeper");
    const first = await startNode("agent", [keeper], { publicUrl: "https://agent.example/7" });
    const other = await startNode("other", [keeper], { publicUrl: "http://127.0.0.1:8900" });
    admitAll([keeper, first, other]);
    const seen = (): [PeerKey, string][] => [...other.network.agentUrls()].sort();
    const own: [PeerKey, string] = [other.key, "http://127.0.0.1:8900"];
    await until(() => seen().length === 2);
    expect(seen()).toEqual([[first.key, "https://agent.example/7"], own].sort());
    await first.network.stop();
    const second = await startNode("agent", [keeper], { publicUrl: "https://moved.example" });
    admitAll([keeper, second, other]);
    await until(() => other.network.agentUrls().get(second.key) === "https://moved.example");
  });

  it("a record of many long names has as many as fit, and the URL", async () => {
    const name = (i: number) => `/dns4/${`${i}`.repeat(60)}.${"x".repeat(60)}.example/tcp/4001`;
    const announce = Array.from({ length: 8 }, (_, i) => name(i));
    const publicUrl = `https://agent.example/${"a".repeat(170)}`;
    const keeper = await startNode("keeper");
    const node = await startNode("node", [keeper], { announce, publicUrl });
    admitAll([keeper, node]);
    await until(() => keeper.network.agentUrls().get(node.key) === publicUrl);
    // Sealed alike, whatever the addresses are.
    const sealed = await sealedRecord(new Uint8Array(32).fill(7), announce);
    expect(sealed.envelope.length).toBeGreaterThan(MAX_PEER_RECORD_BYTES);
    const record = PeerRecord.createFromProtobuf(RecordEnvelope.createFromProtobuf(sealed.envelope).payload);
    expect(record.multiaddrs).toHaveLength(8);
  });
});
