// The record of a deployment: a JSON file that later commands (verify, upgrade, propose) start from. In: a Deployment
// and the storage layout of its code. Out: text, and back. Integers are decimal strings.
import { type Hex, quorateError } from "@quorate/common";
import { z } from "zod";
import type { Deployment } from "./deploy.ts";
import { addressText as address, networkKind } from "./parameters.ts";
import type { StorageLayout } from "./storageLayout.ts";

const integer = z
  .string()
  .regex(/^\d{1,78}$/, "is not a decimal string")
  .transform((text) => BigInt(text));

const schema = z.strictObject({
  version: z.literal(2),
  deployment: z.strictObject({
    chainId: integer,
    fromBlock: z.int().min(0),
    owner: address,
    founder: address,
    timelock: address.optional(),
    token: address,
    pool: address,
    distributor: address,
    rewards: address,
    poolImplementation: address,
    rewardsImplementation: address,
    contributionFactory: address,
    libraries: z.record(z.string(), address),
    creations: z.record(
      z.string(),
      z
        .string()
        .regex(/^0x[0-9a-f]{64}$/, "is not a transaction hash")
        .transform((text) => text as Hex),
    ),
    parameters: z.strictObject({
      kind: networkKind,
      owner: address.optional(),
      timelock: z
        .strictObject({ minDelaySeconds: z.int(), proposers: z.array(address), executors: z.array(address) })
        .optional(),
      guardian: address,
      emergencyNoticeSeconds: z.int(),
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
  return `${JSON.stringify({ version: 2, deployment, storageLayout }, toJson, 2)}\n`;
}

/** @throws DEPLOY_RECORD_INVALID with every field that is wrong */
export function parseRecord(text: string): DeploymentRecord {
  const result = schema.safeParse(parseJson(text));
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw quorateError("DEPLOY_RECORD_INVALID", { problems });
  }
  const { deployment, storageLayout } = result.data;
  return { deployment, storageLayout };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw quorateError("DEPLOY_RECORD_INVALID", { problems: ["is not JSON"] }, { cause });
  }
}
