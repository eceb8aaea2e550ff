/** Which of the things that a person can do something about has gone wrong. The words are in the strings. */
import { isQuorateError } from "@quorate/common";

export type Trouble =
  | "declined"
  | "declinedLater"
  | "batch"
  | "wrongChain"
  | "noGas"
  | "limit"
  | "paused"
  | "used"
  | "nothing"
  | "noAgent"
  | "noQuorum"
  | "behind"
  | "provider"
  | "notYours"
  | "spoiled"
  | "replaced"
  | "slow"
  | "other";

const BY_CODE: Readonly<Record<string, Trouble>> = {
  WALLET_REFUSED: "declined",
  BATCH_FAILED: "batch",
  CHAIN_WRONG_ID: "wrongChain",
  ACCOUNT_LACKS_ETHER: "noGas",
  NOTHING_OWED: "nothing",
  CLAIM_ABOVE_LIMIT: "limit",
  CLAIM_ABOVE_OWED: "used",
  BUNDLE_USED: "used",
  PROOF_USED: "used",
  AGENT_UNREACHABLE: "noAgent",
  CLAIM_NOT_ENDED: "noAgent",
  QUORUM_NOT_REACHED: "noQuorum",
  BUNDLE_BELOW_QUORUM: "noQuorum",
  CHAIN_PROVIDER_BEHIND: "behind",
  CHAIN_PROVIDER_FAILED: "provider",
  SIGNER_NOT_RECIPIENT: "notYours",
  BUNDLE_INCONSISTENT: "spoiled",
  BUNDLE_BAD_SIGNATURE: "spoiled",
  PROOF_INVALID: "spoiled",
  TRANSACTION_REPLACED: "replaced",
  TRANSACTION_DROPPED: "replaced",
  TRANSACTION_PENDING: "slow",
};

const BY_REVERT: Readonly<Record<string, Trouble>> = {
  ClaimLimitExceeded: "limit",
  EnforcedPause: "paused",
  AmountNotRaised: "used",
  NothingToClaim: "used",
  RootNotValid: "used",
  QuorumNotReached: "noQuorum",
  FloorNotReached: "noQuorum",
};

/** Whether the first of two transactions was mined before this went wrong: only the payment is left (P-147). */
export function isRecorded(error: unknown): boolean {
  return isQuorateError(error) && error.values["recordedBy"] !== undefined;
}

/** Nothing is left of it to try again: the chain has it already, or another transaction took its place. */
export function isOver(trouble: Trouble): boolean {
  return trouble === "nothing" || trouble === "used" || trouble === "replaced";
}

export function troubleOf(error: unknown): Trouble {
  if (!isQuorateError(error)) return (error as { code?: unknown })?.code === 4001 ? "declined" : "other";
  if (error.code === "WALLET_REFUSED" && isRecorded(error)) return "declinedLater";
  const said = String(error.values["error"] ?? "");
  if (error.code === "TRANSACTION_REVERTED" || error.code === "TRANSACTION_FAILED_IN_BLOCK") {
    return BY_REVERT[said.replace(/\(.*$/, "")] ?? "other";
  }
  if (/insufficient funds/i.test(`${error.message} ${said} ${String(error.values["reason"] ?? "")}`)) return "noGas";
  return BY_CODE[error.code] ?? "other";
}
