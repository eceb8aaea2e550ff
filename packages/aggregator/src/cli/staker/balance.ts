/** `quorate balance`: what a recipient has earned, what of it was paid, what it could have now, how, and why. */
import { formatAmount, parseAddress } from "@quorate/common";
import { Command } from "commander";
import { printFields, printJson } from "../print.ts";
import { type AskingFlags, addAskingOptions, agentsOf, openClient, progressTeller, recipientOf } from "./asking.ts";
import { refusalText } from "./shown.ts";

interface BalanceFlags extends AskingFlags {
  readonly recipient?: string;
  readonly json?: true;
}

const WAYS = {
  proof: "by a proof: `quorate claim --submit`, one transaction",
  bundle: "by signatures of the stake: `quorate claim --submit`, one transaction",
  recorded: "recorded already: `quorate claim --submit`, one transaction",
  nothing: "nothing to claim now",
} as const;

export function balanceCommand(): Command {
  const command = new Command("balance")
    .summary("what a recipient has earned, was paid, and can claim now")
    .description(
      "Show a recipient's lifetime amount, what of it the chain has recorded and paid, and what could be paid now, " +
        "how and\n" +
        "why. Recorded and paid amounts are the chain's own. The lifetime amount is what the agent named says; " +
        "claiming proves it.",
    )
    .addHelpText("after", "\nExample:\n  quorate balance --network local 0xYou")
    .argument("[recipient]", "whose rewards", parseAddress)
    .option("--recipient <address>", "the same as an option", parseAddress);
  return addAskingOptions(command)
    .option("--json", "one line of JSON; amounts in atomic units")
    .action((recipient: string | undefined, flags: BalanceFlags) => balance(recipient, flags));
}

/** @throws CHAIN_PROVIDER_FAILED; without an agent the chain's part is shown all the same */
async function balance(argument: string | undefined, flags: BalanceFlags): Promise<void> {
  const recipient = recipientOf(argument, flags.recipient);
  const client = openClient(flags, agentsOf(flags));
  try {
    const found = await client.balance(recipient, { onProgress: progressTeller() });
    if (flags.json) return printJson(found);
    const { earned, recorded, paid, payableNow, payable, how, why, refusal } = found;
    printFields({
      recipient,
      lifetime: earned === null ? null : `${formatAmount(earned.amount)} up to epoch ${earned.epoch}`,
      "says agent": earned?.agent ?? null,
      recorded: formatAmount(recorded),
      paid: formatAmount(paid),
      "payable now": formatAmount(payableNow),
      ...(refusal === null ? {} : { "not now": `${formatAmount(payable)}: ${refusalText(refusal)}` }),
      how: WAYS[how],
      why,
    });
  } finally {
    client.close();
  }
}
