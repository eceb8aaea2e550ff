import { afterEach, describe, expect, it } from "vitest";
import { admitAll, startNode, stopAll, until } from "./testNetwork.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

afterEach(stopAll);

describe("P-89: inquiry", () => {
  it("reaches a node that is not connected, by its signed record, and dials it", async () => {
    const hub = await startNode("hub");
    // One peer is all that the others want, so they meet the hub and not each other.
    const a = await startNode("a", [hub], { targetPeers: 1 });
    const b = await startNode("b", [hub], { targetPeers: 1 });
    admitAll([hub, a, b]);
    await until(() => hub.network.status().connected.length === 2 && a.network.status().connected.length > 0);
    expect(a.network.status().connected).toEqual([hub.key]);
    // The hub's answer with b's record may still be on its way.
    await expect
      .poll(() => a.network.inquire(b.key, text("why?")).catch(String), { timeout: 60_000 })
      .toEqual(text("why?"));
  });

  it("error: NETWORK_PEER_NOT_CONNECTED for a node nobody knows how to reach", async () => {
    const a = await startNode("a");
    const b = await startNode("b");
    admitAll([a, b]);
    await expect(a.network.inquire(b.key, text("why?"))).rejects.toMatchObject({ code: "NETWORK_PEER_NOT_CONNECTED" });
  });
});
