/**
 * From checked keys and terms to calls. Enters: a client, what was pasted, the operator's account. Leaves: calls with
 * what they will do in words. Not its job: checking proofs (check.ts), sending.
 */
import {
  type Call,
  createPoolCall,
  nextPoolAddress,
  openPoolCalls,
  type PossessionFile,
  planRegistration,
  possessionOf,
  type QuorateClient,
  type ReadyCalls,
  type RegistrationRequest,
  type RoundTerms,
  stakeAndBalance,
} from "@quorate/client";
import { type Address, formatAmount, quorateError } from "@quorate/common";
import { percent, shortHex } from "../../parts/format.ts";
import { t } from "../../strings/index.ts";

export interface Intent {
  readonly title: string;
  readonly calls: ReadyCalls;
  readonly effects: readonly string[];
  /** Whether it may only be sent as one: a later call counts on where an earlier one puts a contract. */
  readonly atOnce?: boolean;
}

export function requestOf(file: PossessionFile, beneficiary: Address, feeBps: number): RegistrationRequest {
  return { possession: possessionOf(file), beneficiary, feeBps };
}

/** Whether the contract would take the keys (P-8, P-20). @throws TRANSACTION_REVERTED with its reason */
export async function askContract(client: QuorateClient, { registration, operator }: PossessionFile): Promise<true> {
  await (await client.contract()).read("checkRegistration", registration, operator);
  return true;
}

/** @throws ACCOUNT_LACKS_TOKENS, TRANSACTION_REVERTED, CHAIN_PROVIDER_FAILED */
export async function soloIntent(
  client: QuorateClient,
  account: Address,
  request: RegistrationRequest,
): Promise<Intent> {
  const contract = await client.contract();
  const { stake, calls } = await planRegistration(contract, account, request, contract.chain);
  const effects = t.run.soloEffects(formatAmount(stake), shortHex(request.beneficiary));
  return { title: t.run.soloTitle, calls: by(account, calls), effects };
}

/** A contract, and its round, as one batch of the wallet. @throws ACCOUNT_LACKS_TOKENS, POOL_UNKNOWN, CHAIN_* */
export async function poolAtOnceIntent(
  client: QuorateClient,
  account: Address,
  request: RegistrationRequest,
  terms: RoundTerms,
): Promise<Intent> {
  const contract = await client.contract();
  const stake = await requireTokens(client, account, terms.amount);
  const creation = await createPoolCall(contract, request);
  const planned = await nextPoolAddress(contract, account, request);
  const opening = await openPoolCalls(contract, planned, account, terms, { follows: true });
  const [made] = t.run.createEffects(percent(request.feeBps)) as [string];
  const effects = [made, ...openEffects(terms, stake)];
  return { title: t.run.openTitle, calls: by(account, [creation, ...opening]), effects, atOnce: true };
}

/** The contract alone: where it is, its receipt says. @throws as `poolAtOnceIntent` */
export async function createIntent(
  client: QuorateClient,
  account: Address,
  request: RegistrationRequest,
  amount: bigint,
): Promise<Intent> {
  await requireTokens(client, account, amount);
  const call = await createPoolCall(await client.contract(), request);
  const effects = t.run.createEffects(percent(request.feeBps));
  return { title: t.run.createTitle, calls: by(account, [call]), effects };
}

/** The round of a contract that is there. @throws ACCOUNT_LACKS_TOKENS, CHAIN_* */
export async function openIntent(
  client: QuorateClient,
  account: Address,
  pool: Address,
  terms: RoundTerms,
): Promise<Intent> {
  const stake = await requireTokens(client, account, terms.amount);
  const calls = await openPoolCalls(await client.contract(), pool, account, terms);
  return { title: t.run.openTitle, calls: by(account, calls), effects: openEffects(terms, stake) };
}

function openEffects({ amount, beneficiary, reserved, manualFinalize }: RoundTerms, stake: bigint): readonly string[] {
  const kept = reserved.reduce((sum, place) => sum + place.amount, 0n);
  return [
    ...t.run.openEffects(formatAmount(amount), formatAmount(stake), shortHex(beneficiary)),
    ...(reserved.length === 0 ? [] : [t.run.reservedEffect(formatAmount(kept), reserved.length)]),
    manualFinalize ? t.run.manualEffect : t.run.autoEffect,
  ];
}

async function requireTokens(client: QuorateClient, account: Address, amount: bigint): Promise<bigint> {
  const { stake, balance } = await stakeAndBalance(await client.contract(), account);
  if (balance >= amount) return stake;
  throw quorateError("ACCOUNT_LACKS_TOKENS", { account, have: formatAmount(balance), need: formatAmount(amount) });
}

function by(from: Address, calls: readonly Call[]): ReadyCalls {
  return { transactions: calls.map((call) => ({ ...call, from })) };
}
