/**
 * Contribution contracts as a contributor meets them (P-45 to P-48). Enters: the rewards contract, an account. Leaves:
 * pools with what the account may pay or take back, and calls that are ready to send. A pool is one of the network's
 * only if the network's own factory says so.
 */
import {
  type Address,
  formatAmount,
  type NodeId,
  parseAddress,
  quorateError,
  serviceNodeContributionAbi,
  serviceNodeContributionFactoryAbi,
  sessionTokenAbi,
} from "@quorate/common";
import { coded } from "@quorate/common/chain";
import { Contract, getCreateAddress, ZeroAddress } from "ethers";
import { callOf } from "./calls.ts";
import { POOLS_AT_ONCE } from "./limits.ts";
import type { ReadyCall } from "./readyCall.ts";
import type { RewardsContract } from "./rewardsContract.ts";

/** Order of the contract's `ContributionStatus`. */
const STATUSES = ["setup", "open", "full", "finalized"] as const;

/** Amounts in atomic units. */
export interface PoolView {
  readonly address: Address;
  readonly operator: Address;
  readonly status: (typeof STATUSES)[number];
  /** Whose terms a contribution agrees to. */
  readonly round: bigint;
  /** In 1/10000 of the node's rewards. */
  readonly feeBps: number;
  readonly stakingRequirement: bigint;
  readonly total: bigint;
  /** Whether the operator has to finalise a full round. */
  readonly manualFinalize: boolean;
  /** Null until the node is registered. */
  readonly nodeId: NodeId | null;
  readonly contributions: readonly { readonly addr: Address; readonly beneficiary: Address; readonly amount: bigint }[];
  readonly reservations: readonly { readonly addr: Address; readonly amount: bigint }[];
  /** What the account, or anybody without a place of its own, may pay now; all zero when nothing (P-46). */
  readonly bounds: { readonly minimum: bigint; readonly maximum: bigint; readonly leastLeft: bigint };
  /** What the account can have back from rounds that were ended. */
  readonly refundable: bigint;
}

export interface PoolsOptions {
  /** Whose bounds and refunds are shown; without one, those of whoever has no place yet. */
  readonly account?: Address | undefined;
  /** Pools in `setup` or `finalized` too. Default only those that take or hold contributions. */
  readonly all?: boolean | undefined;
}

/** Every pool of the network's factory, the newest first. @throws CHAIN_PROVIDER_FAILED */
export async function poolsOf(contract: RewardsContract, options: PoolsOptions = {}): Promise<readonly PoolView[]> {
  const factory = await factoryOf(contract);
  if (factory === null) return [];
  const addresses = await addressesOf(contract, factory);
  const pools: PoolView[] = [];
  for (let from = 0; from < addresses.length; from += POOLS_AT_ONCE) {
    const some = addresses.slice(from, from + POOLS_AT_ONCE);
    pools.push(...(await Promise.all(some.map((address) => readPool(contract, address, options.account)))));
  }
  const isShown = ({ status, refundable }: PoolView) => status === "open" || status === "full" || refundable > 0n;
  return options.all === true ? pools : pools.filter(isShown);
}

/** One pool. @throws POOL_UNKNOWN when the network's factory has not made it */
export async function poolAt(contract: RewardsContract, address: Address, account?: Address): Promise<PoolView> {
  const factory = await factoryOf(contract);
  const isOurs =
    factory !== null &&
    (await ask<boolean>(contract, factory, serviceNodeContributionFactoryAbi, "isContribution", [address]));
  if (!isOurs) throw quorateError("POOL_UNKNOWN", { pool: address, factory: factory ?? "none" });
  return readPool(contract, address, account);
}

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
  const token = parseAddress((await contract.read("token")) as string);
  const have = await ask<bigint>(contract, token, sessionTokenAbi, "balanceOf", [account]);
  if (have < amount) {
    const values = { account, have: formatAmount(have), need: formatAmount(amount), token };
    throw quorateError("ACCOUNT_LACKS_TOKENS", values);
  }
  const allowance = await ask<bigint>(contract, token, sessionTokenAbi, "allowance", [account, pool]);
  const approval = { ...callOf(token, sessionTokenAbi, "approve", [pool, amount]), from: account };
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
    await requireUnlocked(contract, pool, account, own.amount);
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
  contract: RewardsContract,
  pool: Address,
  account: Address,
  amount: bigint,
): Promise<void> {
  const allowedAt = Number(await ask<bigint>(contract, pool, serviceNodeContributionAbi, "withdrawableAt", [account]));
  const now = (await coded(() => contract.chain.getBlock("latest")))?.timestamp ?? 0;
  if (now >= allowedAt) return;
  const from = new Date(allowedAt * 1_000).toISOString();
  throw quorateError("CONTRIBUTION_NOT_NOW", {
    pool,
    account,
    amount: formatAmount(amount),
    reason: `it can be withdrawn from ${from} on`,
  });
}

/** Null where contributions are not taken. */
async function factoryOf(contract: RewardsContract): Promise<Address | null> {
  const factory = (await contract.read("contributionFactory")) as string;
  return factory === ZeroAddress ? null : parseAddress(factory);
}

/**
 * A factory's first contract is the code that clones share, and each further one a pool: their addresses follow from
 * its nonce (EIP-161), so that no logs have to be searched.
 */
async function addressesOf({ chain }: RewardsContract, factory: Address): Promise<Address[]> {
  const nextNonce = await coded(() => chain.getTransactionCount(factory, "latest"));
  const count = Math.max(0, nextNonce - FIRST_POOL_NONCE);
  return Array.from({ length: count }, (_, i) =>
    parseAddress(getCreateAddress({ from: factory, nonce: nextNonce - 1 - i })),
  );
}

const FIRST_POOL_NONCE = 2;

async function readPool(contract: RewardsContract, address: Address, account?: Address): Promise<PoolView> {
  const read = <T>(name: string, ...args: unknown[]): Promise<T> =>
    ask<T>(contract, address, serviceNodeContributionAbi, name, args);
  const who = account ?? ZeroAddress;
  const [operator, status, round, required, total, manual, nodeId] = await Promise.all([
    read<string>("operator"),
    read<bigint>("status"),
    read<bigint>("round"),
    read<bigint>("stakingRequirement"),
    read<bigint>("total"),
    read<boolean>("manualFinalize"),
    read<bigint>("nodeId"),
  ]);
  const [registration, contributions, reservations, bounds, refundable] = await Promise.all([
    read<{ feeBps: bigint }>("registration"),
    read<readonly { addr: string; beneficiary: string; amount: bigint }[]>("contributions"),
    read<readonly { addr: string; amount: bigint }[]>("reservations"),
    read<[bigint, bigint, bigint]>("contributionBounds", who),
    read<bigint>("refundable", who),
  ]);
  return {
    address,
    operator: parseAddress(operator),
    status: STATUSES[Number(status)] as PoolView["status"],
    round,
    feeBps: Number(registration.feeBps),
    stakingRequirement: required,
    total,
    manualFinalize: manual,
    nodeId: nodeId === 0n ? null : Number(nodeId),
    contributions: contributions.map(({ addr, beneficiary, amount }) => ({
      addr: parseAddress(addr),
      beneficiary: parseAddress(beneficiary),
      amount,
    })),
    reservations: reservations.map(({ addr, amount }) => ({ addr: parseAddress(addr), amount })),
    bounds: { minimum: bounds[0], maximum: bounds[1], leastLeft: bounds[2] },
    refundable,
  };
}

async function ask<T>(
  { chain }: RewardsContract,
  address: Address,
  abi: typeof serviceNodeContributionAbi | typeof serviceNodeContributionFactoryAbi | typeof sessionTokenAbi,
  name: string,
  args: readonly unknown[],
): Promise<T> {
  const contract = new Contract(address, abi, chain);
  return (await coded(() => contract.getFunction(name).staticCall(...args), name)) as T;
}
