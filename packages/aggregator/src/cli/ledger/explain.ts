/** `quorate ledger explain`: the lines of an amount, as an agent has them. */
import { createAgentClient, explainByAgent } from "@quorate/client";
import { formatAmount, parseAddress } from "@quorate/common";
import { Command } from "commander";
import { addAgentOption, wholeNumber } from "../flags.ts";
import { printJson } from "../print.ts";
import { progress } from "./progress.ts";

import { printLines } from "./table.ts";

/** Milliseconds for one page: the agent folds its ledger for it. */
export const LEDGER_ANSWER_MS = 130_000;

interface ExplainFlags {
  readonly agent: string;
  readonly epoch?: string;
  readonly json?: true;
}

export function explainCommand(): Command {
  const command = new Command("explain")
    .summary("ask an agent for every line that adds up to an amount")
    .description(
      "Ask an agent for every line that adds up to a recipient's lifetime amount: epoch, node, the node's " +
        "active seconds and reward, and of it " +
        "the fee, the share and the dust; and bounties for records. The lines are added up here.\n" +
        "The agent's word is not believed for more than that: `quorate ledger recompute --recipient` finds the " +
        "same without it.",
    )
    .argument("<recipient>", "the beneficiary whose amount is explained");
  return addAgentOption(command)
    .option("--epoch <number>", "a closed epoch (default: the last)")
    .option("--json", "JSON lines: the amount, then a line each; amounts in atomic units")
    .action(run);
}

/** @throws LEDGER_LINES_DISAGREE, EPOCH_NOT_CLOSED, AGENT_* */
async function run(address: string, flags: ExplainFlags): Promise<void> {
  const recipient = parseAddress(address);
  const asked = flags.epoch === undefined ? null : wholeNumber("--epoch", flags.epoch);
  const client = createAgentClient({ url: flags.agent, timeoutMs: LEDGER_ANSWER_MS });
  const told = progress();
  const { lines, amount, epoch } = await explainByAgent(client, recipient, asked, (at) =>
    told(`explained to epoch ${at}`),
  );
  if (flags.json) printJson({ type: "recipient", recipient, epoch, amount });
  else process.stdout.write(`${recipient} is owed ${formatAmount(amount)} by the end of epoch ${epoch}.\n`);
  printLines(lines, flags.json === true);
}
