/** `quorate verify`: whether a bundle or a proof would pay, asked of the chain, without trusting any agent (P-101). */
import { readFileSync } from "node:fs";
import {
  type ErrorCode,
  formatAmount,
  hasMoneyQuorum,
  parseAddress,
  parseBundle,
  parseProofFile,
  quorateError,
  type SigningDomain,
} from "@quorate/common";
import { Command } from "commander";
import { RewardsContract } from "../../adapters/chain/contracts.ts";
import { listIds, printFields } from "../print.ts";
import { checkProof } from "../proof.ts";

interface VerifyOptions {
  readonly bundle?: string;
  readonly proof?: string;
  readonly rpc: string;
  readonly contract: string;
}

export function verifyCommand(): Command {
  return new Command("verify")
    .summary("check a bundle or a proof against the chain, trusting no agent")
    .description(
      "Check a bundle or a proof against the chain. Of a bundle every part is recomputed, the id lists are derived from the contract's\n" +
        "node set of this moment, and the contract itself checks the aggregate signature. A proof is followed up to its root, which must be\n" +
        "the one on chain. Nothing is sent and no agent is asked.",
    )
    .option("--bundle <file>", "the bundle, as `quorate claim` wrote it")
    .option("--proof <file>", "or the proof, as `quorate claim` wrote it")
    .requiredOption("--rpc <url>", "JSON-RPC URL of an Ethereum node you trust")
    .requiredOption("--contract <address>", "address of ServiceNodeRewards (the proxy)")
    .action((options: VerifyOptions, self: Command) => {
      if ((options.bundle === undefined) === (options.proof === undefined)) {
        self.error("error: give one of --bundle and --proof");
      }
      return options.proof === undefined ? verifyBundle(options) : verifyProof(options.proof, options);
    });
}

/** @throws BUNDLE_MALFORMED, BUNDLE_INCONSISTENT, BUNDLE_BELOW_QUORUM, TRANSACTION_REVERTED */
async function verifyBundle(options: VerifyOptions): Promise<void> {
  const bundle = parseBundle(readText(options.bundle ?? "", "BUNDLE_MALFORMED"));
  await withContract(options, async (contract) => {
    requireSameDomain(bundle.domain, contract.domain, "BUNDLE_INCONSISTENT");
    const { block, lists, stake } = await contract.verifyClaim(bundle.message, bundle.signature, bundle.signers);
    if (!hasMoneyQuorum(stake)) {
      throw quorateError("BUNDLE_BELOW_QUORUM", {
        signedActive: stake.signedActive,
        activeStake: stake.activeStake,
        atBlock: block.number,
      });
    }
    const { lifetime, claimed } = await contract.recipient(bundle.message.recipient);
    printFields({
      bundle: "valid: the contract accepts it now",
      recipient: bundle.message.recipient,
      "lifetime amount": formatAmount(bundle.message.amount),
      "of it on chain": `${formatAmount(lifetime)}, ${formatAmount(claimed)} paid`,
      "stake signed": `${(stake.signedBps / 100).toFixed(2)}% of ${formatAmount(stake.activeStake)}`,
      "non-signers": listIds(lists.nonSigners),
      "extra signers": listIds(lists.extraSigners),
      "at block": block.number,
    });
  });
}

/** @throws PROOF_MALFORMED, PROOF_INVALID, TRANSACTION_REVERTED with RootNotValid */
async function verifyProof(path: string, options: VerifyOptions): Promise<void> {
  const content = parseProofFile(readText(path, "PROOF_MALFORMED"));
  await withContract(options, async (contract) => {
    requireSameDomain(content.domain, contract.domain, "PROOF_INVALID");
    const { lifetime, claimed, pays } = await checkProof(contract, content);
    printFields({
      proof: "valid: it leads to a root that the contract has",
      recipient: content.recipient,
      "lifetime amount": formatAmount(content.amount),
      "of it on chain": `${formatAmount(lifetime)}, ${formatAmount(claimed)} paid`,
      "pays now": formatAmount(pays),
      root: `${content.rewardsRoot}, number ${content.rootIndex}, of epoch ${content.epoch}`,
      "send to": await contract.distributor(),
    });
  });
}

async function withContract(
  { rpc, contract: address }: VerifyOptions,
  act: (contract: RewardsContract) => Promise<void>,
): Promise<void> {
  const contract = await RewardsContract.connect(rpc, parseAddress(address));
  try {
    await act(contract);
  } finally {
    contract.close();
  }
}

function requireSameDomain(given: SigningDomain, asked: SigningDomain, code: ErrorCode): void {
  const isSame = BigInt(given.chainId) === BigInt(asked.chainId) && given.verifyingContract === asked.verifyingContract;
  if (isSame) return;
  throw quorateError(code, {
    part: "domain",
    given: `${given.verifyingContract} on chain ${given.chainId}`,
    asked: `${asked.verifyingContract} on chain ${asked.chainId}`,
  });
}

function readText(path: string, code: ErrorCode): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw quorateError(code, { path, reason: "the file cannot be read" }, { cause });
  }
}
