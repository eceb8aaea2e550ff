import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { toHex } from "@quorate/common";
import { afterEach, describe, expect, it } from "vitest";
import { admitAll, seedOf, startNode, stopAll, type TestNode } from "../../../test/support/testNetwork.ts";
import { until } from "../../../test/support/until.ts";
import type { PeerKey } from "../../core/io.ts";
import { DISCOVERY_TICK_MS, PARALLEL_DIALS } from "./limits.ts";
import { identityKeyPair, peerIdOf } from "./peers.ts";

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

  it("P-88: nodes that are dialled to be asked do not set off dials to all others", async () => {
    // Takes connections and never says a word. Each peer has a host of its own, so that it shows who is dialled.
    const mute = createServer().listen(0, "0.0.0.0");
    const dialled = new Set<string | undefined>();
    let open = 0;
    let most = 0;
    mute.on("connection", (socket) => {
      dialled.add(socket.localAddress);
      most = Math.max(most, ++open);
      socket.on("error", () => {}).on("close", () => open--);
    });
    await once(mute, "listening");
    const { port } = mute.address() as AddressInfo;
    const others = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => ({
        key: toHex(identityKeyPair(seedOf(`mute ${i}`)).publicKey.raw),
        host: `127.0.1.${i + 1}`,
      })),
    );
    const address = (host: string, key: PeerKey): string => `/ip4/${host}/tcp/${port}/p2p/${peerIdOf(key)}`;
    const bootstrap = others.map(({ key, host }) => ({ address: address(host, key) }) as TestNode);
    const node = await startNode("asker", bootstrap);
    await until(() => open === PARALLEL_DIALS);
    // Whom it prefers is its secret; here is one that it has not come to.
    const other = others.find(({ host }) => !dialled.has(host));
    const asked = node.network.inquire(other?.key as PeerKey, text("why?")).catch(() => {});
    await until(() => open === PARALLEL_DIALS + 1);
    await sleep(2 * DISCOVERY_TICK_MS);
    expect(most).toBeLessThan(2 * PARALLEL_DIALS);
    await stopAll();
    await asked;
    mute.close();
  });

  it("error: NETWORK_PEER_NOT_CONNECTED for a node nobody knows how to reach", async () => {
    const a = await startNode("a");
    const b = await startNode("b");
    admitAll([a, b]);
    await expect(a.network.inquire(b.key, text("why?"))).rejects.toMatchObject({ code: "NETWORK_PEER_NOT_CONNECTED" });
  });
});
