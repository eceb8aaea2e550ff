import { describe, expect, it } from "vitest";
import { clientKey } from "./clients.ts";
import { CLIENTS_MAX, DEFAULT_HTTP_LIMITS } from "./limits.ts";
import { RateLimiter } from "./rateLimit.ts";

describe("RateLimiter", () => {
  it("refills at its rate, up to its burst, and says how long to wait", () => {
    const limiter = new RateLimiter({ requestBurst: 2, requestsPerSecond: 10 });
    expect([0, 0, 0].map(() => limiter.take("a", 1, 0))).toEqual([0, 0, 100]);
    expect(limiter.take("a", 1, 50)).toBe(50);
    expect(limiter.take("a", 1, 100)).toBe(0);
    expect([0, 0, 0].map(() => limiter.take("a", 1, 99_000))).toEqual([0, 0, 100]);
    expect(limiter.take("b", 1, 99_000)).toBe(0);
  });

  it("remembers a bounded number of clients", () => {
    const limiter = new RateLimiter(DEFAULT_HTTP_LIMITS);
    for (let i = 0; i < CLIENTS_MAX + 10; i++) limiter.take(`client ${i}`, 1, i);
    expect(limiter.size).toBe(CLIENTS_MAX);
  });

  it("takes an IPv6 /64 for one client", () => {
    expect(clientKey("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2");
    expect(clientKey("2001:db8:1:2::9")).toBe("2001:db8:1:2");
    expect(clientKey("2001:db8::9")).toBe("2001:db8:0:0");
    expect(clientKey("::1")).toBe("0:0:0:0");
    expect(clientKey("fe80::1%eth0")).toBe("fe80:0:0:0");
    expect(clientKey("2001:0DB8:0001:0002::")).toBe("2001:db8:1:2");
  });

  it("takes an IPv4 address for the same client however it is written", () => {
    const ways = ["10.0.200.1", "::ffff:10.0.200.1", "::FFFF:0a00:c801", "0:0:0:0:0:ffff:a00:c801"];
    expect(new Set(ways.map(clientKey))).toEqual(new Set(["10.0.200.1"]));
  });
});
