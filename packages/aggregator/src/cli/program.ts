/** What `quorate` is made of: each subcommand is a file in commands/; this one lists them. */
import { Command, CommanderError } from "commander";
import { VERSION } from "../version.ts";
import { claimCommand } from "./commands/claim.ts";
import { keysCommand } from "./commands/keys.ts";
import { ledgerCommand } from "./commands/ledger.ts";
import { registerCommand } from "./commands/register.ts";
import { relayCommand } from "./commands/relay.ts";
import { runCommand } from "./commands/run.ts";
import { statusCommand } from "./commands/status.ts";
import { storeCommand } from "./commands/store.ts";
import { verifyCommand } from "./commands/verify.ts";
import { contestCommand, exitCommand, leaveCommand, withdrawCommand } from "./operator/leaving.ts";

/** Every command; wrong usage rejects with what `usageOf` knows. */
export function createProgram(): Command {
  const program = new Command("quorate")
    .description(
      "Service-node rewards, agreed by 95% of the stake.\n\n" +
        "Operators:  keys generate, register, run, relay, status, store\nStakers:    claim, verify\nAnybody:    ledger " +
        "recompute, ledger explain, ledger diff",
    )
    .version(VERSION);

  for (const command of [
    keysCommand,
    registerCommand,
    runCommand,
    relayCommand,
    statusCommand,
    storeCommand,
    leaveCommand,
    exitCommand,
    withdrawCommand,
    contestCommand,
    claimCommand,
    verifyCommand,
    ledgerCommand,
  ]) {
    program.addCommand(command());
  }
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
