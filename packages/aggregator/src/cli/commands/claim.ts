/** `quorate claim`: a staker asks an agent, watches the stake sign, and gets the bundle. */
import { writeFileSync } from "node:fs";
import { type Bundle, type ClaimView, formatAmount, parseAddress, quorateError } from "@quorate/common";
import { Command } from "commander";
import { createAgentClient } from "../../adapters/http/client.ts";
import { bar, listIds, printFields, printProgress, whyNotSigned } from "../print.ts";

interface ClaimOptions {
  readonly agent: string;
  readonly recipient: string;
  readonly epoch?: string;
  readonly out?: string;
}

export function claimCommand(): Command {
  return new Command("claim")
    .summary("ask an agent for a signed claim bundle")
    .description(
      "Ask an agent for a signed claim bundle. Any agent of the network serves any staker.\n" +
        "The bundle proves the recipient's lifetime amount; check it with `quorate verify`, then anyone may submit it.",
    )
    .requiredOption("--agent <url>", "an agent's HTTP interface, such as http://127.0.0.1:8900")
    .requiredOption("--recipient <address>", "the beneficiary whose rewards are claimed")
    .option("--epoch <number>", "one of the last five closed epochs (default: the last)")
    .option("--out <file>", "write the bundle to this file instead of standard output")
    .action(claim);
}

/** @throws QUORUM_NOT_REACHED with who is missing, and the agent's refusals */
async function claim(options: ClaimOptions): Promise<void> {
  const recipient = parseAddress(options.recipient);
  const client = createAgentClient({ url: options.agent });
  const first = await client.requestClaim(recipient, parseEpoch(options.epoch));
  let last = first;
  const told = new Set<string>();
  for await (const view of client.watchClaim(recipient, first.epoch)) {
    last = view;
    printProgress(`${bar(view.signedBps)} of the stake has signed (${view.signers.length} nodes)`);
    for (const why of whyNotSigned(view)) {
      if (!told.has(why)) printProgress(`  ${why}`);
      told.add(why);
    }
  }
  if (last.bundle === null) throw notReached(last);
  write(last.bundle, options.out);
  if (options.out !== undefined) {
    printFields({
      recipient,
      epoch: last.epoch,
      "lifetime amount": formatAmount(last.amount),
      "stake signed": `${(last.signedBps / 100).toFixed(2)}%`,
      "not signed": listIds(last.missing),
      bundle: options.out,
    });
  }
}

function notReached(claim: ClaimView): Error {
  return quorateError("QUORUM_NOT_REACHED", {
    recipient: claim.recipient,
    epoch: claim.epoch,
    signedBps: claim.signedBps,
    neededBps: 9_500,
    missing: claim.missing,
    why: whyNotSigned(claim),
  });
}

function parseEpoch(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,15}$/.test(text)) throw quorateError("FLAG_INVALID", { flag: "--epoch", value: text });
  return Number(text);
}

function write(bundle: Bundle, path: string | undefined): void {
  const text = `${JSON.stringify(bundle, null, 2)}\n`;
  if (path === undefined) process.stdout.write(text);
  else writeFileSync(path, text);
}
