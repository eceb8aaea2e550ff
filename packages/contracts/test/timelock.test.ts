// The owner's powers through the timelock of a public network: an upgrade that is meant well, any other call, and the
// theft of everything, which stakers see 22 days before it can happen (P-114).
import type { Address, Hex } from "@quorate/common";
import { Contract, Interface, type InterfaceAbi, type JsonRpcSigner, ZeroHash } from "ethers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadArtifact } from "../src/artifacts.ts";
import { compileProbe } from "../src/compile.ts";
import { adminOf, implementationOf } from "../src/proxy.ts";
import { currentStorageLayout } from "../src/storageLayout.ts";
import {
  send,
  startSimulatedChain,
  startTestNetwork,
  TEST_STAKE_ATOMIC,
  type TestNetwork,
} from "../src/testing/index.ts";
import { callOf, cancel, execute, type OperationStep, revertNow, schedule } from "../src/timelock.ts";
import { upgrade } from "../src/upgrade.ts";
import { verifyDeployment } from "../src/verifyDeployment.ts";
import { creationCode, rejectionCode, revertOf } from "./support.ts";

const DAY = 86_400;
const DELAY = 22 * DAY;
const layout = currentStorageLayout();

let network: TestNetwork;
let restore: () => Promise<void>;
const signer = (i: number): JsonRpcSigner => network.chain.signers[i] as JsonRpcSigner;
const [DEPLOYER, OPERATOR, PROPOSER, EXECUTOR, GUARDIAN, SOMEONE] = [0, 1, 4, 5, 6, 7] as const;

beforeAll(async () => {
  const chain = await startSimulatedChain({ chainId: 421_614 });
  const account = (i: number): string => (chain.signers[i] as JsonRpcSigner).address;
  const timelock = { minDelaySeconds: DELAY, proposers: [account(PROPOSER)], executors: [account(EXECUTOR)] };
  const parameters = { kind: "test", timelock, guardian: account(GUARDIAN) } as const;
  network = await startTestNetwork({ nodes: 3, parameters }, chain);
});
afterAll(() => network.chain.close());
beforeEach(async () => {
  restore = await network.chain.snapshot();
});
afterEach(() => restore());

const timelockAddress = (): Address => network.deployment.timelock as Address;
const now = async (): Promise<number> => (await network.chain.provider.getBlock("latest"))?.timestamp as number;

/** Executes an operation with the executor's account. */
async function executeBy(who: JsonRpcSigner | undefined, { operation }: OperationStep): Promise<OperationStep> {
  const { chain, deployment } = network;
  return execute(chain.provider, who, timelockAddress(), deployment.fromBlock, operation);
}

describe("P-114: an upgrade through the timelock", () => {
  test.each(["rewards", "pool"] as const)("of %s is scheduled, seen, and executed after 22 days", async (what) => {
    const { chain, deployment, scheme } = network;
    const made = await upgrade(signer(PROPOSER), { deployment, storageLayout: layout }, what);
    const step = made.step as OperationStep;
    expect(step).toEqual({ operation: step.operation, executableAt: (await now()) + DELAY });
    expect(await implementationOf(chain.provider, deployment[what])).not.toBe(
      made.record.deployment[`${what}Implementation`],
    );
    const failing = async (record = deployment): Promise<string[]> =>
      (await verifyDeployment(chain.provider, scheme, record)).filter(({ ok }) => !ok).map(({ name }) => name);
    expect(await failing()).toEqual([]);

    await chain.setNextTimestamp((step.executableAt as number) - 1);
    await chain.mine();
    expect(await rejectionCode(executeBy(signer(EXECUTOR), step))).toBe("OPERATION_NOT_IN_STATE");
    await chain.increaseTime(1);
    expect(await executeBy(signer(EXECUTOR), step)).toEqual({ operation: step.operation });
    const { deployment: after } = made.record;
    expect(await implementationOf(chain.provider, deployment[what])).toBe(after[`${what}Implementation`]);
    expect(await failing(after)).toEqual([]);
    expect(await failing()).toContain(`implementation of ${what}`);
    expect(await rejectionCode(executeBy(signer(EXECUTOR), step))).toBe("OPERATION_NOT_IN_STATE");
  });

  test("by an account that may not propose prints what a proposer has to send", async () => {
    const { chain, deployment } = network;
    const made = await upgrade(signer(SOMEONE), { deployment, storageLayout: layout }, "pool");
    const { operation, executableAt, transaction } = made.step as OperationStep;
    expect(executableAt).toBeUndefined();
    await expect(signer(SOMEONE).sendTransaction(transaction as object)).rejects.toThrow();
    await (await signer(PROPOSER).sendTransaction(transaction as object)).wait();
    await chain.increaseTime(DELAY);
    const left = await executeBy(signer(SOMEONE), { operation });
    await expect(signer(SOMEONE).sendTransaction(left.transaction as object)).rejects.toThrow();
    await (await signer(EXECUTOR).sendTransaction(left.transaction as object)).wait();
    const { poolImplementation } = made.record.deployment;
    expect(await implementationOf(chain.provider, deployment.pool)).toBe(poolImplementation);
  });
});

describe("any call of the owner's", () => {
  const setLimit = (limit: string): Promise<{ to: Address; data: Hex }> =>
    callOf(network.chain.provider, network.deployment, "rewards", "setClaimLimit(uint256,uint256)", [limit, "3600"]);
  const scheduleBy = async (i: number, call: { to: Address; data: Hex }): Promise<OperationStep> =>
    schedule(network.chain.provider, signer(i), timelockAddress(), call);
  const limit = async (): Promise<bigint> => {
    const cycle = (await network.distributor.getFunction("claimCycle")()) as { limit: bigint };
    return cycle.limit;
  };

  test("is scheduled and executed, and the same call again", async () => {
    const [first, second] = [await setLimit("7"), await setLimit("8")];
    expect(await revertNow(network.chain.provider, timelockAddress(), first)).toBeUndefined();
    const operations = new Set<string>();
    for (const [call, expected] of [
      [first, 7n],
      [second, 8n],
      [first, 7n],
      [first, 7n],
    ] as const) {
      const step = await scheduleBy(PROPOSER, call);
      operations.add(step.operation);
      await network.chain.increaseTime(DELAY);
      await executeBy(signer(EXECUTOR), step);
      expect(await limit()).toBe(expected);
    }
    expect(operations.size).toBe(4);
  });

  test("is not scheduled twice at once, and is taken back by a canceller only", async () => {
    const { provider } = network.chain;
    const step = await scheduleBy(PROPOSER, await setLimit("7"));
    expect(await rejectionCode(scheduleBy(PROPOSER, await setLimit("7")))).toBe("OPERATION_NOT_IN_STATE");
    const left = await cancel(provider, signer(GUARDIAN), timelockAddress(), step.operation);
    await expect(signer(GUARDIAN).sendTransaction(left.transaction as object)).rejects.toThrow();
    await cancel(provider, signer(PROPOSER), timelockAddress(), step.operation);
    await network.chain.increaseTime(DELAY);
    expect(await rejectionCode(executeBy(signer(EXECUTOR), step))).toBe("OPERATION_NOT_IN_STATE");
    expect((await scheduleBy(PROPOSER, await setLimit("7"))).operation).toBe(step.operation);
  });

  test("that would be reverted now is told so", async () => {
    const { provider } = network.chain;
    expect(await revertNow(provider, timelockAddress(), await setLimit("0"))).toMatch(/revert/);
    expect(await revertNow(provider, signer(SOMEONE).address as Address, await setLimit("1"))).toMatch(/revert/);
  });

  test("reaches rewards, pool, both ProxyAdmins and the timelock, with lists as JSON", async () => {
    const { deployment, chain } = network;
    const call = (on: Parameters<typeof callOf>[2], signature: string, ...args: string[]): Promise<{ to: Address }> =>
      callOf(chain.provider, deployment, on, signature, args);
    const someone = signer(SOMEONE).address;
    expect((await call("pool", "transferOwnership(address)", someone)).to).toBe(deployment.pool);
    expect((await call("timelock", "updateDelay(uint256)", String(DELAY))).to).toBe(deployment.timelock);
    const [a, b] = [await adminOf(chain.provider, deployment.rewards), await adminOf(chain.provider, deployment.pool)];
    expect((await call("rewards-admin", "transferOwnership(address)", someone)).to).toBe(a);
    expect((await call("pool-admin", "transferOwnership(address)", someone)).to).toBe(b);
    const lists = await callOf(chain.provider, deployment, "rewards", "announceEmergency(uint64[],uint64[])", [
      "[1,2]",
      "[]",
    ]);
    expect(network.rewards.interface.decodeFunctionData("announceEmergency", lists.data).toArray()).toEqual([
      [1n, 2n],
      [],
    ]);
  });

  test("error: no such function, arguments that do not fit, no timelock, an unknown operation, a batch", async () => {
    const { deployment, chain } = network;
    const on = (signature: string, ...args: string[]): Promise<unknown> =>
      callOf(chain.provider, deployment, "rewards", signature, args);
    expect(await rejectionCode(on("setGuardian"))).toBe("OWNER_CALL_INVALID");
    expect(await rejectionCode(on("setGardian(address)", signer(1).address))).toBe("OWNER_CALL_INVALID");
    expect(await rejectionCode(on("setGuardian(address)"))).toBe("OWNER_CALL_INVALID");
    expect(await rejectionCode(on("setGuardian(address)", "0x12"))).toBe("OWNER_CALL_INVALID");
    const local = { ...deployment, timelock: undefined };
    const missing = callOf(chain.provider, local, "timelock", "updateDelay(uint256)", ["1"]);
    expect(await rejectionCode(missing)).toBe("TIMELOCK_MISSING");
    const nothing = { operation: ZeroHash as Hex };
    expect(await rejectionCode(executeBy(signer(EXECUTOR), nothing))).toBe("OPERATION_NOT_IN_STATE");

    const { to, data } = await setLimit("7");
    const abi = loadArtifact("TimelockController").abi as InterfaceAbi;
    const timelock = new Contract(timelockAddress(), abi, signer(PROPOSER));
    const batch = [[to], [0n], [data], ZeroHash, ZeroHash] as const;
    await send(timelock, "scheduleBatch", ...batch, DELAY);
    await chain.increaseTime(DELAY);
    const operation = (await timelock.getFunction("hashOperationBatch")(...batch)) as Hex;
    expect(await rejectionCode(executeBy(signer(EXECUTOR), { operation }))).toBe("OPERATION_UNKNOWN");
  });
});

describe("the theft of everything", () => {
  const THIEF = `pragma solidity 0.8.37;
interface IERC20 {
  function balanceOf(address) external view returns (uint256);
  function transfer(address, uint256) external;
}
contract Thief {
  function take(IERC20 token, address to) external { token.transfer(to, token.balanceOf(address(this))); }
}`;

  /**
   * For rewards and pool each: the ProxyAdmin, and a call of it that puts a thief behind the proxy and lets it take
   * all.
   */
  async function thefts(): Promise<{ admin: Address; data: Hex }[]> {
    type Compiled = { "probe.sol": { Thief: { evm: { deployedBytecode: { object: string } } } } };
    const { evm } = compileProbe<Compiled>(THIEF, ["evm.deployedBytecode.object"])["probe.sol"].Thief;
    const sent = await signer(SOMEONE).sendTransaction({ data: creationCode(`0x${evm.deployedBytecode.object}`) });
    const thief = (await sent.wait())?.contractAddress;
    const taking = new Interface(["function take(address token, address to)"]);
    const take = taking.encodeFunctionData("take", [network.deployment.token, signer(SOMEONE).address]);
    const abi = new Interface(loadArtifact("ProxyAdmin").abi as InterfaceAbi);
    return Promise.all(
      [network.deployment.rewards, network.deployment.pool].map(async (proxy) => ({
        admin: await adminOf(network.chain.provider, proxy),
        data: abi.encodeFunctionData("upgradeAndCall", [proxy, thief, take]) as Hex,
      })),
    );
  }
  const balanceOf = (account: string): Promise<bigint> =>
    network.token.getFunction("balanceOf")(account) as Promise<bigint>;

  test("P-114: taking everything by an upgrade is refused to every account in one block", async () => {
    const { rewards, chain, deployment } = network;
    const abi = new Interface(loadArtifact("TimelockController").abi as InterfaceAbi);
    for (const { admin, data } of await thefts()) {
      for (const who of [DEPLOYER, PROPOSER, EXECUTOR, GUARDIAN, SOMEONE]) {
        const attempt = chain.provider.call({ from: signer(who).address, to: admin, data });
        expect(await revertOf(rewards, attempt)).toBe(`OwnableUnauthorizedAccount(${signer(who).address})`);
      }
      const operation = [admin, 0n, data, ZeroHash, ZeroHash] as const;
      const timelock = new Contract(timelockAddress(), abi, signer(PROPOSER));
      const hasty = timelock.getFunction("schedule").staticCall(...operation, DELAY - 1);
      expect(await revertOf(timelock, hasty)).toBe(`TimelockInsufficientDelay(${DELAY - 1},${DELAY})`);
      await send(timelock, "schedule", ...operation, DELAY);
      const early = timelock.connect(signer(EXECUTOR)) as Contract;
      const attempt = early.getFunction("execute").staticCall(...operation);
      expect(await revertOf(timelock, attempt)).toMatch(/^TimelockUnexpectedOperationState/);
      const foreign = (timelock.connect(signer(GUARDIAN)) as Contract).getFunction("schedule");
      await expect(foreign.staticCall(...operation, DELAY)).rejects.toThrow(/AccessControlUnauthorizedAccount/);
    }
    expect(await balanceOf(deployment.rewards)).toBe(3n * TEST_STAKE_ATOMIC);
    expect(await balanceOf(signer(SOMEONE).address)).toBe(0n);
  });

  test("P-114: an upgrade that takes everything comes when whoever looked has left with their principal", async () => {
    const { chain, rewards, deployment } = network;
    const [theft] = await thefts();
    const { admin, data } = theft as { admin: Address; data: Hex };
    const call = { to: admin, data };
    const step = await schedule(chain.provider, signer(PROPOSER), timelockAddress(), call);
    // A week passes before anyone looks; then they leave, which takes 15 days.
    await chain.increaseTime(7 * DAY - 60);
    const operator = signer(OPERATOR);
    const asOperator = rewards.connect(operator) as Contract;
    for (const node of [1, 2, 3]) await send(asOperator, "initiateExitBLSPublicKey", node);
    await chain.increaseTime(15 * DAY);
    const before = await balanceOf(operator.address);
    for (const node of [1, 2, 3]) {
      await send(asOperator, "exitBLSPublicKey", node);
      await send(asOperator, "withdrawPrincipal", node);
    }
    expect((await balanceOf(operator.address)) - before).toBe(3n * TEST_STAKE_ATOMIC);
    expect(await now()).toBeLessThan(step.executableAt as number);
    await chain.increaseTime(60);
    await executeBy(signer(EXECUTOR), step);
    expect(await balanceOf(deployment.rewards)).toBe(0n);
    expect(await balanceOf(signer(SOMEONE).address)).toBe(0n);
  });
});
