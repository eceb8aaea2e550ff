/**
 * A network to be attacked: honest nodes with an agent each, a registered node that is hostile, and one that is
 * registered under a victim's identity key. In: how many honest ones. Out: agents that can be restarted, and what the
 * enemy is told of them. The hostile nodes have so little stake that the honest ones hold 95% without them (P-24),
 * and all of those are needed: one deaf agent fails everyone's claims.
 */
import {
  type Address,
  digestOf,
  fromHex,
  identityKeyOf,
  type NodeId,
  type Possession,
  parseAddress,
  provePossession,
  toHex,
} from "@quorate/common";
import { ensureBuilt } from "@quorate/contracts";
import { startChain } from "../harness/chain.ts";
import { Cleanup } from "../harness/cleanup.ts";
import { type AgentProcess, LocalNetwork, type LocalNode } from "../harness/network.ts";
import {
  connect,
  type NodeSecrets,
  registrationStruct,
  type SeedTarget,
  seedNodes,
  send,
  startNetwork,
} from "../harness/seed.ts";
import { makeTempDirectory, removeDirectory } from "../harness/tempDirectory.ts";
import type { EnemyKeys, Target } from "./attack.ts";

/**
 * Short, so that an attack sees several: five are signed (P-70), and a claim that takes all of its time stays within
 * them.
 */
export const EPOCH_SECONDS = 15;
export const CLAIM_DEADLINE_MS = 30_000;
/** As many recipients as a node can have (P-27): the first are the honest stakers', the others the enemy asks for. */
const CONTRIBUTORS = 10;
const HONEST_RECIPIENTS = 4;
/** P-26: between two changes of the stake of a node, each of which halves it at most. */
const REQUIREMENT_CHANGE_SECONDS = 15 * 86_400;
const GAS_LIMIT = 16_777_216n;
/** One with an identity key of its own, one with the victim's. */
const HOSTILE_NODES = 2;

export interface SiegeNetwork {
  readonly network: LocalNetwork;
  readonly enemy: EnemyKeys;
  readonly honestRecipients: readonly Address[];
  readonly enemyRecipients: readonly Address[];
  close(): Promise<void>;
}

/** @param nodes honest ones, each with an agent; not started yet */
export async function startSiegeNetwork(nodes: number): Promise<SiegeNetwork> {
  const cleanup = new Cleanup();
  try {
    await ensureBuilt();
    const directory = makeTempDirectory("quorate-siege-");
    cleanup.add(() => removeDirectory(directory));
    const chain = await startChain("hardhat", directory, { accountCount: nodes + 3 });
    cleanup.add(() => chain.stop());
    const options = {
      nodes,
      epochSeconds: EPOCH_SECONDS,
      claimDeadlineMs: CLAIM_DEADLINE_MS,
      contributors: CONTRIBUTORS,
    };
    const network = await LocalNetwork.deploy(chain, directory, options, cleanup);
    const enemy = await seed(network);
    const recipients = (from: number, to: number): Address[] =>
      network.nodes.flatMap((node) => node.recipients.slice(from, to));
    return {
      network,
      enemy,
      honestRecipients: recipients(0, HONEST_RECIPIENTS),
      enemyRecipients: recipients(HONEST_RECIPIENTS, CONTRIBUTORS),
      close: () => cleanup.run(),
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

/** The honest nodes at the full stake, the hostile ones at a half, a quarter, … of it, and the start of epoch 0. */
async function seed(network: LocalNetwork): Promise<EnemyKeys> {
  const { nodes: honest, scheme, chain } = network;
  const owner = chain.signer(0);
  const target: SeedTarget = {
    domain: network.domain,
    token: network.token,
    owner,
    stakeAtomic: network.deployment.parameters.stakingRequirementAtomic,
  };
  await seedNodes(scheme, target, honest.map(secretsOf));
  const stakeAtomic = await lowerStake(network, target.stakeAtomic);
  const enemy = hostileSecrets(network, honest.length + 1, 0x13);
  await seedNodes(scheme, { ...target, stakeAtomic }, [enemy]);
  const victim = honest.at(-1) as LocalNode;
  await seedSquatter(network, stakeAtomic, hostileSecrets(network, honest.length + 2, 0x17), victim);
  const principal = BigInt(HOSTILE_NODES) * stakeAtomic;
  await send(connect("SessionToken", network.token, owner), "transfer", network.rewards, principal);
  await startNetwork(target, honest.length);
  const { blsSecret, identitySecret } = enemy;
  return { nodeId: honest.length + 1, blsSecret: toHex(blsSecret), identitySecret: toHex(identitySecret) };
}

/**
 * Halves what a node must stake until the hostile nodes have 5% at most; before the start, so that no epoch sees time
 * jump.
 */
async function lowerStake(network: LocalNetwork, fullAtomic: bigint): Promise<bigint> {
  const rewards = connect("ServiceNodeRewards", network.rewards, network.chain.signer(0));
  const mostAtomic = (fullAtomic * BigInt(network.nodes.length)) / BigInt(19 * HOSTILE_NODES);
  let stakeAtomic = fullAtomic;
  while (stakeAtomic > mostAtomic) {
    if (stakeAtomic < fullAtomic) await network.chain.provider.send("evm_increaseTime", [REQUIREMENT_CHANGE_SECONDS]);
    stakeAtomic /= 2n;
    await send(rewards, "setStakingRequirement", stakeAtomic);
  }
  return stakeAtomic;
}

function hostileSecrets({ chain }: LocalNetwork, id: NodeId, byte: number): NodeSecrets {
  const secret = new Uint8Array(32).fill(byte);
  return { blsSecret: secret, identitySecret: secret, operator: parseAddress(chain.signer(id).address) };
}

/** A node under another's identity key: its own key has signed, the other's has not. The contract allows it (P-8). */
async function seedSquatter(
  network: LocalNetwork,
  stakeAtomic: bigint,
  secrets: NodeSecrets,
  victim: LocalNode,
): Promise<void> {
  const { scheme, domain, chain } = network;
  const { operator } = secrets;
  const honest = provePossession(scheme, domain, secrets);
  const identityKey = identityKeyOf(victim.keys.identitySecret);
  const digest = digestOf(domain, "ProofOfPossession", { blsKey: honest.blsKey, operator, identityKey });
  const squatter: Possession = { ...honest, identityKey, proofOfPossession: scheme.sign(secrets.blsSecret, digest) };
  const registeredAt = (await chain.provider.getBlock("latest"))?.timestamp as number;
  const contributors = [{ addr: operator, beneficiary: operator, stake: stakeAtomic }];
  const seeded = [{ registeredAt, registration: registrationStruct(squatter), contributors }];
  const rewards = connect("ServiceNodeRewards", network.rewards, chain.signer(0));
  await send(rewards, "seedPublicKeyList", seeded, { gasLimit: GAS_LIMIT });
}

function secretsOf({ keys, operator, recipients }: LocalNode): NodeSecrets {
  return { ...keys, operator, otherContributors: recipients.slice(1) };
}

/** What a stranger can know of an agent. */
export function targetOf({ id, addresses, http, health }: AgentProcess): Target {
  const address = addresses[0] ?? "";
  const [, , host = "", , port = ""] = address.split("/");
  return { id, address, host, port: Number(port), http, health };
}

/** By identity key, the nodes that a log may name. */
export function identities({ network, enemy }: SiegeNetwork): { honest: Set<string>; hostile: string } {
  const honest = new Set(network.nodes.map(({ keys }) => toHex(identityKeyOf(keys.identitySecret)) as string));
  return { honest, hostile: toHex(identityKeyOf(fromHex(enemy.identitySecret))) };
}
