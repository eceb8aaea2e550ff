/**
 * `quorate network seed`, `start` and `hand-over`: what stands between a deployment and a network that runs (P-30), and
 * its ownership's way to another account. The nodes' proofs are made by ../operator/prove.ts.
 */
import {
  acceptCalls,
  handOverCalls,
  parsePossessionFile,
  type RewardsContract,
  seedCalls,
  startCalls,
} from "@quorate/client";
import { type Address, formatAmount, parseAddress, quorateError } from "@quorate/common";
import type { Account } from "@quorate/common/chain";
import { Command } from "commander";
import { openAccount } from "../account.ts";
import { wholeNumber } from "../flags.ts";
import { addSendingOptions, carryOut, type Intent, printSent, type SendingFlags } from "../sending.ts";
import { addTargetOptions, connectTarget, type TargetFlags } from "../target.ts";
import { readFlagged } from "./contracts.ts";

interface FoundingFlags extends TargetFlags, SendingFlags {
  readonly possession?: readonly string[];
  readonly registeredAt?: string;
  readonly to?: string;
  readonly accept?: true;
}

export function seedCommand(): Command {
  const command = new Command("seed")
    .summary("enter the first nodes, before the start")
    .description(
      "Seed nodes, each with one contributor: its operator, with the whole stake. The founder sends it, before the " +
        "start. Each\n" +
        "proof is held against the contract first; 40 nodes fit one transaction. The stake itself is paid by " +
        "`network start`.",
    )
    .requiredOption("--possession <file...>", "the operators' files, of `quorate network possession`")
    .option(
      "--registered-at <seconds>",
      "when they registered, in seconds since 1970 (default: the latest block's time)",
    )
    .addHelpText(
      "after",
      "\nExample:\n  quorate network seed --network own --possession node-*.json --account-key-file founder.json " +
        "--dry-run",
    );
  addTargetOptions(command);
  return addSendingOptions(command, "the founder's account").action((flags: FoundingFlags) => found(flags, seed));
}

export function startCommand(): Command {
  const command = new Command("start")
    .summary("pay the seeded nodes' principal in, and start the network")
    .description(
      "Pay into the contract what it lacks of the seeded nodes' principal, and start: seeded nodes are active from " +
        "then on, the\n" +
        "first epoch begins, and the founder's part ends. Two transactions at most. It happens once.",
    )
    .addHelpText("after", "\nExample:\n  quorate network start --network own --account-key-file founder.json");
  addTargetOptions(command);
  return addSendingOptions(command, "the founder's account").action((flags: FoundingFlags) => found(flags, start));
}

export function handOverCommand(): Command {
  const command = new Command("hand-over")
    .summary("give a network without a timelock to another owner")
    .description(
      "Offer rewards contract and pool to another owner, and give it both ProxyAdmins at once: four transactions of " +
        "the owner's\n" +
        "account. The new owner takes the offer by --accept. A network of a timelock is handed over by `propose`\n" +
        "(docs/contracts/deployment.md). Whoever owns a ProxyAdmin can put other code there: look at the address " +
        "twice.",
    )
    .option("--to <address>", "the new owner", parseAddress)
    .option("--accept", "as the new owner: take what was offered")
    .addHelpText(
      "after",
      "\nExample:\n  quorate network hand-over --network own --to 0xNew --account-key-file owner.json --dry-run",
    );
  addTargetOptions(command);
  return addSendingOptions(command, "the owner's account").action((flags: FoundingFlags) => found(flags, handOver));
}

type IntentOf = (contract: RewardsContract, account: Account, flags: FoundingFlags) => Promise<Intent>;

async function found(flags: FoundingFlags, intentOf: IntentOf): Promise<void> {
  const contract = await connectTarget(flags);
  try {
    const account = await openAccount(contract.chain, flags);
    const receipts = await carryOut(account, await intentOf(contract, account, flags), flags);
    if (receipts === null) return;
    const [nodes, genesis, owner] = await Promise.all(
      ["nodeCount", "genesis", "owner"].map((name) => contract.read(name)),
    );
    const facts = { nodes: Number(nodes), genesis: Number(genesis), owner: parseAddress(String(owner)) };
    const started = genesis === 0n ? "not yet" : new Date(Number(genesis) * 1_000).toISOString();
    printSent(receipts, facts, { nodes: facts.nodes, started, owner: facts.owner }, flags);
  } finally {
    contract.close();
  }
}

const seed: IntentOf = async (contract, _account, { possession: paths = [], registeredAt }) => {
  const files = paths.map((path) => parsePossessionFile(readFlagged("--possession", path), path));
  const latest = (await contract.chain.getBlock("latest"))?.timestamp as number;
  const when = registeredAt === undefined ? latest : wholeNumber("--registered-at", registeredAt, 1);
  const calls = await seedCalls(contract, files, when);
  const operators = new Set<Address>(files.map(({ operator }) => operator));
  const effects = [
    `${files.length} nodes of ${operators.size} operators enter the set; they are active from the start on.`,
  ];
  return { effects, calls };
};

const start: IntentOf = async (contract, account) => {
  const { calls, missing, principal } = await startCalls(contract, parseAddress(await account.getAddress()));
  const paid = missing === 0n ? "It is all there." : `${formatAmount(missing)} are paid in first.`;
  return {
    effects: [
      `The network starts, with ${formatAmount(principal)} of principal. ${paid}`,
      "Nodes can no longer be seeded, and the founder's powers end.",
    ],
    calls,
  };
};

const handOver: IntentOf = async (contract, _account, { to, accept }) => {
  if ((to === undefined) === (accept === undefined)) {
    throw quorateError("FLAG_INVALID", { flag: "--to", reason: "give --to, or --accept as the new owner" });
  }
  if (to === undefined)
    return { effects: ["The account takes rewards contract and pool."], calls: await acceptCalls(contract) };
  const owner = parseAddress(to);
  return {
    effects: [
      `${owner} becomes the owner of both ProxyAdmins at once, and of rewards contract and pool when it accepts.`,
      "It can then put other code behind them. This cannot be taken back.",
    ],
    calls: await handOverCalls(contract, owner),
  };
};
