/**
 * `quorate history`: what a recipient earned, epoch by epoch, and every payment it got. Payments are the chain's and
 * add up to what the contract has paid; the lines of epochs are an agent's and add up to its lifetime amount.
 */
import { csv, type PaymentMade, type QuorateClient } from "@quorate/client";
import { formatAmount, formatPlainAmount, type LedgerLine, parseAddress, TOKEN_SYMBOL } from "@quorate/common";
import { Command } from "commander";
import { wholeNumber } from "../flags.ts";
import { dateText, printJson } from "../print.ts";
import { type AskingFlags, addAskingOptions, agentsOf, openClient, progressTeller, recipientOf } from "./asking.ts";
import { table } from "./shown.ts";

interface HistoryFlags extends AskingFlags {
  readonly recipient?: string;
  readonly epoch?: string;
  readonly payments?: true;
  readonly csv?: true;
  readonly json?: true;
}

/** What one epoch gave. Amounts in atomic units. */
interface EpochEarned {
  readonly epoch: number;
  /** Seconds since 1970 of its close. */
  readonly closedAt: number;
  readonly nodes: readonly number[];
  readonly amount: bigint;
  /** With all epochs before. */
  readonly lifetime: bigint;
}

export function historyCommand(): Command {
  const command = new Command("history")
    .summary("what a recipient earned by epoch, and every payment")
    .description(
      "Show what each epoch gave a recipient, by an agent's ledger, and every payment it got, by the chain's own " +
        "events, which\n" +
        "must add up to what the contract has paid. `quorate ledger explain` shows each line of an epoch.",
    )
    .addHelpText("after", "\nExample:\n  quorate history --network local 0xYou --csv > rewards.csv")
    .argument("[recipient]", "whose rewards", parseAddress)
    .option("--recipient <address>", "the same as an option", parseAddress)
    .option("--epoch <number>", "the last epoch to show (default: the last closed one)")
    .option("--payments", "payments only: no agent is asked")
    .option("--csv", "comma-separated values, a row for each epoch and payment; amounts in tokens");
  return addAskingOptions(command)
    .option("--json", "one line of JSON; amounts in atomic units")
    .action((recipient: string | undefined, flags: HistoryFlags) => history(recipient, flags));
}

/** @throws PAYMENTS_INCOMPLETE, LEDGER_LINES_DISAGREE, AGENT_*, CHAIN_* */
async function history(argument: string | undefined, flags: HistoryFlags): Promise<void> {
  const recipient = recipientOf(argument, flags.recipient);
  const client = openClient(flags, flags.payments === true ? [] : agentsOf(flags));
  try {
    const payments = await client.payments(recipient);
    const epochs = flags.payments === true ? null : await epochsOf(client, recipient, flags);
    if (flags.json) printJson({ recipient, epochs, payments });
    else if (flags.csv) process.stdout.write(csv(CSV_HEADER, csvRows(epochs ?? [], payments)));
    else print(recipient, epochs, payments);
  } finally {
    client.close();
  }
}

async function epochsOf(
  client: QuorateClient,
  recipient: string,
  { epoch }: HistoryFlags,
): Promise<readonly EpochEarned[]> {
  const tell = progressTeller();
  const { lines } = await client.earnings(recipient, {
    onLeft: (left) => tell({ step: "left", ...left }),
    ...(epoch === undefined ? {} : { epoch: wholeNumber("--epoch", epoch) }),
  });
  const contract = await client.contract();
  const [genesis, seconds] = await Promise.all([contract.read("genesis"), contract.read("epochSeconds")]);
  const closeOf = (of: number): number => Number(genesis) + (of + 1) * Number(seconds);
  return byEpoch(lines, closeOf);
}

function byEpoch(lines: readonly LedgerLine[], closeOf: (epoch: number) => number): EpochEarned[] {
  const found = new Map<number, LedgerLine[]>();
  for (const line of lines) found.set(line.epoch, [...(found.get(line.epoch) ?? []), line]);
  let lifetime = 0n;
  return [...found].map(([epoch, some]) => {
    const amount = some.reduce((sum, line) => sum + line.amount, 0n);
    lifetime += amount;
    const nodes = some.flatMap(({ node }) => (node === null ? [] : [node]));
    return { epoch, closedAt: closeOf(epoch), nodes, amount, lifetime };
  });
}

const CSV_HEADER = ["type", "time", "epoch", "amount", "lifetime", "nodes", "transaction", "block"] as const;

/** In the order of time. */
function csvRows(epochs: readonly EpochEarned[], payments: readonly PaymentMade[]): string[][] {
  const earned = epochs.map(({ epoch, closedAt, nodes, amount, lifetime }) => ({
    at: closedAt,
    row: ["earned", timeText(closedAt), String(epoch), ...plain(amount, lifetime), nodes.join(" "), "", ""],
  }));
  const paid = payments.map(({ amount, lifetime, transaction, block, timestamp }) => ({
    at: timestamp,
    row: ["paid", timeText(timestamp), "", ...plain(amount, lifetime), "", transaction, String(block)],
  }));
  return [...earned, ...paid].sort((a, b) => a.at - b.at).map(({ row }) => row);
}

function print(recipient: string, epochs: readonly EpochEarned[] | null, payments: readonly PaymentMade[]): void {
  const { stdout } = process;
  if (epochs !== null) {
    const earned = epochs.at(-1)?.lifetime ?? 0n;
    stdout.write(`${recipient} has earned ${formatAmount(earned)}.\n`);
    const rows = epochs.map(({ epoch, closedAt, nodes, amount, lifetime }) => [
      String(epoch),
      timeText(closedAt),
      nodes.length > 3 ? `${nodes.length} nodes` : nodes.join(" "),
      ...plain(amount, lifetime),
    ]);
    if (rows.length > 0) stdout.write(table(["epoch", "closed", "nodes", `earned ${TOKEN_SYMBOL}`, "lifetime"], rows));
    stdout.write("\n");
  }
  const sum = payments.reduce((total, { amount }) => total + amount, 0n);
  stdout.write(`${payments.length} payments, ${formatAmount(sum)} in all.\n`);
  const rows = payments.map(({ amount, transaction, block, timestamp }) => [
    timeText(timestamp),
    formatPlainAmount(amount),
    String(block),
    transaction,
  ]);
  if (rows.length > 0) stdout.write(table(["time", `paid ${TOKEN_SYMBOL}`, "block", "transaction"], rows));
}

function plain(...amounts: bigint[]): string[] {
  return amounts.map(formatPlainAmount);
}

function timeText(seconds: number): string {
  return dateText(seconds) ?? "";
}
