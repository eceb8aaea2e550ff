/** What `quorate` is made of: each subcommand is a file in commands/; this one lists them. */
import { Command, CommanderError } from "commander";
import { VERSION } from "../version.ts";
import { keysCommand } from "./commands/keys.ts";
import { ledgerCommand } from "./commands/ledger.ts";
import { registerCommand } from "./commands/register.ts";
import { relayCommand } from "./commands/relay.ts";
import { runCommand } from "./commands/run.ts";
import { statusCommand } from "./commands/status.ts";
import { storeCommand } from "./commands/store.ts";
import { completionCommand } from "./completion.ts";
import { networkCommand } from "./deployer/network.ts";
import { doctorCommand } from "./operator/doctor.ts";
import { initCommand } from "./operator/init.ts";
import { contestCommand, exitCommand, leaveCommand, withdrawCommand } from "./operator/leaving.ts";
import { logCommand } from "./operator/log.ts";
import { poolCommand } from "./operator/pool.ts";
import { balanceCommand } from "./staker/balance.ts";
import { claimCommand } from "./staker/claim.ts";
import { historyCommand } from "./staker/history.ts";
import { contributeCommand, poolsCommand } from "./staker/pools.ts";
import { verifyCommand } from "./staker/verify.ts";

/** Every command; wrong usage rejects with what `usageOf` knows. */
export function createProgram(): Command {
  const program = new Command("quorate")
    .description(
      "Service-node rewards, agreed by 95% of the stake.\n\n" +
        "Operators:  init, doctor, keys, register, pool, run, status, log, leave, exit, withdraw, contest, store, " +
        "relay\n" +
        "Stakers:    balance, claim, history, pools, contribute, withdraw, verify\n" +
        "Deployers:  network\nAnybody:    ledger, completion\n\n" +
        "Each command's --help has an example; docs/commands.md says how they send, end, and what their exit " +
        "statuses mean.",
    )
    .version(VERSION);

  for (const command of [
    initCommand,
    doctorCommand,
    keysCommand,
    registerCommand,
    poolCommand,
    runCommand,
    relayCommand,
    statusCommand,
    logCommand,
    storeCommand,
    leaveCommand,
    exitCommand,
    withdrawCommand,
    contestCommand,
    balanceCommand,
    claimCommand,
    historyCommand,
    poolsCommand,
    contributeCommand,
    verifyCommand,
    networkCommand,
    ledgerCommand,
  ]) {
    program.addCommand(command());
  }
  program.addCommand(completionCommand(() => program));
  throwUsageErrors(program);
  return program;
}

/** Commander would print and end the process by itself, with a status of its own. */
function throwUsageErrors(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => {} });
  for (const subcommand of command.commands) throwUsageErrors(subcommand);
}

/** An error of commander's as what it is about; null for any other. */
export function usageOf(error: unknown): { readonly help: boolean; readonly text: string } | null {
  if (!(error instanceof CommanderError)) return null;
  // `commander.help` is the help of a command that was not given the subcommand it needs.
  const text = error.code === "commander.help" ? "give one of the commands shown here" : error.message;
  return { help: error.exitCode === 0, text: text.replace(/^error: /, "") };
}
