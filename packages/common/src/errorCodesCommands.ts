/**
 * The part of the catalogue that commands raise: accounts, transactions and their outcome, files they write.
 * `errorCodes.ts` merges it; nothing else reads it.
 */

export const COMMAND_ERROR_CODES = {
  ACCOUNT_LACKS_TOKENS: {
    summary: "The account holds fewer tokens than the call takes.",
    remedy: "Send the missing tokens to the account; nothing was approved or sent.",
    where: "commands",
  },
  ACCOUNT_LACKS_ETHER: {
    summary: "The account cannot pay for the transaction's gas.",
    remedy: "Send the missing ether to the account; this transaction was not sent.",
    where: "commands",
  },
  ACCOUNT_BUSY: {
    summary: "Another transaction of the account waits to be mined, and might do the same.",
    remedy: "Wait until it is mined, or replace it from your wallet; then run the command again.",
    where: "commands",
  },
  ACCOUNT_NOT_GIVEN: {
    summary: "A command that sends transactions was not told of which account.",
    remedy:
      "Give --account-key-file (hex or a keystore), --signer-url with --from, or the key in QUORATE_ACCOUNT_KEY; " +
      "with --dry-run --from alone will do.",
    where: "commands",
  },
  CONTROL_UNAVAILABLE: {
    summary: "A running agent cannot be spoken to by the socket beside its store.",
    remedy: "Check that the agent runs, with this configuration and as the user who asks.",
    where: "commands",
  },
  POSSESSION_FILE_INVALID: {
    summary: "A node's proof of possession, as its operator gives it away, is not what it has to be.",
    remedy:
      "Make it anew for this deployment and operator: `quorate keys prove`, or `quorate network possession` for a " +
      "founder.",
    where: "commands",
  },
  CONTRACTS_PACKAGE_MISSING: {
    summary: "This command needs the contracts' compiled code, which is not installed here.",
    remedy: "Run it in a clone of the repository, or install @quorate/contracts beside this command.",
    where: "commands",
  },
  INIT_REFUSED: {
    summary: "A node is not set up in this directory.",
    remedy: "Give another one with --directory, outside of any repository and without a node in it.",
    where: "commands",
  },
  DOCTOR_FOUND_FAULTS: {
    summary: "Something keeps the agent from its work.",
    remedy: "Each line with a ✗ says what to do; then run `quorate doctor` again.",
    where: "commands",
  },
  NODE_UNKNOWN: {
    summary: "There is no node with this id, or no node of this key or account.",
    remedy: "Give the node's id with --node; `quorate status` and the registration's result name it.",
    where: "commands",
  },
  NODE_NOT_NAMED: {
    summary: "The account has a stake in several nodes, and the command was not told which one is meant.",
    remedy: "Give one of the ids named here with --node.",
    where: "commands",
  },
  SIGNER_FAILED: {
    summary: "The external signer did not sign what it was asked to, or cannot be reached.",
    remedy:
      "Read what it said. Where it may have sent the transaction before it fell silent, look at the account's " +
      "transactions before you run the command again.",
    where: "commands",
  },
  CONFIRMATION_MISSING: {
    summary: "The command asks before it sends, and standard input is no terminal.",
    remedy: "Look at what it would send with --dry-run, then run it with --yes.",
    where: "commands",
  },
  CONFIRMATION_DECLINED: {
    summary: "The question whether to go on was not answered with yes; nothing was sent.",
    remedy: "Run the command again when you want it.",
    where: "commands",
  },
  NETWORK_UNKNOWN: {
    summary: "There is no network of this name.",
    remedy: "Give one of those named here, or the path of a network's file: docs/commands.md says what is in it.",
    where: "commands",
  },
  NETWORK_NOT_DEPLOYED: {
    summary: "The contracts of this network are not deployed yet, so it has no addresses.",
    remedy: "Use another network, or give --rpc and --contract.",
    where: "commands",
  },
  NETWORK_FILE_INVALID: {
    summary: "A network's file is not what it has to be.",
    remedy: "Correct the fields named here; docs/commands.md says what is in the file.",
    where: "commands",
  },
  TRANSACTION_REFUSED: {
    summary: "No provider takes the signed transaction.",
    remedy: "Read what they said; nothing was sent, so the command can be run again.",
    where: "commands",
  },
  TRANSACTION_PENDING: {
    summary: "The transaction was sent and is in no block yet; it may still be mined.",
    remedy: "Do not send it anew: look for its hash in a block explorer or by eth_getTransactionReceipt first.",
    where: "commands",
  },
  TRANSACTION_DROPPED: {
    summary: "The transaction was sent, and no provider asked knows it any more.",
    remedy: "Look for its hash once more before you send it anew: a provider not asked here may still have it.",
    where: "commands",
  },
  TRANSACTION_REPLACED: {
    summary: "Another transaction of the same account took the transaction's nonce, so it will never be mined.",
    remedy: "Look at the one that was mined instead; run the command again if it is not what you wanted.",
    where: "commands",
  },
  TRANSACTION_FAILED_IN_BLOCK: {
    summary: "The transaction was mined and failed: its gas is spent, and nothing else has changed.",
    remedy: "The contract's own error is named here where it could be found; run the command again when it is gone.",
    where: "commands",
  },
  TRANSACTION_WITHOUT_EVENT: {
    summary: "The transaction was mined, and its receipt lacks the event that it had to make.",
    remedy: "Look the transaction up at another provider; check that it went to the contract named here.",
    where: "commands",
  },
  BUNDLE_USED: {
    summary: "The bundle is genuine, and the chain has this amount or more for the recipient already.",
    remedy: "Do not send it. What is not paid yet is paid by `claimRewards()`; later rewards need a new bundle.",
    where: "commands",
  },
  PROOF_USED: {
    summary: "The proof is genuine, and everything it proves was paid already.",
    remedy: "There is nothing to send; later rewards need a new proof.",
    where: "commands",
  },
  PROOF_NOT_NOW: {
    summary: "The proof is genuine, and the contract would refuse it now.",
    remedy: "Send it when the reason named here is gone, or ask for a newer proof: a root is valid until 8 later ones.",
    where: "commands",
  },
  BUNDLE_NOT_NOW: {
    summary: "The bundle is genuine, and the contract would refuse it now.",
    remedy: "Keep the bundle and send it when the reason named here is gone.",
    where: "commands",
  },
  CLAIM_NOT_ENDED: {
    summary: "The agent did not say how the claim ended, although its deadline has passed.",
    remedy: "Ask for the same claim again: what was signed is kept. If it lasts, ask another agent.",
    where: "client",
  },
  NOTHING_OWED: {
    summary: "Everything that the recipient has earned up to the last closed epoch was paid.",
    remedy: "There is nothing to send; what the running epoch earns can be claimed after its close.",
    where: "client",
  },
  CLAIM_AMOUNT_ZERO: {
    summary: "A part of what is owed was asked for, and the amount is not above zero.",
    remedy: "Ask for an amount above zero, or name none: then all that is owed is paid.",
    where: "client",
  },
  CLAIM_ABOVE_OWED: {
    summary: "The part that was asked for is more than the recipient is owed.",
    remedy: "Ask for at most what is owed, or name no amount: then all of it is paid.",
    where: "client",
  },
  CLAIM_ABOVE_LIMIT: {
    summary: "The claim is more than all claims together may still take in this cycle; nothing was sent.",
    remedy: "Claim a part, at most what is left, or wait until the next cycle begins. What is owed stays owed.",
    where: "client",
  },
  SIGNER_NOT_RECIPIENT: {
    summary: "The account that would sign is not the one that has to send this transaction.",
    remedy: "Sign with the account named here: rewards are paid to whoever sends, and to nobody else.",
    where: "client",
  },
  WALLET_REFUSED: {
    summary: "The wallet was asked to sign, and its owner said no.",
    remedy: "Nothing was sent. Ask again, and confirm in the wallet.",
    where: "client",
  },
  BATCH_FAILED: {
    summary: "The wallet was asked to run several calls as one, and that did not go through.",
    remedy: "None of the calls has taken effect where it was all or nothing. Look at the state, and send them singly.",
    where: "client",
  },
  POOL_UNKNOWN: {
    summary: "The address is no contribution contract of this network's factory.",
    remedy: "Take an address that `quorate pools` shows; do not send tokens to this one.",
    where: "client",
  },
  POOL_KEYS_IN_USE: {
    summary: "Another pool whose round runs has the same BLS key: the node of only one of them can be registered.",
    remedy:
      "Use that pool, or end its round first (`quorate pool end`, or My stakes); a second node needs its own keys.",
    where: "client",
  },
  CONTRIBUTION_NOT_NOW: {
    summary: "The contribution contract would refuse this now.",
    remedy: "See the reason and the bounds named here; `quorate pools` shows what can be paid.",
    where: "client",
  },
  PAYMENTS_INCOMPLETE: {
    summary: "The payments that a chain provider tells of do not add up to what the contract has paid the recipient.",
    remedy: "Ask another provider: this one leaves logs out, or does not go back far enough.",
    where: "client",
  },
  OUTPUT_FILE_EXISTS: {
    summary: "The file to write is already there.",
    remedy: "Give another file, or --force to replace it.",
    where: "commands",
  },
  OUTPUT_FILE_UNWRITABLE: {
    summary: "A file cannot be written.",
    remedy: "Give a path in a directory that exists, may be written to and has space.",
    where: "commands",
  },
  OUTPUT_FAILED: {
    summary: "Standard output cannot be written.",
    remedy: "Check what it leads to and the space there, or give --out where there is that option.",
    where: "commands",
  },
} as const;
