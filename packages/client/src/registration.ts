/**
 * A node's registration from the command line. Enters: the contract, an account that is the operator, what the node
 * brings. Leaves: the id that the receipt's own event gives; a read after it may come from a machine that is behind
 * (P-106). Tokens, ether and the registration itself are checked before the stake is approved.
 */
import {
  type Address,
  formatAmount,
  g1Struct,
  g2Struct,
  isQuorateError,
  type NodeId,
  type Possession,
  parseAddress,
  quorateError,
  rewardsInterface,
  type SigningDomain,
  serviceNodeRewardsAbi,
  sessionTokenAbi,
  toHex,
} from "@quorate/common";
import { type Account, codedOutside } from "@quorate/common/chain";
import { Contract, type ContractRunner, type TransactionReceipt } from "ethers";
import { type Call, callOf, sendCall } from "./calls.ts";

/**
 * Gas of an approval, and of a registration by its operator, each with room above what was measured (46,000,
 * 560,000).
 */
const APPROVE_GAS = 60_000n;
const REGISTER_GAS = 700_000n;

/**
 * Times that a registration is tried whose approval the provider does not see yet, and milliseconds between: two
 * slots.
 */
const BEHIND_TRIES = 13;
const BEHIND_PAUSE_MS = 2_000;

export interface RegistrationRequest {
  readonly possession: Possession;
  readonly beneficiary: Address;
  readonly feeBps: number;
}

/** The rewards contract, read and sent to. */
export interface RewardsCalls {
  readonly domain: SigningDomain;
  read(name: string, ...args: unknown[]): Promise<unknown>;
  send(account: Account, name: string, args: readonly unknown[]): Promise<TransactionReceipt>;
}

export interface Registered {
  readonly id: NodeId;
  readonly receipt: TransactionReceipt;
}

/** What a registration would take and send. Amounts in atomic units. */
export interface RegistrationPlan {
  readonly stake: bigint;
  /** What the operator holds. */
  readonly balance: bigint;
  /** The approval where that is needed, and the registration. */
  readonly calls: readonly Call[];
}

/**
 * Everything that could stand in the way is looked at; nothing is sent.
 * @throws ACCOUNT_LACKS_TOKENS, TRANSACTION_REVERTED, CHAIN_PROVIDER_FAILED
 */
export async function planRegistration(
  contract: RewardsCalls,
  operator: Address,
  request: RegistrationRequest,
  runner: ContractRunner,
): Promise<RegistrationPlan> {
  const stake = (await contract.read("stakingRequirement")) as bigint;
  const registration = registrationOf(request);
  const args = [registration, [{ addr: operator, beneficiary: request.beneficiary, stake }]];
  const tokenAddress = parseAddress((await contract.read("token")) as string);
  const token = new Contract(tokenAddress, sessionTokenAbi, runner);
  const spender = contract.domain.verifyingContract;
  const isApproved = (await ofToken(token, "allowance", operator, spender)) >= stake;

  const have = await ofToken(token, "balanceOf", operator);
  if (have < stake) {
    const values = { account: operator, have: formatAmount(have), need: formatAmount(stake) };
    throw quorateError("ACCOUNT_LACKS_TOKENS", { ...values, token: tokenAddress });
  }
  await contract.read("checkRegistration", registration, operator);
  await wouldRegister(contract, operator, args, isApproved);
  // Not tried where the approval is still to come.
  const gas = isApproved ? {} : { gas: REGISTER_GAS };
  const entry = callOf(spender, serviceNodeRewardsAbi, "addBLSPublicKey", args, gas);
  const approval = callOf(tokenAddress, sessionTokenAbi, "approve", [spender, stake]);
  return { stake, balance: have, calls: isApproved ? [entry] : [approval, entry] };
}

/**
 * Approves the stake where that is needed, and registers.
 * @throws ACCOUNT_LACKS_TOKENS, ACCOUNT_LACKS_ETHER, TRANSACTION_*, CHAIN_PROVIDER_FAILED
 */
export async function register(
  contract: RewardsCalls,
  account: Account,
  request: RegistrationRequest,
): Promise<Registered> {
  const operator = parseAddress(await account.getAddress());
  const { calls, stake } = await planRegistration(contract, operator, request, account);
  const [approval] = calls.length > 1 ? calls : [];
  await account.requireIdle();
  await account.requireEther(REGISTER_GAS + (approval === undefined ? 0n : APPROVE_GAS));

  if (approval !== undefined) await sendCall(account, approval);
  const args = [registrationOf(request), [{ addr: operator, beneficiary: request.beneficiary, stake }]];
  const receipt = await sendRegistration(contract, account, args);
  return { id: registeredIn(contract, receipt, request.possession.blsKey), receipt };
}

/**
 * The id that a receipt gives the key.
 * @throws TRANSACTION_WITHOUT_EVENT
 */
export function registeredIn(contract: RewardsCalls, receipt: TransactionReceipt, blsKey: Uint8Array): NodeId {
  const wanted = Object.values(g1Struct(blsKey)).join();
  const address = contract.domain.verifyingContract;
  for (const log of receipt.logs) {
    if (log.address.toLowerCase() !== address) continue;
    const event = rewardsInterface().parseLog(log);
    if (event?.name !== "NewServiceNode") continue;
    const key = event.args["registration"].blsKey as readonly string[];
    if ([...key].join() === wanted) return Number(event.args["id"]);
  }
  const values = { transaction: receipt.hash, event: "NewServiceNode", contract: address, block: receipt.blockNumber };
  throw quorateError("TRANSACTION_WITHOUT_EVENT", values);
}

/** `Registration` of the ABI. */
export function registrationOf({ possession, feeBps }: RegistrationRequest) {
  const { blsKey, proofOfPossession, identityKey, identitySignature } = possession;
  return {
    blsKey: g1Struct(blsKey),
    proofOfPossession: g2Struct(proofOfPossession),
    identityKey: toHex(identityKey),
    identitySignature: [toHex(identitySignature.slice(0, 32)), toHex(identitySignature.slice(32))],
    feeBps,
  };
}

/** Whatever but the approval stands in the way is known before the approval is paid for. */
async function wouldRegister(
  contract: RewardsCalls,
  operator: Address,
  args: readonly unknown[],
  isApproved: boolean,
): Promise<void> {
  try {
    await contract.read("addBLSPublicKey", ...args, { from: operator });
  } catch (error) {
    if (isApproved || !isUnapproved(error)) throw error;
  }
}

/** A machine that is behind does not see the approval yet, although it is mined. */
async function sendRegistration(
  contract: RewardsCalls,
  account: Account,
  args: readonly unknown[],
): Promise<TransactionReceipt> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await contract.send(account, "addBLSPublicKey", args);
    } catch (error) {
      if (!isUnapproved(error) || attempt === BEHIND_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, BEHIND_PAUSE_MS));
    }
  }
}

function isUnapproved(error: unknown): boolean {
  return (
    isQuorateError(error, "TRANSACTION_REVERTED") &&
    String(error.values["error"]).startsWith("ERC20InsufficientAllowance(")
  );
}

async function ofToken(token: Contract, name: string, ...args: readonly string[]): Promise<bigint> {
  return (await codedOutside(() => token.getFunction(name)(...args), String(token.target), name)) as bigint;
}
