/**
 * `quorate verify`: whether a bundle or a proof would pay, asked of the chain, without trusting any agent (P-101,
 * P-107).
 */
import { readFileSync } from "node:fs";
import {
  listIds,
  type RewardsContract,
  type Standing,
  type VerifiedBundle,
  type VerifiedProof,
  verifyBundle,
  verifyProof,
} from "@quorate/client";
import {
  type ErrorCode,
  formatAmount,
  parseBundle,
  parseProofFile,
  quorateError,
  type SigningDomain,
} from "@quorate/common";
import { Command } from "commander";
import { connectRewards } from "../../adapters/chain/connectRewards.ts";
import { printFields, printJson, printProgress } from "../print.ts";
import { addTargetOptions, type TargetFlags, targetOf } from "../target.ts";
import { refusalText } from "./shown.ts";

interface VerifyFlags extends TargetFlags {
  readonly bundle?: string;
  readonly proof?: string;
  readonly json?: true;
}

export function verifyCommand(): Command {
  const command = new Command("verify")
    .summary("check a bundle or a proof against the chain, trusting no agent")
    .description(
      "Check a bundle or a proof against the chain. Of a bundle every part is recomputed, the id lists are derived " +
        "from the contract's\n" +
        "node set of this moment, and the contract itself checks the aggregate signature. A proof is followed up to " +
        "its root, which must be\n" +
        "the one on chain. What would happen now is asked as the recipient's own call. Nothing is sent and no agent " +
        "is asked.\n" +
        "Exit status 0 only if it is genuine and adds to what the chain has for the recipient.",
    )
    .addHelpText("after", "\nExample:\n  quorate verify --network local --proof claim.json")
    .option("--bundle <file>", "the bundle, as `quorate claim` wrote it")
    .option("--proof <file>", "or the proof, as `quorate claim` wrote it");
  return addTargetOptions(command)
    .option("--json", "the result as one line of JSON; amounts in atomic units")
    .action((flags: VerifyFlags, self: Command) => {
      if ((flags.bundle === undefined) === (flags.proof === undefined)) {
        self.error("error: give one of --bundle and --proof");
      }
      targetOf(flags);
      return flags.proof === undefined ? bundle(flags.bundle as string, flags) : proof(flags.proof, flags);
    });
}

/** @throws BUNDLE_*, TRANSACTION_REVERTED, CHAIN_* */
async function bundle(path: string, flags: VerifyFlags): Promise<void> {
  const content = parseBundle(readText(path, "BUNDLE_MALFORMED"));
  const { standing } = await onChainOf(content.domain, flags, (contract) => verifyBundle(contract, content));
  const { recipient, amount } = content.message;
  const { stake, lists, block } = standing;
  if (flags.json) return printJson({ valid: true, ...content.message, ...standingJson(standing, amount), block });
  printFields({
    bundle: "valid: the contract accepts it now",
    recipient,
    "lifetime amount": formatAmount(amount),
    "of it on chain": onChainText(standing),
    "pays now": paysText(standing, amount),
    "stake signed": `${(stake.signedBps / 100).toFixed(2)}% of ${formatAmount(stake.activeStake)}`,
    "non-signers": listIds(lists.nonSigners),
    "extra signers": listIds(lists.extraSigners),
    "at block": block.number,
  });
}

/** @throws PROOF_*, TRANSACTION_REVERTED with RootNotValid, CHAIN_* */
async function proof(path: string, flags: VerifyFlags): Promise<void> {
  const content = parseProofFile(readText(path, "PROOF_MALFORMED"));
  const { standing, to } = await onChainOf(content.domain, flags, async (contract) => ({
    ...(await verifyProof(contract, content)),
    to: await contract.distributor(),
  }));
  const { recipient, amount, rewardsRoot, rootIndex, epoch } = content;
  if (flags.json) return printJson({ valid: true, recipient, amount, ...standingJson(standing, amount), to });
  printFields({
    proof: "valid: it leads to a root that the contract has",
    recipient,
    "lifetime amount": formatAmount(amount),
    "of it on chain": onChainText(standing),
    "pays now": paysText(standing, amount),
    root: `${rewardsRoot}, number ${rootIndex}, of epoch ${epoch}`,
    "send to": to,
  });
}

function onChainText({ lifetime, claimed }: Standing): string {
  return `${formatAmount(lifetime)}, ${formatAmount(claimed)} paid`;
}

/** What the recipient's own call would pay. */
function paysText(standing: Standing, amount: bigint): string {
  const { payoutRefusal } = standing;
  return payoutRefusal === null ? formatAmount(owedOf(standing, amount)) : `nothing: ${refusalText(payoutRefusal)}`;
}

function standingJson(standing: Standing, amount: bigint) {
  const { lifetime, claimed, payoutRefusal } = standing;
  return { lifetime, claimed, paysNow: payoutRefusal === null ? owedOf(standing, amount) : 0n, payoutRefusal };
}

function owedOf({ lifetime, claimed }: Standing, amount: bigint): bigint {
  return (amount > lifetime ? amount : lifetime) - claimed;
}

/** Only a provider of the file's own chain is asked. */
async function onChainOf<T extends VerifiedBundle | VerifiedProof>(
  { chainId }: SigningDomain,
  flags: VerifyFlags,
  verify: (contract: RewardsContract) => Promise<T>,
): Promise<T> {
  const { rpc, rewards } = targetOf(flags);
  const contract = await connectRewards(rpc, rewards, { chainId: BigInt(chainId), onTrouble: printProgress });
  try {
    return await verify(contract);
  } finally {
    contract.close();
  }
}

function readText(path: string, code: ErrorCode): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const reason = `the file cannot be read: ${(cause as NodeJS.ErrnoException).code}`;
    throw quorateError(code, { path, reason }, { cause, remedy: "Give the file that `quorate claim` wrote." });
  }
}
