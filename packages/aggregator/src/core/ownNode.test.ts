import type { Address, Hex } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { GENESIS, headAfter, NOTHING_RESTORED, TestAgent } from "../../test/support/cluster.ts";
import { ALL, node } from "../../test/support/twenty.ts";
import type { Effect } from "./io.ts";
import type { ChainEvent } from "./ledger/events.ts";

const UNLOCKS_AT = GENESIS + 1_296_000;
const position = { blockNumber: 150, timestamp: GENESIS + 310 };
const leaves: ChainEvent = { type: "leave-requested", id: 5, unlocksAt: UNLOCKS_AT, logIndex: 0, ...position };
const again: ChainEvent = { ...leaves, logIndex: 1 };
const exits: ChainEvent = { type: "node-exited", id: 5, blockNumber: 151, logIndex: 0, timestamp: GENESIS + 320 };

async function agentOf(operator?: Address, identityKey: Hex = node(5).identityKey): Promise<TestAgent> {
  const expects = { identityKey, ...(operator === undefined ? {} : { operator }) };
  return new TestAgent(node(5), NOTHING_RESTORED, { expects }).boot(ALL, 3);
}

const said = (effects: readonly Effect[]) =>
  effects.flatMap((effect) =>
    effect.type === "observe" && effect.code.startsWith("NODE_") ? [{ code: effect.code, ...effect.values }] : [],
  );

describe("the own node as the chain has it", () => {
  it("is nothing special while it is active and the agent's own; the log says so once", async () => {
    const agent = await agentOf(node(5).beneficiary);
    expect(agent.core.status().ownNode).toEqual({
      nodeId: 5,
      state: "active",
      operator: node(5).beneficiary,
      unlocksAt: null,
      foreign: [],
    });
    expect(said(await agent.tickAt(250))).toMatchObject([{ code: "NODE_STATE_CHANGED", nodeId: 5, state: "active" }]);
    expect(said(await agent.tickAt(500))).toEqual([]);
  });

  it("that is asked to leave shows when it unlocks, and the log says it once, however often it is asked (P-33)", async () => {
    const agent = await agentOf();
    await agent.tickAt(250);
    await agent.feed({ type: "chain", events: [leaves, again], head: headAfter(3) });
    expect(agent.core.status()).toMatchObject({ nodeState: "active", ownNode: { unlocksAt: UNLOCKS_AT } });
    expect([agent.core.unlocksAt(5), agent.core.unlocksAt(6)]).toEqual([UNLOCKS_AT, null]);
    expect(said(await agent.tickAt(500))).toMatchObject([{ code: "NODE_LEAVING", nodeId: 5, unlocksAt: UNLOCKS_AT }]);
    expect(said(await agent.tickAt(750))).toEqual([]);
  });

  it("that has exited is still shown, and said once", async () => {
    const agent = await agentOf();
    await agent.tickAt(250);
    await agent.feed({ type: "chain", events: [leaves, exits], head: headAfter(4) });
    expect(agent.core.status()).toMatchObject({
      nodeId: null,
      ownNode: { nodeId: 5, state: "exited", unlocksAt: UNLOCKS_AT },
    });
    expect(said(await agent.tickAt(500)).map(({ code }) => code)).toEqual(["NODE_LEAVING", "NODE_EXITED"]);
    expect(said(await agent.tickAt(750))).toEqual([]);
  });

  it("that another account registered, or under another identity key, is foreign, and said once", async () => {
    const stranger: Address = `0x${"ee".repeat(20)}`;
    const account = await agentOf(stranger);
    expect(account.core.status().ownNode?.foreign).toEqual(["NODE_FOREIGN_OPERATOR"]);
    const identity = await agentOf(undefined, node(6).identityKey);
    expect(identity.core.status().ownNode?.foreign).toEqual(["NODE_FOREIGN_IDENTITY"]);
    expect(said(await identity.tickAt(250)).map(({ code }) => code)).toContain("NODE_FOREIGN_IDENTITY");
    expect(said(await identity.tickAt(500))).toEqual([]);
  });

  it("that is not registered is none", async () => {
    const agent = await new TestAgent(node(5)).boot(ALL.slice(0, 4), 3);
    expect(agent.core.status().ownNode).toBeNull();
    expect(said(await agent.tickAt(250))).toEqual([]);
  });
});
