/** `quorate claim`: a staker asks an agent for the cheapest way that works now: a proof, or else a bundle that the stake signs while it waits. */
import { writeFileSync } from "node:fs";
import { type Address, type ClaimView, formatAmount, parseAddress, quorateError } from "@quorate/common";
import { Command } from "commander";
import { RewardsContract } from "../../adapters/chain/contracts.ts";
import { type AgentClient, createAgentClient } from "../../adapters/http/client.ts";
import { bar, listIds, printFields, printProgress, whyNotSigned } from "../print.ts";
import { findProof } from "../proof.ts";

interface ClaimOptions {
  readonly agent: string;
  readonly recipient: string;
  readonly epoch?: string;
  readonly signed?: true;
  readonly rpc?: string;
  readonly contract?: string;
  readonly out?: string;
}

export function claimCommand(): Command {
  return new Command("claim")
    .summary("ask an agent for what pays a recipient: a proof, or a signed bundle")
    .description(
      "Ask an agent for the cheapest way to be paid now. Any agent of the network serves any staker.\n" +
        "Where a payable root holds the recipient that is a proof with its calldata, which the recipient sends. Otherwise, and with\n" +
        "--signed or --epoch, it is a bundle that 95% of the stake signs, which anyone may send. Check both with `quorate verify`.",
    )
    .requiredOption("--agent <url>", "an agent's HTTP interface, such as http://127.0.0.1:8900")
    .requiredOption("--recipient <address>", "the beneficiary whose rewards are claimed")
    .option("--signed", "a signed bundle, also where there is a proof: it holds the amount of the last closed epoch")
    .option("--epoch <number>", "a signed bundle of one of the last five closed epochs (default: the last)")
    .option("--rpc <url>", "JSON-RPC URL of an Ethereum node you trust, to hold the proof against the chain's root")
    .option("--contract <address>", "address of ServiceNodeRewards (the proxy) there")
    .option("--out <file>", "write the proof or bundle to this file instead of standard output")
    .action((options: ClaimOptions, self: Command) => {
      if ((options.rpc === undefined) !== (options.contract === undefined)) {
        self.error("error: --rpc and --contract are given together, or neither");
      }
      return claim(options);
    });
}

/** @throws QUORUM_NOT_REACHED with who is missing, PROOF_INVALID, and the agent's refusals */
async function claim(options: ClaimOptions): Promise<void> {
  const recipient = parseAddress(options.recipient);
  const epoch = parseEpoch(options.epoch);
  const client = createAgentClient({ url: options.agent });
  const isSigned = options.signed === true || epoch !== undefined;
  if (!isSigned && (await claimByProof(client, recipient, options))) return;
  await claimBySignatures(client, recipient, epoch, options.out);
}

/** False where a signing round is the way. */
async function claimByProof(
  client: AgentClient,
  recipient: Address,
  { rpc, contract: address, out }: ClaimOptions,
): Promise<boolean> {
  const contract =
    rpc === undefined || address === undefined ? null : await RewardsContract.connect(rpc, parseAddress(address));
  try {
    const found = await findProof(client, recipient, contract);
    if ("why" in found) {
      printProgress(`no proof: ${found.why}; asking for signatures`);
      return false;
    }
    write(found.file, out);
    const { epoch, amount, to } = found.content;
    if (to === null) printProgress("the agent does not know the distributor: the contract's `distributor()` names it");
    if (out === undefined) return true;
    printFields({
      recipient,
      epoch,
      "lifetime amount": formatAmount(amount),
      "held against": contract === null ? "nothing but itself: give --rpc and --contract" : "the root on chain",
      "send to": to,
      proof: out,
    });
    return true;
  } finally {
    contract?.close();
  }
}

async function claimBySignatures(
  client: AgentClient,
  recipient: Address,
  epoch: number | undefined,
  out: string | undefined,
): Promise<void> {
  const first = await client.requestClaim(recipient, epoch);
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
  write(last.bundle, out);
  if (out === undefined) return;
  printFields({
    recipient,
    epoch: last.epoch,
    "lifetime amount": formatAmount(last.amount),
    "stake signed": `${(last.signedBps / 100).toFixed(2)}%`,
    "not signed": listIds(last.missing),
    bundle: out,
  });
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

function write(result: object, path: string | undefined): void {
  const text = `${JSON.stringify(result, null, 2)}\n`;
  if (path === undefined) process.stdout.write(text);
  else writeFileSync(path, text);
}
