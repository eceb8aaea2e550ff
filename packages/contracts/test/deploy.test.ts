// Deployment on a simulated chain: what comes out, what is refused.
import { type Address, isQuorateError } from "@quorate/common";
import { Contract, type InterfaceAbi, type JsonRpcSigner, ZeroAddress } from "ethers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ContractName, ensureBuilt, loadArtifact } from "../src/artifacts.ts";
import { type Deployment, deploy } from "../src/deploy.ts";
import { type DeployParametersInput, parseDeployParameters } from "../src/parameters.ts";
import { type SimulatedChain, startSimulatedChain } from "../src/testing/index.ts";
import { rejectionCode } from "./support.ts";

const SOMEONE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8" as Address;
const OTHER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC" as Address;

describe("deploy", () => {
  let chain: SimulatedChain;
  let deployment: Deployment;
  beforeAll(async () => {
    await ensureBuilt();
    chain = await startSimulatedChain();
    deployment = await deploy(chain.signers[0] as JsonRpcSigner, {
      owner: SOMEONE,
      epochSeconds: 8,
      stakingRequirementAtomic: 77n,
      poolFundingAtomic: 5n,
    });
  });
  afterAll(() => chain.close());

  const read = (name: ContractName, address: Address): Contract =>
    new Contract(address, loadArtifact(name).abi as InterfaceAbi, chain.provider);

  test("wires rewards, pool and token, and keeps to the parameters", async () => {
    const rewards = read("ServiceNodeRewards", deployment.rewards);
    const pool = read("RewardRatePool", deployment.pool);
    const value = (contract: Contract, name: string): Promise<unknown> => contract.getFunction(name)();
    expect(await value(rewards, "owner")).toBe(SOMEONE);
    expect(await value(pool, "owner")).toBe(SOMEONE);
    expect(await value(rewards, "pool")).toBe(deployment.pool);
    expect(await value(rewards, "token")).toBe(deployment.token);
    expect(await value(rewards, "distributor")).toBe(deployment.distributor);
    expect(await value(pool, "beneficiary")).toBe(deployment.distributor);
    const distributor = read("RewardsDistributor", deployment.distributor);
    expect(await value(distributor, "rewards")).toBe(deployment.rewards);
    expect(await value(distributor, "pool")).toBe(deployment.pool);
    expect(await value(distributor, "token")).toBe(deployment.token);
    expect(await value(rewards, "epochSeconds")).toBe(8n);
    expect(await value(rewards, "stakingRequirement")).toBe(77n);
    expect(await read("SessionToken", deployment.token).getFunction("balanceOf")(deployment.pool)).toBe(5n);
  });

  test("P-30, P-44: guardian, founder and notice are as meant, and the founder has named the factory", async () => {
    const rewards = read("ServiceNodeRewards", deployment.rewards);
    const founder = (chain.signers[0] as JsonRpcSigner).address;
    expect(await rewards.getFunction("guardian")()).toBe(SOMEONE);
    expect(await rewards.getFunction("founder")()).toBe(founder);
    expect(deployment.founder).toBe(founder);
    expect(await rewards.getFunction("emergencyNoticeSeconds")()).toBe(16n * 86_400n);
    expect(await rewards.getFunction("contributionFactory")()).toBe(deployment.contributionFactory);
  });

  test("P-49: what is not as meant fails loudly, and is saved all the same", async () => {
    const saved: Deployment[] = [];
    // A token without decimals, and without what a transfer needs: nothing is wrong before it is read back.
    const token = deployment.distributor;
    const failed = deploy(chain.signers[3] as JsonRpcSigner, { token }, undefined, (made) => saved.push(made));
    const error = await failed.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!isQuorateError(error, "DEPLOY_NOT_AS_MEANT")) throw error;
    expect(error.values["failed"]).toEqual([expect.stringContaining("decimals of the token")]);
    expect(saved).toMatchObject([{ token, rewards: expect.stringMatching(/^0x/) }]);
  });

  test("P-114: a chain that is not local has no local network", async () => {
    const elsewhere = await startSimulatedChain({ chainId: 42_161 });
    const signer = elsewhere.signers[0] as JsonRpcSigner;
    expect(await rejectionCode(deploy(signer, {}))).toBe("DEPLOY_PARAMETERS_INVALID");
    expect(await signer.getNonce()).toBe(0);
    await elsewhere.close();
  });

  test("error: initialising an implementation behind the proxy", async () => {
    const implementation = read("ServiceNodeRewards", deployment.rewardsImplementation);
    const call = implementation.getFunction("initialize").staticCall([SOMEONE, SOMEONE, SOMEONE, 1n, 1n, 1n, 1n, 1n]);
    await expect(call).rejects.toThrow();
  });

  test("P-32: a chain without the EIP-2537 precompiles is refused", async () => {
    const old = await startSimulatedChain({ hardfork: "cancun" });
    const failed = deploy(old.signers[0] as JsonRpcSigner, {}).then(
      () => "deployed",
      (error: { data?: string }) => {
        const { interface: abi } = read("ServiceNodeRewards", deployment.rewards);
        return abi.parseError(error.data ?? "0x")?.name;
      },
    );
    expect(await failed).toBe("PrecompileFailed");
    await old.close();
  });

  test("error: the account sends something else while it deploys", async () => {
    const signer = chain.signers[2] as JsonRpcSigner;
    const disturbed = deploy(signer, {}, (line) => {
      if (line.startsWith("RewardRatePool")) void signer.sendTransaction({ to: SOMEONE, value: 1n });
    });
    expect(await rejectionCode(disturbed)).toBe("DEPLOY_ADDRESS_MISMATCH");
  });
});

describe("parseDeployParameters", () => {
  const days = 86_400;
  const proposers = [OTHER];
  const timelock = { minDelaySeconds: 22 * days, proposers, executors: [ZeroAddress] };
  const publicOnes = { kind: "test", guardian: SOMEONE, timelock } as const;
  const problemsOf = (input: object): readonly unknown[] => {
    try {
      parseDeployParameters(input as DeployParametersInput, SOMEONE);
    } catch (error) {
      if (isQuorateError(error, "DEPLOY_PARAMETERS_INVALID")) return error.values["problems"] as readonly unknown[];
      throw error;
    }
    return [];
  };

  test("fills in Session's numbers, and the deployer as owner and guardian", () => {
    expect(parseDeployParameters({}, SOMEONE)).toEqual({
      kind: "local",
      owner: SOMEONE,
      guardian: SOMEONE,
      emergencyNoticeSeconds: 16 * days,
      tokenSupplyAtomic: 240_000_000_000_000_000n,
      stakingRequirementAtomic: 25_000_000_000_000n,
      epochSeconds: 3_600,
      claimLimitAtomic: 1_000_000_000_000_000n,
      claimCycleSeconds: 43_200,
      poolFundingAtomic: 0n,
    });
  });

  test("P-114: a public network's have a timelock in the owner's place", () => {
    const parameters = parseDeployParameters(publicOnes, OTHER);
    expect(parameters).toMatchObject({ kind: "test", guardian: SOMEONE, timelock });
    expect(parameters.owner).toBeUndefined();
  });

  test("P-114: a public network is refused with every problem at once", () => {
    expect(problemsOf({ kind: "main", owner: SOMEONE, emergencyNoticeSeconds: 15 * days, epochSeconds: 0 })).toEqual([
      expect.stringContaining("epochSeconds"),
      "timelock: must be named on a main network",
      "owner: a main network is owned by its timelock",
      "guardian: must be named on a main network",
      "token: must be named on a main network",
      "emergencyNoticeSeconds: 1296000 is not above 1296000",
    ]);
    const wrong = { minDelaySeconds: 21 * days, proposers: [], executors: undefined };
    expect(problemsOf({ ...publicOnes, timelock: wrong })).toEqual([
      expect.stringContaining("timelock.proposers"),
      expect.stringContaining("timelock.executors"),
      "timelock.minDelaySeconds: 1814400 is below 1900800",
    ]);
    const guardian = OTHER.toLowerCase();
    expect(problemsOf({ ...publicOnes, guardian })).toEqual([
      `guardian: ${guardian} is a proposer, and so a canceller`,
    ]);
  });

  test.each([
    { owner: "0x1234" },
    { owner: ZeroAddress },
    { guardian: ZeroAddress },
    { kind: "public" },
    { owner: SOMEONE, timelock },
    { timelock: { ...timelock, proposers: [ZeroAddress] } },
    { timelock: { ...timelock, minDelaySeconds: 0 } },
    { emergencyNoticeSeconds: 0 },
    { emergencyNoticeSeconds: 366 * days },
    { epochSeconds: 1 },
    { epochSeconds: 2 ** 32 },
    { epochSeconds: 1.5 },
    { stakingRequirementAtomic: 0n },
    { stakingRequirementAtomic: 2n ** 64n },
    { claimLimitAtomic: 2n ** 64n },
    { claimCycleSeconds: 2 ** 24 },
    { stakingRequirement: 5n },
  ])("error: %o", (input) => {
    expect(problemsOf(input).length).toBeGreaterThan(0);
  });
});
