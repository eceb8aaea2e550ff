import { describe, expect, it } from "vitest";
import { admit, EPOCH_SECONDS, foldAll, GENESIS, headAt, network } from "../../../test/support/ledgerHistory.ts";
import { advanceLedger } from "./ledger.ts";
import { admittedOf, indexOf, nodeSetOf } from "./nodeSet.ts";

describe("the node set of a ledger", () => {
  it("is the same array until a node changes, also when epochs close", () => {
    const ledger = foldAll(network(5, 1), GENESIS);
    const before = nodeSetOf(ledger);
    advanceLedger(ledger, [], headAt(GENESIS + 2 * EPOCH_SECONDS), admit);
    expect(nodeSetOf(ledger)).toBe(before);
    const timestamp = GENESIS + 2 * EPOCH_SECONDS + 1;
    const exited = { type: "node-exited", id: 2, blockNumber: timestamp, logIndex: 0, timestamp } as const;
    advanceLedger(ledger, [exited], headAt(timestamp), admit);
    expect(nodeSetOf(ledger).map(({ id, state }) => `${id} ${state}`)).toContain("2 exited");
    expect(before.map(({ state }) => state)).not.toContain("exited");
  });

  it("finds a node by its BLS key until it has exited", () => {
    const nodes = nodeSetOf(foldAll(network(3, 1), GENESIS)).map((node) => ({
      ...node,
      blsKey: Uint8Array.of(node.id),
    }));
    expect(indexOf(nodes).withBlsKey("0x02")).toBe(nodes[1]);
    const without = nodes.map((node) => (node.id === 2 ? { ...node, state: "exited" as const } : node));
    expect(indexOf(without).withBlsKey("0x02")).toBeNull();
  });

  it("P-80: admits whoever has not exited and has said that its identity is its own", () => {
    const nodes = nodeSetOf(foldAll(network(3, 1), GENESIS));
    const changed = nodes.map((node) => ({
      ...node,
      identityValid: node.id !== 2,
      state: node.id === 3 ? ("exited" as const) : node.state,
    }));
    expect([...admittedOf(changed)]).toEqual([nodes[0]?.identityKey]);
    expect(indexOf(changed).withIdentity(nodes[1]?.identityKey as `0x${string}`)).toEqual([]);
    expect(
      indexOf(changed)
        .withIdentity(nodes[2]?.identityKey as `0x${string}`)
        .map(({ id }) => id),
    ).toEqual([3]);
  });
});
