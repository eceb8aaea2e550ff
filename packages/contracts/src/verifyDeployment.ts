// The check after a deployment (P-49): reads everything back from the chain and compares it with what was meant, code
// included, and runs the known-answer pairing on the chain's own precompiles. Sends nothing.
import type { Address, SignatureScheme } from "@quorate/common";
import { Contract, getAddress, type InterfaceAbi, type Provider } from "ethers";
import { type ContractName, librariesOf, loadArtifact } from "./artifacts.ts";
import { codeMatches } from "./code.ts";
import type { Deployment } from "./deploy.ts";
import { checkPrecompiles } from "./knownAnswer.ts";
import { adminOf, implementationOf, ownerOf } from "./proxy.ts";

/** One thing that was read back. */
export interface Check {
  readonly name: string;
  readonly expected: string;
  readonly actual: string;
  readonly ok: boolean;
}

/**
 * Reads a deployment back.
 * @param owner Who must own everything; the owner of the deployment unless it was handed over since.
 * @returns every check, those that failed included; nothing is thrown for them
 */
export async function verifyDeployment(
  provider: Provider,
  scheme: SignatureScheme,
  deployment: Deployment,
  owner: Address = deployment.owner,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const expect = (name: string, expected: unknown, actual: unknown): void => {
    const [wanted, got] = [String(expected), String(actual)];
    checks.push({ name, expected: wanted, actual: got, ok: wanted === got });
  };
  expect("chain id", deployment.chainId, (await provider.getNetwork()).chainId);
  await checkCode(provider, deployment, expect);
  await checkProxies(provider, deployment, owner, expect);
  await checkWiring(provider, deployment, owner, expect);
  for (const { name, ok } of await checkPrecompiles(provider, scheme)) expect(name, true, ok);
  return checks;
}

type Expect = (name: string, expected: unknown, actual: unknown) => void;

/** That the code on chain is what the sources compile to. Tokens that were there before are not ours to judge. */
async function checkCode(provider: Provider, deployment: Deployment, expect: Expect): Promise<void> {
  const proxy = "TransparentUpgradeableProxy";
  const pieces: [ContractName, Address][] = [
    [proxy, deployment.pool],
    [proxy, deployment.rewards],
    ["RewardRatePool", deployment.poolImplementation],
    ["RewardsDistributor", deployment.distributor],
    ["ServiceNodeRewards", deployment.rewardsImplementation],
    ["ServiceNodeContributionFactory", deployment.contributionFactory],
  ];
  if (deployment.parameters.token === undefined) pieces.push(["SessionToken", deployment.token]);
  for (const [name, at] of pieces) {
    const matches = codeMatches(await provider.getCode(at), loadArtifact(name), deployment.libraries);
    expect(`code of ${name} at ${at}`, true, matches);
  }
  for (const [name, library] of librariesOf(loadArtifact("ServiceNodeRewards"))) {
    const at = deployment.libraries[name] as Address;
    expect(`code of ${name} at ${at}`, true, codeMatches(await provider.getCode(at), library, deployment.libraries));
  }
}

async function checkProxies(provider: Provider, deployment: Deployment, owner: Address, expect: Expect): Promise<void> {
  const proxies = [
    ["pool", deployment.pool, deployment.poolImplementation],
    ["rewards", deployment.rewards, deployment.rewardsImplementation],
  ] as const;
  for (const [name, proxy, implementation] of proxies) {
    expect(`implementation of ${name}`, implementation, await implementationOf(provider, proxy));
    const admin = await adminOf(provider, proxy);
    const code = await provider.getCode(admin);
    expect(`code of the ProxyAdmin of ${name}`, true, codeMatches(code, loadArtifact("ProxyAdmin"), {}));
    expect(`owner of the ProxyAdmin of ${name}`, owner, await ownerOf(provider, admin));
  }
}

async function checkWiring(provider: Provider, deployment: Deployment, owner: Address, expect: Expect): Promise<void> {
  const { parameters } = deployment;
  const reader = (name: ContractName, at: Address): ((method: string) => Promise<unknown>) => {
    const contract = new Contract(at, loadArtifact(name).abi as InterfaceAbi, provider);
    // An answer that cannot be read is a failed check, not the end of the others.
    return (method) => (contract.getFunction(method)() as Promise<unknown>).catch((error: Error) => error.message);
  };
  const rewards = reader("ServiceNodeRewards", deployment.rewards);
  const pool = reader("RewardRatePool", deployment.pool);
  const distributor = reader("RewardsDistributor", deployment.distributor);
  const factory = reader("ServiceNodeContributionFactory", deployment.contributionFactory);
  expect("rewards.owner", owner, await rewards("owner"));
  expect("pool.owner", owner, await pool("owner"));
  expect("rewards.token", deployment.token, await rewards("token"));
  expect("rewards.pool", deployment.pool, await rewards("pool"));
  expect("rewards.distributor", deployment.distributor, await rewards("distributor"));
  expect("distributor.token", deployment.token, await distributor("token"));
  expect("distributor.pool", deployment.pool, await distributor("pool"));
  expect("distributor.rewards", deployment.rewards, await distributor("rewards"));
  expect("pool.token", deployment.token, await pool("token"));
  expect("pool.beneficiary", deployment.distributor, await pool("beneficiary"));
  expect("rewards.epochSeconds", parameters.epochSeconds, await rewards("epochSeconds"));
  expect("rewards.stakingRequirement", parameters.stakingRequirementAtomic, await rewards("stakingRequirement"));
  const cycle = (await distributor("claimCycle")) as { readonly limit?: bigint; readonly cycleSeconds?: bigint };
  expect("distributor.claimCycle.limit", parameters.claimLimitAtomic, cycle.limit);
  expect("distributor.claimCycle.cycleSeconds", parameters.claimCycleSeconds, cycle.cycleSeconds);
  expect("rewards.paused", false, await rewards("paused"));
  expect("distributor.paused", false, await distributor("paused"));
  expect("rewards.contributionFactory", deployment.contributionFactory, await rewards("contributionFactory"));
  expect("factory.rewards", deployment.rewards, await factory("rewards"));
  const clone = await provider.getCode(getAddress(String(await factory("implementation"))));
  expect("code of the factory's implementation", true, codeMatches(clone, loadArtifact("ServiceNodeContribution"), {}));
  expect("decimals of the token", 9n, await reader("SessionToken", deployment.token)("decimals"));
}

/** The checks as lines, the failed ones marked. */
export function formatChecks(checks: readonly Check[]): string {
  return checks
    .map(({ name, expected, actual, ok }) =>
      ok ? `ok      ${name}: ${actual}` : `FAILED  ${name}: ${actual}, not ${expected}`,
    )
    .join("\n");
}
