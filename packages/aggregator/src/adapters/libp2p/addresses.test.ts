import { multiaddr } from "@multiformats/multiaddr";
import { describe, expect, test } from "vitest";
import { sealedRecord } from "../../../test/support/testRecord.ts";
import { AddressBook } from "./addressBook.ts";
import { addressFault, hostOf, isPrivateAddress, parseAnnounced, parseBootstrap } from "./addresses.ts";
import { peerIdOf } from "./peers.ts";

const secret = new Uint8Array(32).fill(7);
const { peer } = await sealedRecord(secret, []);
const ID = peerIdOf(peer).toString();
const OTHER = peerIdOf(`0x${"11".repeat(32)}`).toString();

const strict = { privateAddresses: false, names: false };
const fault = (address: string, policy = strict) => addressFault(multiaddr(address), policy, peer);

describe("P-120: which addresses of a record are dialled", () => {
  test("a public IP and a TCP port, with the peer itself at the end or without", () => {
    const good = ["/ip4/8.8.8.8/tcp/4001", `/ip4/8.8.8.8/tcp/4001/p2p/${ID}`, "/ip6/2606:4700::1/tcp/4001"];
    for (const address of good) expect(fault(address)).toBeNull();
  });

  test.each([
    ["loopback", "/ip4/127.0.0.1/tcp/4001"],
    ["a private range", "/ip4/192.168.1.1/tcp/80"],
    ["a carrier's range", "/ip4/100.64.1.1/tcp/80"],
    ["the metadata service of a cloud", "/ip4/169.254.169.254/tcp/80"],
    ["loopback of IPv6", "/ip6/::1/tcp/4001"],
    ["loopback of IPv4 within IPv6", "/ip6/::ffff:127.0.0.1/tcp/4001"],
    ["a private range behind a translator", "/ip6/64:ff9b::7f00:1/tcp/4001"],
    ["6to4 of anyone's choice", "/ip6/2002:7f00:1::/tcp/4001"],
    ["a unique local address", "/ip6/fd00::1/tcp/4001"],
    ["a link-local address", "/ip6/fe80::1/tcp/4001"],
  ])("%s only where the operator allows private addresses", (_what, address) => {
    expect(fault(address)).not.toBeNull();
    expect(fault(address, { privateAddresses: true, names: false })).toBeNull();
  });

  test("a name only where the operator allows names", () => {
    for (const address of ["/dns4/localhost/tcp/4001", "/dns/example.org/tcp/4001", "/dns6/example.org/tcp/4001"]) {
      expect(fault(address)).not.toBeNull();
      expect(fault(address, { privateAddresses: false, names: true })).toBeNull();
    }
  });

  test.each([
    ["another peer's", `/ip4/8.8.8.8/tcp/4001/p2p/${OTHER}`],
    ["one by way of another peer", `/ip4/8.8.8.8/tcp/4001/p2p/${OTHER}/p2p-circuit/p2p/${ID}`],
    ["one with another protocol over it", "/ip4/8.8.8.8/tcp/4001/ws"],
    ["one that is not TCP", "/ip4/8.8.8.8/udp/4001"],
    ["a socket of the file system", "/unix/tmp%2fsocket"],
    ["a name that stands for many", "/dnsaddr/example.org"],
    ["port 0", "/ip4/8.8.8.8/tcp/0"],
    ["no host's", "/ip4/0.0.0.0/tcp/4001"],
    ["no host's in IPv6", "/ip6/::/tcp/4001"],
    ["many hosts'", "/ip4/224.0.0.1/tcp/4001"],
    ["every host's", "/ip4/255.255.255.255/tcp/4001"],
    ["many hosts' in IPv6", "/ip6/ff02::1/tcp/4001"],
  ])("never %s", (_what, address) => {
    expect(fault(address, { privateAddresses: true, names: true })).not.toBeNull();
  });

  test("the book keeps what may be dialled, and hands on the whole record: others may allow more", async () => {
    const addresses = ["/ip4/127.0.0.1/tcp/1", "/dns4/example.org/tcp/2", "/ip4/8.8.8.8/tcp/3", "/ip4/0.0.0.0/tcp/4"];
    const { envelope } = await sealedRecord(secret, addresses);
    const book = new AddressBook(`0x${"00".repeat(32)}`, () => true, strict);
    await book.learn(envelope);
    expect(book.claimed(peer).map(({ place }) => place)).toEqual(["/ip4/8.8.8.8/tcp/3"]);
    expect(book.envelope(peer)).toEqual(envelope);
    expect([book.hasHost("8.8.8.8"), book.hasHost("127.0.0.1")]).toEqual([true, false]);
  });
});

describe("configured addresses", () => {
  test.each([
    ["port 0", `/ip4/192.0.2.1/tcp/0/p2p/${ID}`],
    ["no host", `/ip4/0.0.0.0/tcp/4001/p2p/${ID}`],
    ["a socket of the file system", `/unix/tmp%2fsocket/p2p/${ID}`],
    ["a transport that the agent does not have", `/ip4/192.0.2.1/tcp/4001/ws/p2p/${ID}`],
    ["another one", `/ip4/192.0.2.1/udp/4001/quic-v1/p2p/${ID}`],
    ["a name that needs a resolver", `/dnsaddr/example.org/p2p/${ID}`],
  ])("error: a bootstrap address that nobody can dial: %s", (_what, address) => {
    expect(() => parseBootstrap([address])).toThrow("NETWORK_ADDRESS_UNDIALABLE");
  });

  test("error: an address to announce that nobody can dial", () => {
    for (const address of ["/ip4/0.0.0.0/tcp/4001", "/ip4/192.0.2.1/tcp/0", "/ip4/192.0.2.1/udp/4001"]) {
      expect(() => parseAnnounced([address])).toThrow("NETWORK_ADDRESS_UNDIALABLE");
    }
  });

  test("private addresses and names are dialled where they are configured", () => {
    const addresses = [`/ip4/10.0.0.1/tcp/1/p2p/${ID}`, `/dns4/node.example.org/tcp/2/p2p/${ID}`];
    expect(parseBootstrap(addresses).get(peer)).toHaveLength(2);
  });

  test("an own address is private where it says so, not where any interface will do", () => {
    const of = (address: string) => isPrivateAddress(multiaddr(address));
    expect(["/ip4/127.0.0.1/tcp/0", "/ip4/10.0.0.1/tcp/1", "/ip6/::1/tcp/0"].map(of)).toEqual([true, true, true]);
    expect(["/ip4/0.0.0.0/tcp/4001", "/ip4/8.8.8.8/tcp/1", "/dns4/localhost/tcp/1"].map(of)).toEqual([
      false,
      false,
      false,
    ]);
  });
});

test("P-98: a host is an IPv4 address or the /64 of an IPv6 one, in whatever form it is written", () => {
  const of = (address: string) => hostOf(multiaddr(address));
  expect(of("/ip4/192.0.2.1/tcp/1")).toBe("192.0.2.1");
  expect(of("/ip6/2001:db8::1/tcp/1")).toBe("2001:db8:0:0");
  expect(of("/ip6/2001:db8:0:0:ffff::2/tcp/1")).toBe("2001:db8:0:0");
  expect(of("/ip6/::1/tcp/1")).toBe("0:0:0:0");
  expect(of("/dns4/example.org/tcp/1")).toBeNull();
});
