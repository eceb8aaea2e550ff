import { describe, expect, it } from "vitest";
import { mayBeListed } from "./agentPool.ts";

describe("agents that others list", () => {
  it.each([
    ["https://agent.example", "https://known.example", true],
    ["http://203.0.113.9:8900/quorate", "https://known.example", true],
    ["http://127.0.0.1:8900", "http://127.0.0.1:8901", true],
    ["http://192.168.0.7:8900", "http://10.0.0.1:8900", true],
    ["http://127.0.0.1:8900", "https://known.example", false],
    ["http://169.254.169.254/", "https://known.example", false],
    ["http://[::1]:8900", "https://known.example", false],
    ["http://[::ffff:127.0.0.1]:8900", "https://known.example", false],
    ["http://printer.local", "https://known.example", false],
    ["ftp://agent.example", "https://known.example", false],
    ["https://user:secret@agent.example", "https://known.example", false],
    ["https://agent.example/?a=b", "https://known.example", false],
    ["agent.example", "https://known.example", false],
  ])("%s, listed by %s: %s", (url, listedBy, expected) => {
    expect(mayBeListed(url, listedBy)).toBe(expected);
  });
});
