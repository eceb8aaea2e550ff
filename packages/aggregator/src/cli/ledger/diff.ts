/**
 * `quorate ledger diff`: the first epoch and the first recipients in which an agent's ledger is not another's, or the
 * chain's.
 */
import { createAgentClient, LEDGER_ANSWER_MS } from "@quorate/client";
import { type EpochTotals, formatAmount, quorateError } from "@quorate/common";
import { parseHttpUrl } from "@quorate/common/chain";
import { Command } from "commander";
import { loadKeccakMany } from "../../adapters/tree/keccak.ts";
import { type Comparison, compareLedgers, type LedgerDifference, type LedgerSide } from "../../audit/diff.ts";
import { agentSide, FoldedSide } from "../../audit/sides.ts";
import { printFields, printJson } from "../print.ts";
import { progress } from "./progress.ts";
import { addSourceOptions, openSource, type SourceOptions } from "./source.ts";

interface DiffFlags extends SourceOptions {
  readonly with?: string;
  readonly json?: true;
}

export function diffCommand(): Command {
  const command = new Command("diff")
    .summary("find where an agent's ledger parts from another's, or from the chain")
    .description(
      "Compare an agent's ledger with another agent's (--with) or with the one recomputed here from the chain " +
        "(--rpc and --contract) or from a " +
        "file (--events). Prints the first epoch that differs, and in it the first recipients, found by bisection.\n" +
        "Exit status 1, with LEDGERS_DIFFER, when there is a difference.",
    )
    .argument("<agent>", "an agent's HTTP interface, such as http://127.0.0.1:8900", (text: string) =>
      parseHttpUrl("<agent>", text),
    )
    .addHelpText("after", "\nExample:\n  quorate ledger diff http://127.0.0.1:8900 --with http://127.0.0.1:8901")
    .option("--with <url>", "another agent's HTTP interface", (text: string) => parseHttpUrl("--with", text));
  return addSourceOptions(command).option("--json", "one line of JSON; amounts in atomic units").action(run);
}

/** @throws LEDGERS_DIFFER, EPOCH_NOT_CLOSED, AGENT_*, CHAIN_*, EVENTS_FILE_* */
async function run(agent: string, flags: DiffFlags): Promise<void> {
  const sides = [sideOf(agent), await otherSide(flags)] as const;
  const comparison = await compareLedgers(sides, progress());
  const names = sides.map(({ name }) => name) as [string, string];
  if (flags.json) printJson({ sides: names, ...comparison });
  else printComparison(comparison, names);
  const { difference } = comparison;
  if (difference === null) return;
  const recipient = difference.recipients[0]?.recipient;
  throw quorateError("LEDGERS_DIFFER", { between: names, epoch: difference.epoch, recipient });
}

function sideOf(url: string): LedgerSide {
  return agentSide(url, createAgentClient({ url, timeoutMs: LEDGER_ANSWER_MS }));
}

async function otherSide(flags: DiffFlags): Promise<LedgerSide> {
  if (flags.with === undefined) {
    return new FoldedSide(flags.events ?? "the chain", await openSource(flags), await loadKeccakMany());
  }
  if (flags.rpc.length === 0 && flags.events === undefined) return sideOf(flags.with);
  throw quorateError("FLAG_INVALID", { flag: "--with", reason: "give another agent, or --rpc, or --events" });
}

function printComparison({ comparedTo, difference }: Comparison, names: [string, string]): void {
  if (difference !== null) return printDifference(difference, names);
  const same =
    comparedTo < 0 ? "nothing to compare: no epoch has closed in both" : `the same up to epoch ${comparedTo}`;
  printFields({ ledgers: same, between: names.join(" and ") });
}

function printDifference({ epoch, totals, recipients }: LedgerDifference, [one, other]: [string, string]): void {
  printFields({ "first epoch that differs": epoch, [one]: totalsText(totals[0]), [other]: totalsText(totals[1]) });
  for (const { recipient, amounts } of recipients) {
    process.stdout.write(`${recipient}  ${formatAmount(amounts[0])}  against  ${formatAmount(amounts[1])}\n`);
  }
}

function totalsText({ root, totalOwed }: EpochTotals): string {
  return `${formatAmount(totalOwed)} owed in all, root ${root ?? "not built"}`;
}
