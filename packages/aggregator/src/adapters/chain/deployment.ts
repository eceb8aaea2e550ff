/**
 * That a provider serves the configured deployment (P-66). Enters: a provider and the configuration. Leaves: nothing,
 * or the coded error that names the field to correct.
 */
import { type Address, type Hex, quorateError, rewardsInterface } from "@quorate/common";
import type { Rpc } from "./rpc.ts";

export interface ConfiguredDeployment {
  readonly chainId: number;
  readonly rewards: Address;
  readonly pool: Address;
  readonly deployBlock?: number;
}

/** @throws CHAIN_WRONG_ID, CHAIN_NO_CONTRACT, CHAIN_WRONG_POOL, CHAIN_DEPLOY_BLOCK_TOO_HIGH, CHAIN_PROVIDER_FAILED */
export async function checkDeployment(
  rpc: Rpc,
  { chainId, rewards, pool, deployBlock = 0 }: ConfiguredDeployment,
  signal: AbortSignal,
): Promise<void> {
  const found = await rpc.chainId(signal);
  if (found !== chainId) throw quorateError("CHAIN_WRONG_ID", { provider: rpc.host, found, expected: chainId });
  for (const [contract, address] of Object.entries({ rewards, pool })) {
    if (await rpc.hasCode(address, "latest", signal)) continue;
    throw quorateError("CHAIN_NO_CONTRACT", { provider: rpc.host, contract, address });
  }
  await checkPool(rpc, rewards, pool, signal);
  if (deployBlock > 0) await checkDeployBlock(rpc, rewards, deployBlock, signal);
}

/**
 * The rewards contract knows its pool: deposits of another contract would be an emission of nothing, or of anything.
 */
async function checkPool(rpc: Rpc, rewards: Address, pool: Address, signal: AbortSignal): Promise<void> {
  const answer = await rpc.call(rewards, rewardsInterface().encodeFunctionData("pool") as Hex, "latest", signal);
  const found = answer.length === 66 ? `0x${answer.slice(26)}` : answer.slice(0, 66);
  if (found === pool.toLowerCase()) return;
  throw quorateError("CHAIN_WRONG_POOL", { provider: rpc.host, rewards, configured: pool, found });
}

/** Where a provider still has the state before the deployment, the contract must not be in it. */
async function checkDeployBlock(rpc: Rpc, rewards: Address, deployBlock: number, signal: AbortSignal): Promise<void> {
  const before = deployBlock - 1;
  // Most providers keep the state of the last blocks only, and say so in as many words as there are clients.
  const wasThere = await rpc.hasCode(rewards, before, signal).catch(() => false);
  if (!wasThere) return;
  throw quorateError("CHAIN_DEPLOY_BLOCK_TOO_HIGH", { provider: rpc.host, rewards, deployBlock, presentAt: before });
}

/** The id that the next node gets, after a block; null when the provider cannot tell. */
export async function nextIdAt(rpc: Rpc, rewards: Address, block: number, signal: AbortSignal): Promise<number | null> {
  try {
    const answer = await rpc.call(rewards, rewardsInterface().encodeFunctionData("nextId") as Hex, block, signal);
    return /^0x0{48}[0-9a-f]{16}$/.test(answer) ? Number(answer) : null;
  } catch {
    return null;
  }
}
