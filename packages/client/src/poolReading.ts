/**
 * What the chain has of the network's contribution contracts and of its token (P-45 to P-48): the one reading that
 * operators' calls (pool.ts), contributors' (pools.ts) and founders' stand on. A pool is one of the network's only if
 * the network's own factory says so.
 */
import {
  type Address,
  type NodeId,
  parseAddress,
  quorateError,
  serviceNodeContributionAbi,
  serviceNodeContributionFactoryAbi,
  sessionTokenAbi,
} from "@quorate/common";
import { coded, codedOutside } from "@quorate/common/chain";
import { Contract, getCreateAddress, type InterfaceAbi, ZeroAddress } from "ethers";
import { POOLS_AT_ONCE } from "./limits.ts";
import type { RewardsContract } from "./rewardsContract.ts";

/** Order of the contract's `ContributionStatus`. */
const STATUSES = ["setup", "open", "full", "finalized"] as const;

/** In which a contribution can be taken back. */
const RUNNING: readonly PoolView["status"][] = ["open", "full"];

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
  /**
   * Seconds since 1970 from which on the account can take its part of the running round back (P-47); null where it has
   * none, or is the operator.
   */
  readonly withdrawableAt: number | null;
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
    (await askContract<boolean>(contract, factory, serviceNodeContributionFactoryAbi, "isContribution", [address]));
  if (!isOurs) throw quorateError("POOL_UNKNOWN", { pool: address, factory: factory ?? "none" });
  return readPool(contract, address, account);
}

/** Null where the network takes no contributions. */
export async function factoryOf(contract: Chained): Promise<Address | null> {
  const factory = (await contract.read("contributionFactory")) as string;
  return factory === ZeroAddress ? null : parseAddress(factory);
}

/** The token that is staked, and what accounts have of it. Amounts in atomic units. */
export interface TokenReading {
  readonly address: Address;
  balanceOf(account: Address): Promise<bigint>;
  allowance(owner: Address, spender: Address): Promise<bigint>;
}

export async function tokenOf(contract: Chained): Promise<TokenReading> {
  const address = parseAddress((await contract.read("token")) as string);
  const token = new Contract(address, sessionTokenAbi, contract.chain);
  // A network may be founded on a token that is not of its own making.
  const read = (name: string, ...args: Address[]): Promise<bigint> =>
    codedOutside(() => token.getFunction(name).staticCall(...args), address, name);
  return {
    address,
    balanceOf: (account) => read("balanceOf", account),
    allowance: (owner, spender) => read("allowance", owner, spender),
  };
}

type Chained = Pick<RewardsContract, "chain" | "read">;

/** A view of any contract. @throws TRANSACTION_REVERTED, CHAIN_PROVIDER_FAILED */
export async function askContract<T>(
  { chain }: Pick<RewardsContract, "chain">,
  address: Address,
  abi: InterfaceAbi,
  name: string,
  args: readonly unknown[],
): Promise<T> {
  const contract = new Contract(address, abi, chain);
  return (await coded(() => contract.getFunction(name).staticCall(...args), name)) as T;
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

/**
 * That no other pool which takes or holds contributions has the key: its contributors would pay for a node that cannot
 * be registered twice (P-20, P-156).
 * @param blsKey its words on chain, as in the ABI
 * @param except the pool that is about to be opened itself
 * @throws POOL_KEYS_IN_USE
 */
export async function requireFreeKeys(
  contract: RewardsContract,
  blsKey: readonly string[],
  except?: Address,
): Promise<void> {
  const factory = await factoryOf(contract);
  const addresses = factory === null ? [] : await addressesOf(contract, factory);
  const others = addresses.filter((address) => address !== except);
  for (let from = 0; from < others.length; from += POOLS_AT_ONCE) {
    const some = others.slice(from, from + POOLS_AT_ONCE);
    const keys = await Promise.all(some.map((address) => runningKey(contract, address)));
    const pool = some[keys.indexOf(keyText(blsKey))];
    if (pool !== undefined) throw quorateError("POOL_KEYS_IN_USE", { pool });
  }
}

/** The key of a pool whose round runs; null of any other. */
async function runningKey(contract: RewardsContract, address: Address): Promise<string | null> {
  const read = <T>(name: string): Promise<T> => askContract<T>(contract, address, serviceNodeContributionAbi, name, []);
  const status = STATUSES[Number(await read<bigint>("status"))] as PoolView["status"];
  return RUNNING.includes(status) ? keyText((await registrationIn(contract, address)).blsKey) : null;
}

const keyText = (words: readonly string[]): string => [...words].join().toLowerCase();

/** What a pool registers its node with. */
export function registrationIn(
  contract: Pick<RewardsContract, "chain">,
  pool: Address,
): Promise<{ readonly blsKey: readonly string[] }> {
  return askContract(contract, pool, serviceNodeContributionAbi, "registration", []);
}

async function readPool(contract: RewardsContract, address: Address, account?: Address): Promise<PoolView> {
  const read = <T>(name: string, ...args: unknown[]): Promise<T> =>
    askContract<T>(contract, address, serviceNodeContributionAbi, name, args);
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
  const runs = RUNNING.includes(STATUSES[Number(status)] as PoolView["status"]);
  const isIn = account !== undefined && contributions.some(({ addr }) => parseAddress(addr) === account);
  const mayLeave = runs && isIn && parseAddress(operator) !== account;
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
    withdrawableAt: mayLeave ? Number(await read<bigint>("withdrawableAt", account)) : null,
  };
}
