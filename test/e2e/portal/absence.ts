/**
 * A node that is liquidated for its silence (P-36), on the real contract. Enters: the page's network, whose agents
 * stand still. Leaves: a node of an operator and a contributor, and the reports of the other nodes without it, each
 * signed here with their keys: 168 of them would take agents an hour.
 */
import { type Address, digestOf, type EpochReport, type NodeId, parseAddress, provePossession } from "@quorate/common";
import { signAsOne } from "@quorate/contracts/testing";
import type { Contract } from "ethers";
import { expect } from "vitest";
import type { LocalNetwork } from "../../harness/network.ts";
import { connect, registrationStruct, send } from "../../harness/seed.ts";
import { ACCOUNTS, type PortalNetwork } from "./fixture.ts";

/** Silent reports after which anyone may liquidate a decommissioned node. */
export const SILENT_REPORTS = 168;
/** A first record of five nodes takes 400,000. */
const REPORT_GAS = "0x2dc6c0";
const NO_ROOT = `0x${"00".repeat(32)}` as const;
/** As the fixture's chain mines. */
const BLOCK_SECONDS = 1;

/** Blocks come with transactions rather than each second, until it is done. */
export async function minedAtOnce({ network }: PortalNetwork, work: () => Promise<void>): Promise<void> {
  const { provider } = network.chain;
  await provider.send("evm_setIntervalMining", [0]);
  await provider.send("evm_setAutomine", [true]);
  try {
    await work();
  } finally {
    await provider.send("evm_setAutomine", [false]);
    await provider.send("evm_setIntervalMining", [BLOCK_SECONDS]);
  }
}

/** A quarter is the operator's, the rest the contributor's; whoever completes the stake registers the node (P-48). */
export async function registersTogether({ network }: PortalNetwork): Promise<NodeId> {
  const { chain, scheme, domain } = network;
  const [operator, contributor] = [chain.signer(ACCOUNTS.poolOperator), chain.signer(ACCOUNTS.contributor)];
  const stake = network.deployment.parameters.stakingRequirementAtomic;
  const [blsSecret, identitySecret] = [new Uint8Array(32).fill(0x61), new Uint8Array(32).fill(0x62)];
  const secrets = { blsSecret, identitySecret, operator: parseAddress(operator.address) };
  const rewards = connect("ServiceNodeRewards", network.rewards, operator);
  const factoryAt = parseAddress(await rewards.getFunction("contributionFactory")());
  const factory = connect("ServiceNodeContributionFactory", factoryAt, operator);
  const registration = registrationStruct(provePossession(scheme, domain, secrets));
  const address = parseAddress(await factory.getFunction("create").staticCall(registration));
  await send(factory, "create", registration);
  const pays = async (signer: typeof operator, amount: bigint): Promise<Contract> => {
    await send(connect("SessionToken", network.token, signer), "approve", address, amount);
    return connect("ServiceNodeContribution", address, signer);
  };
  await send(await pays(operator, stake / 4n), "open", stake / 4n, operator.address, [], false);
  const part = stake - stake / 4n;
  await send(await pays(contributor, part), "contribute", 1n, part, contributor.address);
  const pool = connect("ServiceNodeContribution", address as Address, operator);
  return Number(await pool.getFunction("nodeId")());
}

/** Activated by one report, decommissioned by the next, and then not heard in all that follow. Within `minedAtOnce`. */
export async function reportsWithout({ network }: PortalNetwork, id: NodeId): Promise<void> {
  const { provider } = network.chain;
  const { epochSeconds } = network.deployment.parameters;
  const rewards = connect("ServiceNodeRewards", network.rewards, network.chain.signer(0));
  const read = async (name: string) => Number(await rewards.getFunction(name)());
  const [genesis, before] = [await read("genesis"), await read("acceptedReports")];
  const now = (await provider.getBlock("latest"))?.timestamp as number;
  const first = Math.floor((now - genesis) / epochSeconds);
  // Each in a block of its own, at the moment when its epoch has ended.
  await provider.send("evm_setAutomine", [false]);
  for (let i = 0; i < SILENT_REPORTS + 2; i += 1) {
    const lists = { activate: i === 0 ? [id] : [], decommission: i === 1 ? [id] : [] };
    await reports(network, rewards, { epoch: first + i, rewardsRoot: NO_ROOT, totalOwed: 0n, ...lists });
    await provider.send("evm_setNextBlockTimestamp", [genesis + (first + i + 1) * epochSeconds]);
    await provider.send("evm_mine", []);
  }
  await provider.send("evm_setAutomine", [true]);
  expect(await read("acceptedReports")).toBe(before + SILENT_REPORTS + 2);
}

/** Signed by all that are in the network since its beginning. Whom it decommissions, it also calls not heard. */
async function reports(
  { chain, scheme, domain, nodes, rewards: to }: LocalNetwork,
  { interface: abi }: Contract,
  report: EpochReport,
) {
  const keys = nodes.map(({ keys: own }) => own);
  const signature = signAsOne(scheme, keys, digestOf(domain, "EpochReport", report));
  const data = abi.encodeFunctionData("reportEpoch", [report, signature, report.decommission, []]);
  await chain.provider.send("eth_sendTransaction", [{ from: chain.signer(0).address, to, data, gas: REPORT_GAS }]);
}
