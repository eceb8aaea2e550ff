/**
 * Checkers that cannot fail prove nothing: each is shown a run in which the core has a fault it must see.
 */
import {
  decodeCatchUpResponse,
  decodeGossip,
  decodeInquiryResponse,
  encodeCatchUpResponse,
  encodeGossip,
  MAX_GOSSIP_BYTES,
  Signers,
} from "@quorate/common";
import { describe, expect, it } from "vitest";
import type { Agent, Effect, Input } from "../../packages/aggregator/src/core/io.ts";
import { CATCH_UP_SHARES_MAX } from "../../packages/aggregator/src/core/limits.ts";
import { sharesSent } from "./messages.ts";
import { NO_FAULTS, type SimOptions } from "./options.ts";
import { run } from "./run.ts";

const CALM: SimOptions = { seed: 3, nodes: 20, claims: 2, faults: NO_FAULTS };

/** A core whose effects are changed on their way out. */
const changing =
  (change: (effect: Effect, input: Input) => Effect[]) =>
  (agent: Agent): Agent => ({
    ...agent,
    handle: (input, nowMs) => agent.handle(input, nowMs).flatMap((effect) => change(effect, input)),
  });

/** The checkers that have something to say about a run with such a core. */
function findings(mutate: (agent: Agent, id: number) => Agent, options: Partial<SimOptions> = {}): string[] {
  const { violations, ok } = run({ ...CALM, ...options, mutate });
  expect(ok).toBe(violations.length === 0);
  return [...new Set(violations.map((violation) => violation.split(",")[0] as string))].sort();
}

describe("checkers find what they are for", () => {
  it("nothing, in a core without faults", () => {
    expect(run(CALM).violations).toEqual([]);
  });

  it("a bundle below quorum", () => {
    const shrink = changing((effect) => {
      if (effect.type !== "persist") return [effect];
      const records = effect.records.map((record) => {
        if (record.type !== "bundle") return record;
        const ids = Signers.fromHex(record.bundle.signers).ids();
        return { ...record, bundle: { ...record.bundle, signers: Signers.of(ids.slice(2)).toHex() } };
      });
      return [{ ...effect, records }];
    });
    expect(findings(shrink)).toContain("bundles");
    expect(run({ ...CALM, mutate: shrink }).violations.join()).toMatch(/18 of 20 equal stakes have signed, below 9500/);
  });

  it("a bundle with a signature of somebody else", () => {
    let first: string | undefined;
    const exchange = changing((effect) => {
      if (effect.type !== "claim-changed" || effect.claim.bundle === null) return [effect];
      first ??= effect.claim.bundle.signature;
      return [{ ...effect, claim: { ...effect.claim, bundle: { ...effect.claim.bundle, signature: first } } }];
    });
    expect(findings(exchange)).toContain("bundles");
  });

  it("agents that drop one honest node's shares", () => {
    const victim = 5;
    const dropping = (agent: Agent): Agent => ({
      ...agent,
      handle(input, nowMs) {
        if (input.type === "gossip") {
          const message = decodeGossip(input.data);
          if (message.type === "shares" && message.shares[0]?.nodeId === victim) {
            return [{ type: "verdict", handle: input.handle, verdict: "ignore", code: "VERIFY_QUEUE_FULL" }];
          }
        }
        if (input.type !== "catch-up-answered") return agent.handle(input, nowMs);
        const { requests, shares, partials, differs } = decodeCatchUpResponse(input.data);
        const kept = shares.filter(({ nodeId }) => nodeId !== victim);
        return agent.handle(
          { ...input, data: encodeCatchUpResponse({ requests, shares: kept, partials, differs }) },
          nowMs,
        );
      },
    });
    expect(findings(dropping)).toEqual(["suppression"]);
  });

  it("P-134: with subnets, agents that drop one honest node's share wherever it comes from", () => {
    const victim = 5;
    const dropping = (agent: Agent, id: number): Agent => ({
      ...agent,
      handle(input, nowMs) {
        if (id !== victim && input.type === "direct") {
          const message = decodeGossip(input.data);
          if (message.type === "shares" && message.shares[0]?.nodeId === victim) return [];
          if (message.type === "partial" && message.partial.signers.has(victim)) return [];
        }
        if (id !== victim && input.type === "inquiry-answered") {
          const answer = decodeInquiryResponse(input.data);
          if (answer.type === "share" && answer.share.nodeId === victim) return [];
        }
        if (id === victim || input.type !== "catch-up-answered") return agent.handle(input, nowMs);
        const { requests, shares, partials, differs } = decodeCatchUpResponse(input.data);
        const data = encodeCatchUpResponse({
          requests,
          differs,
          shares: shares.filter(({ nodeId }) => nodeId !== victim),
          partials: partials.filter(({ signers }) => !signers.has(victim)),
        });
        return agent.handle({ ...input, data }, nowMs);
      },
    });
    // Two silent of 24 more: no quorum, so that each claim lasts until its deadline.
    const options = { nodes: 24, floodMax: 8, faults: { ...NO_FAULTS, silent: 0.09 } };
    expect(findings(dropping, options)).toContain("suppression");
  });

  it("an agent that sends on and on while nobody asks for anything", () => {
    const busy = (agent: Agent): Agent => {
      let last: Effect | undefined;
      const again = changing((effect) => {
        if (effect.type === "publish") last = effect;
        const isTick = effect.type === "set-timer" && effect.timer === "tick";
        return isTick && last !== undefined ? [effect, last, last, last, last] : [effect];
      });
      return again(agent);
    };
    // With a fault the run goes on long after its claims.
    expect(findings(busy, { nodes: 8, claims: 1, faults: { ...NO_FAULTS, loss: 0.001 } })).toContain("spam");
  });

  it("an agent that never signs", () => {
    const refusing = (agent: Agent, id: number): Agent =>
      id === 5 ? changing((effect) => (effect.type === "sign" ? [] : [effect]))(agent) : agent;
    // A claim is over in less than the time for which the slowest latencies would be an excuse.
    const faults = { ...NO_FAULTS, latencyMs: { min: 50, max: 100 } };
    expect(findings(refusing, { faults })).toEqual(["suppression"]);
  });

  it("a promise that is not on disk", () => {
    const forgetting = changing((effect) => {
      if (effect.type !== "persist") return [effect];
      return [{ ...effect, records: effect.records.filter(({ type }) => type !== "signing") }];
    });
    expect(findings(forgetting)).toContain("promises");
  });

  it("an agent that publishes before it persists", () => {
    const hasty = (agent: Agent): Agent => ({
      ...agent,
      handle(input, nowMs) {
        const effects = agent.handle(input, nowMs);
        const rank = ({ type }: Effect): number => (type === "persist" ? 1 : 0);
        return [...effects].sort((a, b) => rank(a) - rank(b));
      },
    });
    expect(findings(hasty)).toContain("promises");
  });

  it("an agent that signs two amounts", () => {
    const double = changing((effect) => {
      if (effect.type !== "publish") return [effect];
      const [share] = sharesSent(effect);
      if (share?.kind !== "RewardClaim") return [effect];
      const other = { ...share, message: { ...share.message, amount: share.message.amount + 1n } };
      return [effect, { ...effect, data: encodeGossip({ type: "shares", shares: [other] }) }];
    });
    expect(findings(double)).toContain("promises");
  });

  it("blame that falls on honest peers, and rejection of what they send", () => {
    const blaming = changing((effect, input) =>
      effect.type === "verdict" && input.type === "gossip"
        ? [effect, { type: "blame", peer: input.from, code: "SHARE_BAD_SIGNATURE" }]
        : [effect],
    );
    expect(findings(blaming)).toContain("blame");
    const rejecting = changing((effect) => (effect.type === "verdict" ? [{ ...effect, verdict: "reject" }] : [effect]));
    expect(findings(rejecting)).toContain("blame");
  });

  it("bounds that are not kept", () => {
    const twice = changing((effect) => (effect.type === "verify" ? [effect, effect] : [effect]));
    expect(findings(twice)).toContain("bounds");
    const shouting = changing((effect) =>
      effect.type === "publish" ? [effect, { ...effect, data: new Uint8Array(MAX_GOSSIP_BYTES + 1) }] : [effect],
    );
    expect(findings(shouting)).toContain("bounds");
    const answering = (data: Uint8Array): ReturnType<typeof changing> =>
      changing((effect) => (effect.type === "catch-up-reply" ? [{ ...effect, data }] : [effect]));
    const empty = Uint8Array.of(0x12, 0);
    const crowded = new Uint8Array(2 * (CATCH_UP_SHARES_MAX + 1)).map((_, i) => empty[i % 2] as number);
    expect(findings(answering(crowded))).toEqual(["blame", "bounds"]);
  });

  it("an answer to catch-up that nobody can read: whoever asked blames the sender", () => {
    const garbled = changing((effect) =>
      effect.type === "catch-up-reply" ? [{ ...effect, data: Uint8Array.of(0x12) }] : [effect],
    );
    expect(findings(garbled)).toContain("blame");
  });

  it("claims that never end", () => {
    const endless = changing((effect) => (effect.type === "set-timer" && effect.timer === "tick" ? [] : [effect]));
    // Four silent of twenty: no quorum, so that every claim has to end by its deadline.
    expect(findings(endless, { faults: { ...NO_FAULTS, silent: 0.2 } })).toEqual(["liveness"]);
  });

  it("claims and bundles that a crash erases", () => {
    const careless = changing((effect) => {
      if (effect.type !== "persist") return [effect];
      return [{ ...effect, records: effect.records.filter(({ type }) => type !== "claim" && type !== "bundle") }];
    });
    expect(findings(careless, { faults: { ...NO_FAULTS, crash: 1 } })).toContain("liveness");
  });
});
