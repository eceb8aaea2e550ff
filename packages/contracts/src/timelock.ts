// The owner's powers, used through its timelock. In: a call that the owner may make. Out: an operation that is
// scheduled, and executed when its delay has passed (P-114); or, where the account may not, the transaction that a
// multisig, say, has to send.
import { type Address, type Hex, isQuorateError, quorateError } from "@quorate/common";
import {
  AbiCoder,
  Contract,
  type FunctionFragment,
  Interface,
  type InterfaceAbi,
  id as idOf,
  keccak256,
  type Provider,
  type Signer,
  toBeHex,
  ZeroAddress,
  ZeroHash,
} from "ethers";
import { type ContractName, loadArtifact } from "./artifacts.ts";
import type { Deployment } from "./deploy.ts";
import { logsSince } from "./logs.ts";
import { adminOf } from "./proxy.ts";

/** Whose functions can be named: contracts of a deployment. */
export const CALL_TARGETS = ["rewards", "pool", "rewards-admin", "pool-admin", "timelock"] as const;
export type CallTarget = (typeof CALL_TARGETS)[number];

/** A transaction without its sender. */
export interface Call {
  readonly to: Address;
  readonly data: Hex;
}

/** What came of scheduling, executing or cancelling. */
export interface OperationStep {
  /** The operation's id in the timelock. */
  readonly operation: Hex;
  /** When it can be executed, in seconds since 1970; undefined while it is not scheduled. */
  readonly executableAt?: number | undefined;
  /** Set when the account lacks the role, or none was given: what has to be sent instead, by whoever has it. */
  readonly transaction?: Call | undefined;
}

/** The operations' states in a TimelockController, by their number. */
const STATES = ["unset", "waiting", "ready", "done"] as const;
type State = (typeof STATES)[number];

/** What hashes to an operation's id. */
interface Operation extends Call {
  readonly id: Hex;
  readonly value: bigint;
  readonly predecessor: string;
  readonly salt: string;
}

const timelockAbi = (): Interface => new Interface(loadArtifact("TimelockController").abi as InterfaceAbi);

/** @throws TIMELOCK_MISSING */
export function timelockOf({ timelock, owner }: Deployment): Address {
  if (timelock === undefined) throw quorateError("TIMELOCK_MISSING", { owner });
  return timelock;
}

/**
 * A call of one of a deployment's contracts.
 * @param signature As in the ABI: `setGuardian(address)`.
 * @param args As texts; lists and booleans as JSON.
 * @throws OWNER_CALL_INVALID, TIMELOCK_MISSING
 */
export async function callOf(
  provider: Provider,
  deployment: Deployment,
  on: CallTarget,
  signature: string,
  args: readonly string[],
): Promise<Call> {
  const [name, to] = await targetOf(provider, deployment, on);
  const abi = new Interface(loadArtifact(name).abi as InterfaceAbi);
  const functions = abi.fragments.filter((entry): entry is FunctionFragment => entry.type === "function");
  const known = functions.filter(({ constant }) => !constant).map((entry) => entry.format());
  if (!known.includes(signature)) throw quorateError("OWNER_CALL_INVALID", { on, signature, known });
  try {
    const values = args.map((arg) => (/^(\[.*\]|true|false)$/.test(arg) ? JSON.parse(arg) : arg) as unknown);
    return { to, data: abi.encodeFunctionData(signature, values) as Hex };
  } catch (cause) {
    throw quorateError("OWNER_CALL_INVALID", { on, signature, args, reason: (cause as Error).message }, { cause });
  }
}

async function targetOf(
  provider: Provider,
  deployment: Deployment,
  on: CallTarget,
): Promise<readonly [ContractName, Address]> {
  switch (on) {
    case "rewards":
      return ["ServiceNodeRewards", deployment.rewards];
    case "pool":
      return ["RewardRatePool", deployment.pool];
    case "rewards-admin":
      return ["ProxyAdmin", await adminOf(provider, deployment.rewards)];
    case "pool-admin":
      return ["ProxyAdmin", await adminOf(provider, deployment.pool)];
    case "timelock":
      return ["TimelockController", timelockOf(deployment)];
  }
}

/** Why a call by `from` would be reverted now; undefined when it would not. */
export async function revertNow(provider: Provider, from: Address, call: Call): Promise<string | undefined> {
  return provider.call({ ...call, from }).then(
    () => undefined,
    (error: Error) => {
      // A provider that cannot be asked has refused nothing.
      if (isQuorateError(error)) throw error;
      return error.message;
    },
  );
}

/**
 * Schedules a call with the least delay. A call that was executed before can be scheduled again: it gets another salt.
 * @param signer Undefined: nothing is sent.
 * @throws OPERATION_NOT_IN_STATE when the same call is waiting already
 */
export async function schedule(
  provider: Provider,
  signer: Signer | undefined,
  timelock: Address,
  call: Call,
): Promise<OperationStep> {
  const read = new Contract(timelock, timelockAbi(), provider);
  let operation = operationOf(call, 0n);
  for (let salt = 1n; (await stateOf(read, operation.id)) === "done"; salt++) operation = operationOf(call, salt);
  await requireState(read, operation.id, "unset");
  const delay = (await read.getFunction("getMinDelay")()) as bigint;
  const step = await sendAs("PROPOSER_ROLE", signer, read, "schedule", [...argumentsOf(operation), delay]);
  const at = Number(await read.getFunction("getTimestamp")(operation.id));
  return { operation: operation.id, executableAt: step === undefined ? at : undefined, transaction: step };
}

/**
 * Executes an operation whose time has come.
 * @throws OPERATION_UNKNOWN, OPERATION_NOT_IN_STATE
 */
export async function execute(
  provider: Provider,
  signer: Signer | undefined,
  timelock: Address,
  fromBlock: number,
  id: Hex,
): Promise<OperationStep> {
  const read = new Contract(timelock, timelockAbi(), provider);
  await requireState(read, id, "ready");
  const operation = await findOperation(provider, timelock, fromBlock, id);
  const transaction = await sendAs("EXECUTOR_ROLE", signer, read, "execute", argumentsOf(operation));
  return { operation: id, transaction };
}

/**
 * Takes back what is scheduled and not executed.
 * @throws OPERATION_NOT_IN_STATE
 */
export async function cancel(
  provider: Provider,
  signer: Signer | undefined,
  timelock: Address,
  id: Hex,
): Promise<OperationStep> {
  const read = new Contract(timelock, timelockAbi(), provider);
  await requireState(read, id, "waiting", "ready");
  return { operation: id, transaction: await sendAs("CANCELLER_ROLE", signer, read, "cancel", [id]) };
}

/** Sends a call of the timelock if the account has the role or everyone has; else tells what has to be sent. */
async function sendAs(
  role: string,
  signer: Signer | undefined,
  timelock: Contract,
  method: string,
  args: readonly unknown[],
): Promise<Call | undefined> {
  const has = (account: string): Promise<boolean> =>
    timelock.getFunction("hasRole")(idOf(role), account) as Promise<boolean>;
  if (signer !== undefined && ((await has(await signer.getAddress())) || (await has(ZeroAddress)))) {
    const connected = timelock.connect(signer) as Contract;
    await (await connected.getFunction(method)(...args)).wait();
    return undefined;
  }
  const data = timelock.interface.encodeFunctionData(method, args) as Hex;
  return { to: (await timelock.getAddress()) as Address, data };
}

function operationOf(call: Call, salt: bigint): Operation {
  const parts = { ...call, value: 0n, predecessor: ZeroHash, salt: toBeHex(salt, 32) };
  return { ...parts, id: hashOf(parts) };
}

/** `hashOperation` of a TimelockController. */
function hashOf({ to, value, data, predecessor, salt }: Omit<Operation, "id">): Hex {
  const types = ["address", "uint256", "bytes", "bytes32", "bytes32"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [to, value, data, predecessor, salt])) as Hex;
}

function argumentsOf({ to, value, data, predecessor, salt }: Operation): readonly unknown[] {
  return [to, value, data, predecessor, salt];
}

async function stateOf(timelock: Contract, id: Hex): Promise<State> {
  return STATES[Number(await timelock.getFunction("getOperationState")(id))] as State;
}

async function requireState(timelock: Contract, operation: Hex, ...expected: readonly State[]): Promise<void> {
  const actual = await stateOf(timelock, operation);
  if (expected.includes(actual)) return;
  const time = Number(await timelock.getFunction("getTimestamp")(operation));
  const executableAt = time > 1 ? new Date(time * 1000).toISOString() : undefined;
  throw quorateError("OPERATION_NOT_IN_STATE", { operation, expected, actual, executableAt });
}

/** What was scheduled under an id, from the timelock's events. */
async function findOperation(provider: Provider, timelock: Address, fromBlock: number, id: Hex): Promise<Operation> {
  const abi = timelockAbi();
  const events = (await logsSince(provider, [timelock], fromBlock)).flatMap((log) => abi.parseLog(log) ?? []);
  const ofIt = events.filter(({ args }) => args["id"] === id);
  const args = ofIt.find(({ name }) => name === "CallScheduled")?.args;
  if (args === undefined) throw quorateError("OPERATION_UNKNOWN", { operation: id, reason: "was never scheduled" });
  const salt = (ofIt.find(({ name }) => name === "CallSalt")?.args["salt"] as string | undefined) ?? ZeroHash;
  const parts = {
    to: args["target"] as Address,
    value: args["value"] as bigint,
    data: args["data"] as Hex,
    predecessor: args["predecessor"] as string,
  };
  if (hashOf({ ...parts, salt }) === id) return { ...parts, salt, id };
  throw quorateError("OPERATION_UNKNOWN", { operation: id, reason: "is a batch, which is not ours to execute" });
}
