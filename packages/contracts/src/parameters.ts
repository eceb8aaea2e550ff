// The parameters of a deployment: their bounds, defaults and reasons. Amounts are atomic units (9 decimals).
import { type Address, quorateError } from "@quorate/common";
import { getAddress, isAddress } from "ethers";
import { z } from "zod";

const SESH = 10n ** 9n;
const UINT64_MAX = 2n ** 64n - 1n;
/** The width the distributor keeps the claim limit in: five million times the supply. */
const UINT128_MAX = 2n ** 128n - 1n;

const address = z
  .string()
  .refine((text) => isAddress(text), "is not an address")
  .transform((text) => getAddress(text) as Address);
const amount = (maximum: bigint): z.ZodBigInt => z.bigint().min(0n).max(maximum);

const schema = z.strictObject({
  /** Who seeds, starts, pauses, sets parameters and upgrades. Default: the deployer. */
  owner: address.optional(),
  /** A token that exists. Default: a new SessionToken. */
  token: address.optional(),
  /** The supply of a new token, all of it to the deployer. */
  tokenSupplyAtomic: amount(UINT128_MAX).default(240_000_000n * SESH),
  /** The stake of a node; 25,000 SESH in Session. */
  stakingRequirementAtomic: amount(UINT64_MAX)
    .min(1n)
    .default(25_000n * SESH),
  /** The length of an epoch: an hour on a public network, at least four times the finality lag and the collection time. */
  epochSeconds: z
    .int()
    .min(1)
    .max(2 ** 32)
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
/** What a deployment used: defaults filled in. */
export type DeployParameters = Omit<z.output<typeof schema>, "owner"> & { readonly owner: Address };

/** @throws DEPLOY_PARAMETERS_INVALID with every field that is wrong */
export function parseDeployParameters(input: DeployParametersInput, deployer: Address): DeployParameters {
  const result = schema.safeParse(input);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems });
  }
  return { ...result.data, owner: result.data.owner ?? deployer };
}
