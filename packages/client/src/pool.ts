/**
 * A contribution contract as its operator runs it (P-45 to P-48): made, opened, finalised, ended. Enters: the rewards
 * contract and what the operator wants. Leaves: calls to send, and what their receipts say. Not its job: contributors
 * (pools.ts).
 */
import {
  type Address,
  parseAddress,
  quorateError,
  serviceNodeContributionAbi,
  serviceNodeContributionFactoryAbi,
  sessionTokenAbi,
} from "@quorate/common";
import { Interface, type TransactionReceipt } from "ethers";
import { type Call, callOf } from "./calls.ts";
import { askContract, factoryOf, registrationIn, requireFreeKeys, tokenOf } from "./poolReading.ts";
import { type RegistrationRequest, registrationOf } from "./registration.ts";
import type { RewardsContract } from "./rewardsContract.ts";

/**
 * Gas of calls that follow on one that is not mined yet: an approval, the opening of a round with ten reservations, a
 * refund; each with room above what was measured (46,000, 480,000, 60,000).
 */
const APPROVE_GAS = 60_000n;
const OPEN_GAS = 700_000n;
const REFUND_GAS = 120_000n;

/** A place that only one account can take. */
export interface Reserved {
  readonly addr: Address;
  /** Atomic units. */
  readonly amount: bigint;
}

export interface RoundTerms {
  /** The operator's own part, in atomic units: a quarter of the stake at least (P-27). */
  readonly amount: bigint;
  readonly beneficiary: Address;
  readonly reserved: readonly Reserved[];
  /** Whether the operator registers the node, rather than whoever completes its stake. */
  readonly manualFinalize: boolean;
}

/**
 * A new contribution contract of whoever sends it.
 * @throws POOL_UNKNOWN, POOL_KEYS_IN_USE where another pool with these keys runs (P-156)
 */
export async function createPoolCall(contract: RewardsContract, request: RegistrationRequest): Promise<Call> {
  const factory = await takenFactory(contract);
  const registration = registrationOf(request);
  await requireFreeKeys(contract, Object.values(registration.blsKey));
  return callOf(factory, serviceNodeContributionFactoryAbi, "create", [registration]);
}

/** Where the next contract of the factory will be, if nobody else makes one before; for showing only. */
export async function nextPoolAddress(
  contract: RewardsContract,
  operator: Address,
  request: RegistrationRequest,
): Promise<Address> {
  const factory = await takenFactory(contract);
  const args = [registrationOf(request), { from: operator }];
  return parseAddress(await askContract<string>(contract, factory, serviceNodeContributionFactoryAbi, "create", args));
}

/** The contract that a receipt says was made. @throws TRANSACTION_WITHOUT_EVENT */
export function createdPool(receipt: TransactionReceipt): Address {
  return parseAddress(
    String(argumentOf(receipt, serviceNodeContributionFactoryAbi, "ContributionCreated", "contribution")),
  );
}

/**
 * The approval of the operator's part where that is missing, and the opening. `follows`: the contract is not there yet,
 * so that nothing can be tried.
 * @throws POOL_KEYS_IN_USE where another pool with its keys runs (P-156)
 */
export async function openPoolCalls(
  contract: RewardsContract,
  pool: Address,
  operator: Address,
  { amount, beneficiary, reserved, manualFinalize }: RoundTerms,
  { follows = false }: { readonly follows?: boolean } = {},
): Promise<readonly Call[]> {
  if (!follows) await requireFreeKeys(contract, (await registrationIn(contract, pool)).blsKey, pool);
  const token = await tokenOf(contract);
  const isApproved = !follows && (await token.allowance(operator, pool)) >= amount;
  const args = [amount, beneficiary, reserved, manualFinalize];
  const approveGas = follows ? { gas: APPROVE_GAS } : {};
  const openGas = isApproved ? {} : { gas: OPEN_GAS };
  const opening = callOf(pool, serviceNodeContributionAbi, "open", args, openGas);
  return isApproved
    ? [opening]
    : [callOf(token.address, sessionTokenAbi, "approve", [pool, amount], approveGas), opening];
}

/** The operator registers the node of a full round. */
export function finalizePoolCall(pool: Address): Call {
  return callOf(pool, serviceNodeContributionAbi, "finalize", []);
}

/** The node that a receipt says was registered. @throws TRANSACTION_WITHOUT_EVENT */
export function finalizedNode(receipt: TransactionReceipt): number {
  return Number(argumentOf(receipt, serviceNodeContributionAbi, "Finalized", "nodeId"));
}

/** The round ends, and everyone is owed what they paid; then each of `refunded` is sent it. */
export function endPoolCalls(pool: Address, refunded: readonly Address[]): readonly Call[] {
  const refunds = refunded.map((account) => refundCall(pool, account, REFUND_GAS));
  return [callOf(pool, serviceNodeContributionAbi, "reset", []), ...refunds];
}

function refundCall(pool: Address, account: Address, gas: bigint): Call {
  return callOf(pool, serviceNodeContributionAbi, "refund", [account], { gas });
}

/** What the network asks of a node, and what the account has of it. */
export async function stakeAndBalance(
  contract: RewardsContract,
  account: Address,
): Promise<{ readonly stake: bigint; readonly balance: bigint }> {
  const balance = await (await tokenOf(contract)).balanceOf(account);
  return { stake: (await contract.read("stakingRequirement")) as bigint, balance };
}

/** @throws POOL_UNKNOWN where the network takes no contributions */
async function takenFactory(contract: RewardsContract): Promise<Address> {
  const factory = await factoryOf(contract);
  if (factory === null) throw quorateError("POOL_UNKNOWN", { factory: "none" });
  return factory;
}

type Abi = typeof serviceNodeContributionAbi | typeof serviceNodeContributionFactoryAbi;

function argumentOf(receipt: TransactionReceipt, abi: Abi, event: string, name: string): unknown {
  const known = new Interface(abi);
  for (const log of receipt.logs) {
    const found = known.parseLog(log);
    if (found?.name === event) return found.args[name];
  }
  throw quorateError("TRANSACTION_WITHOUT_EVENT", { transaction: receipt.hash, event, block: receipt.blockNumber });
}
