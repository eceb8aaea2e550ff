/**
 * Which chain, contract and agents a command is about. Enters: its flags. Leaves: the same from the network's file, or
 * from the agent's YAML file, with what the flags say over it. Not its job: asking them.
 */
import type { RewardsContract } from "@quorate/client";
import { type Address, parseAddress, quorateError } from "@quorate/common";
import { parseHttpUrl } from "@quorate/common/chain";
import type { Command } from "commander";
import { connectRewards } from "../adapters/chain/connectRewards.ts";
import { readConfig } from "./commands/run.ts";
import { addRpcOption } from "./flags.ts";
import { addNetworkOption, contractsOf, readNetwork } from "./networks.ts";
import { printProgress } from "./print.ts";

/** What `addTargetOptions` brings. */
export interface TargetFlags {
  readonly network?: string;
  readonly config?: string;
  readonly rpc: readonly string[];
  readonly contract?: string;
}

/** `--network`, `--rpc` and `--contract`; for operators `--config` too, which says all three. */
export function addTargetOptions(command: Command, options: { readonly withConfig?: boolean } = {}): Command {
  if (options.withConfig === true) {
    command.option("--config <file>", "the agent's YAML file, which names all of this", process.env["QUORATE_CONFIG"]);
  }
  addNetworkOption(command);
  addRpcOption(command, "JSON-RPC URL of an Ethereum node; given several, the next is asked when one fails");
  return command.option("--contract <address>", "address of ServiceNodeRewards (the proxy)", parseAddress);
}

/** A chain and the rewards contract on it. */
export interface Target {
  readonly rpc: readonly string[];
  readonly rewards: Address;
  /** Null where the flags alone say where to ask: the first provider that answers says it. */
  readonly chainId: bigint | null;
  readonly contributionFactory: Address | null;
}

/** @throws FLAG_INVALID for what is missing, NETWORK_*, CONFIG_* */
export function targetOf(flags: TargetFlags): Target {
  const base = baseOf(flags);
  const rpc = flags.rpc.length > 0 ? flags.rpc : (base?.rpc ?? []);
  const rewards = flags.contract === undefined ? base?.rewards : parseAddress(flags.contract);
  if (rewards === undefined) throw missing("--contract");
  if (rpc.length === 0) throw missing("--rpc");
  const isOther = flags.contract !== undefined && rewards !== base?.rewards;
  return {
    rpc,
    rewards,
    chainId: base?.chainId ?? null,
    contributionFactory: isOther ? null : (base?.contributionFactory ?? null),
  };
}

/** Connected; close it after use. @throws as `targetOf`, and CHAIN_* */
export function connectTarget(flags: TargetFlags): Promise<RewardsContract> {
  const { rpc, rewards, chainId } = targetOf(flags);
  return connectRewards(rpc, rewards, { ...(chainId === null ? {} : { chainId }), onTrouble: printProgress });
}

/** Agents to ask, in this order. @throws FLAG_INVALID, NETWORK_* */
export function agentsOf({ agent, network }: { readonly agent?: string; readonly network?: string }): string[] {
  if (agent !== undefined) return [parseHttpUrl("--agent", agent)];
  const agents = network === undefined ? [] : readNetwork(network).agents;
  if (agents.length > 0) return agents;
  throw missing("--agent");
}

function baseOf({ config, network }: TargetFlags): Target | null {
  // A network that was named comes before the file of an agent that runs here.
  if (network !== undefined) {
    const found = readNetwork(network);
    const { rewards, contributionFactory } = contractsOf(found);
    return { rpc: found.rpc, rewards, chainId: found.chainId, contributionFactory: contributionFactory ?? null };
  }
  if (config === undefined) return null;
  const { chain } = readConfig({ config });
  return { rpc: chain.providers, rewards: chain.rewards, chainId: BigInt(chain.chainId), contributionFactory: null };
}

function missing(flag: string): Error {
  const remedy = "Give --network <name>, whose file says it, or the flag itself.";
  return quorateError("FLAG_INVALID", { flag, reason: "is missing" }, { remedy });
}
