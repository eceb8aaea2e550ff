import { expect, it } from "vitest";
import { NODE } from "../test/support/httpServer.ts";
import { agentPlaces } from "./agentPlaces.ts";

const key = (i: number) => `0x${String(i).repeat(64)}` as const;
const node = (id: number, more: Partial<typeof NODE> = {}) => ({ ...NODE, id, identityKey: key(id), ...more });
const urls = new Map([1, 2, 3, 4, 9].map((i) => [key(i), `https://agent-${i}.example`]));

it("P-138: agents are listed by ascending id, with what their node's record claims and the chain says of its stake", () => {
  const nodes = [node(2, { stake: 7n, state: "decommissioned" }), node(1), node(5)];
  expect(agentPlaces(nodes, urls)).toEqual([
    { id: 1, url: "https://agent-1.example", stake: NODE.stake },
    { id: 2, url: "https://agent-2.example", stake: 7n },
  ]);
});

it("P-138: a node that has exited is not listed, nor one that names an identity key without having shown that it is its own", () => {
  const nodes = [node(3, { state: "exited" }), node(4, { identityValid: false }), node(6, { identityKey: key(1) })];
  expect(agentPlaces(nodes, urls).map(({ id }) => id)).toEqual([6]);
});
