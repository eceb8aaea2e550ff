/**
 * A network's beginning, as its founder sends it (P-30): nodes seeded with proofs of possession, their principal paid
 * in, the start; and its end as one account's: ownership handed over. Enters: the rewards contract. Leaves: calls to
 * send. Not its job: deploying, which needs compiled code.
 */
import {
  type Address,
  addressSchema,
  formatAmount,
  fromHex,
  g1FromEip2537,
  g2FromEip2537,
  type Hex,
  type Possession,
  parseAddress,
  quorateError,
  rewardRatePoolAbi,
  serviceNodeRewardsAbi,
  sessionTokenAbi,
} from "@quorate/common";
import { coded } from "@quorate/common/chain";
import { concat, dataSlice } from "ethers";
import { z } from "zod";
import { type Call, callOf } from "./calls.ts";
import { tokenOf } from "./poolReading.ts";
import { type RegistrationRequest, registrationOf } from "./registration.ts";
import type { RewardsContract } from "./rewardsContract.ts";

/** Nodes of one contributor in a transaction: 315,000 gas each, within the cap of 16,777,216 with room. */
const SEEDS_AT_ONCE = 40;
/** Gas of a start that follows on its principal; measured 120,000. */
const START_GAS = 400_000n;
/** Of an ERC-1967 proxy: keccak256("eip1967.proxy.admin") - 1. */
const ADMIN_SLOT = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103";

const OWNABLE = ["function transferOwnership(address newOwner)", "function owner() view returns (address)"];

const bytes32 = z.string().regex(/^0x[0-9a-f]{64}$/);
const g1 = z.strictObject({ x_a: bytes32, x_b: bytes32, y_a: bytes32, y_b: bytes32 });
const g2 = z.strictObject({
  x_c0_a: bytes32,
  x_c0_b: bytes32,
  x_c1_a: bytes32,
  x_c1_b: bytes32,
  y_c0_a: bytes32,
  y_c0_b: bytes32,
  y_c1_a: bytes32,
  y_c1_b: bytes32,
});
/** What a node's operator gives to the founder. Nothing of it is secret. */
const possessionSchema = z.strictObject({
  chainId: z.string().regex(/^[1-9]\d{0,15}$/),
  /** ServiceNodeRewards: the proof holds for this deployment only. */
  rewards: addressSchema,
  operator: addressSchema,
  beneficiary: addressSchema,
  registration: z.strictObject({
    blsKey: g1,
    proofOfPossession: g2,
    identityKey: bytes32,
    identitySignature: z.tuple([bytes32, bytes32]),
    feeBps: z.int().min(0).max(10_000),
  }),
});
export type PossessionFile = z.output<typeof possessionSchema>;

export function possessionFile(
  { chainId, rewards, operator }: { readonly chainId: bigint; readonly rewards: Address; readonly operator: Address },
  request: RegistrationRequest,
): PossessionFile {
  const registration = registrationOf(request) as PossessionFile["registration"];
  return { chainId: String(chainId), rewards, operator, beneficiary: request.beneficiary, registration };
}

/** The bytes that the file's structs hold: what a proof is checked by (P-8). @throws POINT_* for what is no padding */
export function possessionOf({ registration }: PossessionFile): Possession {
  const { blsKey, proofOfPossession, identityKey, identitySignature } = registration;
  return {
    blsKey: g1FromEip2537(fromHex(concat(Object.values(blsKey)))),
    proofOfPossession: g2FromEip2537(fromHex(concat(Object.values(proofOfPossession)))),
    identityKey: fromHex(identityKey),
    identitySignature: fromHex(concat(identitySignature)),
  };
}

/** @throws POSSESSION_FILE_INVALID */
export function parsePossessionFile(text: string, path: string): PossessionFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw quorateError("POSSESSION_FILE_INVALID", { path, problems: ["not JSON"] }, { cause });
  }
  const parsed = possessionSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).slice(0, 5);
  throw quorateError("POSSESSION_FILE_INVALID", { path, problems });
}

/**
 * Seeds nodes of one contributor each, who is their operator, in as few transactions as fit. Each proof is held against
 * the contract first.
 * @throws POSSESSION_FILE_INVALID for another deployment's, TRANSACTION_REVERTED for a proof that does not hold
 */
export async function seedCalls(
  contract: RewardsContract,
  files: readonly PossessionFile[],
  registeredAt: number,
): Promise<readonly Call[]> {
  const { verifyingContract: rewards } = contract.domain;
  const stake = (await contract.read("stakingRequirement")) as bigint;
  for (const { chainId, rewards: theirs, operator, registration } of files) {
    if (chainId !== String(contract.chain.chainId) || theirs !== rewards) {
      const values = { operator, chainId, rewards: theirs, expected: rewards };
      throw quorateError("POSSESSION_FILE_INVALID", { ...values, problems: ["it is for another deployment"] });
    }
    await contract.read("checkRegistration", registration, operator);
  }
  const seeds = files.map(({ operator, beneficiary, registration }) => ({
    registeredAt,
    registration,
    contributors: [{ addr: operator, beneficiary, stake }],
  }));
  const groups = Array.from({ length: Math.ceil(seeds.length / SEEDS_AT_ONCE) }, (_, i) =>
    seeds.slice(i * SEEDS_AT_ONCE, (i + 1) * SEEDS_AT_ONCE),
  );
  return groups.map((group) => callOf(rewards, serviceNodeRewardsAbi, "seedPublicKeyList", [group]));
}

/**
 * The rest of the principal, where the contract lacks some, and the start.
 * @throws ACCOUNT_LACKS_TOKENS
 */
export async function startCalls(
  contract: RewardsContract,
  account: Address,
): Promise<{ readonly calls: readonly Call[]; readonly missing: bigint; readonly principal: bigint }> {
  const { verifyingContract: rewards } = contract.domain;
  const { address: token, balanceOf } = await tokenOf(contract);
  const [principal, there, have] = await Promise.all([
    contract.read("principal") as Promise<bigint>,
    balanceOf(rewards),
    balanceOf(account),
  ]);
  const missing = principal > there ? principal - there : 0n;
  if (have < missing) {
    throw quorateError("ACCOUNT_LACKS_TOKENS", {
      account,
      have: formatAmount(have),
      need: formatAmount(missing),
      token,
    });
  }
  const gas = missing === 0n ? {} : { gas: START_GAS };
  const start = callOf(rewards, serviceNodeRewardsAbi, "start", [], gas);
  const payment = callOf(token, sessionTokenAbi, "transfer", [rewards, missing]);
  return { calls: missing === 0n ? [start] : [payment, start], missing, principal };
}

/**
 * Offers rewards contract and pool to a new owner, which takes them by `acceptOwnership`, and gives it both ProxyAdmins
 * at once.
 */
export async function handOverCalls(contract: RewardsContract, to: Address): Promise<readonly Call[]> {
  const { verifyingContract: rewards } = contract.domain;
  const pool = await contract.pool();
  const admins = await Promise.all([rewards, pool].map((proxy) => adminOf(contract, proxy)));
  return [
    callOf(rewards, serviceNodeRewardsAbi, "transferOwnership", [to]),
    callOf(pool, rewardRatePoolAbi, "transferOwnership", [to]),
    ...admins.map((admin) => callOf(admin, OWNABLE, "transferOwnership", [to])),
  ];
}

/** The new owner takes what was offered. */
export async function acceptCalls(contract: RewardsContract): Promise<readonly Call[]> {
  return [
    callOf(contract.domain.verifyingContract, serviceNodeRewardsAbi, "acceptOwnership", []),
    callOf(await contract.pool(), rewardRatePoolAbi, "acceptOwnership", []),
  ];
}

async function adminOf({ chain }: RewardsContract, proxy: Address): Promise<Address> {
  const slot = (await coded(() => chain.getStorage(proxy, ADMIN_SLOT))) as Hex;
  return parseAddress(dataSlice(slot, 12));
}
