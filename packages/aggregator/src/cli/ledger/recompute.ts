/** `quorate ledger recompute`: the ledger from nothing, by anybody, out of the chain's events alone (P-50). */

import { listIds } from "@quorate/client";
import { formatAmount, parseAddress, quorateError } from "@quorate/common";
import { Command } from "commander";
import { loadKeccakMany } from "../../adapters/tree/keccak.ts";
import { type EpochFigures, type Recomputed, recompute } from "../../audit/recompute.ts";
import { wholeNumber } from "../flags.ts";
import { printFields, printJson } from "../print.ts";
import { progress } from "./progress.ts";
import { addSourceOptions, openSource, type SourceOptions } from "./source.ts";
import { printLines } from "./table.ts";

interface RecomputeFlags extends SourceOptions {
  readonly epoch?: string;
  readonly recipient?: string;
  readonly json?: true;
}

export function recomputeCommand(): Command {
  const command = new Command("recompute")
    .summary("recompute the ledger from the chain's events, trusting no agent")
    .description(
      "Fold all finalised events of the contracts from nothing, and print what the report of an epoch has to " +
        "say: its rewards root, what is " +
        "owed in all, its lists; and whether the chain has recorded it and made this very root payable.\n" +
        "With --recipient: every line that adds up to the recipient's lifetime amount, epoch by epoch and node " +
        "by node.\n" +
        "Nothing is sent and no agent is asked. --export keeps the events, so that the next run needs no chain:" +
        " --events reads them.",
    );
  return addSourceOptions(command)
    .option("--export <file>", "write the events that were read to this file")
    .option("--epoch <number>", "a closed epoch (default: the last)")
    .option("--recipient <address>", "also the lines that add up to this beneficiary's amount")
    .option("--json", "JSON lines: the epoch's figures, then a line each; amounts in atomic units")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  quorate ledger recompute --rpc https://node.example --contract 0x… --from-block 21000000 --export " +
        "events.jsonl\n" +
        "  quorate ledger recompute --events events.jsonl --epoch 41 --recipient 0x…\n" +
        "\nExit status 1, with LEDGER_ROOT_DISAGREES, when the chain has recorded or made payable something else.",
    )
    .action(run);
}

/** @throws LEDGER_ROOT_DISAGREES, EPOCH_NOT_CLOSED, CHAIN_*, EVENTS_FILE_* */
async function run(flags: RecomputeFlags): Promise<void> {
  const epoch = flags.epoch === undefined ? null : wholeNumber("--epoch", flags.epoch);
  const recipient = flags.recipient === undefined ? null : parseAddress(flags.recipient);
  const source = await openSource(flags);
  const told = progress();
  const found = recompute(source, {
    ...{ epoch, recipient, keccakMany: await loadKeccakMany() },
    onProgress: (events, open) => told(`folded ${events} events, to epoch ${open}`),
  });
  if (flags.json) printJson({ type: "epoch", ...found.figures, head: source.head });
  else printFigures(found.figures, source.head.number);
  if (recipient !== null) printRecipient(found, recipient, flags.json === true);
  refuseDisagreement(found.figures);
}

function printFigures(figures: EpochFigures, block: number): void {
  const { epoch, root, totalOwed, carry, recipients, nodes, activate, decommission } = figures;
  const states = Object.entries(nodes).map(([state, count]) => `${count} ${state}`);
  printFields({
    epoch,
    "rewards root": root,
    "owed in all": formatAmount(totalOwed),
    "carried over": formatAmount(carry),
    recipients,
    nodes: states.join(", "),
    activate: listIds(activate, 64),
    decommission: listIds(decommission, 64),
    "on chain": recordText(figures),
    "payable root": payableText(figures),
    "read to block": block,
  });
}

function recordText({ recorded }: EpochFigures): string {
  if (recorded === null) return "no report of this epoch is recorded";
  return recorded.agrees ? "recorded, the same report" : `ANOTHER report is recorded, with digest ${recorded.digest}`;
}

function payableText({ payable }: EpochFigures): string {
  if (payable === null) return "none of this epoch";
  const { rootIndex, agrees, root, totalOwed } = payable;
  return agrees
    ? `yes, number ${rootIndex}`
    : `ANOTHER one: ${root}, of ${formatAmount(totalOwed)}, number ${rootIndex}`;
}

function printRecipient({ figures, amount, lines }: Recomputed, recipient: string, asJson: boolean): void {
  if (asJson) printJson({ type: "recipient", recipient, epoch: figures.epoch, amount });
  else process.stdout.write(`\n${recipient} is owed ${formatAmount(amount)} by the end of epoch ${figures.epoch}.\n`);
  printLines(lines, asJson);
}

function refuseDisagreement({ epoch, root, totalOwed, recorded, payable }: EpochFigures): void {
  if (recorded?.agrees !== false && payable?.agrees !== false) return;
  const values = { epoch, root, totalOwed, recordedDigest: recorded?.digest };
  throw quorateError("LEDGER_ROOT_DISAGREES", {
    ...values,
    payableRoot: payable?.root,
    payableOwed: payable?.totalOwed,
  });
}
