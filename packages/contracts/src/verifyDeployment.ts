// The check after a deployment (P-49): reads everything back from the chain and compares it with what was meant, code
// included, and runs the known-answer pairing on the chain's own precompiles. What a public network must be (P-114) is
// asked of the chain, so that no record makes another pass. Sends nothing.
import type { Address, SignatureScheme } from "@quorate/common";
import { getAddress, Interface, type InterfaceAbi, isAddress, type Provider, ZeroAddress } from "ethers";
import { type ContractName, librariesOf, loadArtifact } from "./artifacts.ts";
import { type Check, Checks, reader } from "./checks.ts";
import { codeMatches, immutableAddresses } from "./code.ts";
import { creationProblem } from "./creation.ts";
import type { Deployment } from "./deploy.ts";
import { checkPrecompiles } from "./knownAnswer.ts";
import { logsSince } from "./logs.ts";
import { isPublic, LEAVING_SECONDS } from "./parameters.ts";
import { adminOf, implementationOf } from "./proxy.ts";
import { checkOwnersSoFar, checkTimelock } from "./verifyTimelock.ts";

const CODE = "Read it back with the sources that were deployed; if they are these, do not use this deployment.";
const CREATION = "Give the record that was written and a node with old transactions; else do not use this deployment.";
const WIRING = "Do not use this deployment: deploy anew, and read it back with the record that was written.";
const OWNER = "Do not use this deployment until it is owned as the record says.";
const UPGRADED = "Give the record of the last upgrade.";
const SETTING = "If the owner decided so, correct the record; else do not use this deployment.";
const PAUSED = "A pause ends by itself at pausedUntil; owner or guardian may end it before.";
const PAUSES_DIFFER = "Both must end together (P-29): do not use this deployment.";

/**
 * Reads a deployment back.
 * @returns every check, those that failed included; nothing is thrown for them
 */
export async function verifyDeployment(
  provider: Provider,
  scheme: SignatureScheme,
  deployment: Deployment,
): Promise<readonly Check[]> {
  const checks = new Checks();
  const { chainId } = await provider.getNetwork();
  const { kind } = deployment.parameters;
  const isPublicNetwork = isPublic(kind, chainId);
  checks.equal("chain id", deployment.chainId, chainId, "Give the URL of the chain that the record is of.");
  const isKind = isPublicNetwork === (kind !== "local");
  const kindRemedy = "Only a chain of one machine is local: do not use this deployment.";
  checks.hold("kind of the network", isPublicNetwork ? "test or main" : "local", kind, isKind, kindRemedy);
  await checkCode(provider, deployment, checks);
  await checkCreations(provider, deployment, checks);
  await checkProxies(provider, deployment, checks);
  await checkWiring(provider, deployment, checks);
  await checkPowers(provider, deployment, isPublicNetwork, checks);
  await checkSettings(provider, deployment, checks);
  for (const { name, ok } of await checkPrecompiles(provider, scheme)) {
    checks.equal(name, true, ok, "Deploy to a chain that has the EIP-2537 precompiles (P-32).");
  }
  return checks.all;
}

/**
 * That the code on chain is what the sources compile to, and that each address a constructor wrote into it is the right
 * one, whether or not a getter tells of it. Tokens that were there before are not ours to judge.
 */
async function checkCode(provider: Provider, deployment: Deployment, checks: Checks): Promise<void> {
  const { token, pool, distributor, rewards, contributionFactory: factory } = deployment;
  const proxy = "TransparentUpgradeableProxy";
  const answer = await reader(provider, "ServiceNodeContributionFactory", factory)("implementation");
  // Zero where there is no code.
  const clone = isAddress(answer) ? (getAddress(answer) as Address) : (ZeroAddress as Address);
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
    checks.equal(`code of ${name} at ${at}`, true, codeMatches(code, artifact, deployment.libraries), CODE);
    const expected = addresses.map((address) => address.toLowerCase()).sort();
    checks.equal(`addresses in the code of ${name} at ${at}`, expected, immutableAddresses(code, artifact), WIRING);
  }
  const others = [...librariesOf(loadArtifact("ServiceNodeRewards"))].map(
    ([name, library]) => [library, deployment.libraries[name] as Address] as const,
  );
  if (deployment.parameters.token === undefined) others.push([loadArtifact("SessionToken"), token]);
  for (const [artifact, at] of others) {
    const matches = codeMatches(await provider.getCode(at), artifact, deployment.libraries);
    checks.equal(`code of ${artifact.contractName} at ${at}`, true, matches, CODE);
  }
}

/**
 * That what keeps storage was created by the compiled constructor, so that there is nothing in it but what transactions
 * put there. The timelock's creation is found by its events.
 */
async function checkCreations(provider: Provider, deployment: Deployment, checks: Checks): Promise<void> {
  const { pool, rewards, distributor, contributionFactory, token, creations, fromBlock } = deployment;
  const created: [string, ContractName, Address][] = [
    ["pool", "TransparentUpgradeableProxy", pool],
    ["rewards", "TransparentUpgradeableProxy", rewards],
    ["distributor", "RewardsDistributor", distributor],
    ["contributionFactory", "ServiceNodeContributionFactory", contributionFactory],
  ];
  if (deployment.parameters.token === undefined) created.push(["token", "SessionToken", token]);
  const meant = "as compiled";
  for (const [name, contract, at] of created) {
    const problem = creationProblem(provider, creations[name], at, loadArtifact(contract), fromBlock);
    const actual = await problem.catch((error: Error) => error.message);
    checks.equal(`creation of ${name}`, meant, actual ?? meant, CREATION);
  }
}

async function checkProxies(provider: Provider, deployment: Deployment, checks: Checks): Promise<void> {
  const owner = deployment.timelock ?? deployment.owner;
  const proxies = [
    ["pool", deployment.pool, deployment.poolImplementation],
    ["rewards", deployment.rewards, deployment.rewardsImplementation],
  ] as const;
  for (const [name, proxy, implementation] of proxies) {
    const actual = await implementationOf(provider, proxy);
    checks.equal(`implementation of ${name}`, implementation, actual, UPGRADED);
    const admin = await adminOf(provider, proxy);
    const matches = codeMatches(await provider.getCode(admin), loadArtifact("ProxyAdmin"), {});
    checks.equal(`code of the ProxyAdmin of ${name}`, true, matches, CODE);
    const adminOwner = await reader(provider, "ProxyAdmin", admin)("owner");
    checks.equal(`owner of the ProxyAdmin of ${name}`, owner, adminOwner, OWNER);
    const soFar = await implementationsSoFar(provider, proxy, deployment.fromBlock);
    const isLast = soFar.at(-1) === implementation;
    const last = `ending with ${implementation}`;
    checks.hold(`implementations so far of ${name}`, last, soFar.join(", ") || "no events", isLast, UPGRADED);
  }
}

/** What a proxy ran, first to last: whoever finds more than one may look at the earlier ones. */
async function implementationsSoFar(provider: Provider, proxy: Address, fromBlock: number): Promise<string[]> {
  const abi = new Interface(loadArtifact("TransparentUpgradeableProxy").abi as InterfaceAbi);
  const topic = abi.getEvent("Upgraded")?.topicHash as string;
  const logs = await logsSince(provider, [proxy], fromBlock, [topic]).catch((error: Error) => error.message);
  if (typeof logs === "string") return [logs];
  return logs.map((log) => abi.parseLog(log)?.args["implementation"] as string);
}

async function checkWiring(provider: Provider, deployment: Deployment, checks: Checks): Promise<void> {
  const rewards = reader(provider, "ServiceNodeRewards", deployment.rewards);
  const pool = reader(provider, "RewardRatePool", deployment.pool);
  const distributor = reader(provider, "RewardsDistributor", deployment.distributor);
  const factory = reader(provider, "ServiceNodeContributionFactory", deployment.contributionFactory);
  const equal = (name: string, expected: unknown, actual: unknown): void =>
    checks.equal(name, expected, actual, WIRING);
  equal("rewards.token", deployment.token, await rewards("token"));
  equal("rewards.pool", deployment.pool, await rewards("pool"));
  equal("rewards.distributor", deployment.distributor, await rewards("distributor"));
  equal("distributor.token", deployment.token, await distributor("token"));
  equal("distributor.pool", deployment.pool, await distributor("pool"));
  equal("distributor.rewards", deployment.rewards, await distributor("rewards"));
  equal("pool.token", deployment.token, await pool("token"));
  equal("pool.beneficiary", deployment.distributor, await pool("beneficiary"));
  equal("factory.rewards", deployment.rewards, await factory("rewards"));
  equal("decimals of the token", 9n, await reader(provider, "SessionToken", deployment.token)("decimals"));
}

/** Who may do what (P-114). A network that is not public may do without a timelock. */
async function checkPowers(
  provider: Provider,
  deployment: Deployment,
  isPublicNetwork: boolean,
  checks: Checks,
): Promise<void> {
  const { timelock, parameters } = deployment;
  const owner = timelock ?? deployment.owner;
  const rewards = reader(provider, "ServiceNodeRewards", deployment.rewards);
  const pool = reader(provider, "RewardRatePool", deployment.pool);
  if (isPublicNetwork) {
    const ok = timelock !== undefined && timelock === deployment.owner;
    const expected = "a timelock, named as such";
    const remedy = "Deploy with a timelock: whoever owns a public network must be slower than stakers can leave.";
    checks.hold("owner in the record", expected, `${deployment.owner}, timelock ${timelock ?? "none"}`, ok, remedy);
  }
  checks.equal("rewards.owner", owner, await rewards("owner"), OWNER);
  checks.equal("pool.owner", owner, await pool("owner"), OWNER);
  const pending = "Ownership is on offer, and whoever it is offered to takes it at once: wait for the end of it.";
  checks.equal("rewards.pendingOwner", ZeroAddress, await rewards("pendingOwner"), pending);
  checks.equal("pool.pendingOwner", ZeroAddress, await pool("pendingOwner"), pending);
  checks.equal("rewards.founder", deployment.founder, await rewards("founder"), WIRING);
  checks.equal("rewards.guardian", parameters.guardian, await rewards("guardian"), SETTING);
  const notice = await rewards("emergencyNoticeSeconds");
  checks.equal("rewards.emergencyNoticeSeconds", parameters.emergencyNoticeSeconds, notice, WIRING);
  if (isPublicNetwork) {
    const isLong = typeof notice === "bigint" && notice > LEAVING_SECONDS;
    const remedy = "Deploy with a longer notice: an emergency must be slower than stakers can leave.";
    checks.hold("notice of an emergency, seconds", `more than ${LEAVING_SECONDS}`, notice, isLong, remedy);
    await checkOwnersSoFar(provider, deployment, checks);
  }
  if (isPublicNetwork || timelock !== undefined) {
    await checkTimelock(provider, deployment, isPublicNetwork, checks);
  }
}

async function checkSettings(provider: Provider, deployment: Deployment, checks: Checks): Promise<void> {
  const { parameters } = deployment;
  const rewards = reader(provider, "ServiceNodeRewards", deployment.rewards);
  const distributor = reader(provider, "RewardsDistributor", deployment.distributor);
  checks.equal("rewards.epochSeconds", parameters.epochSeconds, await rewards("epochSeconds"), WIRING);
  const equal = (name: string, expected: unknown, actual: unknown): void =>
    checks.equal(name, expected, actual, SETTING);
  equal("rewards.stakingRequirement", parameters.stakingRequirementAtomic, await rewards("stakingRequirement"));
  const cycle = (await distributor("claimCycle")) as { readonly limit?: bigint; readonly cycleSeconds?: bigint };
  equal("distributor.claimCycle.limit", parameters.claimLimitAtomic, cycle.limit);
  equal("distributor.claimCycle.cycleSeconds", parameters.claimCycleSeconds, cycle.cycleSeconds);
  equal("rewards.contributionFactory", deployment.contributionFactory, await rewards("contributionFactory"));
  checks.equal("rewards.paused", false, await rewards("paused"), PAUSED);
  checks.equal("distributor.paused", false, await distributor("paused"), PAUSED);
  const [until, until2] = [await rewards("pausedUntil"), await distributor("pausedUntil")];
  const endTogether = typeof until === "bigint" && until === until2;
  checks.hold("distributor.pausedUntil", `${until} as in rewards`, until2, endTogether, PAUSES_DIFFER);
}
