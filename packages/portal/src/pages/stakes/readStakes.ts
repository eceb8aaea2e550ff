/**
 * What an account takes part in, by the chain alone. Enters: a client, an account. Leaves: nodes and pools in which it
 * has tokens or which it runs, all of about the same moment, with the chain's own time.
 */
import { type NodeDetails, nodeIdsOf, type PoolView, type QuorateClient, readNode } from "@quorate/client";
import { type Address, quorateError } from "@quorate/common";
import { coded } from "@quorate/common/chain";

/** Nodes read at once: one call each, and providers bound how many run side by side. */
const NODES_AT_ONCE = 8;

export interface Stakes {
  /** The chain's time, in seconds since 1970. */
  readonly now: number;
  readonly nodes: readonly NodeDetails[];
  readonly pools: readonly PoolView[];
}

/** @throws CHAIN_PROVIDER_FAILED */
export async function readStakes(client: QuorateClient, account: Address): Promise<Stakes> {
  const contract = await client.contract();
  const [ids, pools] = await Promise.all([nodeIdsOf(contract, account), client.pools({ account, all: true })]);
  const nodes: NodeDetails[] = [];
  for (let from = 0; from < ids.length; from += NODES_AT_ONCE) {
    const some = ids.slice(from, from + NODES_AT_ONCE);
    nodes.push(...(await Promise.all(some.map((id) => readNode(contract, id)))));
  }
  return { now: await chainTime(client), nodes, pools: pools.filter((pool) => isMine(pool, account)) };
}

/** The latest block's, which decides what the contract takes. @throws CHAIN_PROVIDER_FAILED */
export async function chainTime(client: QuorateClient): Promise<number> {
  const { chain } = await client.contract();
  const block = await coded(() => chain.getBlock("latest"));
  if (block === null) throw quorateError("CHAIN_PROVIDER_FAILED", { reason: "no latest block" });
  return block.timestamp;
}

function isMine({ status, operator, contributions, refundable }: PoolView, account: Address): boolean {
  if (refundable > 0n || (status === "setup" && operator === account)) return true;
  return status !== "finalized" && contributions.some(({ addr }) => addr === account);
}
