import type { ReportRecord } from "@quorate/client";
import { createAgentClient } from "@quorate/client";
import type { StatusAnswer } from "@quorate/common/http";
import { afterEach, describe, expect, it } from "vitest";
import { nodesQuestion } from "../../truth/nodesSaid.ts";
import { CHAIN_ID, CONTRACT, startTestAgent, type TestAgent } from "../../truth/testAgents.ts";
import { type AgentSaid, disputesOf, hearAgents, outOfReach, THE_CHAIN } from "./agents.ts";
import { partOf, submittersOf } from "./submitters.ts";

const root = (n: number) => `0x${String(n).repeat(64)}` as const;
const head = (number: number, hash = root(1)) => ({ number, hash, timestamp: 0 });

function said(url: string, epochs: AgentSaid["epochs"], status: Partial<StatusAnswer> = {}): AgentSaid {
  const nodes = { pending: 0, active: 3, decommissioned: 0, exited: 0 };
  const stakes = { activeStake: 75n, decommissionedStake: 0n, silentStake: 0n };
  return { url, tookMs: 1, epochs, status: { head: head(9), nodes, ...stakes, ...status } as StatusAnswer };
}

describe("what agents disagree about", () => {
  it("is named with who says what, and an agent that has no root contradicts nobody", () => {
    const at = (epoch: number, hash: ReturnType<typeof root> | null, totalOwed: bigint) => ({
      ...{ epoch, root: hash, totalOwed },
    });
    const all = [
      said("a", [at(4, root(4), 7n), at(5, root(5), 9n)]),
      said("b", [at(4, null, 7n), at(5, root(6), 8n)]),
      said("c", [at(5, root(5), 9n)]),
    ];
    expect(disputesOf(all)).toMatchObject([
      { about: "owed", at: 5, sides: [{ urls: ["a", "c"] }, { urls: ["b"] }] },
      { about: "root", at: 5, sides: [{ value: root(5) }, { value: root(6) }] },
    ]);
  });

  it("stakes and blocks are compared at the same height only", () => {
    expect(disputesOf([said("a", []), said("b", [], { head: head(10, root(2)), activeStake: 50n })])).toEqual([]);
    const same = disputesOf([said("a", []), said("b", [], { head: head(9, root(2)), activeStake: 50n })]);
    expect(same.map(({ about, at }) => [about, at])).toEqual([
      ["block", 9],
      ["stakes", 9],
    ]);
  });

  it("the chain's payable root takes part, so that agents which all say the same are found out too", () => {
    const lie = [said("a", [{ epoch: 5, root: root(6), totalOwed: 1n }])];
    const [dispute] = disputesOf(lie, { epoch: 5, root: root(5) });
    expect(dispute?.sides.map(({ urls }) => urls)).toEqual([["a"], [THE_CHAIN]]);
  });

  it("a node is out of reach when most agents say so", () => {
    const reach = (missing: number[]) => ({ reach: { activeBps: 0, floorBps: 0, suffices: true, missing } });
    expect(outOfReach([said("a", [], reach([2, 3])), said("b", [], reach([3])), said("c", [], reach([]))])).toEqual([
      3,
    ]);
  });
});

describe("agents that are asked", () => {
  const started: TestAgent[] = [];
  afterEach(() => Promise.all(started.splice(0).map((agent) => agent.close())));
  const node = (id: number) => ({
    ...{ id, operator: CONTRACT, state: "active", silent: false, stake: "25", blsKey: "0x", identityKey: "0x" },
    ...{ identityValid: true, feeBps: 0, contributors: [], uptime: "PP" },
  });

  it("are shown once each; those of another network and those that are gone are named with the reason", async () => {
    const [a, again] = [await startTestAgent("A"), await startTestAgent("A")];
    const other = await startTestAgent("O", { network: { chainId: "1", contract: CONTRACT } });
    started.push(a, again, other);
    const epochs = { epochs: [{ epoch: 0, root: root(1), totalOwed: "7" }], closedEpoch: 0 };
    for (const { says } of started) says["/v1/ledger/epochs"] = [epochs];
    const clients = [...started.map(({ url }) => url), "http://127.0.0.1:1"].map((url) => createAgentClient({ url }));
    const heard = await hearAgents(clients, { chainId: CHAIN_ID, contract: CONTRACT }, new AbortController().signal);
    expect(heard).toMatchObject([
      { url: a.url, epochs: [{ totalOwed: 7n }] },
      { url: other.url, error: { code: "AGENT_ANSWER_INVALID" } },
      { error: { code: "AGENT_UNREACHABLE" } },
    ]);
  });

  it("tell the node set page after page, to the last", async () => {
    const agent = await startTestAgent("A");
    started.push(agent);
    agent.says["/v1/nodes"] = [
      { nodes: [node(1), node(2)], next: 5 },
      { nodes: [node(5)], next: null },
    ];
    const all = await nodesQuestion(new AbortController().signal).ask(createAgentClient({ url: agent.url }));
    expect(all.nodes.map(({ id }) => id)).toEqual([1, 2, 5]);
    expect(all.key.split("\n")).toHaveLength(4);
  });
});

it("whoever sent most records comes first; a record names who is missing and who signed beside", () => {
  const [mine, yours] = [`0x${"a".repeat(40)}`, `0x${"b".repeat(40)}`] as const;
  expect(submittersOf([mine, yours, yours].map((submitter) => ({ submitter })))).toEqual([
    { address: yours, records: 2 },
    { address: mine, records: 1 },
  ]);
  const record = { nonSigners: [2], extraSigners: [7] } as unknown as ReportRecord;
  expect([1, 2, 7].map((id) => partOf(id, record))).toEqual(["notNamed", "missing", "extra"]);
});
