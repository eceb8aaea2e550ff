/** `quorate verify`: whether a bundle would pay, asked of the chain, without trusting any agent (P-101). */
import { readFileSync } from "node:fs";
import { formatAmount, hasMoneyQuorum, parseAddress, parseBundle, quorateError } from "@quorate/common";
import { Command } from "commander";
import { RewardsContract } from "../../adapters/chain/contracts.ts";
import { listIds, printFields } from "../print.ts";

interface VerifyOptions {
  readonly bundle: string;
  readonly rpc: string;
  readonly contract: string;
}

export function verifyCommand(): Command {
  return new Command("verify")
    .summary("check a bundle against the chain, trusting no agent")
    .description(
      "Check a bundle against the chain: every part is recomputed, the id lists are derived from the contract's node set of this moment,\n" +
        "and the contract itself checks the aggregate signature. Nothing is sent and no agent is asked.",
    )
    .requiredOption("--bundle <file>", "the bundle, as `quorate claim` wrote it")
    .requiredOption("--rpc <url>", "JSON-RPC URL of an Ethereum node you trust")
    .requiredOption("--contract <address>", "address of ServiceNodeRewards (the proxy)")
    .action(verify);
}

/** @throws BUNDLE_MALFORMED, BUNDLE_INCONSISTENT, BUNDLE_BELOW_QUORUM, TRANSACTION_REVERTED */
async function verify(options: VerifyOptions): Promise<void> {
  const address = parseAddress(options.contract);
  const bundle = parseBundle(readBundle(options.bundle));
  const contract = await RewardsContract.connect(options.rpc, address);
  try {
    requireSameDomain(bundle.domain, contract.domain);
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
  } finally {
    contract.close();
  }
}

function requireSameDomain(
  bundle: { chainId: bigint | number; verifyingContract: string },
  chain: { chainId: bigint | number; verifyingContract: string },
): void {
  if (BigInt(bundle.chainId) === BigInt(chain.chainId) && bundle.verifyingContract === chain.verifyingContract) return;
  throw quorateError("BUNDLE_INCONSISTENT", {
    part: "domain",
    bundle: `${bundle.verifyingContract} on chain ${bundle.chainId}`,
    asked: `${chain.verifyingContract} on chain ${chain.chainId}`,
  });
}

function readBundle(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw quorateError("BUNDLE_MALFORMED", { path, reason: "the file cannot be read" }, { cause });
  }
}
