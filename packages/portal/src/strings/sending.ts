/** What is said around sending. Amounts, gas and dates come as text. */
export const sending = {
  connect: "Connect a wallet to send this.",
  otherAccount: (needed: string, have: string) =>
    `This has to be sent by ${needed}; the wallet is on ${have}. Choose that account in the wallet.`,
  trying: "Trying it on the chain, without sending…",
  untried: "could not be tried before the one in front of it is mined",
  refused: "The contract would refuse this now, so it is not sent.",
  lacksEther: (have: string, need: string) =>
    `The account has ${have} ETH for gas; this may take ${need} ETH. Send it the rest first.`,
  costs: (cost: string, gas: string, price: string) =>
    `It costs at most ${cost} ETH: up to ${gas} gas at up to ${price} gwei.`,
  gas: (gas: string) => `at most ${gas} gas`,
  oneCall: "One transaction:",
  several: (count: number) => `${count} transactions, one after the other; the wallet asks for each:`,
  batch: (count: number) => `${count} calls that your wallet sends as one: all of them or none.`,
  singly: "Send them one after the other instead",
  send: (count: number) => (count === 1 ? "Send it by the wallet" : `Send these ${count} by the wallet`),
  sendBatch: "Send all as one by the wallet",
  cancel: "Do not send",
  signing: (index: number, count: number) =>
    count === 1 ? "Confirm it in the wallet…" : `Confirm ${index + 1} of ${count} in the wallet…`,
  mining: (index: number, count: number) =>
    count === 1 ? "Sent. Waiting until it is mined…" : `${index + 1} of ${count} is sent. Waiting until it is mined…`,
  done: (count: number) => (count === 1 ? "It is mined." : `All ${count} are mined.`),
  declinedNext: "You declined in the wallet. This one was not sent.",
  partDone: (mined: number, count: number) =>
    `${mined} of ${count} ${mined === 1 ? "is" : "are"} mined already, and not sent again: only the rest is left.`,
  cost: (cost: string) => `It cost ${cost} ETH.`,
  block: (block: number) => `block ${block}`,
  sentBefore: "Sent from this browser",
  forget: "Forget",
  lookAgain: "Look again",
  states: { waiting: "waits to be mined", mined: "mined", failed: "failed" },
  explorer: "Explorer",
  names: {
    approve: "Let the contract take exactly this many tokens",
    contribute: "Pay into the pool",
    withdraw: "Take the contribution out of the pool",
    refund: "Take back what an ended round owes",
    addBLSPublicKey: "Register the node and stake",
    initiateExitBLSPublicKey: "Ask for the node to leave",
    exitBLSPublicKey: "Take the node out of the set",
    withdrawPrincipalFor: "Pay the principal back",
    contest: "Say that the node is alive",
    create: "Make the pool's contract",
    open: "Open the pool with your part",
    finalize: "Register the pool's node",
    reset: "End the pool's round",
    updateAndClaim: "Record the signed amount and pay it",
    claimWithProof: "Pay by proof",
    claimRewards: "Pay what the chain has recorded",
  } as Readonly<Record<string, string>>,
} as const;
