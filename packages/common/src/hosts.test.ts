import { describe, expect, it } from "vitest";
import { groupsOfIp6, isLocalHost } from "./hosts.ts";

describe("local hosts (P-138, P-139)", () => {
  it.each([
    ["localhost", true],
    ["A.LocalHost", true],
    ["0.0.0.0", true],
    ["127.1.2.3", true],
    ["10.255.0.1", true],
    ["100.64.0.1", true],
    ["169.254.169.254", true],
    ["172.31.0.1", true],
    ["192.168.0.7", true],
    ["[::1]", true],
    ["::", true],
    ["fd00::1", true],
    ["[fe80::1]", true],
    ["[::ffff:7f00:1]", true],
    ["::ffff:192.168.0.7", true],
    ["localhost.example", false],
    ["notlocalhost", false],
    ["100.128.0.1", false],
    ["172.32.0.1", false],
    ["203.0.113.9", false],
    ["[2001:db8::1]", false],
    ["ff02::1", false],
    ["[::ffff:8.8.8.8]", false],
    ["1::1", false],
    [":::", false],
    ["", false],
  ])("%s: %s", (host, expected) => expect(isLocalHost(host)).toBe(expected));

  it("groups of an IPv6 address are eight, however it is written", () => {
    expect(groupsOfIp6("2001:DB8::0a")).toEqual(["2001", "db8", "0", "0", "0", "0", "0", "a"]);
    expect(groupsOfIp6("::")).toEqual(Array(8).fill("0"));
  });
});
