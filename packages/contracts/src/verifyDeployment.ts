// The check after a deployment (P-49): reads everything back from the chain and compares it with what was meant, code
// included, and runs the known-answer pairing on the chain's own precompiles. Sends nothing.
import type { Address, SignatureScheme } from "@quorate/common";
import { Contract, getAddress, type InterfaceAbi, isAddress, type Provider, ZeroAddress } from "ethers";
import { type ContractName, librariesOf, loadArtifact } from "./artifacts.ts";
import { codeMatches, immutableAddresses } from "./code.ts";
import type { Deployment } from "./deploy.ts";
import { checkPrecompiles } from "./knownAnswer.ts";
import { adminOf, implementationOf } from "./proxy.ts";

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

/**
 * That the code on chain is what the sources compile to, and that each address a constructor wrote into it is the right one,
 * whether or not a getter tells of it. Tokens that were there before are not ours to judge.
 */
async function checkCode(provider: Provider, deployment: Deployment, expect: Expect): Promise<void> {
  const { token, pool, distributor, rewards, contributionFactory: factory } = deployment;
  const proxy = "TransparentUpgradeableProxy";
  const answer = await reader(provider, "ServiceNodeContributionFactory", factory)("implementation");
  const clone = isAddress(answer) ? (getAddress(answer) as Address) : (ZeroAddress as Address); // where there is no code
  const pieces: [ContractName, Address, Address[]][] = [
    [proxy, pool, [await adminOf(provider, pool)]],
    [proxy, rewards, [await adminOf(provider, rewards)]],
    ["RewardRatePool", deployment.poolImplementation, []],
    ["RewardsDistributor", distributor, [token, pool, rewards]],
    ["ServiceNodeRewards", deployment.rewardsImplementation, [distributor, token, pool]],
    ["ServiceNodeContributionFactory", factory, [rewards, clone]],
    ["ServiceNodeContribution", clone, [factory, rewards, token]],
  ];
  for (const [name, at, addresses] of pieces) {
    const [code, artifact] = [await provider.getCode(at), loadArtifact(name)];
    expect(`code of ${name} at ${at}`, true, codeMatches(code, artifact, deployment.libraries));
    const expected = addresses.map((address) => address.toLowerCase()).sort();
    expect(`addresses in the code of ${name} at ${at}`, expected, immutableAddresses(code, artifact));
  }
  const others = [...librariesOf(loadArtifact("ServiceNodeRewards"))].map(
    ([name, library]) => [library, deployment.libraries[name] as Address] as const,
  );
  if (deployment.parameters.token === undefined) others.push([loadArtifact("SessionToken"), token]);
  for (const [artifact, at] of others) {
    const matches = codeMatches(await provider.getCode(at), artifact, deployment.libraries);
    expect(`code of ${artifact.contractName} at ${at}`, true, matches);
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
    expect(`owner of the ProxyAdmin of ${name}`, owner, await reader(provider, "ProxyAdmin", admin)("owner"));
  }
}

async function checkWiring(provider: Provider, deployment: Deployment, owner: Address, expect: Expect): Promise<void> {
  const { parameters } = deployment;
  const rewards = reader(provider, "ServiceNodeRewards", deployment.rewards);
  const pool = reader(provider, "RewardRatePool", deployment.pool);
  const distributor = reader(provider, "RewardsDistributor", deployment.distributor);
  const factory = reader(provider, "ServiceNodeContributionFactory", deployment.contributionFactory);
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
  expect("decimals of the token", 9n, await reader(provider, "SessionToken", deployment.token)("decimals"));
}

/** Reads what a contract's views without arguments answer. An answer that cannot be read is a failed check, not the end of the others. */
function reader(provider: Provider, name: ContractName, at: Address): (method: string) => Promise<unknown> {
  const contract = new Contract(at, loadArtifact(name).abi as InterfaceAbi, provider);
  return (method) => (contract.getFunction(method)() as Promise<unknown>).catch((error: Error) => error.message);
}

/** The checks as lines, the failed ones marked. */
export function formatChecks(checks: readonly Check[]): string {
  return checks
    .map(({ name, expected, actual, ok }) =>
      ok ? `ok      ${name}: ${actual}` : `FAILED  ${name}: ${actual}, not ${expected}`,
    )
    .join("\n");
}
