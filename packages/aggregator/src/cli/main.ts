#!/usr/bin/env node
/**
 * The `quorate` command. Each subcommand is a file in commands/; this one lists them and turns coded errors into exit statuses.
 * Exit status: 0 done, 1 failed with a coded error, 2 wrong usage, 3 the claim ended without quorum.
 */
import { QuorateError } from "@quorate/common";
import { Command, CommanderError } from "commander";
import { VERSION } from "../version.ts";
import { claimCommand } from "./commands/claim.ts";
import { keysCommand } from "./commands/keys.ts";
import { ledgerCommand } from "./commands/ledger.ts";
import { registerCommand } from "./commands/register.ts";
import { relayCommand } from "./commands/relay.ts";
import { runCommand } from "./commands/run.ts";
import { statusCommand } from "./commands/status.ts";
import { verifyCommand } from "./commands/verify.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_NO_QUORUM = 3;

const program = new Command("quorate")
  .description(
    "Service-node rewards, agreed by 95% of the stake.\n\n" +
      "Operators:  keys generate, register, run, relay, status\nStakers:    claim, verify\nAnybody:    ledger " +
      "recompute, ledger explain, ledger diff",
  )
  .version(VERSION)
  .showHelpAfterError("(quorate <command> --help shows all options)")
  .exitOverride();

for (const command of [
  keysCommand,
  registerCommand,
  runCommand,
  relayCommand,
  statusCommand,
  claimCommand,
  verifyCommand,
  ledgerCommand,
]) {
  program.addCommand(command().exitOverride());
}

// Who reads only the first lines (`| head`) closes the pipe; the rest is not wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  else if (error instanceof QuorateError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.code === "QUORUM_NOT_REACHED" ? EXIT_NO_QUORUM : EXIT_FAILED;
  } else throw error;
}
