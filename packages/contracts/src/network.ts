// A network's parameters file. In: JSON of packages/contracts/networks, and what the command line adds. Out: the chain it is
// for and the parameters of the one deployment module. Nothing differs between networks but these files.
import { readFileSync } from "node:fs";
import { type Address, quorateError } from "@quorate/common";
import { z } from "zod";
import { type DeployParameters, type DeployParametersInput, parseDeployParameters } from "./parameters.ts";

/** JSON has no bigint: amounts are decimal strings. */
const amount = z
  .string()
  .regex(/^\d{1,39}$/, "is not a decimal string of atomic units")
  .transform((text) => BigInt(text));

const schema = z.strictObject({
  /** What is at stake: on `main` owner and token must be named, and nothing is minted. */
  kind: z.enum(["local", "test", "main"]),
  /** Nothing is sent to a chain with another id. */
  chainId: z
    .string()
    .regex(/^\d{1,20}$/, "is not a decimal string")
    .transform((text) => BigInt(text)),
  parameters: z.strictObject({
    owner: z.string().optional(),
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
  readonly kind: "local" | "test" | "main";
  readonly chainId: bigint;
  readonly parameters: DeployParameters;
}

/** What the command line may set over the file. */
export interface NetworkOverrides {
  readonly owner?: string | undefined;
  readonly token?: string | undefined;
}

/**
 * Reads and checks a parameters file.
 * @param deployer Who owns when neither file nor overrides name an owner; not on `main`.
 * @throws DEPLOY_PARAMETERS_INVALID with every field that is wrong
 */
export function readNetworkFile(path: string, deployer: Address, overrides: NetworkOverrides = {}): NetworkFile {
  return parseNetworkFile(JSON.parse(readFileSync(path, "utf8")), deployer, overrides);
}

/** As `readNetworkFile`, of what the JSON holds. */
export function parseNetworkFile(json: unknown, deployer: Address, overrides: NetworkOverrides = {}): NetworkFile {
  const result = schema.safeParse(json);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems });
  }
  const { kind, chainId, parameters } = result.data;
  const given = { ...parameters };
  if (overrides.owner !== undefined) given.owner = overrides.owner;
  if (overrides.token !== undefined) given.token = overrides.token;
  if (kind === "main" && (given.owner === undefined || given.token === undefined)) {
    throw quorateError("DEPLOY_PARAMETERS_INVALID", { problems: ["owner and token must be named on a main network"] });
  }
  return { kind, chainId, parameters: parseDeployParameters(given as DeployParametersInput, deployer) };
}
