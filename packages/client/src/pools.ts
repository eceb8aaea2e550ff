/**
 * Contribution contracts as a contributor meets them (P-45 to P-48). Enters: the rewards contract, an account. Leaves:
 * calls that are ready to send. Not its job: reading pools (poolReading.ts).
 */
import { type Address, formatAmount, quorateError, serviceNodeContributionAbi, sessionTokenAbi } from "@quorate/common";
import { coded } from "@quorate/common/chain";
import { callOf } from "./calls.ts";
import { type PoolView, poolAt, tokenOf } from "./poolReading.ts";
import type { ReadyCall } from "./readyCall.ts";
import type { RewardsContract } from "./rewardsContract.ts";

/**
 * The calls that pay `amount` into the pool's open round: an approval of exactly that where it is missing, then the
 * contribution, for the round that was looked at.
 * @throws POOL_UNKNOWN, CONTRIBUTION_NOT_NOW, ACCOUNT_LACKS_TOKENS, CHAIN_PROVIDER_FAILED
 */
export async function contributionCalls(
  contract: RewardsContract,
  pool: Address,
  account: Address,
  amount: bigint,
  beneficiary: Address = account,
): Promise<{ readonly pool: PoolView; readonly transactions: readonly ReadyCall[] }> {
  const view = await poolAt(contract, pool, account);
  requireWithinBounds(view, amount);
  const token = await tokenOf(contract);
  const have = await token.balanceOf(account);
  if (have < amount) {
    const values = { account, have: formatAmount(have), need: formatAmount(amount), token: token.address };
    throw quorateError("ACCOUNT_LACKS_TOKENS", values);
  }
  const allowance = await token.allowance(account, pool);
  const approval = { ...callOf(token.address, sessionTokenAbi, "approve", [pool, amount]), from: account };
  const contribution = poolCall("contribute", account, pool, [view.round, amount, beneficiary]);
  return {
    pool: view,
    transactions: allowance >= amount ? [contribution] : [approval, { ...contribution, gas: CONTRIBUTE_GAS }],
  };
}

/**
 * The calls that take the account's tokens back: out of the running round, and out of rounds that were ended.
 * @throws POOL_UNKNOWN, CONTRIBUTION_NOT_NOW with the time from which on it can, CHAIN_PROVIDER_FAILED
 */
export async function withdrawalCalls(
  contract: RewardsContract,
  pool: Address,
  account: Address,
): Promise<{ readonly pool: PoolView; readonly amount: bigint; readonly transactions: readonly ReadyCall[] }> {
  const view = await poolAt(contract, pool, account);
  const own = view.contributions.find(({ addr }) => addr === account);
  const isRunning = view.status === "open" || view.status === "full";
  const transactions: ReadyCall[] = [];
  let amount = view.refundable;
  if (view.refundable > 0n) transactions.push(poolCall("refund", account, pool, [account]));
  if (own !== undefined && isRunning && account !== view.operator) {
    await requireUnlocked(contract, view, account, own.amount);
    transactions.push(poolCall("withdraw", account, pool, []));
    amount += own.amount;
  }
  if (transactions.length > 0) return { pool: view, amount, transactions };
  const reason =
    own === undefined
      ? "the account has nothing in this pool"
      : isRunning
        ? "the operator takes its part back by ending the round"
        : `the node is registered (${view.nodeId}): the principal comes back when it has left`;
  throw quorateError("CONTRIBUTION_NOT_NOW", { pool, account, status: view.status, reason });
}

/** Gas of a contribution that follows its approval, where it completes the stake and registers the node; with room. */
const CONTRIBUTE_GAS = 1_000_000n;

function poolCall(name: string, from: Address, pool: Address, args: readonly unknown[]): ReadyCall {
  return { ...callOf(pool, serviceNodeContributionAbi, name, args), from };
}

function requireWithinBounds({ address: pool, status, bounds }: PoolView, amount: bigint): void {
  const { minimum, maximum, leastLeft } = bounds;
  const left = maximum - amount;
  const isTaken = amount === minimum || left === 0n || left >= leastLeft;
  if (status === "open" && maximum > 0n && amount >= minimum && amount <= maximum && isTaken) return;
  const values = { pool, status, amount: formatAmount(amount) };
  if (maximum === 0n) throw quorateError("CONTRIBUTION_NOT_NOW", { ...values, reason: "it takes nothing now" });
  throw quorateError("CONTRIBUTION_NOT_NOW", {
    ...values,
    least: formatAmount(minimum),
    most: formatAmount(maximum),
    leaves: `nothing, or at least ${formatAmount(leastLeft)}`,
  });
}

async function requireUnlocked(
  { chain }: RewardsContract,
  { address: pool, withdrawableAt }: PoolView,
  account: Address,
  amount: bigint,
): Promise<void> {
  const allowedAt = withdrawableAt ?? 0;
  const now = (await coded(() => chain.getBlock("latest")))?.timestamp ?? 0;
  if (now >= allowedAt) return;
  const from = new Date(allowedAt * 1_000).toISOString();
  throw quorateError("CONTRIBUTION_NOT_NOW", {
    pool,
    account,
    amount: formatAmount(amount),
    reason: `it can be withdrawn from ${from} on`,
  });
}
