/** `quorate network`: networks by name, and a network's life as its founder and owner send it. */
import { isQuorateError } from "@quorate/common";
import { Command } from "commander";
import { networkNames, networksDirectory, readNetwork } from "../networks.ts";
import { possessionCommand } from "../operator/prove.ts";
import { printFields, printJson } from "../print.ts";
import { deployCommand, sourceInputCommand, upgradeCommand, verifyDeploymentCommand } from "./deployment.ts";
import { handOverCommand, seedCommand, startCommand } from "./founding.ts";

export function networkCommand(): Command {
  const network = new Command("network")
    .summary("networks by name; deploy, seed, start, read back and upgrade one")
    .description(
      "A network's contracts, from their deployment on. In this order: deploy; each node's operator makes a " +
        "`possession` for the\n" +
        "founder; seed; start. verify-deployment reads everything back at any time. What an owner with a timelock " +
        "does is\n" +
        "scheduled: docs/contracts/deployment.md.",
    );
  for (const command of [
    listCommand,
    showCommand,
    deployCommand,
    possessionCommand,
    seedCommand,
    startCommand,
    verifyDeploymentCommand,
    upgradeCommand,
    handOverCommand,
    sourceInputCommand,
  ]) {
    network.addCommand(command());
  }
  return network;
}

function listCommand(): Command {
  return new Command("list")
    .summary("the networks that --network takes")
    .description("List the networks by name: those of this version, and your own, which come first.")
    .option("--json", "one line of JSON")
    .addHelpText("after", "\nExample:\n  quorate network list")
    .action(({ json }: { readonly json?: true }) => {
      const networks = networkNames().map((name) => {
        try {
          const { chainId, contracts } = readNetwork(name);
          return { name, chainId, rewards: contracts?.rewards ?? null, fault: null };
        } catch (error) {
          // One file that is none must not hide the others.
          if (!isQuorateError(error)) throw error;
          return { name, chainId: null, rewards: null, fault: String(error.values["problems"] ?? error.code) };
        }
      });
      if (json) return printJson({ networks, directory: networksDirectory() });
      for (const { name, chainId, rewards, fault } of networks) {
        const found = fault === null ? `chain ${String(chainId).padEnd(8)}  ${rewards ?? "not deployed yet"}` : fault;
        process.stdout.write(`${name.padEnd(12)}  ${found}\n`);
      }
    });
}

function showCommand(): Command {
  return new Command("show")
    .summary("what a network's file says")
    .description("Show the chain, contracts, providers, agents and bootstrap peers of a network's file.")
    .argument("<name>", "a network's name, or the path of its file")
    .option("--json", "one line of JSON")
    .addHelpText("after", "\nExample:\n  quorate network show local")
    .action((name: string, { json }: { readonly json?: true }) => {
      const found = readNetwork(name);
      if (json) return printJson(found);
      const { contracts } = found;
      printFields({
        name: found.name,
        "chain id": String(found.chainId),
        ServiceNodeRewards: contracts?.rewards ?? "not deployed yet",
        RewardRatePool: contracts?.pool ?? null,
        "deployment block": contracts?.deployBlock ?? null,
        providers: found.rpc.join(", "),
        agents: found.agents.join(", "),
        bootstrap: found.bootstrap.join(", "),
      });
    });
}
