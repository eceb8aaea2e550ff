// A public network (P-114), really deployed to a chain with a public id: all is read back as meant, and each way of
// being wrong is refused, whatever the record says. Where a test acts as the timelock, it does at once what proposers
// could do after its delay.
import type { Address } from "@quorate/common";
import { Contract, type InterfaceAbi, id, type JsonRpcSigner, ZeroAddress, ZeroHash } from "ethers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ContractName, loadArtifact } from "../src/artifacts.ts";
import { type Deployment, deployContracts, deployOne } from "../src/deploy.ts";
import type { TimelockParameters } from "../src/parameters.ts";
import { adminOf } from "../src/proxy.ts";
import { send, startSimulatedChain, startTestNetwork, type TestNetwork } from "../src/testing/index.ts";
import { verifyDeployment } from "../src/verifyDeployment.ts";
import { creationCode, revertOf } from "./support.ts";

const DAY = 86_400;
const DELAY = 22 * DAY;

let network: TestNetwork;
let timelock: Contract;
let asTimelock: JsonRpcSigner;
let restore: () => Promise<void>;
const signer = (i: number): JsonRpcSigner => network.chain.signers[i] as JsonRpcSigner;
const addressOf = (i: number): Address => signer(i).address as Address;
const [DEPLOYER, PROPOSER, EXECUTOR, GUARDIAN, SOMEONE] = [0, 4, 5, 6, 7] as const;

beforeAll(async () => {
  const chain = await startSimulatedChain({ chainId: 421_614 });
  const account = (i: number): string => (chain.signers[i] as JsonRpcSigner).address;
  network = await startTestNetwork(
    {
      nodes: 3,
      parameters: {
        kind: "test",
        timelock: { minDelaySeconds: DELAY, proposers: [account(PROPOSER)], executors: [account(EXECUTOR)] },
        guardian: account(GUARDIAN),
      },
    },
    chain,
  );
  const { timelock: at } = network.deployment;
  timelock = contractAt("TimelockController", at as Address);
  asTimelock = await chain.impersonate(at as Address, 1);
});
afterAll(() => network.chain.close());
beforeEach(async () => {
  restore = await network.chain.snapshot();
});
afterEach(() => restore());

const contractAt = (name: ContractName, at: Address, as: JsonRpcSigner = network.owner): Contract =>
  new Contract(at, loadArtifact(name).abi as InterfaceAbi, as);
const adminContract = async (proxy: Address, as: JsonRpcSigner = network.owner): Promise<Contract> =>
  contractAt("ProxyAdmin", await adminOf(network.chain.provider, proxy), as);
const by = (contract: Contract, who: JsonRpcSigner): Contract => contract.connect(who) as Contract;

/** What fails when a deployment is read back. */
async function failing(record: Deployment = network.deployment): Promise<string[]> {
  const checks = await verifyDeployment(network.chain.provider, network.scheme, record);
  return checks.filter(({ ok }) => !ok).map(({ name, actual }) => `${name}: ${actual}`);
}

/** The record of an attacker, which says that all is meant to be as it is. */
function lyingRecord(parameters: object, fields: Partial<Deployment> = {}): Deployment {
  const { deployment } = network;
  return { ...deployment, ...fields, parameters: { ...deployment.parameters, ...parameters } };
}

describe("P-114: a public network as it is deployed", () => {
  test("is read back as meant, and owned by the timelock from its first block", async () => {
    expect(await failing()).toEqual([]);
    const { deployment, rewards, pool } = network;
    expect(deployment.owner).toBe(deployment.timelock);
    for (const owned of [
      rewards,
      pool,
      await adminContract(deployment.rewards),
      await adminContract(deployment.pool),
    ]) {
      expect(await owned.getFunction("owner")()).toBe(deployment.timelock);
      const owners = await owned.queryFilter("OwnershipTransferred", deployment.fromBlock);
      expect(owners).toHaveLength(1);
    }
  });

  test("its founder seeded, named the factory and started it, and has no power since (P-30)", async () => {
    const { rewards, pool, deployment } = network;
    expect(await rewards.getFunction("genesis")()).toBeGreaterThan(0n);
    expect(deployment.founder).toBe(addressOf(DEPLOYER));
    for (const [method, ...args] of [
      ["seedPublicKeyList", []],
      ["start"],
      ["setContributionFactory", addressOf(DEPLOYER)],
      ["setGuardian", addressOf(DEPLOYER)],
      ["setStakingRequirement", 1n],
      ["setClaimLimit", 1n, 1n],
      ["transferOwnership", addressOf(DEPLOYER)],
    ] as const) {
      expect(await refused(rewards, network.owner, method, ...args)).toMatch(
        /^OwnableUnauthorizedAccount|^NotOwnerOrFounder/,
      );
    }
    expect(await refused(pool, network.owner, "transferOwnership", addressOf(DEPLOYER))).toContain("Unauthorized");
    const admin = await adminContract(deployment.rewards);
    const args = [deployment.rewards, deployment.rewardsImplementation, "0x"];
    expect(await refused(admin, network.owner, "upgradeAndCall", ...args)).toContain("Unauthorized");
  });

  test("no owner can renounce rewards contract or pool", async () => {
    for (const contract of [network.rewards, network.pool]) {
      await expect(by(contract, asTimelock).getFunction("renounceOwnership").staticCall()).rejects.toThrow();
      expect(await contract.getFunction("owner")()).toBe(network.deployment.timelock);
    }
  });

  test("may move to another timelock, if that is as long", async () => {
    const { deployment, rewards, pool, chain } = network;
    for (const [delay, expected] of [
      [DELAY, []],
      [DELAY - 1, ["rewards", "pool", "the ProxyAdmin of rewards", "the ProxyAdmin of pool"]],
    ] as const) {
      const back = await chain.snapshot();
      const args = [delay, [addressOf(PROPOSER)], [addressOf(EXECUTOR)], ZeroAddress];
      const { address: next } = await deployOne(
        signer(SOMEONE),
        loadArtifact("TimelockController"),
        args,
        {},
        () => {},
      );
      const asNext = await chain.impersonate(next, 1);
      for (const contract of [rewards, pool]) {
        await send(by(contract, asTimelock), "transferOwnership", next);
        await send(by(contract, asNext), "acceptOwnership");
      }
      for (const proxy of [deployment.rewards, deployment.pool]) {
        await send(await adminContract(proxy, asTimelock), "transferOwnership", next);
      }
      const minDelaySeconds = delay;
      const timelock = { ...(deployment.parameters.timelock as TimelockParameters), minDelaySeconds };
      const failed = await failing(lyingRecord({ timelock }, { owner: next, timelock: next }));
      const soFar = failed.filter((line) => line.startsWith("owners so far of "));
      expect(soFar.map((line) => line.slice("owners so far of ".length).split(":")[0])).toEqual(expected);
      expect(failed).toHaveLength(expected.length === 0 ? 0 : expected.length + 1);
      await back();
    }
  });

  test("an operation that waits in the timelock is listed", async () => {
    const call = network.rewards.interface.encodeFunctionData("setGuardian", [addressOf(SOMEONE)]);
    const args = [network.deployment.rewards, 0n, call, ZeroHash, ZeroHash] as const;
    await send(by(timelock, signer(PROPOSER)), "schedule", ...args, DELAY);
    const operation = (await timelock.getFunction("hashOperation")(...args)) as string;
    const checks = await verifyDeployment(network.chain.provider, network.scheme, network.deployment);
    const listed = checks.find(({ name }) => name === "operations waiting in the timelock");
    expect(listed?.actual).toContain(operation);
    await send(by(timelock, signer(PROPOSER)), "cancel", operation);
    const after = await verifyDeployment(network.chain.provider, network.scheme, network.deployment);
    expect(after.find(({ name }) => name === listed?.name)?.actual).toBe("none");
  });
});

/** The error of a call that an account makes. */
async function refused(contract: Contract, who: JsonRpcSigner, method: string, ...args: unknown[]): Promise<string> {
  return revertOf(
    [contract, network.rewards],
    by(contract, who)
      .getFunction(method)
      .staticCall(...args),
  );
}

describe("P-114: a public network that is otherwise is refused, whatever its record says", () => {
  test("an owner that is an account", async () => {
    const me = addressOf(SOMEONE);
    for (const contract of [network.rewards, network.pool]) {
      await send(by(contract, asTimelock), "transferOwnership", me);
    }
    expect(await failing()).toEqual([`rewards.pendingOwner: ${me}`, `pool.pendingOwner: ${me}`]);
    for (const contract of [network.rewards, network.pool]) {
      await send(by(contract, signer(SOMEONE)), "acceptOwnership");
    }
    for (const proxy of [network.deployment.rewards, network.deployment.pool]) {
      await send(await adminContract(proxy, asTimelock), "transferOwnership", me);
    }
    const before = network.deployment.timelock;
    expect(await failing()).toContain(`rewards.owner: ${me}`);
    // The record owns up to it, names it as the timelock, or calls the network local.
    for (const fields of [
      { owner: me, timelock: undefined },
      { owner: me, timelock: me },
    ]) {
      const failed = await failing(lyingRecord({ timelock: undefined, owner: me }, fields));
      expect(failed).toContain("code of the timelock: false");
      expect(failed).toContain(`owners so far of rewards: ${before}, ${me}`);
      expect(failed).toContain(`owners so far of the ProxyAdmin of pool: ${before}, ${me}`);
    }
    const local = lyingRecord({ timelock: undefined, owner: me, kind: "local" }, { owner: me, timelock: undefined });
    expect(await failing(local)).toContain("kind of the network: local");
    expect(await failing(local)).toContain("code of the timelock: false");
  });

  test("an owner that was an account from the first block on", async () => {
    const chain = await startSimulatedChain();
    const wrong = await deployContracts(chain.signers[0] as JsonRpcSigner, {});
    const record = { ...wrong, parameters: { ...wrong.parameters, kind: "main" as const } };
    const checks = await verifyDeployment(chain.provider, network.scheme, record);
    const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(failed).toContain("owner in the record");
    expect(failed).toContain("code of the timelock");
    expect(failed).toContain("owners so far of rewards");
    await chain.close();
  });

  test("a ProxyAdmin of the deployer's, even if it gives it back", async () => {
    const { pool } = network.deployment;
    await send(await adminContract(pool, asTimelock), "transferOwnership", addressOf(DEPLOYER));
    const me = addressOf(DEPLOYER);
    const own = network.deployment.timelock as Address;
    const soFar = "owners so far of the ProxyAdmin of pool";
    expect(await failing()).toEqual([`owner of the ProxyAdmin of pool: ${me}`, `${soFar}: ${own}, ${me}`]);
    await send(await adminContract(pool), "transferOwnership", own);
    expect(await failing()).toEqual([`${soFar}: ${own}, ${me}, ${own}`]);
  });

  test("a ProxyAdmin that was renounced", async () => {
    await send(await adminContract(network.deployment.rewards, asTimelock), "renounceOwnership");
    expect(await failing()).toContain(`owner of the ProxyAdmin of rewards: ${ZeroAddress}`);
  });

  test("a timelock of 21 days, or one that ever was", async () => {
    const least = "least delay there ever was of the timelock";
    await send(by(timelock, asTimelock), "updateDelay", 21 * DAY);
    expect(await failing()).toContain(`timelock.getMinDelay: ${21 * DAY}`);
    const parameters = network.deployment.parameters.timelock as object;
    const lie = lyingRecord({ timelock: { ...parameters, minDelaySeconds: 21 * DAY } });
    expect(await failing(lie)).toContain(`${least}: ${21 * DAY}`);
    // What was scheduled meanwhile can be executed at once.
    await send(by(timelock, asTimelock), "updateDelay", DELAY);
    expect(await failing()).toContain(`${least}: ${21 * DAY}`);
    expect(await failing()).not.toContain(`timelock.getMinDelay: ${DELAY}`);
  });

  test("an admin besides the timelock itself", async () => {
    await send(by(timelock, asTimelock), "grantRole", ZeroHash, addressOf(DEPLOYER));
    const own = network.deployment.timelock as Address;
    const both = [own, addressOf(DEPLOYER)].sort().join(", ");
    expect(await failing()).toEqual([`admins of the timelock: ${both}`]);
  });

  test.each([
    ["PROPOSER_ROLE", "proposer"],
    ["EXECUTOR_ROLE", "executor"],
    ["CANCELLER_ROLE", "canceller"],
  ] as const)("one more %s than the record names, or one fewer", async (role, name) => {
    const first = role === "EXECUTOR_ROLE" ? EXECUTOR : PROPOSER;
    await send(by(timelock, asTimelock), "grantRole", id(role), addressOf(SOMEONE));
    const both = [addressOf(first), addressOf(SOMEONE)].sort().join(", ");
    expect(await failing()).toEqual([`${name}s of the timelock: ${both}`]);
    await send(by(timelock, asTimelock), "revokeRole", id(role), addressOf(SOMEONE));
    expect(await failing()).toEqual([]);
    await send(by(timelock, asTimelock), "revokeRole", id(role), addressOf(first));
    expect(await failing()).toEqual([`${name}s of the timelock: none`]);
  });

  test("a record that begins after the secret proposer was made", async () => {
    await send(by(timelock, asTimelock), "grantRole", id("PROPOSER_ROLE"), addressOf(SOMEONE));
    const later = (await network.chain.provider.getBlockNumber()) + 1;
    // What is seen from there on is as the record says.
    await send(by(timelock, asTimelock), "grantRole", id("PROPOSER_ROLE"), addressOf(GUARDIAN));
    await send(by(timelock, asTimelock), "revokeRole", id("PROPOSER_ROLE"), addressOf(GUARDIAN));
    const failed = await failing({ ...network.deployment, fromBlock: later });
    const events = failed.find((line) => line.startsWith("events of the timelock"));
    expect(events).toMatch(/created nothing$/);
    expect(failed).toContain("owners so far of rewards: no events");
  });

  test.each([
    ["PROPOSER_ROLE", "proposer"],
    ["CANCELLER_ROLE", "canceller"],
    ["DEFAULT_ADMIN_ROLE", "admin"],
  ] as const)("a guardian with %s, whoever the record calls guardian", async (role, name) => {
    const value = role === "DEFAULT_ADMIN_ROLE" ? ZeroHash : id(role);
    await send(by(timelock, asTimelock), "grantRole", value, addressOf(GUARDIAN));
    const told = `roles of the guardian in the timelock: ${name}`;
    expect(await failing()).toContain(told);
    expect(await failing(lyingRecord({ guardian: addressOf(SOMEONE) }))).toContain(told);
    await send(by(network.rewards, asTimelock), "setGuardian", addressOf(SOMEONE));
    expect(await failing(lyingRecord({ guardian: addressOf(SOMEONE) }))).not.toContain(told);
    await send(by(network.rewards, asTimelock), "setGuardian", addressOf(PROPOSER));
    const roles = "roles of the guardian in the timelock: proposer, canceller";
    expect(await failing(lyingRecord({ guardian: addressOf(PROPOSER) }))).toContain(roles);
  });

  test("another guardian than the record's", async () => {
    await send(by(network.rewards, asTimelock), "setGuardian", addressOf(SOMEONE));
    expect(await failing()).toEqual([`rewards.guardian: ${addressOf(SOMEONE)}`]);
  });

  test("a notice of 15 days for emergencies", async () => {
    const chain = await startSimulatedChain();
    const [deployer, other] = chain.signers as [JsonRpcSigner, JsonRpcSigner];
    const made = await deployContracts(deployer, {
      timelock: { minDelaySeconds: DELAY, proposers: [other.address], executors: [ZeroAddress] },
      emergencyNoticeSeconds: 15 * DAY,
    });
    const record = { ...made, parameters: { ...made.parameters, kind: "main" as const } };
    const checks = await verifyDeployment(chain.provider, network.scheme, record);
    const failed = checks.filter(({ ok }) => !ok).map(({ name, expected }) => `${name}: ${expected}`);
    expect(failed).toEqual([`notice of an emergency, seconds: more than ${15 * DAY}`]);
    await chain.close();
  });

  test("a timelock whose constructor was another one, and made a secret proposer", async () => {
    const { chain, scheme, deployment } = network;
    const artifact = loadArtifact("TimelockController");
    // Emits nothing, and leaves the compiled code.
    const data = creationCode(artifact.deployedBytecode);
    const receipt = await (await signer(SOMEONE).sendTransaction({ data })).wait();
    const at = receipt?.contractAddress as Address;
    // Its first event is a real one, of a later transaction.
    const own = await chain.impersonate(at, 1);
    await send(contractAt("TimelockController", at, own), "updateDelay", DELAY);
    const record = { ...deployment, timelock: at, owner: at };
    const checks = await verifyDeployment(chain.provider, scheme, record);
    expect(checks.find(({ name }) => name === "code of the timelock")?.ok).toBe(true);
    expect(checks.find(({ name }) => name === "events of the timelock")?.ok).toBe(false);
  });

  test("a timelock with other code", async () => {
    const code = await network.chain.provider.getCode(network.deployment.timelock as Address);
    await network.chain.setCode(network.deployment.timelock as Address, `${code.slice(0, -2)}00`);
    expect(await failing()).toContain("code of the timelock: false");
  });

  test("pauses that end at different times", async () => {
    // The distributor alone, as a rewards contract with a fault could leave it.
    const { chain, deployment } = network;
    const nonce = await chain.provider.getTransactionCount(deployment.rewards);
    const asRewards = await chain.impersonate(deployment.rewards, nonce);
    await send(by(network.distributor, asRewards), "setPausedUntil", 2 ** 32);
    expect((await failing()).map((line) => line.split(":")[0])).toEqual([
      "distributor.paused",
      "distributor.pausedUntil",
    ]);
  });
});
