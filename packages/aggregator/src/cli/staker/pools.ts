/**
 * `quorate pools` and `quorate contribute`, and the way back out of a pool: nodes whose stake several people pay
 * together (P-45 to P-48).
 */
import type { PoolView, QuorateClient } from "@quorate/client";
import { type Address, formatAmount, formatPlainAmount, parseAddress, parseAmount } from "@quorate/common";
import { Command } from "commander";
import { openAccount } from "../account.ts";
import { printJson } from "../print.ts";
import { addSendingOptions, carryOut, printSent, type SendingFlags } from "../sending.ts";
import { addTargetOptions, type TargetFlags } from "../target.ts";
import { openClient } from "./asking.ts";
import { table } from "./shown.ts";

interface PoolsFlags extends TargetFlags {
  readonly account?: string;
  readonly all?: true;
  readonly json?: true;
}

interface ContributeFlags extends TargetFlags, SendingFlags {
  readonly pool: string;
  readonly amount: string;
  readonly beneficiary?: string;
}

export function poolsCommand(): Command {
  const command = new Command("pools")
    .summary("nodes that take contributions to their stake")
    .description(
      "Show the contribution contracts of the network's factory that take or hold contributions: fee, what is paid " +
        "in and\n" +
        "missing, free and reserved places, and the least and most that can be paid now. With --account, what that " +
        "account may\n" +
        "pay, and what it can take back. No agent is asked.",
    )
    .addHelpText("after", "\nExample:\n  quorate pools --network local --account 0xYou")
    .option("--account <address>", "whose place and bounds are shown", parseAddress)
    .option("--all", "also those not opened yet and those whose node is registered");
  return addTargetOptions(command)
    .option("--json", "one line of JSON; amounts in atomic units")
    .action((flags: PoolsFlags) => pools(flags));
}

export function contributeCommand(): Command {
  const command = new Command("contribute")
    .summary("pay a part of a node's stake into a pool")
    .description(
      "Pay a part of a node's stake. The amount has to be within what `quorate pools --account` shows. One " +
        "transaction where the\n" +
        "pool may take the tokens already; otherwise two: an approval of exactly the amount, and the contribution. " +
        "The tokens stay\n" +
        "a day at least; then `quorate withdraw --pool` takes them back, until the node is registered. From then on " +
        "they come\n" +
        "back when the node has left.",
    )
    .addHelpText(
      "after",
      "\nExample:\n  quorate contribute --network local --pool 0xPool --amount 25 --account-key-file me.json --dry-run",
    )
    .requiredOption("--pool <address>", "the contribution contract, as `quorate pools` shows it", parseAddress)
    .requiredOption("--amount <tokens>", "how much, such as 25 or 1,250.5")
    .option("--beneficiary <address>", "who receives the rewards of it (default: the account)", parseAddress);
  addTargetOptions(command);
  return addSendingOptions(command, "the contributor's account").action((flags: ContributeFlags) => contribute(flags));
}

/** @throws CHAIN_PROVIDER_FAILED */
async function pools(flags: PoolsFlags): Promise<void> {
  const account = flags.account === undefined ? undefined : parseAddress(flags.account);
  await withChain(flags, async (client) => {
    const found = await client.pools({ account, all: flags.all });
    if (flags.json) return printJson({ pools: found });
    if (found.length === 0) return void process.stdout.write("No pool takes contributions now.\n");
    for (const pool of found) process.stdout.write(`${poolText(pool, account)}\n`);
  });
}

export function poolText(pool: PoolView, account: Address | undefined): string {
  const { address, operator, status, feeBps, stakingRequirement: needed, total, nodeId, bounds, refundable } = pool;
  const who = account === undefined ? "a newcomer" : "you";
  const pays =
    bounds.maximum === 0n
      ? `${who} can pay nothing now`
      : `${who} can pay ${formatAmount(bounds.minimum)} to ${formatAmount(bounds.maximum)}`;
  const rows = [
    ...pool.contributions.map(({ addr, amount }) => [
      addr,
      formatPlainAmount(amount),
      addr === operator ? "operator" : "",
    ]),
    ...pool.reservations.map(({ addr, amount }) => [addr, formatPlainAmount(amount), "reserved"]),
  ];
  return [
    `${address}  ${status}${nodeId === null ? "" : ` as node ${nodeId}`}`,
    `  operator ${operator}, fee ${(feeBps / 100).toFixed(2)}% of the node's reward`,
    `  ${formatAmount(total)} of ${formatAmount(needed)} paid in; ${pays}`,
    ...(refundable > 0n
      ? [`  ${formatAmount(refundable)} of an ended round is yours: \`quorate withdraw --pool\``]
      : []),
    ...(rows.length === 0
      ? []
      : table(["contributor", "tokens", ""], rows)
          .trimEnd()
          .split("\n")
          .map((row) => `  ${row}`)),
  ].join("\n");
}

/** @throws CONTRIBUTION_NOT_NOW, POOL_UNKNOWN, ACCOUNT_*, TRANSACTION_*, CONFIRMATION_* */
async function contribute(flags: ContributeFlags): Promise<void> {
  const amount = parseAmount(flags.amount);
  await withChain(flags, async (client) => {
    const account = await openAccount((await client.contract()).chain, flags);
    const sender = parseAddress(await account.getAddress());
    const beneficiary = flags.beneficiary === undefined ? sender : parseAddress(flags.beneficiary);
    const { pool, transactions } = await client.contribute(flags.pool, sender, amount, beneficiary);
    const receipts = await carryOut(
      account,
      { effects: contributionEffects(pool, amount, beneficiary), calls: transactions },
      flags,
    );
    if (receipts === null) return;
    const { status, total, stakingRequirement, nodeId } = await client.pool(pool.address, sender);
    const facts = { pool: pool.address, amount, status, total, stakingRequirement, node: nodeId };
    const paidIn = `${formatAmount(total)} of ${formatAmount(stakingRequirement)}`;
    printSent(
      receipts,
      facts,
      { pool: pool.address, contributed: formatAmount(amount), "paid in": paidIn, node: nodeId },
      flags,
    );
  });
}

function contributionEffects(pool: PoolView, amount: bigint, beneficiary: Address): string[] {
  const { address, operator, feeBps, stakingRequirement, total, manualFinalize } = pool;
  const left = stakingRequirement - total - amount;
  const then =
    left > 0n
      ? `${formatAmount(left)} are missing after it.`
      : manualFinalize
        ? "It completes the stake; the operator then registers the node."
        : "It completes the stake and registers the node in the same transaction.";
  return [
    `Pays ${formatAmount(amount)} into pool ${address} of operator ${operator}, whose fee is ` +
      `${(feeBps / 100).toFixed(2)}%.`,
    `Its rewards go to ${beneficiary}. ${then}`,
    "You can take it back from a day on, until the node is registered; then it stays until the node has left.",
  ];
}

/** `quorate withdraw --pool`. @throws CONTRIBUTION_NOT_NOW, POOL_UNKNOWN, and as sending does */
export async function withdrawFromPool(flags: TargetFlags & SendingFlags & { readonly pool: string }): Promise<void> {
  await withChain(flags, async (client) => {
    const account = await openAccount((await client.contract()).chain, flags);
    const sender = parseAddress(await account.getAddress());
    const { pool, amount, transactions } = await client.withdraw(flags.pool, sender);
    const effects = [
      `Takes ${formatAmount(amount)} out of pool ${pool.address}, back to ${sender}; its place is free then.`,
    ];
    const receipts = await carryOut(account, { effects, calls: transactions }, flags);
    if (receipts === null) return;
    const facts = { pool: pool.address, amount, contributor: sender };
    printSent(receipts, facts, { pool: pool.address, withdrawn: formatAmount(amount), to: sender }, flags);
  });
}

async function withChain(flags: TargetFlags, act: (client: QuorateClient) => Promise<void>): Promise<void> {
  const client = openClient(flags, []);
  try {
    await act(client);
  } finally {
    client.close();
  }
}
