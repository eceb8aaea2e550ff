/** `quorate ledger`: nobody has to be believed. */
import { Command } from "commander";
import { diffCommand } from "../ledger/diff.ts";
import { explainCommand } from "../ledger/explain.ts";
import { recomputeCommand } from "../ledger/recompute.ts";

export function ledgerCommand(): Command {
  return new Command("ledger")
    .summary("recompute, explain and compare ledgers")
    .description(
      "Who is owed what follows from the chain's events alone (docs/protocol.md, section 4). These commands let" +
        " anybody see it: recompute it from " +
        "nothing, have an agent explain an amount line by line, or find where two ledgers part.",
    )
    .addCommand(recomputeCommand())
    .addCommand(explainCommand())
    .addCommand(diffCommand());
}
