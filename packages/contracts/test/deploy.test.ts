// Deployment on a simulated chain: what comes out, what is refused.
import type { Address } from "@quorate/common";
import { Contract, type InterfaceAbi, type JsonRpcSigner } from "ethers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ContractName, ensureBuilt, loadArtifact } from "../src/artifacts.ts";
import { type Deployment, deploy } from "../src/deploy.ts";
import { parseDeployParameters } from "../src/parameters.ts";
import { type SimulatedChain, startSimulatedChain } from "../src/testing/index.ts";
import { errorCode, rejectionCode } from "./support.ts";

const SOMEONE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8" as Address;

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

  test("error: initialising an implementation behind the proxy", async () => {
    const implementation = read("ServiceNodeRewards", deployment.rewardsImplementation);
    const call = implementation.getFunction("initialize").staticCall([SOMEONE, 1n, 1n, 1n, 1n]);
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
  test("fills in Session's numbers, and the deployer as owner", () => {
    expect(parseDeployParameters({}, SOMEONE)).toEqual({
      owner: SOMEONE,
      tokenSupplyAtomic: 240_000_000_000_000_000n,
      stakingRequirementAtomic: 25_000_000_000_000n,
      epochSeconds: 3_600,
      claimLimitAtomic: 1_000_000_000_000_000n,
      claimCycleSeconds: 43_200,
      poolFundingAtomic: 0n,
    });
  });

  test.each([
    { owner: "0x1234" },
    { epochSeconds: 0 },
    { epochSeconds: 1.5 },
    { stakingRequirementAtomic: 0n },
    { stakingRequirementAtomic: 2n ** 64n },
    { claimLimitAtomic: 2n ** 64n },
    { claimCycleSeconds: 2 ** 24 },
    { stakingRequirement: 5n },
  ])("error: %o", (input) => {
    expect(errorCode(() => parseDeployParameters(input, SOMEONE))).toBe("DEPLOY_PARAMETERS_INVALID");
  });
});
