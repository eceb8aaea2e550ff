/**
 * `quorate verify`: whether a bundle or a proof would pay, asked of the chain, without trusting any agent (P-101,
 * P-107).
 */
import { readFileSync } from "node:fs";
import { checkProof, type Refusal, type RewardsContract, type Standing, type VerifiedClaim } from "@quorate/client";
import {
  type BundleContent,
  type ErrorCode,
  formatAmount,
  hasMoneyQuorum,
  type ProofContent,
  parseAddress,
  parseBundle,
  parseProofFile,
  quorateError,
  type SigningDomain,
} from "@quorate/common";
import { Command } from "commander";
import { connectRewards } from "../../adapters/chain/connectRewards.ts";
import { addRpcOption } from "../flags.ts";
import { listIds, printFields, printJson, printProgress } from "../print.ts";

interface VerifyOptions {
  readonly bundle?: string;
  readonly proof?: string;
  readonly rpc: readonly string[];
  readonly contract: string;
  readonly json?: true;
}

export function verifyCommand(): Command {
  const command = new Command("verify")
    .summary("check a bundle or a proof against the chain, trusting no agent")
    .description(
      "Check a bundle or a proof against the chain. Of a bundle every part is recomputed, the id lists are derived from the contract's\n" +
        "node set of this moment, and the contract itself checks the aggregate signature. A proof is followed up to its root, which must be\n" +
        "the one on chain. What would happen now is asked as the recipient's own call. Nothing is sent and no agent is asked.\n" +
        "Exit status 0 only if it is genuine and adds to what the chain has for the recipient.",
    )
    .option("--bundle <file>", "the bundle, as `quorate claim` wrote it")
    .option("--proof <file>", "or the proof, as `quorate claim` wrote it");
  addRpcOption(command, "JSON-RPC URL of an Ethereum node you trust; given several, the next is asked when one fails");
  return command
    .requiredOption("--contract <address>", "address of ServiceNodeRewards (the proxy)", parseAddress)
    .option("--json", "the result as one line of JSON; amounts in atomic units")
    .action((options: VerifyOptions, self: Command) => {
      if ((options.bundle === undefined) === (options.proof === undefined)) {
        self.error("error: give one of --bundle and --proof");
      }
      if (options.rpc.length === 0) self.error("error: required option '--rpc <url>' not specified");
      return options.proof === undefined ? verifyBundle(options) : verifyProof(options.proof, options);
    });
}

/**
 * @throws BUNDLE_MALFORMED, BUNDLE_INCONSISTENT, BUNDLE_BELOW_QUORUM, BUNDLE_USED, BUNDLE_NOT_NOW,
 * TRANSACTION_REVERTED
 */
async function verifyBundle(options: VerifyOptions): Promise<void> {
  const bundle = parseBundle(readText(options.bundle ?? "", "BUNDLE_MALFORMED"));
  const { message, signature, signers, domain } = bundle;
  await withContract(options, domain, "BUNDLE_INCONSISTENT", async (contract) => {
    const verified = await contract.verifyClaim(message, signature, signers);
    const { block, stake } = verified;
    if (!hasMoneyQuorum(stake)) {
      const { signedActive, activeStake } = stake;
      throw quorateError("BUNDLE_BELOW_QUORUM", { signedActive, activeStake, atBlock: block.number });
    }
    const { recipient, amount } = message;
    if (verified.lifetime >= amount) throw used("BUNDLE_USED", recipient, amount, verified);
    if (verified.refusal !== null) throw notNow("BUNDLE_NOT_NOW", recipient, amount, verified.refusal);
    if (options.json) printJson({ valid: true, ...bundle.message, ...standingJson(verified, amount), block });
    else printBundle(bundle, verified);
  });
}

function printBundle({ message: { recipient, amount } }: BundleContent, verified: VerifiedClaim): void {
  const { stake, lists, block } = verified;
  printFields({
    bundle: "valid: the contract accepts it now",
    recipient,
    "lifetime amount": formatAmount(amount),
    "of it on chain": onChainText(verified),
    "pays now": paysText(verified, amount),
    "stake signed": `${(stake.signedBps / 100).toFixed(2)}% of ${formatAmount(stake.activeStake)}`,
    "non-signers": listIds(lists.nonSigners),
    "extra signers": listIds(lists.extraSigners),
    "at block": block.number,
  });
}

/** @throws PROOF_MALFORMED, PROOF_INVALID, PROOF_USED, PROOF_NOT_NOW, TRANSACTION_REVERTED with RootNotValid */
async function verifyProof(path: string, options: VerifyOptions): Promise<void> {
  const content = parseProofFile(readText(path, "PROOF_MALFORMED"));
  await withContract(options, content.domain, "PROOF_INVALID", async (contract) => {
    const { pays } = await checkProof(contract, content);
    const standing = await contract.proofStanding(content);
    const { recipient, amount } = content;
    if (pays === 0n) throw used("PROOF_USED", recipient, amount, standing);
    if (standing.refusal !== null) throw notNow("PROOF_NOT_NOW", recipient, amount, standing.refusal);
    const to = await contract.distributor();
    if (options.json) printJson({ valid: true, recipient, amount, ...standingJson(standing, amount), to });
    else printProof(content, standing, to);
  });
}

function printProof(content: ProofContent, standing: Standing, to: string): void {
  printFields({
    proof: "valid: it leads to a root that the contract has",
    recipient: content.recipient,
    "lifetime amount": formatAmount(content.amount),
    "of it on chain": onChainText(standing),
    "pays now": paysText(standing, content.amount),
    root: `${content.rewardsRoot}, number ${content.rootIndex}, of epoch ${content.epoch}`,
    "send to": to,
  });
}

function onChainText({ lifetime, claimed }: Standing): string {
  return `${formatAmount(lifetime)}, ${formatAmount(claimed)} paid`;
}

/** What the recipient's own call would pay. */
function paysText({ lifetime, claimed, payoutRefusal }: Standing, amount: bigint): string {
  if (payoutRefusal === null) return formatAmount((amount > lifetime ? amount : lifetime) - claimed);
  return `nothing: ${refusalText(payoutRefusal)}`;
}

function standingJson({ lifetime, claimed, payoutRefusal }: Standing, amount: bigint) {
  const owed = (amount > lifetime ? amount : lifetime) - claimed;
  return { lifetime, claimed, paysNow: payoutRefusal === null ? owed : 0n, payoutRefusal };
}

function refusalText({ error, meaning }: Refusal): string {
  return meaning === null ? error : `${meaning} (${error})`;
}

function used(code: "BUNDLE_USED" | "PROOF_USED", recipient: string, amount: bigint, standing: Standing): Error {
  const { lifetime, claimed } = standing;
  return quorateError(code, {
    recipient,
    amount: formatAmount(amount),
    onChain: formatAmount(lifetime),
    paid: formatAmount(claimed),
    notPaidYet: formatAmount(lifetime - claimed),
  });
}

function notNow(code: "BUNDLE_NOT_NOW" | "PROOF_NOT_NOW", recipient: string, amount: bigint, refusal: Refusal): Error {
  const { error, meaning } = refusal;
  return quorateError(code, { recipient, amount: formatAmount(amount), reason: meaning ?? undefined, error });
}

/** Only a provider of the file's own chain is asked. */
async function withContract(
  { rpc, contract: asked }: VerifyOptions,
  domain: SigningDomain,
  code: ErrorCode,
  act: (contract: RewardsContract) => Promise<void>,
): Promise<void> {
  const address = parseAddress(asked);
  const connection = { chainId: BigInt(domain.chainId), onTrouble: printProgress };
  const contract = await connectRewards(rpc, address, connection);
  try {
    if (domain.verifyingContract !== address) {
      throw quorateError(code, { part: "domain", given: domain.verifyingContract, asked: address });
    }
    await act(contract);
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
