// A network's parameters file. In: JSON of packages/contracts/networks, and what the command line adds. Out: the chain
// it is for and the parameters of the one deployment module. Nothing differs between networks but these files.
import { readFileSync } from "node:fs";
import { type Address, quorateError } from "@quorate/common";
import { z } from "zod";
import { type DeployParameters, type DeployParametersInput, networkKind, parseDeployParameters } from "./parameters.ts";

/** JSON has no bigint: amounts are decimal strings. */
const amount = z
  .string()
  .regex(/^\d{1,39}$/, "is not a decimal string of atomic units")
  .transform((text) => BigInt(text));

const schema = z.strictObject({
  kind: networkKind,
  /** Nothing is sent to a chain with another id. */
  chainId: z
    .string()
    .regex(/^\d{1,20}$/, "is not a decimal string")
    .transform((text) => BigInt(text)),
  parameters: z.strictObject({
    owner: z.string().optional(),
    timelock: z
      .strictObject({
        minDelaySeconds: z.int().optional(),
        proposers: z.array(z.string()).optional(),
        executors: z.array(z.string()).optional(),
      })
      .optional(),
    guardian: z.string().optional(),
    emergencyNoticeSeconds: z.int().optional(),
    token: z.string().optional(),
    tokenSupplyAtomic: amount.optional(),
    stakingRequirementAtomic: amount.optional(),
    epochSeconds: z.int().optional(),
    claimLimitAtomic: amount.optional(),
    claimCycleSeconds: z.int().optional(),
    poolFundingAtomic: amount.optional(),
  }),
});

/** A network to deploy to. */
export interface NetworkFile {
  readonly chainId: bigint;
  /** Their `kind` is the file's. */
  readonly parameters: DeployParameters;
}

/** What the command line may set over the file. */
export interface NetworkOverrides {
  readonly owner?: string | undefined;
  readonly guardian?: string | undefined;
  readonly proposers?: string[] | undefined;
  readonly executors?: string[] | undefined;
  readonly token?: string | undefined;
}

/**
 * Reads and checks a parameters file.
 * @param deployer Who owns and guards when neither file nor overrides name anyone; on a local network only.
 * @throws DEPLOY_PARAMETERS_INVALID with every field that is wrong
 */
export function readNetworkFile(path: string, deployer: Address, overrides: NetworkOverrides = {}): NetworkFile {
  return parseNetworkFile(readJson(path), deployer, overrides);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? "is not JSON" : `cannot be read: ${(cause as Error).message}`;
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: [`${path}: ${reason}`] }, { cause });
  }
}

/** As `readNetworkFile`, of what the JSON holds. */
export function parseNetworkFile(json: unknown, deployer: Address, overrides: NetworkOverrides = {}): NetworkFile {
  const result = schema.safeParse(json);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems });
  }
  const { kind, chainId, parameters } = result.data;
  const { proposers, executors, ...plain } = overrides;
  const given = { kind, ...parameters, ...named(plain) };
  if (parameters.timelock !== undefined || proposers !== undefined || executors !== undefined) {
    given.timelock = { ...parameters.timelock, ...named({ proposers, executors }) };
  }
  return { chainId, parameters: parseDeployParameters(given as DeployParametersInput, deployer) };
}

/** Without the fields that are undefined, which would hide those of the file. */
function named<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
