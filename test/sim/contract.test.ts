/**
 * Bundles of simulated networks in the real contract, on Hardhat's EVM with the EIP-2537 precompiles: those of a run
 * with real BLS as they are, byte for byte; and those of the linear model with the same signers' real signatures.
 */
import {
  type Address,
  type Bundle,
  digestOf,
  fromHex,
  type NodeId,
  parseAddress,
  rewardClaimCalldata,
  Signers,
} from "@quorate/common";
import {
  makeTestNode,
  send,
  soloContributor,
  startTestNetwork,
  TEST_STAKE_ATOMIC,
  type TestNetwork,
} from "@quorate/contracts/testing";
import type { Contract, JsonRpcSigner } from "ethers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { NodeSecrets } from "./nodes.ts";
import { NO_FAULTS } from "./options.ts";
import { type RunConfig, run } from "./run.ts";

const NODES = 20;

let network: TestNetwork;
let real: NonNullable<RunConfig["real"]>;
beforeAll(async () => {
  network = await startTestNetwork({ nodes: NODES });
  await registerPending(NODES + 1);
  const { chainId, verifyingContract } = network.domain;
  real = { scheme: network.scheme, domain: { chainId, verifyingContract: parseAddress(verifyingContract) }, secretsOf };
});
afterAll(() => network.chain.close());

/** Lifetime only grows (P-25), and runs may ask for the same recipients: each test starts from the same chain. */
let goBack: () => Promise<void>;
beforeEach(async () => {
  goBack = await network.chain.snapshot();
});
afterEach(() => goBack());

/** The newcomer of the simulation is on the real chain, too: pending, and a signer of claims. */
async function registerPending(id: NodeId): Promise<void> {
  const operator = network.chain.signers[3] as JsonRpcSigner;
  const address = operator.address as Address;
  await send(network.token, "transfer", address, TEST_STAKE_ATOMIC);
  await send(network.token.connect(operator) as Contract, "approve", network.deployment.rewards, TEST_STAKE_ATOMIC);
  const { registration } = makeTestNode(network.scheme, network.domain, id, address);
  const contributors = soloContributor(address, TEST_STAKE_ATOMIC);
  await send(network.rewards.connect(operator) as Contract, "addBLSPublicKey", registration, contributors);
  expect(await network.rewards.getFunction("nodeIdOf")(registration.blsKey)).toBe(BigInt(id));
}

const secretsOf = (id: NodeId): NodeSecrets => makeTestNode(network.scheme, network.domain, id, `0x${"01".repeat(20)}`);

/** Sends calldata and says whether the contract took it for what the bundle says. */
async function accepts(bundle: Bundle, calldata: string): Promise<boolean> {
  const staker = network.chain.signers[2] as JsonRpcSigner;
  try {
    await (await staker.sendTransaction({ to: network.deployment.rewards, data: calldata })).wait();
  } catch (error) {
    expect(String(error)).toMatch(/revert/i);
    return false;
  }
  const { lifetime } = await network.rewards.getFunction("recipients")(bundle.message.recipient);
  expect(String(lifetime)).toBe(bundle.message.amount);
  return true;
}

const config = (seed: number, faults: Partial<RunConfig["faults"]>): RunConfig => ({
  seed,
  nodes: NODES,
  claims: 3,
  faults: { ...NO_FAULTS, loss: 0.02, ...faults },
});

describe("in the real contract", () => {
  it("every bundle of a run with real BLS is accepted as it is, with non-signers and extra signers named", async () => {
    const { bundles, violations } = run({ ...config(2, { silent: 0.05, crash: 0.1 }), real });
    expect(violations).toEqual([]);
    expect(bundles).toHaveLength(3);
    expect(bundles.every(({ nonSigners }) => nonSigners.length === 1)).toBe(true);
    expect(bundles.some(({ extraSigners }) => extraSigners.includes(String(NODES + 1)))).toBe(true);
    for (const bundle of bundles) {
      // A silent node made out to be a signer: the keys no longer fit the signature.
      const message = { recipient: bundle.message.recipient as Address, amount: BigInt(bundle.message.amount) };
      const extraSigners = bundle.extraSigners.map(Number);
      const lie = rewardClaimCalldata(message, fromHex(bundle.signature), { nonSigners: [], extraSigners });
      expect(await accepts(bundle, lie)).toBe(false);
      expect(await accepts(bundle, bundle.calldata)).toBe(true);
    }
  });

  it("a liar's errors that cancel in a plain sum reach no bundle of a run with real BLS (P-6)", async () => {
    const { bundles, violations, blames } = run({ ...config(4, { byzantine: 0.05 }), behaviours: ["canceller"], real });
    expect(violations).toEqual([]);
    expect(blames["SHARE_BAD_SIGNATURE"]).toBeGreaterThan(0);
    expect(bundles).toHaveLength(3);
    for (const bundle of bundles) expect(await accepts(bundle, bundle.calldata)).toBe(true);
  });

  it("every bundle of a run with the linear model is accepted, once its signers sign with real keys", async () => {
    const { bundles, violations } = run(config(9, { silent: 0.05, partition: 0.1 }));
    expect(violations).toEqual([]);
    expect(bundles).toHaveLength(3);
    for (const bundle of bundles) {
      const message = { recipient: bundle.message.recipient as Address, amount: BigInt(bundle.message.amount) };
      const digest = digestOf(network.domain, "RewardClaim", message);
      const secrets = Signers.fromHex(bundle.signers)
        .ids()
        .map((id) => secretsOf(id).blsSecret);
      const signature = network.scheme.aggregateSignatures(
        secrets.map((secret) => network.scheme.sign(secret, digest)),
      );
      const lists = { nonSigners: bundle.nonSigners.map(Number), extraSigners: bundle.extraSigners.map(Number) };
      expect(await accepts(bundle, rewardClaimCalldata(message, signature, lists))).toBe(true);
    }
  });
});
