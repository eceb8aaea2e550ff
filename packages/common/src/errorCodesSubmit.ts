/**
 * The part of the catalogue that an agent's own transactions raise.
 * `errorCodes.ts` merges it; nothing else reads it.
 */

export const SUBMIT_ERROR_CODES = {
  SUBMIT_QUEUE_FULL: {
    summary: "As many calls wait to be sent to the chain as are held.",
    remedy: "See in the submitter's status what is in the way of the transaction in flight; then ask again.",
    where: "submitter",
  },
  SUBMIT_NO_FUNDS: {
    summary: "The account cannot pay for the transaction at the fees it would have to offer.",
    remedy: "Send ether to the account named here; nothing else has to be done.",
    where: "submitter",
  },
  SUBMIT_GAS_ABOVE_BOUND: {
    summary: "A call needs more gas than was known to be enough.",
    remedy: "Report it with the values shown here: the bound, the contract or the provider's estimate is wrong.",
    where: "submitter",
  },
  SUBMIT_FEES_AT_CAP: {
    summary: "A transaction is not taken into a block at the highest fees the operator allows.",
    remedy: "Wait until fees fall, or raise submit.maxFeePerGasGwei or submit.maxPriorityFeePerGasGwei.",
    where: "submitter",
  },
  SUBMIT_REFUSED: {
    summary: "The chain providers refuse a signed transaction.",
    remedy: "Read what they said; the agent sends the same bytes again. If it lasts, use another provider.",
    where: "submitter",
  },
  SUBMIT_NONCE_TAKEN: {
    summary: "Something else sends transactions from the agent's account.",
    remedy: "Give the agent an account that nothing else uses; the call is simulated and signed anew.",
    where: "submitter",
  },
  SUBMIT_NONCE_GAP: {
    summary: "A transaction waits behind a nonce that nothing of this agent is signed for.",
    remedy: "Wait for the transaction that a reorganisation took away, or send one with the nonce named here.",
    where: "submitter",
  },
  SUBMIT_STORE_FOREIGN: {
    summary: "The file of signed transactions belongs to another account or another chain.",
    remedy: "Start with the account and chain named here until all of them are finalised, or give another file.",
    where: "submitter",
  },
} as const;
