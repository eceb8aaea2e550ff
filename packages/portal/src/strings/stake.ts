/** Page "Stake". Amounts and dates come as text. */
export const stake = {
  intro:
    "Several people can pay one node's stake together. You pay a part, the operator runs the node, and the node's " +
    "rewards are shared by stake, less the operator's fee.",
  noChain: "Connect a wallet: this network names no chain provider, and the page asks yours.",
  reading: "Reading pools from the chain…",
  none: "No pool takes contributions now. You can open one yourself.",
  toRun: "Run a node",
  fee: "Operator's fee",
  space: "Space left",
  least: "Smallest contribution",
  places: "Contributors",
  placesOf: (taken: number) => `${taken} of 10`,
  operator: "Operator",
  record: "The operator's nodes",
  recordAsking: "Asking agents about the operator's nodes…",
  recordUnknown: "No agent could tell about the operator's nodes.",
  recordNone: "It runs no node yet that agents know of.",
  recordSum: (nodes: number, present: string) =>
    `${nodes} ${nodes === 1 ? "node" : "nodes"}, present in ${present} of the last epochs`,
  recordOpen: (nodes: number) => `${nodes} ${nodes === 1 ? "node" : "nodes"}, none judged yet`,
  nodeLink: (id: number, state: string) => `Node ${id} (${state})`,
  choose: "Contribute",
  chooseAbout: (pool: string) => `Contribute to pool ${pool}`,
  back: "All open pools",
  pool: (address: string) => `Pool ${address}`,
  full: "full",
  open: "open",
  takesNothing: "This pool takes nothing from you now.",
  form: "Contribute to this pool",
  topUp: "Add to your contribution",
  amount: "Amount in SESH",
  have: (amount: string) => `You have ${amount}.`,
  useLeast: (amount: string) => `Least: ${amount}`,
  useMost: (amount: string) => `All that is left: ${amount}`,
  beneficiary: "Who receives the rewards (leave it empty: your own account)",
  beneficiaryNow: (address: string) =>
    `Empty: they go on going to ${address}. Another one changes it for all you paid.`,
  rules: "Before you pay",
  ruleList: (fee: string) => [
    "The tokens stay in the pool for a day at least. Then you can take all of it back, until the node is registered.",
    "When the stake is complete, the node is registered, and your part is its stake.",
    "From then on it comes back when the node leaves: 15 days after somebody asks for that.",
    `The operator keeps ${fee} of the node's rewards; the rest is shared by stake.`,
    "With less than a quarter of the stake you can ask the node to leave only 30 days after its registration.",
  ],
  permit:
    "The pool takes tokens by an approval of exactly the amount: it cannot take a signed permit (EIP-2612). " +
    "Where your wallet can send both as one, it is one confirmation; otherwise two transactions.",
  check: "Check and continue",
  problems: {
    empty: "Type an amount.",
    malformed: "This is no amount: digits, at most nine decimals, such as 25 or 1,250.5.",
    nothing: "The pool takes nothing from you now.",
    tooLittle: (least: string) => `The least that it takes from you now is ${least}.`,
    tooMuch: (most: string) => `The most that it takes now is ${most}.`,
    leavesTooLittle: (most: string, left: string) =>
      `That leaves less than ${left}, which nobody could pay. Pay all that is left, or at most ${most}.`,
    notHeld: (have: string) => `Your account has ${have}.`,
  },
  beneficiaryProblems: {
    malformed: "This is no address.",
    checksum: "A letter of this address is wrong: its checksum does not fit.",
    zero: "Nobody holds the zero address: the rewards would be lost.",
    network: "This is one of the network's own contracts: it can never claim, and the rewards would be lost.",
    callsNothing:
      "This is a contract that can call nothing. Rewards are paid to whoever sends the claim, so it could never get " +
      "them.",
  },
  contractConfirm:
    "The beneficiary is a contract. It is paid only if it can send the claim itself; I know that it can, such as a " +
    "wallet that is a contract.",
  effects: (amount: string, pool: string, beneficiary: string, fee: string) => [
    `${amount} are paid into pool ${pool}, whose operator's fee is ${fee}.`,
    `Rewards of your part go to ${beneficiary}.`,
  ],
  effectLeft: (left: string) => `${left} are missing after it. You can take your part back from a day on, until then.`,
  effectManual: "It completes the stake; the operator then registers the node.",
  effectCompletes:
    "It completes the stake and registers the node in the same transaction. It then comes back when the node has left.",
  connect: "Connect a wallet to contribute.",
} as const;
