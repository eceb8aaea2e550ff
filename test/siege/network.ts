/**
 * A network to be attacked: honest nodes with an agent each, and one registered node that is hostile. In: how many, and under whose identity key
 * the hostile node is registered. Out: agents that can be restarted, and what the enemy is told of them. The hostile node has so little stake
 * that the honest ones hold 95% without it (P-24), and all of them are needed: one deaf agent fails everyone's claims.
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

/** Short, so that an attack sees several: five are signed (P-70), and a claim that takes all of its time stays within them. */
export const EPOCH_SECONDS = 15;
export const CLAIM_DEADLINE_MS = 30_000;
/** As many recipients as a node can have (P-27): the first are the honest stakers', the others the enemy asks for. */
const CONTRIBUTORS = 10;
const HONEST_RECIPIENTS = 4;
/** P-26: between two changes of the stake of a node, each of which halves it at most. */
const REQUIREMENT_CHANGE_SECONDS = 15 * 86_400;
const GAS_LIMIT = 16_777_216n;

export type Identity = "own" | "victim";

export interface SiegeNetwork {
  readonly network: LocalNetwork;
  readonly enemy: EnemyKeys;
  /** Whose identity key the hostile node has, if it is another's. */
  readonly victim: NodeId | null;
  readonly honestRecipients: readonly Address[];
  readonly enemyRecipients: readonly Address[];
  close(): Promise<void>;
}

/** @param nodes honest ones, each with an agent; not started yet */
export async function startSiegeNetwork(nodes: number, identity: Identity): Promise<SiegeNetwork> {
  const cleanup = new Cleanup();
  try {
    await ensureBuilt();
    const directory = makeTempDirectory("quorate-siege-");
    cleanup.add(() => removeDirectory(directory));
    const chain = await startChain("hardhat", directory, { accountCount: nodes + 2 });
    cleanup.add(() => chain.stop());
    const options = {
      nodes,
      epochSeconds: EPOCH_SECONDS,
      claimDeadlineMs: CLAIM_DEADLINE_MS,
      contributors: CONTRIBUTORS,
    };
    const network = await LocalNetwork.deploy(chain, directory, options, cleanup);
    const victim = identity === "victim" ? (network.nodes.at(-1) as LocalNode) : null;
    const enemy = await seed(network, victim);
    const recipients = (from: number, to: number): Address[] =>
      network.nodes.flatMap((node) => node.recipients.slice(from, to));
    return {
      network,
      enemy,
      victim: victim?.id ?? null,
      honestRecipients: recipients(0, HONEST_RECIPIENTS),
      enemyRecipients: recipients(HONEST_RECIPIENTS, CONTRIBUTORS),
      close: () => cleanup.run(),
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

/** The honest nodes at the full stake, the hostile one at a half, a quarter, … of it, and the start of epoch 0. */
async function seed(network: LocalNetwork, victim: LocalNode | null): Promise<EnemyKeys> {
  const honest = network.nodes;
  const owner = network.chain.signer(0);
  const target: SeedTarget = {
    domain: network.domain,
    token: network.token,
    owner,
    stakeAtomic: network.deployment.parameters.stakingRequirementAtomic,
  };
  await seedNodes(network.scheme, target, honest.map(secretsOf));
  const rewards = connect("ServiceNodeRewards", network.rewards, owner);
  let stakeAtomic = target.stakeAtomic;
  for (let changes = 0; changes === 0 || stakeAtomic * 19n > target.stakeAtomic * BigInt(honest.length); changes++) {
    stakeAtomic /= 2n;
    // Before the start, so that no epoch sees the jump.
    if (changes > 0) await network.chain.provider.send("evm_increaseTime", [REQUIREMENT_CHANGE_SECONDS]);
    await send(rewards, "setStakingRequirement", stakeAtomic);
  }
  const blsSecret = new Uint8Array(32).fill(0x13);
  const identitySecret = new Uint8Array(32).fill(0x66);
  const operator = parseAddress(network.chain.signer(honest.length + 1).address);
  const secrets = { blsSecret, identitySecret, operator };
  if (victim === null) await seedNodes(network.scheme, { ...target, stakeAtomic }, [secrets]);
  else await seedSquatter(network, stakeAtomic, secrets, victim);
  await send(connect("SessionToken", network.token, owner), "transfer", network.rewards, stakeAtomic);
  await startNetwork(target, honest.length);
  return { nodeId: honest.length + 1, blsSecret: toHex(blsSecret), identitySecret: toHex(identitySecret) };
}

/** A node under another's identity key: its own key has signed, the other's has not. The contract allows it (P-8). */
async function seedSquatter(
  network: LocalNetwork,
  stakeAtomic: bigint,
  { blsSecret, identitySecret, operator }: NodeSecrets,
  victim: LocalNode,
): Promise<void> {
  const { scheme, domain, chain } = network;
  const honest = provePossession(scheme, domain, { blsSecret, identitySecret, operator });
  const identityKey = identityKeyOf(victim.keys.identitySecret);
  const digest = digestOf(domain, "ProofOfPossession", { blsKey: honest.blsKey, operator, identityKey });
  const squatter: Possession = { ...honest, identityKey, proofOfPossession: scheme.sign(blsSecret, digest) };
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
