/**
 * `quorate claim`: a staker asks an agent for the cheapest way that works now: a proof, or else a bundle that the
 * stake signs while it waits.
 */
import { type AgentClient, createAgentClient, findProof, type RewardsContract, whyNotSigned } from "@quorate/client";
import { type Address, type ClaimView, formatAmount, parseAddress, quorateError } from "@quorate/common";
import { Command } from "commander";
import { connectRewards } from "../../adapters/chain/connectRewards.ts";
import { addAgentOption, addRpcOption, wholeNumber } from "../flags.ts";
import { OutFile } from "../outFile.ts";
import { bar, listIds, printFields, printProgress } from "../print.ts";

interface ClaimOptions {
  readonly agent: string;
  readonly recipient: string;
  readonly epoch?: string;
  readonly signed?: true;
  readonly rpc: readonly string[];
  readonly contract?: string;
  readonly out?: string;
  readonly force?: true;
}

export function claimCommand(): Command {
  const command = new Command("claim")
    .summary("ask an agent for what pays a recipient: a proof, or a signed bundle")
    .description(
      "Ask an agent for the cheapest way to be paid now. Any agent of the network serves any staker.\n" +
        "Where a payable root holds the recipient that is a proof with its calldata, which the recipient sends. Otherwise, and with\n" +
        "--signed or --epoch, it is a bundle that 95% of the stake signs, which anyone may send. Check both with `quorate verify`.",
    );
  addAgentOption(command)
    .requiredOption("--recipient <address>", "the beneficiary whose rewards are claimed", parseAddress)
    .option("--signed", "a signed bundle, also where there is a proof: it holds the amount of the last closed epoch")
    .option("--epoch <number>", "a signed bundle of one of the last five closed epochs (default: the last)");
  addRpcOption(
    command,
    "JSON-RPC URL of an Ethereum node you trust, to hold the proof against the chain's root; given several, the next is asked when one fails",
  );
  return command
    .option("--contract <address>", "address of ServiceNodeRewards (the proxy) there", parseAddress)
    .option("--out <file>", "write the proof or bundle to this file, which must not exist, instead of standard output")
    .option("--force", "replace the file of --out")
    .action((options: ClaimOptions, self: Command) => {
      if ((options.rpc.length === 0) !== (options.contract === undefined)) {
        self.error("error: --rpc and --contract are given together, or neither");
      }
      return claim(options);
    });
}

/**
 * @throws OUTPUT_FILE_*, QUORUM_NOT_REACHED with who is missing, CLAIM_NOT_ENDED, PROOF_INVALID, and the agent's
 * refusals
 */
async function claim(options: ClaimOptions): Promise<void> {
  const recipient = parseAddress(options.recipient);
  const epoch = options.epoch === undefined ? undefined : wholeNumber("--epoch", options.epoch);
  const client = createAgentClient({ url: options.agent });
  const isSigned = options.signed === true || epoch !== undefined;
  const { out } = options;
  // Before anybody signs: what cannot be written in the end would be lost.
  const file = out === undefined ? null : OutFile.reserve(out, options.force === true);
  try {
    const result = isSigned ? null : await claimByProof(client, recipient, options);
    const { kind, content, fields } = result ?? (await claimBySignatures(client, recipient, epoch));
    const text = `${JSON.stringify(content, null, 2)}\n`;
    if (file === null) return void process.stdout.write(text);
    file.finish(text);
    printFields({ ...fields, [kind]: out as string });
  } finally {
    file?.discard();
  }
}

/** What is written, and what is said of it where that is a file. */
interface ClaimResult {
  readonly kind: "proof" | "bundle";
  readonly content: object;
  readonly fields: Readonly<Record<string, string | number | null>>;
}

/** Null where a signing round is the way. */
async function claimByProof(
  client: AgentClient,
  recipient: Address,
  { rpc, contract: address }: ClaimOptions,
): Promise<ClaimResult | null> {
  const contract = address === undefined ? null : await connect(client, rpc, parseAddress(address));
  try {
    const found = await findProof(client, recipient, contract);
    if ("why" in found) {
      printProgress(`no proof: ${found.why}; asking for signatures`);
      return null;
    }
    const { epoch, amount, to } = found.content;
    if (to === null) printProgress("the agent does not know the distributor: the contract's `distributor()` names it");
    const fields = {
      recipient,
      epoch,
      "lifetime amount": formatAmount(amount),
      "held against": contract === null ? "nothing but itself: give --rpc and --contract" : "the root on chain",
      "send to": to,
    };
    return { kind: "proof", content: found.file, fields };
  } finally {
    contract?.close();
  }
}

/** On the agent's own chain: a provider of another could not tell a wrong proof from a right one. */
async function connect(client: AgentClient, rpc: readonly string[], address: Address): Promise<RewardsContract> {
  const { network } = await client.status();
  const chainId = BigInt(network.chainId);
  return connectRewards(rpc, address, { chainId, onTrouble: printProgress });
}

async function claimBySignatures(
  client: AgentClient,
  recipient: Address,
  epoch: number | undefined,
): Promise<ClaimResult> {
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
  const fields = {
    recipient,
    epoch: last.epoch,
    "lifetime amount": formatAmount(last.amount),
    "stake signed": `${(last.signedBps / 100).toFixed(2)}%`,
    "not signed": listIds(last.missing),
  };
  return { kind: "bundle", content: last.bundle, fields };
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
