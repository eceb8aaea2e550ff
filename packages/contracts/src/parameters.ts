// The parameters of a deployment: their bounds, defaults and reasons. Amounts are atomic units (9 decimals).
import { type Address, quorateError } from "@quorate/common";
import { getAddress, isAddress, ZeroAddress } from "ethers";
import { z } from "zod";

const SESH = 10n ** 9n;
const DAY_SECONDS = 86_400;
const UINT64_MAX = 2n ** 64n - 1n;
const UINT128_MAX = 2n ** 128n - 1n;

/** The least delay of a public network's timelock: a week to notice, and the 15 days that leaving takes (P-114). */
export const TIMELOCK_MIN_DELAY_SECONDS = 22 * DAY_SECONDS;
/**
 * The notice of an emergency is longer than this on a public network, so that whoever sees it can leave (P-33, P-114).
 */
export const LEAVING_SECONDS = 15 * DAY_SECONDS;
/** Chains that exist on one machine only: of Hardhat and Anvil, and of Geth's and Ganache's development modes. */
const LOCAL_CHAIN_IDS: readonly bigint[] = [31_337n, 1_337n];

/** What is at stake: `test` and `main` networks are public, and must be as P-114 says. */
export const networkKind = z.enum(["local", "test", "main"]);
export type NetworkKind = z.output<typeof networkKind>;

/** Whether P-114 holds for a network. What calls itself local is so only on a chain that is. */
export function isPublic(kind: NetworkKind, chainId: bigint): boolean {
  return kind !== "local" || !LOCAL_CHAIN_IDS.includes(chainId);
}

/** An address in its checksummed form. */
export const addressText = z
  .string()
  .refine((text) => isAddress(text), "is not an address")
  .transform((text) => getAddress(text) as Address);
const account = addressText.refine((address) => address !== ZeroAddress, "is the zero address");
const amount = (maximum: bigint): z.ZodBigInt => z.bigint().min(0n).max(maximum);

const timelockSchema = z.strictObject({
  /** From the decision to its execution, at most ten years; at least 22 days on a public network. */
  minDelaySeconds: z
    .int()
    .min(1)
    .max(3_650 * DAY_SECONDS),
  /** Who may schedule and cancel. */
  proposers: z.array(account).min(1),
  /** Who may execute what is ready. The zero address stands for anyone. */
  executors: z.array(addressText).min(1),
});

const schema = z.strictObject({
  kind: networkKind.default("local"),
  /** Who owns everything where there is no timelock. Default: the deployer. */
  owner: account.optional(),
  /** Owns everything from the first block on. It must be there on a public network (P-114). */
  timelock: timelockSchema.optional(),
  /**
   * Who may pause within the window of P-113 and announce emergencies. Default on a local network: the owner, or the
   * deployer.
   */
  guardian: account.optional(),
  /** The notice of an emergency (P-42), at most a year; more than 15 days on a public network. */
  emergencyNoticeSeconds: z
    .int()
    .min(1)
    .max(365 * DAY_SECONDS)
    .default(16 * DAY_SECONDS),
  /** A token that exists. Default: a new SessionToken; on a main network it must be named. */
  token: account.optional(),
  /** The supply of a new token, all of it to the deployer. */
  tokenSupplyAtomic: amount(UINT128_MAX).default(240_000_000n * SESH),
  /** The stake of a node; 25,000 SESH in Session. */
  stakingRequirementAtomic: amount(UINT64_MAX)
    .min(1n)
    .default(25_000n * SESH),
  /**
   * The length of an epoch: an hour on a public network, at least four times the finality lag and the collection time.
   */
  epochSeconds: z
    .int()
    .min(2)
    .max(2 ** 32 - 1)
    .default(3_600),
  /** What all claims together may pay in one cycle; 1,000,000 SESH in Session. */
  claimLimitAtomic: amount(UINT64_MAX)
    .min(1n)
    .default(1_000_000n * SESH),
  /** The length of a claim cycle, below 194 days; 12 hours in Session. */
  claimCycleSeconds: z
    .int()
    .min(1)
    .max(2 ** 24 - 1)
    .default(43_200),
  /** Transferred from the deployer to the pool. */
  poolFundingAtomic: amount(UINT128_MAX).default(0n),
});

/** What a caller gives. */
export type DeployParametersInput = z.input<typeof schema>;
/** Who may use the powers of the owner, and how long before. */
export type TimelockParameters = z.output<typeof timelockSchema>;
/** What a deployment used: defaults filled in. There is an `owner` where there is no `timelock`. */
export type DeployParameters = Omit<z.output<typeof schema>, "guardian"> & { readonly guardian: Address };

/** @throws DEPLOY_PARAMETERS_INVALID with every field that is wrong */
export function parseDeployParameters(input: DeployParametersInput, deployer: Address): DeployParameters {
  const result = schema.safeParse(input);
  const issues = result.error?.issues ?? [];
  const problems = [
    ...issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`),
    ...ownerProblems(input),
    ...(input.kind === "test" || input.kind === "main" ? publicProblems(input) : []),
  ];
  if (!result.success || problems.length > 0) throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems });
  const { data } = result;
  const owner = data.timelock === undefined ? { owner: data.owner ?? deployer } : {};
  return { ...data, ...owner, guardian: data.guardian ?? data.owner ?? deployer };
}

function ownerProblems({ owner, timelock }: DeployParametersInput): string[] {
  return owner !== undefined && timelock !== undefined ? ["owner: the timelock owns everything; name only one"] : [];
}

/** What P-114 asks of a public network. The fields may be of any shape still: the schema tells of those itself. */
function publicProblems(input: DeployParametersInput): string[] {
  const { kind, owner, timelock, guardian, emergencyNoticeSeconds: notice, token } = input;
  const problems: string[] = [];
  if (timelock === undefined) problems.push(`timelock: must be named on a ${kind} network`);
  if (owner !== undefined) problems.push(`owner: a ${kind} network is owned by its timelock`);
  if (guardian === undefined) problems.push(`guardian: must be named on a ${kind} network`);
  if (kind === "main" && token === undefined) problems.push("token: must be named on a main network");
  if (timelock !== undefined && timelock.minDelaySeconds < TIMELOCK_MIN_DELAY_SECONDS) {
    problems.push(`timelock.minDelaySeconds: ${timelock.minDelaySeconds} is below ${TIMELOCK_MIN_DELAY_SECONDS}`);
  }
  if (guardian !== undefined && timelock?.proposers?.some((proposer) => isSame(proposer, guardian))) {
    problems.push(`guardian: ${guardian} is a proposer, and so a canceller`);
  }
  if (notice !== undefined && notice <= LEAVING_SECONDS) {
    problems.push(`emergencyNoticeSeconds: ${notice} is not above ${LEAVING_SECONDS}`);
  }
  return problems;
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
