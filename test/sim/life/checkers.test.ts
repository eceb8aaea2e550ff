/**
 * Checkers of a life that cannot fail prove nothing: each is shown a run in which the core has a fault it must see.
 */
import { encodeGossip, type NodeId, Signers } from "@quorate/common";
import { describe, expect, it } from "vitest";
import type { Agent, Effect, Input } from "../../../packages/aggregator/src/core/io.ts";
import { CLOCK_START_MS } from "../agent.ts";
import { Roots } from "../checkers/roots.ts";
import { sharesSent } from "../messages.ts";
import { NO_FAULTS } from "../options.ts";
import { Calendar } from "./calendar.ts";
import { epochSecondsFor, type LifeConfig, runLife } from "./run.ts";

const CALM: LifeConfig = {
  ...{ seed: 3, nodes: 12, claims: 0, faults: NO_FAULTS },
  life: { epochs: 6, dead: 0, turns: 0, idle: 0 },
};

type Mutate = (agent: Agent, id: NodeId) => Agent;

const effects =
  (change: (effect: Effect) => Effect[]): Mutate =>
  (agent) => ({ ...agent, handle: (input, nowMs) => agent.handle(input, nowMs).flatMap(change) });

const inputs =
  (change: (input: Input) => Input): Mutate =>
  (agent) => ({ ...agent, handle: (input, nowMs) => agent.handle(change(input), nowMs) });

/** The checkers that have something to say about a run with such a core. */
function findings(mutate: Mutate, options: Partial<LifeConfig> = {}): string[] {
  const { violations, ok } = runLife({ ...CALM, ...options, mutate });
  expect(ok).toBe(violations.length === 0);
  return [...new Set(violations.map((violation) => violation.split(",")[0] as string))].sort();
}

describe("checkers of a life find what they are for", () => {
  it("nothing, in a core without faults", () => {
    expect(findings((agent) => agent)).toEqual([]);
  });

  it("agents that leave those alone whom a record hides, and whoever is decommissioned for it", () => {
    const careless = effects((effect) => {
      return effect.type === "submit" && !effect.key.startsWith("report:") ? [] : [effect];
    });
    const hiding = { faults: { ...NO_FAULTS, byzantine: 0.08 }, behaviours: ["hider"] as const };
    expect(findings(careless, hiding)).toEqual(expect.arrayContaining(["decommissions", "hidden"]));
  });

  it("an agent that does not sign reports", () => {
    const mute: Mutate = (agent, id) =>
      id === 5 ? effects((effect) => (effect.type === "sign" ? [] : [effect]))(agent, id) : agent;
    expect(findings(mute)).toContain("hidden");
  });

  it("a root that is payable and wrong", () => {
    const wrong = inputs((input) =>
      input.type === "tree-built" ? { ...input, root: `0x${"77".repeat(31)}${input.epoch % 10}0` } : input,
    );
    expect(findings(wrong)).toEqual(["roots"]);
  });

  it("a second payable root of an epoch, which no contract gives", () => {
    const said: string[] = [];
    const truth = { report: (checker: string, detail: string) => said.push(`${checker}: ${detail}`) };
    const roots = new Roots(truth as unknown as ConstructorParameters<typeof Roots>[0]);
    const place = { blockNumber: 9, logIndex: 0, timestamp: 9 };
    const payable = { type: "root-payable", epoch: 4, rootIndex: 0, rewardsRoot: "0x11", totalOwed: 1n } as const;
    roots.onEvents([{ ...place, ...payable }]);
    expect(said).toEqual([]);
    roots.onEvents([{ ...place, ...payable, rootIndex: 1 }]);
    expect(said).toEqual(["roots: epoch 4 has two payable roots"]);
  });

  it("a network that records nothing, though it could", () => {
    const idle = effects((effect) => (effect.type === "submit" && effect.key === "report:2" ? [] : [effect]));
    expect(findings(idle)).toEqual(["payability"]);
  });

  it("a network that does not become payable again", () => {
    // Two of twelve sign no more reports once the faults of the others are healed: a record has its quorum, money has
    // not.
    const fromMs = CLOCK_START_MS + new Calendar(epochSecondsFor(12)).endMs(6);
    const tired: Mutate = (agent, id) => ({
      ...agent,
      handle: (input, nowMs) =>
        agent.handle(input, nowMs).filter(({ type }) => id > 2 || nowMs < fromMs || type !== "sign"),
    });
    expect(findings(tired, { life: { ...CALM.life, epochs: 8 } })).toEqual(["hidden", "payability"]);
  });

  it("agents that send one and the same call again and again", () => {
    const eager = effects((effect) => (effect.type === "submit" ? Array(60).fill(effect) : [effect]));
    expect(findings(eager)).toEqual(["traffic"]);
  });

  it("a claim that is told to lack a node that could sign, and a bundle below quorum", () => {
    const asking = { claims: 1 };
    const failing = effects((effect) => {
      if (effect.type !== "claim-changed" || effect.claim.bundle === null) return [effect];
      return [{ ...effect, claim: { ...effect.claim, status: "failed", bundle: null, missing: [2] } }];
    });
    expect(findings(failing, asking)).toEqual(["claims"]);
    const shrinking = effects((effect) => {
      if (effect.type !== "claim-changed" || effect.claim.bundle === null) return [effect];
      const { bundle } = effect.claim;
      const signers = Signers.of(Signers.fromHex(bundle.signers).ids().slice(1)).toHex();
      return [{ ...effect, claim: { ...effect.claim, bundle: { ...bundle, signers } } }];
    });
    expect(findings(shrinking, asking)).toContain("bundles");
  });

  it("an agent whose ledger misses an event", () => {
    const deaf: Mutate = (agent, id) => (id === 5 ? inputs(withoutActivations)(agent, id) : agent);
    const found = findings(deaf);
    expect(found).toContain("agreement");
  });

  it("an agent that signs two reports for one epoch", () => {
    const double = effects((effect) => {
      const share =
        effect.type === "publish" ? sharesSent(effect).find(({ kind }) => kind === "EpochReport") : undefined;
      if (share?.kind !== "EpochReport") return [effect];
      const other = { ...share, message: { ...share.message, totalOwed: share.message.totalOwed + 1n } };
      return [effect, { type: "publish", data: encodeGossip({ type: "shares", shares: [other] }) }];
    });
    expect(findings(double)).toContain("promises");
  });
});

function withoutActivations(input: Input): Input {
  if (input.type !== "chain") return input;
  return { ...input, events: input.events.filter(({ type }) => type !== "nodes-activated") };
}
