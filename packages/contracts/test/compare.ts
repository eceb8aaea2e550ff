// Holds the state of the contracts to that of the model, as far as the model knows it.
import { g1Struct } from "@quorate/common";
import { expect } from "vitest";
import type { History } from "./history.ts";
import type { NetworkModel } from "./model.ts";
import type { ModelNode } from "./nodesModel.ts";
import { ACCOUNTS } from "./operations.ts";

const STATES = { pending: 1n, active: 2n, decommissioned: 3n, exited: 4n } as const;

/** Compares everything, or everything but the nodes one by one. */
export async function compare(history: History, model: NetworkModel, at: number, everyNode: boolean): Promise<void> {
  const { chain, deployment, distributor, rewards, scheme, token } = history.network;
  const { set, powers, money } = model;
  const read = (method: string, ...args: unknown[]): Promise<unknown> => rewards.getFunction(method)(...args);
  expect(await read("nextId")).toBe(BigInt(model.nodes.length + 1));
  expect(await read("nodeCount")).toBe(BigInt(model.nodes.filter(({ state }) => state !== "exited").length));
  expect(await read("principal")).toBe(set.principalAtomic);
  expect(await read("activeStake")).toBe(set.activeAtomic);
  expect(await read("decommissionedStake")).toBe(set.floorAtomic);
  expect(await read("silentStake")).toBe(set.silentAtomic);
  expect(await read("acceptedReports")).toBe(BigInt(set.acceptedReports));
  expect(await read("stakingRequirement")).toBe(powers.requirementAtomic);
  expect(await read("pausedUntil")).toBe(BigInt(powers.pausedUntil));
  expect(await read("guardianWindow")).toEqual([BigInt(powers.windowEndsAt), BigInt(powers.windowPauses)]);
  expect(await distributor.getFunction("payableRootCount")()).toBe(BigInt(money.payableRoots.length));
  const cycle = (await distributor.getFunction("claimCycle")({ blockTag: "latest" })) as { claimedInCycle: bigint };
  // A refused operation mines no block, so the chain's time may stand still.
  if (((await chain.provider.getBlock("latest"))?.timestamp ?? 0) === at) {
    expect(cycle.claimedInCycle).toBe(money.claimedInCycleAtomic(at));
    expect(await read("paused", { blockTag: "latest" })).toBe(powers.isPaused(at));
    expect(await distributor.getFunction("paused")({ blockTag: "latest" })).toBe(powers.isPaused(at));
  }
  for (const account of ACCOUNTS) {
    const { lifetime, claimed } = money.balanceOf(account);
    expect(await read("recipients", history.addressOf(account))).toEqual([lifetime, claimed]);
  }
  const active = model.nodes.filter(({ state }) => state === "active");
  if (active.length > 0) {
    const sum = scheme.aggregatePublicKeys(active.map(({ key }) => scheme.publicKeyOf(history.secretOf(key))));
    expect(((await read("aggregatePublicKey")) as { toObject(): unknown }).toObject()).toEqual(g1Struct(sum));
  }
  for (const node of everyNode ? model.nodes : []) await compareNode(history, node);
  expect(await token.getFunction("balanceOf")(deployment.rewards)).toBe(set.principalAtomic);
}

async function compareNode(history: History, node: ModelNode): Promise<void> {
  const stored = await history.network.rewards.getFunction("node")(node.id);
  expect(stored.state).toBe(STATES[node.state]);
  expect(stored.operator).toBe(history.addressOf(node.operator));
  expect(stored.stake).toBe(node.stakeAtomic);
  expect(stored.leaveRequestedAt).toBe(BigInt(node.leaveRequestedAt));
  expect(stored.decommissionedAt).toBe(BigInt(node.decommissionedAt));
  expect(stored.heardAtReport).toBe(BigInt(node.heardAtReport));
  expect(stored.unlocksAt).toBe(BigInt(node.unlocksAt));
  expect(stored.liquidated).toBe(node.forfeitedAtomic > 0n);
  if (node.state === "decommissioned") {
    expect(stored.silent).toBe(node.isSilent);
    expect(stored.keptOut).toBe(node.isKeptOut);
  }
  const contributors = stored.contributors.map(({ stake }: { stake: bigint }) => stake);
  expect(contributors).toEqual(node.contributors.map(({ stakeAtomic }) => stakeAtomic));
  const bits = node.contributors.reduce((sum, { account }, i) => sum + (node.withdrawn.has(account) ? 1 << i : 0), 0);
  expect(stored.withdrawn).toBe(BigInt(bits));
}
