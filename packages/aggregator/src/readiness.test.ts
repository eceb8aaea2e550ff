import type { AgentStatus } from "@quorate/common";
import { describe, expect, it } from "vitest";
import { testAgent } from "../test/support/httpServer.ts";
import { readiness, type Situation } from "./readiness.ts";
import { StoreSpace } from "./storeSpace.ts";

const OWN = { nodeId: 1, state: "active", operator: `0x${"0b".repeat(20)}`, unlocksAt: null, foreign: [] } as const;

function causesOf(status: Partial<AgentStatus>, fault: Situation["fault"] = null) {
  const { ready, reasons, causes } = readiness({
    status: { ...testAgent().api.status(), ...status },
    blsKey: "0xb15",
    fault,
  });
  expect(ready).toBe(causes.length === 0);
  expect(reasons.map((reason) => reason.split(" (")[0])).toEqual(causes.map(({ code }) => code));
  return causes;
}

describe("an agent is ready while a claim could succeed now (P-126)", () => {
  it("so with a healthy chain, a closed epoch, its own node, peers, and enough stake within reach", () => {
    expect(causesOf({})).toEqual([]);
  });

  it("not when too little stake is within reach, though peers are connected: with both figures, and who is missing", () => {
    const reach = { activeBps: 9_000, floorBps: 9_000, suffices: false, missing: [4, 7] };
    const [cause] = causesOf({ reach });
    expect(cause).toMatchObject({
      code: "STAKE_OUT_OF_REACH",
      atFault: "nodes",
      values: { activeBps: 9_000, neededBps: 9_500, floorBps: 9_000, neededFloorBps: 7_500, missing: [4, 7] },
    });
  });

  it("not when nobody is active, who could sign", () => {
    const nodes = { pending: 3, active: 0, decommissioned: 0, exited: 0 };
    expect(causesOf({ reach: null, nodes })).toMatchObject([{ code: "STAKE_OUT_OF_REACH", values: { activeBps: 0 } }]);
  });

  it("not without peers, which is this agent's own network and no matter of the nodes", () => {
    const reach = { activeBps: 3_333, floorBps: 3_333, suffices: false, missing: [2, 3] };
    expect(causesOf({ connectedPeers: 0, reach })).toMatchObject([
      { code: "NETWORK_PEER_NOT_CONNECTED", atFault: "network" },
    ]);
  });

  it.each([
    ["CHAIN_PROVIDERS_DISAGREE", "provider"],
    ["CHAIN_WRONG_ID", "configuration"],
    ["CHAIN_NO_CONTRACT", "configuration"],
  ] as const)("not while the chain says %s, which is up to the %s", (code, atFault) => {
    const chain = { healthy: false, code, detail: "two against one" } as const;
    expect(causesOf({ chain })).toMatchObject([{ code, atFault, values: { detail: "two against one" } }]);
  });

  it("not before an epoch has closed", () => {
    expect(causesOf({ closedEpoch: null })).toMatchObject([{ code: "EPOCH_NOT_CLOSED", atFault: "nobody" }]);
  });

  it("not without a registration, after the node has exited, or under another identity key", () => {
    expect(causesOf({ nodeId: null, ownNode: null })).toMatchObject([
      { code: "NODE_NOT_REGISTERED", atFault: "operator", values: { blsKey: "0xb15" } },
    ]);
    expect(causesOf({ nodeId: null, ownNode: { ...OWN, state: "exited" } })).toMatchObject([
      { code: "NODE_EXITED", values: { nodeId: 1 } },
    ]);
    expect(causesOf({ ownNode: { ...OWN, foreign: ["NODE_FOREIGN_IDENTITY"] } })).toMatchObject([
      { code: "NODE_FOREIGN_IDENTITY", atFault: "operator" },
    ]);
  });

  it("still as another account's node, or while it is leaving: it signs and serves like any", () => {
    expect(causesOf({ ownNode: { ...OWN, unlocksAt: 5, foreign: ["NODE_FOREIGN_OPERATOR"] } })).toEqual([]);
  });

  it("not when the store cannot record a claim, or something has ended the agent", () => {
    expect(causesOf({}, { code: "STORE_WRITE_FAILED", values: {} })).toMatchObject([{ atFault: "store" }]);
    expect(causesOf({}, { code: "INTERNAL_ERROR", values: {} })).toMatchObject([{ atFault: "nobody" }]);
  });

  it("all causes are named, not the first alone", () => {
    const chain = { healthy: false, code: "CHAIN_PROVIDER_FAILED", detail: "" } as const;
    const codes = causesOf({ chain, nodeId: null, ownNode: null, connectedPeers: 0 }).map(({ code }) => code);
    expect(codes).toEqual(["CHAIN_PROVIDER_FAILED", "NODE_NOT_REGISTERED", "NETWORK_PEER_NOT_CONNECTED"]);
  });
});

describe("the disk under the store", () => {
  const faultOf = async (path: string, freeMinBytes?: number) => {
    const space = new StoreSpace({ path, ...(freeMinBytes === undefined ? {} : { freeMinBytes }) });
    await space.start();
    space.stop();
    return space.fault;
  };

  it("is no fault while it has room; with less than is asked for, or gone, it is (P-126)", async () => {
    const path = import.meta.filename;
    expect(await faultOf(path, 1)).toBeNull();
    expect(await faultOf(path, 2 ** 80)).toMatchObject({ code: "STORE_NO_SPACE", values: { path } });
    expect(await faultOf(`${path}.gone`)).toMatchObject({ code: "STORE_NO_SPACE", values: { reason: "ENOENT" } });
  });
});
