// What P-114 asks of the owner, read back from the chain: that it is a TimelockController, who may do what with it,
// that its delay was never too short, and that everything was its own from the first block on. Roles and owners follow
// from events, and these from the creation on: a record that names a later block is refused.
import type { Address } from "@quorate/common";
import { getAddress, Interface, type InterfaceAbi, id, type LogDescription, type Provider, ZeroHash } from "ethers";
import { loadArtifact } from "./artifacts.ts";
import { type Checks, type Reader, reader } from "./checks.ts";
import { codeMatches } from "./code.ts";
import { creationProblem } from "./creation.ts";
import type { Deployment } from "./deploy.ts";
import { logsSince } from "./logs.ts";
import { TIMELOCK_MIN_DELAY_SECONDS } from "./parameters.ts";
import { adminOf } from "./proxy.ts";

const ROLES = {
  admin: ZeroHash,
  proposer: id("PROPOSER_ROLE"),
  executor: id("EXECUTOR_ROLE"),
  canceller: id("CANCELLER_ROLE"),
} as const;
type Role = keyof typeof ROLES;

const NOT_THIS_ONE = "Do not use this deployment: somebody could change it faster than stakers can leave.";
const FROM_BLOCK = "Give the record that the deployment wrote: its fromBlock is before the first of these contracts.";
const ROLES_DIFFER = "If it was decided so in the timelock, correct the record; else do not use this deployment.";

/** The events of a timelock. */
interface History {
  /** Undefined if the first of them is of its creation: then nothing that it did is missing. */
  readonly problem: string | undefined;
  readonly events: readonly LogDescription[];
}

/** Checks the timelock; on a public network also that it is what P-114 asks for, whatever the record says. */
export async function checkTimelock(
  provider: Provider,
  deployment: Deployment,
  isPublicNetwork: boolean,
  checks: Checks,
): Promise<void> {
  const timelock = deployment.timelock ?? deployment.owner;
  const read = reader(provider, "TimelockController", timelock);
  const meant = deployment.parameters.timelock;
  checks.equal("code of the timelock", true, await isTimelock(provider, timelock), NOT_THIS_ONE);
  const delay = await read("getMinDelay");
  checks.equal("timelock.getMinDelay", meant?.minDelaySeconds ?? "in the record", delay, ROLES_DIFFER);

  const history = await historyOf(provider, timelock, deployment.fromBlock).catch((error: Error) => error.message);
  if (typeof history === "string") {
    checks.equal("events of the timelock", "readable", history, "Give the URL of a node that serves old events.");
    return;
  }
  const whole = "begin with its creation";
  checks.equal("events of the timelock", whole, history.problem ?? whole, FROM_BLOCK);
  if (isPublicNetwork) {
    const least = leastDelay(history);
    const expected = `at least ${TIMELOCK_MIN_DELAY_SECONDS}`;
    const isLong = least !== undefined && least >= TIMELOCK_MIN_DELAY_SECONDS;
    checks.hold("least delay there ever was of the timelock", expected, least ?? "unknown", isLong, NOT_THIS_ONE);
  }
  const expected: Readonly<Record<Role, readonly string[]>> = {
    admin: [timelock],
    proposer: meant?.proposers ?? [],
    executor: meant?.executors ?? [],
    canceller: meant?.proposers ?? [],
  };
  for (const role of Object.keys(ROLES) as Role[]) {
    checks.equal(`${role}s of the timelock`, listed(expected[role]), listed(holders(history, role)), ROLES_DIFFER);
  }
  if (isPublicNetwork) await checkGuardian(provider, deployment, read, checks);
  const waiting = await waitingOperations(history, read);
  checks.hold("operations waiting in the timelock", "any", waiting.join(", ") || "none", true, "");
}

/** That the guardian of the rewards contract, whoever the record names, has no other part in what the timelock does. */
async function checkGuardian(
  provider: Provider,
  deployment: Deployment,
  timelock: Reader,
  checks: Checks,
): Promise<void> {
  const guardian = await reader(provider, "ServiceNodeRewards", deployment.rewards)("guardian");
  const roles: string[] = [];
  for (const role of ["admin", "proposer", "canceller"] as const) {
    const answer = await timelock("hasRole", ROLES[role], guardian);
    if (answer !== false) roles.push(answer === true ? role : `${role}: ${String(answer)}`);
  }
  const remedy = "Name a guardian that is neither proposer nor canceller: one key must not hold both powers.";
  checks.equal("roles of the guardian in the timelock", "none", roles.join(", ") || "none", remedy);
}

/**
 * That rewards contract, pool and both ProxyAdmins have had no other owner than timelocks of at least 22 days since
 * they exist. A ProxyAdmin's first owner is the one it was created with, so none of the two proxies was ever another's.
 */
export async function checkOwnersSoFar(provider: Provider, deployment: Deployment, checks: Checks): Promise<void> {
  const abi = new Interface(loadArtifact("ProxyAdmin").abi as InterfaceAbi);
  const topic = abi.getEvent("OwnershipTransferred")?.topicHash as string;
  const owned = [
    ["rewards", deployment.rewards],
    ["pool", deployment.pool],
    ["the ProxyAdmin of rewards", await adminOf(provider, deployment.rewards)],
    ["the ProxyAdmin of pool", await adminOf(provider, deployment.pool)],
  ] as const;
  for (const [name, at] of owned) {
    let told: string;
    let ok = false;
    try {
      const logs = await logsSince(provider, [at], deployment.fromBlock, [topic]);
      const changes = logs.map((log) => abi.parseLog(log) as LogDescription);
      const owners = changes.map(({ args }) => args["newOwner"] as Address);
      ok = BigInt(changes[0]?.args["previousOwner"] ?? 1) === 0n;
      for (const owner of new Set(owners)) ok &&= await isLongTimelock(provider, owner, deployment.fromBlock);
      told = owners.join(", ") || "no events";
    } catch (error) {
      told = (error as Error).message;
    }
    checks.hold(`owners so far of ${name}`, "timelocks of 22 days only, from its creation on", told, ok, NOT_THIS_ONE);
  }
}

async function isLongTimelock(provider: Provider, at: Address, fromBlock: number): Promise<boolean> {
  if (!(await isTimelock(provider, at))) return false;
  const history = await historyOf(provider, at, fromBlock);
  return history.problem === undefined && (leastDelay(history) ?? 0n) >= TIMELOCK_MIN_DELAY_SECONDS;
}

async function isTimelock(provider: Provider, at: Address): Promise<boolean> {
  return codeMatches(await provider.getCode(at), loadArtifact("TimelockController"), {});
}

async function historyOf(provider: Provider, timelock: Address, fromBlock: number): Promise<History> {
  const artifact = loadArtifact("TimelockController");
  const abi = new Interface(artifact.abi as InterfaceAbi);
  const logs = await logsSince(provider, [timelock], fromBlock);
  const problem = await creationProblem(provider, logs[0]?.transactionHash, timelock, artifact, fromBlock);
  return { problem, events: logs.flatMap((log) => abi.parseLog(log) ?? []) };
}

/** The least delay in seconds that operations could ever be scheduled with. */
function leastDelay({ events }: History): bigint | undefined {
  const delays = events
    .filter(({ name }) => name === "MinDelayChange")
    .map(({ args }) => args["newDuration"] as bigint);
  return delays.sort((a, b) => (a < b ? -1 : 1))[0];
}

function holders({ events }: History, role: Role): readonly string[] {
  const found = new Set<string>();
  for (const { name, args } of events) {
    if (args["role"] !== ROLES[role]) continue;
    if (name === "RoleGranted") found.add(args["account"] as string);
    if (name === "RoleRevoked") found.delete(args["account"] as string);
  }
  return [...found];
}

function listed(accounts: readonly string[]): string {
  return [...new Set(accounts.map((account) => getAddress(account)))].sort().join(", ") || "none";
}

/**
 * Each operation that is scheduled and neither executed nor cancelled, with the time from which on it can be executed.
 */
async function waitingOperations({ events }: History, read: Reader): Promise<string[]> {
  const scheduled = events.filter(({ name }) => name === "CallScheduled").map(({ args }) => args["id"] as string);
  const waiting: string[] = [];
  for (const operation of new Set(scheduled)) {
    const time = await read("getTimestamp", operation);
    // 0: cancelled; 1: executed.
    if (typeof time !== "bigint" || time <= 1n) continue;
    waiting.push(`${operation} from ${new Date(Number(time) * 1000).toISOString()} on`);
  }
  return waiting;
}
