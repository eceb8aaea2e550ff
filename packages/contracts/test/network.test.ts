// The life of a deployment, on a simulated chain: parameters file, dry run, record, reading back, upgrade (P-49).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, type Hex, isQuorateError } from "@quorate/common";
import { loadNativeScheme } from "@quorate/common/bls/native";
import { Contract, type InterfaceAbi, type JsonRpcSigner, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ensureBuilt, loadArtifact, packageDir } from "../src/artifacts.ts";
import { formatChecks } from "../src/checks.ts";
import { deploy } from "../src/deploy.ts";
import { dryRun, formatDryRun } from "../src/dryRun.ts";
import { checkPrecompiles } from "../src/knownAnswer.ts";
import { parseNetworkFile, readNetworkFile } from "../src/network.ts";
import { adminOf, implementationOf } from "../src/proxy.ts";
import { formatRecord, parseRecord } from "../src/record.ts";
import { currentStorageLayout, layoutProblems, type StorageLayout } from "../src/storageLayout.ts";
import {
  send,
  startSimulatedChain,
  startTestNetwork,
  TEST_STAKE_ATOMIC,
  type TestNetwork,
} from "../src/testing/index.ts";
import { upgrade } from "../src/upgrade.ts";
import { verifyDeployment } from "../src/verifyDeployment.ts";
import { creationCode, errorCode, rejectionCode } from "./support.ts";

const SOMEONE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8" as Address;
const OTHER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC" as Address;
const layout = currentStorageLayout();

beforeAll(async () => ensureBuilt());

describe("parameters files", () => {
  const directory = join(packageDir, "networks");

  const guarded = { guardian: OTHER, proposers: [SOMEONE], executors: [SOMEONE], token: SOMEONE };

  const publicOnes = readdirSync(directory).filter((name) => name !== "local.json");

  test.each(publicOnes)("%s is valid once guardian, proposers, executors and token are named", (name) => {
    const { parameters } = readNetworkFile(join(directory, name), SOMEONE, guarded);
    expect(parameters).toMatchObject({ guardian: OTHER, token: SOMEONE, timelock: { proposers: [SOMEONE] } });
  });

  test("P-114: a local one needs nothing more, public ones do", () => {
    const { parameters } = readNetworkFile(join(directory, "local.json"), SOMEONE);
    expect(parameters).toMatchObject({ kind: "local", owner: SOMEONE, guardian: SOMEONE });
    const read = (name: string, missing: string) => () =>
      readNetworkFile(join(directory, name), SOMEONE, { ...guarded, [missing]: undefined });
    for (const missing of ["guardian", "proposers", "executors"]) {
      expect(errorCode(read("testnet.json", missing))).toBe("DEPLOY_PARAMETERS_INVALID");
      expect(errorCode(read("mainnet.json", missing))).toBe("DEPLOY_PARAMETERS_INVALID");
    }
    expect(errorCode(read("mainnet.json", "token"))).toBe("DEPLOY_PARAMETERS_INVALID");
    expect(read("testnet.json", "token")().parameters.token).toBeUndefined();
  });

  test("the main one has Session's numbers", () => {
    const { chainId, parameters } = readNetworkFile(join(directory, "mainnet.json"), SOMEONE, guarded);
    expect(chainId).toBe(42_161n);
    expect(parameters).toMatchObject({
      stakingRequirementAtomic: 25_000n * 10n ** 9n,
      claimLimitAtomic: 1_000_000n * 10n ** 9n,
      claimCycleSeconds: 43_200,
      epochSeconds: 3_600,
      poolFundingAtomic: 0n,
    });
  });

  test.each([
    { kind: "main net" },
    { chainId: 31337 },
    { chainId: "0x1" },
    { parameters: { stakingRequirementAtomic: 5 } },
    { parameters: { stakingRequirementAtomic: "-5" } },
    { parameters: { stakingRequirementAtomic: "0" } },
    { parameters: { epochSeconds: 0 } },
    { parameters: { owner: "0x12" } },
    { parameters: { stake: "5" } },
    { surplus: 1 },
  ])("error: %o", (wrong) => {
    const json = { kind: "local", chainId: "31337", parameters: {}, ...wrong };
    expect(errorCode(() => parseNetworkFile(json, SOMEONE))).toBe("DEPLOY_PARAMETERS_INVALID");
  });
});

describe("dry run", () => {
  test("names the very addresses and gas of the deployment, and sends nothing", async () => {
    const chain = await startSimulatedChain({ chainId: 421_614 });
    const signer = chain.signers[3] as JsonRpcSigner;
    const deployer = signer.address as Address;
    for (let i = 0; i < 5; i++) await (await signer.sendTransaction({ to: SOMEONE, value: 1n })).wait();
    const { parameters } = readNetworkFile(join(packageDir, "networks", "testnet.json"), deployer, {
      guardian: OTHER,
      proposers: [SOMEONE],
      executors: [SOMEONE],
    });
    const block = await chain.provider.getBlockNumber();

    const run = await dryRun(chain.provider, deployer, parameters);
    expect(await chain.provider.getBlockNumber()).toBe(block);
    expect(await chain.provider.getTransactionCount(deployer)).toBe(5);
    expect(run.precompiles.every(({ ok }) => ok)).toBe(true);

    const deployment = await deploy(signer, parameters);
    const { fromBlock: _, creations: __, ...planned } = run.deployment;
    expect(deployment).toMatchObject(planned);
    let gasUsed = 0n;
    for (let number = block + 1; number <= (await chain.provider.getBlockNumber()); number++) {
      gasUsed += (await chain.provider.getBlock(number))?.gasUsed ?? 0n;
    }
    expect(run.gasUsed).toBe(gasUsed);
    expect(run.costWei).toBeGreaterThan(0n);
    const text = formatDryRun(run);
    expect(text).toContain(deployment.rewards);
    expect(text).toContain("call of rewards");
    expect(text).not.toContain("unknown");
    await chain.close();
  });

  test("takes any deployer's address, without its key", async () => {
    const chain = await startSimulatedChain();
    const { parameters } = readNetworkFile(join(packageDir, "networks", "local.json"), SOMEONE);
    const stranger = `0x${"77".repeat(20)}` as Address;
    const run = await dryRun(chain.provider, stranger, parameters);
    expect(run.deployment).toMatchObject({ founder: stranger, owner: SOMEONE });
    expect(formatDryRun(run)).not.toContain("unknown");
    await chain.close();
  });

  test("P-32: says that a chain without the EIP-2537 precompiles will refuse", async () => {
    const chain = await startSimulatedChain({ hardfork: "cancun" });
    const { parameters } = readNetworkFile(join(packageDir, "networks", "local.json"), SOMEONE);
    const run = await dryRun(chain.provider, SOMEONE, parameters);
    expect(run.precompiles.map(({ ok }) => ok)).toEqual([false, false, false]);
    expect(formatDryRun(run)).toContain("initialize will refuse");
    await chain.close();
  });
});

describe("on a started network", () => {
  let network: TestNetwork;
  let restore: () => Promise<void>;
  beforeAll(async () => {
    network = await startTestNetwork({ nodes: 3 });
  });
  afterAll(() => network.chain.close());
  beforeEach(async () => {
    restore = await network.chain.snapshot();
  });
  afterEach(() => restore());

  const verify = async (): Promise<string[]> => {
    const { chain, scheme, deployment } = network;
    const checks = await verifyDeployment(chain.provider, scheme, deployment);
    expect(checks.length).toBeGreaterThan(30);
    return checks.filter(({ ok }) => !ok).map(({ name }) => name);
  };
  const signer = (i: number): JsonRpcSigner => network.chain.signers[i] as JsonRpcSigner;

  test("P-49: all is read back as meant", async () => {
    expect(await verify()).toEqual([]);
    const checks = await verifyDeployment(network.chain.provider, network.scheme, network.deployment);
    expect(formatChecks(checks)).not.toContain("FAILED");
  });

  test("P-49: what is not as meant is named", async () => {
    const { chain, deployment, pool } = network;
    await send(pool, "transferOwnership", SOMEONE);
    expect(await verify()).toEqual(["pool.pendingOwner"]);
    await send(pool.connect(signer(1)) as Contract, "acceptOwnership");
    const library = deployment.libraries["RegistrationLib"] as Address;
    const code = await chain.provider.getCode(library);
    await chain.setCode(library, `${code.slice(0, -2)}00`);
    await chain.setCode(deployment.rewardsImplementation, "0x60016002");
    const failed = await verify();
    expect(failed).toContain(`code of RegistrationLib at ${library}`);
    expect(failed).toContain(`code of ServiceNodeRewards at ${deployment.rewardsImplementation}`);
    expect(failed).toContain("pool.owner");
    expect(failed).toContain("rewards.paused"); // it no longer answers
    expect(failed).not.toContain("implementation of rewards");
    const checks = await verifyDeployment(chain.provider, network.scheme, { ...deployment, owner: OTHER });
    const failing = checks.filter(({ ok }) => !ok);
    expect(failing.map(({ name }) => name)).toContain("owner of the ProxyAdmin of rewards");
    expect(failing.every(({ remedy }) => remedy.length > 10)).toBe(true);
    expect(formatChecks(checks)).toContain(`FAILED  pool.owner: ${SOMEONE}, not ${OTHER}\n        Do not use`);
  });

  test("P-49: what is missing is named, and the rest is read back", async () => {
    const { chain, scheme, deployment } = network;
    const elsewhere = { ...deployment, rewards: SOMEONE, contributionFactory: OTHER };
    const checks = await verifyDeployment(chain.provider, scheme, elsewhere);
    const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(failed).toContain(`code of TransparentUpgradeableProxy at ${SOMEONE}`);
    expect(failed).toContain(`code of ServiceNodeContributionFactory at ${OTHER}`);
    expect(failed).toContain("owner of the ProxyAdmin of rewards");
    expect(failed).toContain("code of ServiceNodeContribution at 0x0000000000000000000000000000000000000000");
    expect(failed).not.toContain("owner of the ProxyAdmin of pool");
    expect(failed).not.toContain("pool.owner");
  });

  test("P-49: an address that is only in the code is read there", async () => {
    const { chain, deployment } = network;
    const { abi } = loadArtifact("ServiceNodeContributionFactory");
    const factory = new Contract(deployment.contributionFactory, abi as InterfaceAbi, chain.provider);
    const implementation = (await factory.getFunction("implementation")()) as Address;
    const admin = await adminOf(chain.provider, deployment.rewards);
    for (const [at, from] of [
      [implementation, deployment.contributionFactory], // who may set a clone up
      [deployment.rewards, admin], // whom the proxy obeys, whatever its slot says
    ] as const) {
      const code = await chain.provider.getCode(at);
      const word = from.slice(2).toLowerCase();
      expect(code).toContain(word);
      await chain.setCode(at, code.replaceAll(word, SOMEONE.slice(2).toLowerCase()));
    }
    expect(await verify()).toEqual([
      `addresses in the code of TransparentUpgradeableProxy at ${deployment.rewards}`,
      `addresses in the code of ServiceNodeContribution at ${implementation}`,
    ]);
  });

  test("P-49: the same code with another constructor before it is named", async () => {
    const { chain, scheme, deployment } = network;
    const { distributor } = deployment;
    const code = await chain.provider.getCode(distributor);
    // Stores 1 at 99, where the compiled constructor stores nothing, and returns the code that is meant, immutables
    // included.
    const creation = creationCode(code, "6001606355");
    const sent = await signer(3).sendTransaction({ data: creation });
    const at = (await sent.wait())?.contractAddress as Address;
    expect(await chain.provider.getStorage(at, 99)).toBe(toBeHex(1, 32));
    const lie = {
      ...deployment,
      distributor: at,
      creations: { ...deployment.creations, distributor: sent.hash as Hex },
    };
    const checks = await verifyDeployment(chain.provider, scheme, lie);
    expect(checks.find(({ name }) => name === `code of RewardsDistributor at ${at}`)?.ok).toBe(true);
    const creations = checks.filter(({ name, ok }) => name.startsWith("creation of") && !ok);
    expect(creations.map(({ actual }) => actual)).toEqual([`${sent.hash} ran other creation code`]);

    const { pool, token, ...others } = deployment.creations;
    const mixed = { ...deployment, creations: { ...others, rewards: pool as Hex, token: toBeHex(7, 32) as Hex } };
    const failed = (await verifyDeployment(chain.provider, scheme, mixed)).filter(({ ok }) => !ok);
    expect(failed.map(({ name, actual }) => `${name}: ${actual}`)).toEqual([
      "creation of pool: its transaction is not known",
      `creation of rewards: ${pool} created ${deployment.pool}`,
      `creation of token: the node does not have ${toBeHex(7, 32)}`,
    ]);
    expect(token).toBeDefined();
  });

  test("P-49: what setters changed is named", async () => {
    const { rewards } = network;
    await send(rewards, "pause", 3_600n);
    await send(rewards, "setContributionFactory", SOMEONE);
    await send(rewards, "setStakingRequirement", TEST_STAKE_ATOMIC / 2n);
    await send(rewards, "setClaimLimit", 7n, 9n);
    expect(await verify()).toEqual([
      "rewards.stakingRequirement",
      "distributor.claimCycle.limit",
      "distributor.claimCycle.cycleSeconds",
      "rewards.contributionFactory",
      "rewards.paused",
      "distributor.paused",
    ]);
  });

  test("P-32: the known answers fail without the precompiles", async () => {
    const old = await startSimulatedChain({ hardfork: "cancun" });
    const checks = await checkPrecompiles(old.provider, await loadNativeScheme());
    expect(checks.filter(({ ok }) => ok)).toEqual([]);
    await old.close();
  });

  test("a record survives the file", () => {
    const record = { deployment: network.deployment, storageLayout: layout };
    expect(parseRecord(formatRecord(record))).toEqual(record);
    expect(errorCode(() => parseRecord("{"))).toBe("DEPLOY_RECORD_INVALID");
    expect(errorCode(() => parseRecord("{}"))).toBe("DEPLOY_RECORD_INVALID");
    const wrong = formatRecord(record).replace(network.deployment.rewards, "0x12");
    expect(errorCode(() => parseRecord(wrong))).toBe("DEPLOY_RECORD_INVALID");
  });

  test.each(["rewards", "pool"] as const)("P-49: an upgrade of %s keeps its state", async (what) => {
    const { rewards, pool, deployment, chain } = network;
    const read = async (): Promise<unknown> => [
      await rewards.getFunction("node")(3),
      await rewards.getFunction("aggregatePublicKey")(),
      await rewards.getFunction("principal")(),
      await rewards.getFunction("owner")(),
      await pool.getFunction("settlement")(),
      await pool.getFunction("owner")(),
    ];
    const before = await read();
    const made = await upgrade(network.owner, { deployment, storageLayout: layout }, what);
    const { record } = made;
    expect(made).toEqual({ record });
    expect(await read()).toEqual(before);
    const key = what === "pool" ? "poolImplementation" : "rewardsImplementation";
    expect(record.deployment[key]).not.toBe(deployment[key]);
    expect(await implementationOf(chain.provider, deployment[what])).toBe(record.deployment[key]);
    const checks = await verifyDeployment(chain.provider, network.scheme, record.deployment);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  test("an upgrade by another account is the owner's transaction to send", async () => {
    const { deployment, chain } = network;
    const { record, transaction } = await upgrade(signer(5), { deployment, storageLayout: layout }, "rewards");
    expect(await implementationOf(chain.provider, deployment.rewards)).toBe(deployment.rewardsImplementation);
    expect(transaction?.from).toBe(network.owner.address);
    const { from: _, ...toSend } = transaction as { from: Address; to: Address; data: string };
    await expect(signer(5).sendTransaction(toSend)).rejects.toThrow();
    await (await network.owner.sendTransaction(toSend)).wait();
    const now = await implementationOf(chain.provider, deployment.rewards);
    expect(now).toBe(record.deployment.rewardsImplementation);
  });

  test("error: P-49: an upgrade that moves a field", async () => {
    const { deployment, chain } = network;
    const nonce = await network.owner.getNonce();
    const name = "quorate.storage.ServiceNodeRewards";
    const storageLayout = { ...layout, [name]: ["gone 0 0 bool:1", ...(layout[name] ?? [])] };
    const refused = upgrade(network.owner, { deployment, storageLayout }, "rewards");
    await expect(refused).rejects.toSatisfy((error) => isQuorateError(error, "UPGRADE_INCOMPATIBLE"));
    expect(await network.owner.getNonce()).toBe(nonce);
    expect(await implementationOf(chain.provider, deployment.rewards)).toBe(deployment.rewardsImplementation);
  });

  test("error: another chain than the record's", async () => {
    const record = { deployment: { ...network.deployment, chainId: 5n }, storageLayout: layout };
    expect(await rejectionCode(upgrade(network.owner, record, "pool"))).toBe("DEPLOY_WRONG_CHAIN");
  });
});

describe("storage layout", () => {
  const committed = JSON.parse(readFileSync(join(packageDir, "storage-layout.json"), "utf8")) as StorageLayout;

  test("P-49: the sources have the committed layout (else: pnpm --filter @quorate/contracts generate:storage)", () => {
    expect(layout).toEqual(committed);
  });

  test("nothing behind a proxy has storage outside of a namespace", () => {
    expect(layout["ServiceNodeRewards"]).toEqual([]);
    expect(layout["RewardRatePool"]).toEqual([]);
  });

  test("the namespaces are where ERC-7201 puts them", () => {
    // keccak256(keccak256(name) - 1) with the last byte cleared.
    for (const [file, name] of [
      ["libraries/RewardsStorage.sol", "quorate.storage.ServiceNodeRewards"],
      ["RewardRatePool.sol", "quorate.storage.RewardRatePool"],
    ] as const) {
      const inner = keccak256(toBeHex(BigInt(keccak256(toUtf8Bytes(name))) - 1n, 32));
      const source = readFileSync(join(packageDir, "contracts", file), "utf8");
      expect(source).toContain(`LOCATION = ${inner.slice(0, -2)}00;`);
    }
  });

  test("appending is no problem; moving, retyping, renaming and dropping are", () => {
    const before = { a: ["x 0 0 uint96:12", "m 1 0 mapping(uint256=>structS)", "m[].y 0 0 uint8:1"] };
    const problems = (...fields: string[]): string[] => layoutProblems(before, { a: fields });
    const [x, m, y] = before.a as [string, string, string];
    expect(problems(x, "z 0 12 uint8:1", m, y, "m[].w 0 1 bool:1", "end 2 0 address:20")).toEqual([]);
    expect(problems("x 0 1 uint96:12", m, y)).toEqual([`a: ${x}`]);
    expect(problems("x 0 0 uint64:8", m, y)).toEqual([`a: ${x}`]);
    expect(problems("renamed 0 0 uint96:12", m, y)).toEqual([`a: ${x}`]);
    expect(problems(x, m, "m[].y 0 1 uint8:1")).toEqual([`a: ${y}`]);
    expect(problems(x, m)).toEqual([`a: ${y}`]);
    expect(layoutProblems(before, {})).toEqual(["a: gone"]);
  });

  test("P-49: an enum's members keep their places, or what is stored would mean something else; new ones are appended", () => {
    const state = "records[].state 0 0 enumNodeState{None,Pending,Active,Decommissioned,Exited}:1";
    expect(committed["quorate.storage.ServiceNodeRewards"]).toContain(state);
    const problems = (members: string): string[] =>
      layoutProblems({ a: [state] }, { a: [`records[].state 0 0 enumNodeState{${members}}:1`] });
    expect(problems("None,Pending,Active,Decommissioned,Exited")).toEqual([]);
    expect(problems("None,Pending,Active,Decommissioned,Exited,Expelled")).toEqual([]);
    expect(problems("None,Pending,Active,Expelled,Decommissioned,Exited")).toEqual([`a: ${state}`]);
    expect(problems("None,Pending,Decommissioned,Active,Exited")).toEqual([`a: ${state}`]);
    expect(problems("None,Pending,Active,Decommissioned")).toEqual([`a: ${state}`]);
    expect(problems("None,Pending,Active,Decommissioned,ExitedLate")).toEqual([`a: ${state}`]);
  });

  test("an array's field says how large its elements are, so that none grows unseen", () => {
    expect(committed["quorate.storage.ServiceNodeRewards"]).toContain("aggregateKey 0 0 bytes32[3]:96(bytes32:32)");
  });
});
