/**
 * `quorate leave`, `exit`, `withdraw` and `contest`: a node's way out of the set, its principal's way back, and the way
 * back in of one that was thrown out. Each says first what follows from it.
 */
import {
  type Call,
  contestCall,
  exitCall,
  LEAVE_SECONDS,
  leaveCall,
  type NodeDetails,
  type RewardsContract,
  readNode,
  withdrawPrincipalCall,
} from "@quorate/client";
import { type Address, formatAmount, parseAddress, quorateError } from "@quorate/common";
import type { Account } from "@quorate/common/chain";
import { Command } from "commander";
import { openAccount } from "../account.ts";
import { dateText, printProgress } from "../print.ts";
import { addSendingOptions, carryOut, printSent, type SendingFlags } from "../sending.ts";
import { withdrawFromPool } from "../staker/pools.ts";
import { addTargetOptions, connectTarget, type TargetFlags } from "../target.ts";
import { addNodeOption, type NodeFlags, ownNode } from "./ownNode.ts";

interface LeavingFlags extends SendingFlags, TargetFlags, NodeFlags {
  readonly withdraw?: true;
  readonly for?: string;
  readonly pool?: string;
}

/** What a command is about, once it is connected. */
interface Ground {
  readonly contract: RewardsContract;
  readonly account: Account;
  readonly sender: Address;
  readonly node: NodeDetails;
  readonly flags: LeavingFlags;
}

interface Step {
  readonly effects: readonly string[];
  readonly calls: readonly Call[];
}

const EXAMPLES = {
  leave: "quorate leave --config agent.yaml --account-key-file operator.json",
  exit: "quorate exit --config agent.yaml --account-key-file operator.json --withdraw",
  withdraw: "quorate withdraw --network local --node 7 --account-key-file operator.json",
  contest: "quorate contest --config agent.yaml --account-key-file operator.json",
};

export function leaveCommand(): Command {
  return leavingCommand("leave", "ask for a node to leave the set; it stays 15 days more", [
    "Ask for your node to leave. It goes on signing and earning until it is exited, which anyone may do from 15 days",
    "after the first request on (`quorate exit`); keep its agent running until then. The request cannot be taken back.",
    "Who has less than a quarter of the node's stake may ask from 30 days after its registration on (P-33).",
  ]).action((flags: LeavingFlags) => run(flags, leave));
}

export function exitCommand(): Command {
  return leavingCommand("exit", "take a node out whose 15 days are over", [
    "Take a node out of the set whose unlock time has come. Anyone may, and agents may do it by themselves (P-34).",
    "Its principal is free then; with --withdraw the account's own part is paid in the same go.",
  ])
    .option("--withdraw", "have the account's principal paid too, by a second transaction")
    .action((flags: LeavingFlags) => run(flags, exit));
}

export function withdrawCommand(): Command {
  return leavingCommand("withdraw", "have a stake's principal paid back after its node's exit", [
    "Have the principal of an exited node paid to whom it belongs. Anyone may send it, for himself or for another",
    "contributor (--for); the tokens go to the contributor in either case (P-35).",
  ])
    .option("--for <address>", "the contributor to pay (default: the account)", parseAddress)
    .option(
      "--pool <address>",
      "a contribution to a pool whose node is not registered, in place of a principal",
      parseAddress,
    )
    .action((flags: LeavingFlags) => {
      const { pool } = flags;
      return pool === undefined ? run(flags, withdraw) : withdrawFromPool({ ...flags, pool });
    });
}

export function contestCommand(): Command {
  return leavingCommand("contest", "say that a decommissioned node is alive", [
    "Let the contract know that your decommissioned node is alive: its stake counts for the floor again, and its " +
      "silent",
    "reports begin anew (P-111). Only the operator's account may. An agent that runs contests by itself; this is " +
      "for when",
    "no agent of the network sends. It does not activate the node: that takes three reports in a row with its " +
      "signature.",
  ]).action((flags: LeavingFlags) => run(flags, contest));
}

function leavingCommand(name: keyof typeof EXAMPLES, summary: string, about: readonly string[]): Command {
  const command = new Command(name)
    .summary(summary)
    .description(about.join("\n"))
    .addHelpText("after", `\nExample:\n  ${EXAMPLES[name]}`);
  addNodeOption(command);
  addTargetOptions(command, { withConfig: true });
  return addSendingOptions(command, "the account that sends");
}

async function run(flags: LeavingFlags, stepOf: (ground: Ground) => Step): Promise<void> {
  const contract = await connectTarget(flags);
  try {
    const account = await openAccount(contract.chain, flags);
    const sender = parseAddress(await account.getAddress());
    const node = await ownNode(contract, flags, () => Promise.resolve(sender));
    const step = stepOf({ contract, account, sender, node, flags });
    const receipts = await carryOut(account, step, flags);
    if (receipts === null) return;
    const after = await readNode(contract, node.id);
    const { id: nodeId, state, unlocksAt } = after;
    const facts = { node: nodeId, state, unlocksAt };
    printSent(receipts, facts, { node: nodeId, state, [unlockName(after)]: dateText(unlocksAt) }, flags);
  } finally {
    contract.close();
  }
}

function unlockName({ state }: NodeDetails): string {
  return state === "exited" ? "principal free from" : "may be exited from";
}

function leave({ contract, node }: Ground): Step {
  const { id, stake, leaveRequestedAt, unlocksAt } = node;
  if (leaveRequestedAt !== null) {
    printProgress(`node ${id} was asked to leave already; it may be exited from ${dateText(unlocksAt)} on`);
    return { effects: [], calls: [] };
  }
  const days = LEAVE_SECONDS / 86_400;
  return {
    effects: [
      `Node ${id} (${node.state}, ${formatAmount(stake)}) is asked to leave. This cannot be taken back.`,
      `It signs and earns for ${days} more days; keep its agent running. Then \`quorate exit\` takes it out, and`,
      `\`quorate withdraw\` pays the principal back.`,
    ],
    calls: [leaveCall(contract, id)],
  };
}

function exit({ contract, node, sender, flags }: Ground): Step {
  const own = node.contributors.find(({ addr, withdrawn }) => addr === sender && !withdrawn);
  if (flags.withdraw === true && own === undefined) {
    throw quorateError("NODE_UNKNOWN", { node: node.id, account: sender, reason: "it has no principal in this node" });
  }
  const isOut = node.state === "exited";
  const effects = isOut
    ? [`Node ${node.id} has exited already.`]
    : [`Node ${node.id} (${formatAmount(node.stake)}) leaves the set for good. Its agent can be stopped then.`];
  const calls = isOut ? [] : [exitCall(contract, node.id)];
  if (flags.withdraw === true && own !== undefined) {
    effects.push(`${formatAmount(own.stake)} of principal are paid to ${sender}.`);
    calls.push(withdrawPrincipalCall(contract, node.id, sender, { follows: !isOut }));
  }
  return { effects, calls };
}

function withdraw({ contract, node, sender, flags }: Ground): Step {
  const who = flags.for === undefined ? sender : parseAddress(flags.for);
  const part = node.contributors.find(({ addr }) => addr === who);
  const amount = part === undefined ? "The principal" : formatAmount(part.stake);
  return {
    effects: [`${amount} of principal in node ${node.id} are paid to ${who}.`],
    calls: [withdrawPrincipalCall(contract, node.id, who)],
  };
}

function contest({ contract, node }: Ground): Step {
  const silent = node.silentReports === null ? "" : `, not heard for ${node.silentReports} reports`;
  return {
    effects: [
      `Node ${node.id} (${node.state}${silent}) is said to be alive: its ${formatAmount(node.stake)} count for the ` +
        "floor.",
      "It is active again after three reports in a row with its signature; let its agent run.",
    ],
    calls: [contestCall(contract, node.id)],
  };
}
