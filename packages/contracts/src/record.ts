// The record of a deployment: a JSON file that later commands (verify, upgrade, hand over) start from. In: a Deployment and
// the storage layout of its code. Out: text, and back. Integers are decimal strings.
import { type Address, quorateError } from "@quorate/common";
import { getAddress, isAddress } from "ethers";
import { z } from "zod";
import type { Deployment } from "./deploy.ts";
import type { StorageLayout } from "./storageLayout.ts";

const address = z
  .string()
  .refine((text) => isAddress(text), "is not an address")
  .transform((text) => getAddress(text) as Address);
const integer = z
  .string()
  .regex(/^\d{1,78}$/, "is not a decimal string")
  .transform((text) => BigInt(text));

const schema = z.strictObject({
  version: z.literal(1),
  deployment: z.strictObject({
    chainId: integer,
    fromBlock: z.int().min(0),
    owner: address,
    token: address,
    pool: address,
    distributor: address,
    rewards: address,
    poolImplementation: address,
    rewardsImplementation: address,
    contributionFactory: address,
    libraries: z.record(z.string(), address),
    parameters: z.strictObject({
      owner: address,
      token: address.optional(),
      tokenSupplyAtomic: integer,
      stakingRequirementAtomic: integer,
      epochSeconds: z.int(),
      claimLimitAtomic: integer,
      claimCycleSeconds: z.int(),
      poolFundingAtomic: integer,
    }),
  }),
  storageLayout: z.record(z.string(), z.array(z.string())),
});

/** What was deployed, and how its code lays out storage. */
export interface DeploymentRecord {
  readonly deployment: Deployment;
  readonly storageLayout: StorageLayout;
}

/** The text of the file. */
export function formatRecord({ deployment, storageLayout }: DeploymentRecord): string {
  const toJson = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);
  return `${JSON.stringify({ version: 1, deployment, storageLayout }, toJson, 2)}\n`;
}

/** @throws DEPLOY_RECORD_INVALID with every field that is wrong */
export function parseRecord(text: string): DeploymentRecord {
  const result = schema.safeParse(parseJson(text));
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw quorateError("DEPLOY_RECORD_INVALID", { problems });
  }
  const { deployment, storageLayout } = result.data;
  const { token, ...others } = deployment.parameters;
  const parameters = token === undefined ? others : { ...others, token };
  return { deployment: { ...deployment, parameters }, storageLayout };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw quorateError("DEPLOY_RECORD_INVALID", { problems: ["is not JSON"] }, { cause });
  }
}
