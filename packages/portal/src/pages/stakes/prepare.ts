/**
 * The calls behind each button of "My stakes", with what they will do in words. Enters: a client, a node or a pool, an
 * account. Leaves: what `SendPanel` shows and sends. Not its job: whether the button is there (actions.ts).
 */
import {
  type Call,
  contestCall,
  endPoolCalls,
  exitCall,
  finalizePoolCall,
  leaveCall,
  type NodeDetails,
  type PoolView,
  type QuorateClient,
  type ReadyCalls,
  withdrawPrincipalCall,
} from "@quorate/client";
import { type Address, formatAmount } from "@quorate/common";
import { moment, shortHex } from "../../parts/format.ts";
import { t } from "../../strings/index.ts";
import { freeIfLeftAt, type NodeAction, type PoolAction, partOf, principalOf } from "./actions.ts";

export interface Prepared {
  readonly calls: ReadyCalls;
  readonly effects: readonly string[];
  readonly confirm?: string;
}

/** @throws CHAIN_PROVIDER_FAILED */
export async function prepareNode(
  client: QuorateClient,
  node: NodeDetails,
  account: Address,
  action: NodeAction,
  now: number,
): Promise<Prepared> {
  const contract = await client.contract();
  const { id, stake } = node;
  const name = t.stakes.node(id);
  const principal = formatAmount(principalOf(node, account));
  const paid = t.stakes.withdrawEffects(principal, shortHex(account));
  if (action === "leave") {
    const effects = t.stakes.leaveEffects(name, principal, moment(freeIfLeftAt(now)));
    return { calls: by(account, [leaveCall(contract, id)]), effects, confirm: t.stakes.leaveConfirm };
  }
  if (action === "contest") {
    const effects = t.stakes.contestEffects(name, formatAmount(stake));
    return { calls: by(account, [contestCall(contract, id)]), effects };
  }
  if (action === "withdraw") {
    return { calls: by(account, [withdrawPrincipalCall(contract, id, account)]), effects: paid };
  }
  // Whose principal becomes free by the exit has it paid in the same go.
  const hasPart = partOf(node, account) !== null;
  const payment = hasPart ? [withdrawPrincipalCall(contract, id, account, { follows: true })] : [];
  const effects = [...t.stakes.exitEffects(name), ...(hasPart ? paid : [])];
  return { calls: by(account, [exitCall(contract, id), ...payment]), effects };
}

/** @throws CONTRIBUTION_NOT_NOW, POOL_UNKNOWN, CHAIN_PROVIDER_FAILED */
export async function preparePool(
  client: QuorateClient,
  pool: PoolView,
  account: Address,
  action: Exclude<PoolAction, "topUp" | "open">,
): Promise<Prepared> {
  const { address, total, contributions } = pool;
  if (action === "finalize") {
    const effects = t.stakes.finalizeEffects(formatAmount(total));
    return { calls: by(account, [finalizePoolCall(address)]), effects };
  }
  if (action === "end") {
    const all = contributions.map(({ addr }) => addr);
    const effects = t.stakes.endEffects(formatAmount(total), all.length);
    return { calls: by(account, endPoolCalls(address, all)), effects, confirm: t.stakes.endConfirm };
  }
  const { amount, transactions } = await client.withdraw(address, account);
  return {
    calls: { transactions },
    effects: t.stakes.poolWithdrawEffects(formatAmount(amount), shortHex(account)),
  };
}

function by(from: Address, calls: readonly Call[]): ReadyCalls {
  return { transactions: calls.map((call) => ({ ...call, from })) };
}
