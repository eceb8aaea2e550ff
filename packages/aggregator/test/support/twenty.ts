/**
 * The network the core's tests share: twenty active nodes, one pending, and a staker who is the beneficiary of node 5.
 */
import type { Address, NodeId } from "@quorate/common";
import { TestAgent, type TestNode, testNode } from "./cluster.ts";

/** Below 20 equal nodes 95% is unanimity; with 20 one may be silent. */
const ACTIVE: readonly TestNode[] = Array.from({ length: 20 }, (_, i) => testNode(i + 1));
export const PENDING: TestNode = testNode(21, false);
export const ALL: readonly TestNode[] = [...ACTIVE, PENDING];

export const node = (id: NodeId): TestNode => ALL[id - 1] as TestNode;
export const STAKER: Address = node(5).beneficiary;

/** The agent of node `id`, healthy, with `epochs` closed epochs behind it. */
export const boot = (id: NodeId, epochs = 3): Promise<TestAgent> => new TestAgent(node(id)).boot(ALL, epochs);

/** What the ledger owes the staker at the close of epoch 2. */
export async function owedToStaker(): Promise<bigint> {
  const amount = (await boot(1)).core.owed(STAKER)?.amount ?? 0n;
  if (amount === 0n) throw new Error("the staker is owed something after three epochs");
  return amount;
}
