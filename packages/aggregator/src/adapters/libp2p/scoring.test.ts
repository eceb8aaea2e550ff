import { PeerScore } from "@libp2p/gossipsub/score";
import type { ComponentLogger } from "@libp2p/interface";
import { afterEach, describe, expect, test, vi } from "vitest";
import { SCORE_THRESHOLDS, scoreParams } from "./scoring.ts";

const TOPIC = "/quorate/1/1/0x00/messages";
const HOUR_MS = 3_600_000;
const silent = Object.assign(() => {}, { error() {}, trace() {} });
const LOGGER = { forComponent: () => silent } as unknown as ComponentLogger;

afterEach(() => void vi.useRealTimers());

/** gossipsub's own scores of these peers, all in the mesh from now on. */
function scored(peers: readonly string[], points: (peer: string) => number = () => 0): PeerScore {
  const scores = new PeerScore(scoreParams(TOPIC, points), null, LOGGER, { scoreCacheValidityMs: 0 });
  for (const peer of peers) {
    scores.addPeer(peer);
    scores.graft(peer, TOPIC);
  }
  return scores;
}

describe("scores of gossip", () => {
  test("P-99: a mesh peer that is silent for a day has no penalty, nor when it leaves the mesh then", () => {
    vi.useFakeTimers();
    const scores = scored(["silent"]);
    for (let hour = 0; hour < 24; hour++) {
      vi.advanceTimersByTime(HOUR_MS);
      scores.background();
      expect(scores.score("silent")).toBeGreaterThanOrEqual(0);
    }
    scores.prune("silent", TOPIC);
    expect(scores.score("silent")).toBeGreaterThanOrEqual(0);
  });

  test("many nodes on one host are no worse than one", () => {
    const peers = Array.from({ length: 100 }, (_, i) => `node ${i}`);
    const scores = scored(peers);
    for (const peer of peers) scores.addIP(peer, "192.0.2.1");
    for (const peer of peers) expect(scores.score(peer)).toBeGreaterThanOrEqual(0);
  });

  test("what a peer did outside of gossip ends gossip with it, whatever it has brought before", () => {
    const scores = scored(["once", "often", "banned"], (peer) => ({ once: 1, often: 6, banned: 10 })[peer] ?? 0);
    expect(scores.score("once")).toBeGreaterThan(SCORE_THRESHOLDS.gossipThreshold);
    expect(scores.score("often")).toBeLessThan(SCORE_THRESHOLDS.gossipThreshold);
    expect(scores.score("banned") + 20).toBeLessThan(SCORE_THRESHOLDS.gossipThreshold);
  });
});
