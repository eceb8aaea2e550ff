/**
 * `quorate claim`: from a recipient to tokens. Agents are asked for the cheapest way that works now; what they give is
 * held against the chain; with --submit it is sent, in one transaction, or a part of it in up to two (P-147).
 */
import {
  type Found,
  findWhatPays,
  freshCalls,
  listIds,
  type PaidInAll,
  type Payment,
  type QuorateClient,
  type ReadyCall,
} from "@quorate/client";
import { type Address, formatAmount, parseAddress, parseAmount, quorateError } from "@quorate/common";
import { Command } from "commander";
import { openAccount } from "../account.ts";
import { wholeNumber } from "../flags.ts";
import { OutFile } from "../outFile.ts";
import { printFields, printJson, printProgress } from "../print.ts";
import { addSendingOptions, agreed, printSent } from "../sending.ts";
import { addAskingOptions, agentsOf, namesChain, openAgents, openClient, progressTeller } from "./asking.ts";
import { type ClaimFlags, partNow, saysPart, whereText } from "./partNow.ts";
import { paymentJson, refusalText } from "./shown.ts";

interface Flags extends ClaimFlags {
  readonly recipient?: string;
  readonly submit?: true;
  readonly out?: string;
  readonly force?: true;
}

const EXAMPLES = `
Examples:
  quorate claim --network local --submit --account-key-file me.json      paid, in one transaction
  quorate claim --network local --recipient 0xYou --out claim.json      a proof or bundle with its calldata
  quorate claim --network local --submit --account-key-file me.json --amount 250    a part of it
  quorate claim --agent http://agent.example:8900 --recipient 0xYou     the same, held against nothing
`;

export function claimCommand(): Command {
  const command = new Command("claim")
    .summary("get paid, by a proof or by signatures of the stake")
    .description(
      "Ask for the cheapest way to be paid now, and take it. Any agent of the network serves any staker, and none " +
        "is trusted.\n" +
        "Where a payable root holds the recipient that is a proof; otherwise, and with --signed or --epoch, a " +
        "bundle that 95% of\n" +
        "the stake signs. Both record and pay in one transaction of the recipient. With --submit it is simulated, " +
        "shown with what\n" +
        "it costs, and sent. Without, the proof or bundle is printed, with its calldata and the command that would " +
        "send it.\n" +
        "All claims together are limited in each cycle. With --amount a part is paid: in one transaction where\n" +
        "the chain has recorded enough, else in two.",
    )
    .addHelpText("after", EXAMPLES);
  addAskingOptions(command)
    .option("--recipient <address>", "whose rewards (default: the account's own)", parseAddress)
    .option("--signed", "a signed bundle, also where there is a proof: it holds the amount of the last closed epoch")
    .option("--epoch <number>", "a signed bundle of one of the last five closed epochs (default: the last)")
    .option("--amount <tokens>", "a part of what is owed, such as 25 or 1,250.5 (default: all of it)")
    .option("--submit", "send it, from the recipient's account")
    .option("--out <file>", "write the proof or bundle to this file, which must not exist, instead of standard output")
    .option("--force", "replace the file of --out");
  return addSendingOptions(command, "the recipient's account").action((flags: Flags) => claim(flags));
}

/**
 * @throws OUTPUT_FILE_*, QUORUM_NOT_REACHED with who is missing, CLAIM_NOT_ENDED, NOTHING_OWED, CLAIM_AMOUNT_ZERO,
 * CLAIM_ABOVE_OWED, CLAIM_ABOVE_LIMIT with the command that works now, PROOF_INVALID, the agents' refusals, and as
 * sending does
 */
async function claim(flags: Flags): Promise<void> {
  const epoch = flags.epoch === undefined ? undefined : wholeNumber("--epoch", flags.epoch);
  const way = flags.signed === true || epoch !== undefined ? ("bundle" as const) : ("cheapest" as const);
  const amount = flags.amount === undefined ? undefined : parseAmount(flags.amount);
  const asked = { epoch, way, amount, onProgress: progressTeller() };
  if (!namesChain(flags)) return claimUnheld(flags, asked);
  const client = openClient(flags, agentsOf(flags));
  try {
    if (flags.submit === true) await submit(client, flags, asked);
    else await show(client, flags, asked);
  } finally {
    client.close();
  }
}

type Asked = NonNullable<Parameters<QuorateClient["claim"]>[1]>;

/** Pays, or shows what paying would do (`--dry-run`). */
async function submit(client: QuorateClient, flags: Flags, asked: Asked): Promise<void> {
  const contract = await client.contract();
  const account = await openAccount(contract.chain, flags);
  const sender = parseAddress(await account.getAddress());
  const recipient = flags.recipient === undefined ? sender : parseAddress(flags.recipient);
  if (recipient !== sender) throw quorateError("SIGNER_NOT_RECIPIENT", { signer: sender, needed: recipient });
  const file = reserve(flags);
  try {
    const payment = await saysPart(client, flags, () => client.claim(recipient, asked));
    if (file !== null) file.finish(textOf(payment.file ?? paymentJson(payment)));
    const part = await partNow(client, payment, flags);
    if (part !== null) throw part;
    const effects = [
      `Pays ${formatAmount(payment.pays)} to ${recipient}, by ${byText(payment)}.`,
      ...partEffects(payment),
      ...(payment.refusal === null ? [] : [`The contract refuses it now: ${refusalText(payment.refusal)}.`]),
    ];
    const intent = { effects, calls: await freshCalls(contract, payment) };
    if (!(await agreed(account, intent, flags))) return;
    printPaid(payment, await client.pay(payment, account), flags);
  } finally {
    file?.discard();
  }
}

function partEffects({ rest, transactions, isTried }: Payment): string[] {
  if (rest === 0n) return [];
  const stays = `${formatAmount(rest)} more stay owed.`;
  if (transactions.length === 1) return [stays];
  const two = "It takes two transactions: the first records what was earned, the second pays this part of it.";
  const untried =
    "No provider here simulates two calls that build on each other: the second is tried when the first is mined, and " +
    "not sent where it would be refused.";
  return [stays, two, ...(isTried ? [] : [untried])];
}

function printPaid(payment: Payment, { amount, receipts }: PaidInAll, flags: Flags): void {
  const { kind, recipient, epoch, agent, lifetime, rest } = payment;
  const facts = { paid: amount, rest, recipient, kind, epoch, agent, lifetime };
  const shown = { paid: formatAmount(amount), to: recipient, by: byText(payment) };
  printSent(receipts, facts, rest === 0n ? shown : { ...shown, "still owed": formatAmount(rest) }, flags);
}

/** The proof or bundle, and what would send it. */
async function show(client: QuorateClient, flags: Flags, asked: Asked): Promise<void> {
  const recipient = required(flags);
  const file = reserve(flags);
  try {
    const payment = await saysPart(client, flags, () => client.claim(recipient, asked));
    if (file !== null) file.finish(textOf(payment.file ?? paymentJson(payment)));
    if (flags.json) return printJson(paymentJson(payment));
    const part = await partNow(client, payment, flags);
    const amount = flags.amount === undefined ? "" : ` --amount ${flags.amount}`;
    const fields = {
      recipient,
      by: byText(payment),
      "lifetime amount": formatAmount(payment.lifetime),
      "paid before": formatAmount(payment.paid),
      "pays now": payment.refusal === null ? formatAmount(payment.pays) : `nothing: ${refusalText(payment.refusal)}`,
      ...(payment.rest === 0n ? {} : { "still owed": formatAmount(payment.rest) }),
      "held against": "the chain",
      ...callFields(payment.transactions, recipient),
      "or run": `quorate claim ${whereText(flags)} --submit --account-key-file <file>${amount}`,
      ...(part === null ? {} : { "a part now": part.remedy }),
    };
    if (file !== null) return printFields({ ...fields, [payment.kind]: flags.out as string });
    for (const [name, value] of Object.entries(fields)) printProgress(`${name.padEnd(16)} ${value}`);
    process.stdout.write(textOf(payment.file ?? paymentJson(payment)));
  } finally {
    file?.discard();
  }
}

function callFields(calls: readonly ReadyCall[], recipient: Address): Record<string, string> {
  const fields = calls.map(({ to, data }, i) => {
    const then = i === 0 ? "" : "then ";
    return { [`${then}send to`]: to, [`${then}send from`]: recipient, [i === 0 ? "calldata" : "its calldata"]: data };
  });
  return Object.assign({}, ...fields);
}

/** Without a chain: what an agent gives, of the right form and held against nothing. */
async function claimUnheld(flags: Flags, asked: Asked): Promise<void> {
  if (flags.submit === true) {
    const remedy = "Give --network <name>, or --rpc and --contract.";
    throw quorateError("FLAG_INVALID", { flag: "--submit", reason: "needs a chain to send to" }, { remedy });
  }
  if (flags.amount !== undefined) {
    const remedy = "Give --network <name>, or --rpc and --contract.";
    throw quorateError("FLAG_INVALID", { flag: "--amount", reason: "is held against a chain" }, { remedy });
  }
  const recipient = required(flags);
  const agents = openAgents(flags);
  const file = reserve(flags);
  try {
    const found = (await findWhatPays(agents, null, recipient, asked)) as Found;
    const text = textOf(found.file);
    if (file === null) return void process.stdout.write(text);
    file.finish(text);
    printFields({ ...unheldFields(found), [found.kind]: flags.out as string });
  } finally {
    file?.discard();
  }
}

function unheldFields(found: Found): Record<string, string | number | null> {
  if (found.kind === "proof") {
    const { recipient, epoch, amount, to } = found.content;
    const held = "nothing but itself: give --network, or --rpc and --contract";
    return { recipient, epoch, "lifetime amount": formatAmount(amount), "held against": held, "send to": to };
  }
  const { recipient, epoch, amount, signedBps, missing } = found.claim;
  return {
    recipient,
    epoch,
    "lifetime amount": formatAmount(amount),
    "stake signed": `${(signedBps / 100).toFixed(2)}%`,
    "not signed": listIds(missing),
  };
}

function byText({ kind, epoch, agent }: Payment): string {
  if (kind === "recorded") return "what the chain has recorded already";
  const what = kind === "proof" ? "a proof against the payable root" : "a bundle that the stake has signed";
  return `${what} of epoch ${epoch}, from ${agent}`;
}

function required({ recipient }: Flags): Address {
  if (recipient !== undefined) return parseAddress(recipient);
  throw quorateError("FLAG_INVALID", { flag: "--recipient", reason: "is missing" });
}

/** Before anybody signs: what cannot be written in the end would be lost. */
function reserve({ out, force }: Flags): OutFile | null {
  return out === undefined ? null : OutFile.reserve(out, force === true);
}

function textOf(content: object): string {
  const plain = (_key: string, part: unknown) => (typeof part === "bigint" ? part.toString() : part);
  return `${JSON.stringify(content, plain, 2)}\n`;
}
