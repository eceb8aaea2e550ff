/**
 * What all stakers' commands share: which agents and which chain they ask, and how they tell what goes on. Enters:
 * flags. Leaves: a client; lines on standard error while it works.
 */
import { AgentPool, type ClaimProgress, createClient, type QuorateClient, whyNotSigned } from "@quorate/client";
import { type Address, parseAddress, quorateError } from "@quorate/common";
import { parseHttpUrl } from "@quorate/common/chain";
import type { Command } from "commander";
import { transportLine } from "../../adapters/chain/transportLine.ts";
import { contractsOf, readNetwork } from "../networks.ts";
import { bar, printProgress } from "../print.ts";
import { addTargetOptions, type TargetFlags, targetOf } from "../target.ts";

/** What `addAskingOptions` brings. */
export interface AskingFlags extends TargetFlags {
  readonly agent: readonly string[];
}

/** `--agent` as often as it is given, `--network`, `--rpc` and `--contract`. */
export function addAskingOptions(command: Command): Command {
  const collect = (text: string, all: readonly string[]): readonly string[] => [...all, parseHttpUrl("--agent", text)];
  const about =
    "an agent's HTTP interface, such as http://127.0.0.1:8900; given several, and those they know of, the next is " +
    "asked when one is no help";
  return addTargetOptions(command.option("--agent <url>", about, collect, []));
}

/** Whether flags say which chain the answers are to be held against. */
export function namesChain({ network, rpc, contract }: AskingFlags): boolean {
  if (rpc.length > 0 || contract !== undefined) return true;
  if (network === undefined) return false;
  contractsOf(readNetwork(network));
  return true;
}

/**
 * @param agents none where only the chain is asked
 * @throws FLAG_INVALID for what is missing, NETWORK_*
 */
export function openClient(flags: AskingFlags | TargetFlags, agents: readonly string[]): QuorateClient {
  const { rpc, rewards, chainId } = targetOf(flags);
  return createClient({
    agents,
    chain: rpc,
    rewards,
    openLine: transportLine,
    onTrouble: printProgress,
    ...(chainId === null ? {} : { chainId }),
  });
}

/** Only agents, where there is no chain to hold their answers against. */
export function openAgents(flags: AskingFlags): AgentPool {
  return new AgentPool(agentsOf(flags));
}

/** Those given, else those of the network's file. */
export function agentsOf({ agent, network }: Pick<AskingFlags, "agent" | "network">): readonly string[] {
  if (agent.length > 0) return agent;
  const agents = network === undefined ? [] : readNetwork(network).agents;
  if (agents.length > 0) return agents;
  const remedy = "Give --network <name>, whose file names agents, or --agent <url>.";
  throw quorateError("FLAG_INVALID", { flag: "--agent", reason: "is missing" }, { remedy });
}

/** The recipient as an argument or by `--recipient`. @throws FLAG_INVALID when there is neither, ADDRESS_* */
export function recipientOf(argument: string | undefined, flag: string | undefined): Address {
  const text = argument ?? flag;
  if (text !== undefined) return parseAddress(text);
  throw quorateError("FLAG_INVALID", { flag: "--recipient", reason: "is missing" });
}

/** Tells each thing once: which agent was left and why, how much of the stake has signed, who has not and why. */
export function progressTeller(): (progress: ClaimProgress) => void {
  const told = new Set<string>();
  const once = (line: string): void => {
    if (!told.has(line)) printProgress(line);
    told.add(line);
  };
  return (progress) => {
    switch (progress.step) {
      case "left": {
        const { code, values } = progress.error;
        const reason = values["reason"] === undefined ? "" : `, ${String(values["reason"])}`;
        once(`${progress.url} is no help (${code}${reason})`);
        return;
      }
      case "no-proof":
        once(`no proof: ${progress.why}; asking for signatures`);
        return;
      case "recorded-only":
        once(`no agent is any help (${progress.error.code}): paying what the chain has recorded`);
        return;
      case "signing": {
        const { claim } = progress;
        printProgress(`${bar(claim.signedBps)} of the stake has signed (${claim.signers.length} nodes)`);
        for (const why of whyNotSigned(claim)) once(`  ${why}`);
      }
    }
  };
}
