/**
 * Whether a bundle or a proof would pay, asked of the chain alone, without trusting any agent (P-101, P-107). Enters:
 * the text of a file. Leaves: what it is worth now; an error says why it is worth nothing.
 */
import {
  type BundleContent,
  type ErrorCode,
  formatAmount,
  hasMoneyQuorum,
  type ProofContent,
  parseBundle,
  parseProofFile,
  type QuorateError,
  quorateError,
  type SigningDomain,
} from "@quorate/common";
import { checkProof } from "./proof.ts";
import type { Refusal, RewardsContract, Standing, VerifiedClaim } from "./rewardsContract.ts";

/** A bundle that the contract would take now. */
export interface VerifiedBundle {
  readonly kind: "bundle";
  readonly content: BundleContent;
  readonly standing: VerifiedClaim;
}

/** A proof that the contract would take now. */
export interface VerifiedProof {
  readonly kind: "proof";
  readonly content: ProofContent;
  readonly standing: Standing;
}

/** Which of the two a text is; its form is checked by whoever reads it. */
export function kindOfFile(text: string): "bundle" | "proof" {
  return /"kind"\s*:\s*"RewardsProof"/.test(text) ? "proof" : "bundle";
}

/**
 * @throws BUNDLE_MALFORMED, BUNDLE_INCONSISTENT, BUNDLE_BELOW_QUORUM, BUNDLE_USED, BUNDLE_NOT_NOW,
 * TRANSACTION_REVERTED
 */
export async function verifyBundle(contract: RewardsContract, content: BundleContent): Promise<VerifiedBundle> {
  const { message, signature, signers, domain } = content;
  requireDomain(contract, domain, "BUNDLE_INCONSISTENT");
  const standing = await contract.verifyClaim(message, signature, signers);
  const { stake, block } = standing;
  if (!hasMoneyQuorum(stake)) {
    const { signedActive, activeStake } = stake;
    throw quorateError("BUNDLE_BELOW_QUORUM", { signedActive, activeStake, atBlock: block.number });
  }
  const { recipient, amount } = message;
  if (standing.lifetime >= amount) throw used("BUNDLE_USED", recipient, amount, standing);
  if (standing.refusal !== null) throw notNow("BUNDLE_NOT_NOW", recipient, amount, standing.refusal);
  return { kind: "bundle", content, standing };
}

/** @throws PROOF_MALFORMED, PROOF_INVALID, PROOF_USED, PROOF_NOT_NOW, TRANSACTION_REVERTED with RootNotValid */
export async function verifyProof(contract: RewardsContract, content: ProofContent): Promise<VerifiedProof> {
  requireDomain(contract, content.domain, "PROOF_INVALID");
  const { pays } = await checkProof(contract, content);
  const standing = await contract.proofStanding(content);
  const { recipient, amount } = content;
  if (pays === 0n) throw used("PROOF_USED", recipient, amount, standing);
  if (standing.refusal !== null) throw notNow("PROOF_NOT_NOW", recipient, amount, standing.refusal);
  return { kind: "proof", content, standing };
}

/** @throws as the two above */
export function verifyText(contract: RewardsContract, text: string): Promise<VerifiedBundle | VerifiedProof> {
  return kindOfFile(text) === "proof"
    ? verifyProof(contract, parseProofFile(text))
    : verifyBundle(contract, parseBundle(text));
}

function requireDomain({ domain: own }: RewardsContract, given: SigningDomain, code: ErrorCode): void {
  if (given.verifyingContract === own.verifyingContract && BigInt(given.chainId) === BigInt(own.chainId)) return;
  throw quorateError(code, { part: "domain", given: given.verifyingContract, asked: own.verifyingContract });
}

function used(code: "BUNDLE_USED" | "PROOF_USED", recipient: string, amount: bigint, standing: Standing): QuorateError {
  const { lifetime, claimed } = standing;
  return quorateError(code, {
    recipient,
    amount: formatAmount(amount),
    onChain: formatAmount(lifetime),
    paid: formatAmount(claimed),
    notPaidYet: formatAmount(lifetime - claimed),
  });
}

function notNow(
  code: "BUNDLE_NOT_NOW" | "PROOF_NOT_NOW",
  recipient: string,
  amount: bigint,
  { error, meaning }: Refusal,
): QuorateError {
  return quorateError(code, { recipient, amount: formatAmount(amount), reason: meaning ?? undefined, error });
}
