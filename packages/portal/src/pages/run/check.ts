/**
 * Whether a node's proofs hold, by this page itself: the BLS signature and the Ed25519 signature over the digest that
 * binds the keys to the operator and to this deployment (P-8). Enters: checked JSON, the network's facts, the account
 * that would register. Leaves: a verdict for each check. Not its job: what the contract says (register.ts).
 */
import { type PossessionFile, possessionOf } from "@quorate/client";
import { type Address, checkPossession, type ErrorCode, isQuorateError, type SignatureScheme } from "@quorate/common";
import type { PortalFacts } from "@quorate/common/http";

export type CheckName = "deployment" | "operator" | "bls" | "identity";

export interface Check {
  readonly name: CheckName;
  /** Null when it holds. */
  readonly code: ErrorCode | null;
}

export function checkPrinted(
  scheme: SignatureScheme,
  file: PossessionFile,
  { chainId, contract }: Pick<PortalFacts, "chainId" | "contract">,
  account: Address | null,
): readonly Check[] {
  const { operator } = file;
  const isHere = file.chainId === chainId && file.rewards === contract;
  const { bls = null, identity = null } = checkProofs(scheme, file);
  return [
    { name: "deployment", code: isHere ? null : "POSSESSION_FILE_INVALID" },
    { name: "operator", code: account === null || operator === account ? null : "SIGNER_NOT_RECIPIENT" },
    { name: "bls", code: bls },
    { name: "identity", code: identity },
  ];
}

/** For the deployment that the text names: whether that is this one is another question. */
function checkProofs(scheme: SignatureScheme, file: PossessionFile): { bls?: ErrorCode; identity?: ErrorCode } {
  const domain = { chainId: BigInt(file.chainId), verifyingContract: file.rewards };
  try {
    return checkPossession(scheme, domain, { ...possessionOf(file), operator: file.operator });
  } catch (error) {
    // A point that does not even have the form of one, so that neither signature can hold.
    if (isQuorateError(error)) return { bls: error.code, identity: error.code };
    throw error;
  }
}
