/** "My rewards", in English. Amounts, dates and numbers come as text that was formatted already. */
import type { Trouble } from "../pages/rewards/trouble.ts";

const trouble: Record<Trouble, readonly [what: string, help: string]> = {
  declined: ["You declined in the wallet. Nothing was sent.", "Claim again when you are ready: nothing is lost."],
  declinedLater: [
    "You declined the second transaction in the wallet. Nothing was paid yet.",
    "What you earned is recorded. Try again when you are ready: only the payment is left.",
  ],
  batch: [
    "Your wallet did not send both transactions as one.",
    "Nothing was recorded or paid by it. Try again: they are sent one after the other then.",
  ],
  wrongChain: ["The wallet is on another chain. Nothing was sent.", "Switch the wallet to this network's chain."],
  noGas: [
    "The account has too little of the chain's coin to pay for gas.",
    "Send some to the account, then try again. Your rewards wait.",
  ],
  limit: [
    "All claims together have reached the limit of this cycle.",
    "Nothing is lost: look at what is left of it, or claim again when the next cycle begins.",
  ],
  paused: ["Payouts are paused by the network.", "Nothing is lost: claim again when the pause ends."],
  used: [
    "This amount was recorded or paid already.",
    "Nothing was sent. The balance above is read again: it says what is payable now.",
  ],
  nothing: [
    "There is nothing to pay: everything up to the last closed epoch was paid.",
    "More comes with the next epoch.",
  ],
  noAgent: [
    "No agent of the network answers.",
    "Check your connection and try again. What the chain has recorded can be claimed without any agent.",
  ],
  noQuorum: [
    "Less than 95% of the stake has signed, so nothing can be paid by signatures.",
    "Nothing is lost. Nodes that are missing are named below; try again when they are back, or when a new root is " +
      "payable: a proof needs no signatures.",
  ],
  behind: [
    "The chain provider is behind the chain.",
    "Wait until it has caught up, or connect a wallet with another one.",
  ],
  provider: ["The chain cannot be asked.", "Try again, or connect a wallet: then the page asks by its provider."],
  notYours: ["The wallet's account is not the one that earned this.", "Choose that account in the wallet."],
  spoiled: [
    "What the agents gave does not hold: this page's own check failed. Nothing was sent.",
    "Try again: another agent is asked.",
  ],
  replaced: [
    "Another transaction of your account took the place of this one, or nobody knows it any more.",
    "Look at your balance, then claim again if something is left.",
  ],
  slow: ["The transaction is not in a block yet.", "It can still succeed. Do not send another one; look again here."],
  other: ["It did not work.", "What was said is below."],
};

export const rewards = {
  title: "My rewards",
  about:
    "Service nodes earn tokens for those who stake in them, and this page shows what an address has earned, what it " +
    "was paid, and why. " +
    "Connect a wallet to take what is yours, or paste any address just to look.",
  whose: {
    label: "Address or ENS name",
    hint: "0x… or name.eth",
    show: "Show rewards",
    mine: "Show my wallet's",
    other: "Look at another address",
    of: "Rewards of",
    link: "A link to pass on",
    yours: "your wallet",
    resolving: "Asking the chain for this name…",
    said: (name: string, by: string) => `${name} is this address, says the name registry on chain, asked by ${by}.`,
    byProviders: (host: string) => `the provider ${host}`,
    byWallet: "your wallet's provider",
    noRegistry: "This chain has no registry of names (ENS). Paste the address itself.",
    unknown: (name: string) => `Nobody has set an address for ${name}. Check how it is written.`,
    resolverFailed: (name: string, resolver: string) =>
      `Whether ${name} has an address is not known: the contract that would have it, ${resolver}, gives none that ` +
      "this page can read. It may keep names off the chain. Paste the address itself.",
    noChain:
      "Names are asked of the chain, and no chain can be asked yet. Connect a wallet, or paste the address itself.",
  },
  balance: {
    title: "Balance",
    loading: "Asking two agents and the chain…",
    payable: "Payable now",
    inCycle: (amount: string) => `of it ${amount} in this cycle of claims`,
    noneInCycle: "none of it in this cycle of claims",
    earned: "Earned so far",
    earnedBy: (epoch: string) => `up to the close of epoch ${epoch}`,
    earnedNone: "no epoch has closed yet",
    paid: "Paid",
    more: "More is added",
    moreAt: (when: string) => `at ${when}, when the running epoch closes`,
    moreIn: (time: string) => `in ${time}`,
    unknown: "not known",
    noChain: "What was paid is only on the chain, and no chain can be asked: connect a wallet.",
    later: (amount: string) => `${amount} more were earned since; the next proof, or signatures, will have them.`,
    refresh: "Look again",
    legend: "✓ checked by this page against the chain · ≈ two agents say the same · ? one agent's word",
  },
  said: {
    title: "Agents disagree",
    differ: "These agents say something else. Somebody is wrong; believe what is marked as checked.",
    agent: "Agent",
    says: "Says",
    chosen: "shown above",
    behind: (epoch: string) => `of epoch ${epoch}`,
    silent: (count: number) => (count === 1 ? "One agent did not answer" : `${count} agents did not answer`),
  },
  claim: {
    title: "Claim",
    button: (amount: string) => `Claim ${amount}`,
    signed: (amount: string) => `Claim ${amount} by signatures instead`,
    signedWhy: "The stake signs for the last closed epoch; that takes some seconds and costs more gas.",
    byProof: (epoch: string) =>
      `By a proof for epoch ${epoch}, which this page checked against the root on chain. One transaction, no ` +
      "signatures needed.",
    bySignatures:
      "95% of the stake has to sign first, which takes some seconds. Then the wallet opens, for one transaction.",
    byRecord: "The chain has recorded all of it: no agent is needed. One transaction.",
    cost: "Gas",
    costText: (cost: string, coin: string) => `about ${cost} ${coin}`,
    costDetail: (gas: string, price: string, most: string, coin: string) =>
      `${gas} units at ${price} gwei; at most ${most} ${coin} if prices rise`,
    costWaiting: "Estimating gas…",
    coin: "ETH",
    nothing: "There is nothing to claim now.",
    noChain: "To claim, connect a wallet: the page has no chain of its own to ask.",
    noWallet: "To claim, connect the wallet of this address with the button at the top.",
    notYours: (account: string) => `Only this address can claim. The connected wallet is on ${account}.`,
    wrongChain: (have: string, need: string) => `The wallet is on chain ${have}, and this network is on chain ${need}.`,
    switch: (need: string) => `Switch to chain ${need}`,
    noGas: (have: string, need: string, coin: string) =>
      `The account has ${have} ${coin}, and the claim may take up to ${need} ${coin} for gas. Send some to it, then ` +
      "look again.",
    limit: (left: string, wants: string) =>
      `All claims together may take ${left} more in this cycle, and this one wants ${wants}.`,
    limitNone: (when: string) => `The next cycle begins at ${when}; then all of it can be claimed. Nothing is lost.`,
    limitNoneMuch: (when: string, most: string) =>
      `The next cycle begins at ${when}; then, and in each cycle after it, up to ${most} can be claimed. ` +
      "Nothing is lost.",
    limitPart: (when: string) =>
      `You can claim that part now. The next cycle begins at ${when}; then the rest can be claimed. Nothing is lost.`,
    limitPartMuch: (when: string, most: string) =>
      `You can claim that part now. The next cycle begins at ${when}; then, and in each cycle after it, ` +
      `up to ${most} of the rest can be claimed. Nothing is lost.`,
    part: (amount: string) => `Claim ${amount} now`,
    partTwo: "This part takes two transactions: the first records what you have earned, the second pays the part.",
    partTogether:
      "Your wallet sends both transactions as one, all or nothing: what you have earned is recorded, and the part is " +
      "paid.",
    partOne: "The chain has recorded enough for this part: no agent is needed. One transaction.",
    partSigned:
      "95% of the stake has to sign first, which takes some seconds. Then the wallet opens twice: " +
      "the first transaction records what you have earned, the second pays the part.",
    partSignedTogether:
      "95% of the stake has to sign first, which takes some seconds. Then the wallet opens once: it records what you " +
      "have earned and pays the part, all or nothing.",
    limitLeft: (left: string, limit: string, when: string) =>
      `All claims together may take ${left} of ${limit} more until ${when}.`,
    refused: "The contract would refuse it now:",
    behind: (blocks: string) =>
      `The chain provider that this page asks is ${blocks} blocks behind what the agents have seen as final. ` +
      "Amounts may be old, and a claim could fail: wait, look again, or connect a wallet with another provider.",
    asking: "Looking for the cheapest way to be paid…",
    checking: "Checking what came, here in the page…",
    left: (url: string, why: string) => `${url}: ${why}`,
    leftTitle: (count: number) =>
      count === 1
        ? "One agent was of no help; another was asked"
        : `${count} agents were of no help; others were asked`,
    stop: "Stop",
    again: "Try again",
    back: "Done",
  },
  signing: {
    title: (epoch: string) => `The stake is signing for epoch ${epoch}`,
    asked: (url: string) => `Asked: ${url}`,
    bar: (signed: string) => `${signed} of the stake has signed; 95% are needed`,
    nodes: (signed: number, all: number) => `${signed} of ${all} nodes have signed`,
    missing: (count: number) => (count === 1 ? "One node has not signed" : `${count} nodes have not signed`),
    more: (count: number) => `and ${count} more`,
  },
  ready: {
    pays: "Pays",
    checked: (signed: string, all: string, nodes: number, active: number) =>
      `Checked here: ${signed} of ${all} stake has signed (${nodes} of ${active} nodes), by this page's own BLS ` +
      "check with the keys on chain.",
    proved: "Checked here: the proof leads to the root that the chain has.",
    recorded: "Read from the chain by this page.",
    rest: (amount: string) => `${amount} more stay yours, for a later claim.`,
    untried:
      "The second transaction is tried when the first is in a block, because no provider here can try both at once. " +
      "If it is refused then, it is not sent, and nothing is lost.",
    untriedTogether:
      "No provider here can try both at once. Your wallet sends all or nothing: if the payment is refused, nothing " +
      "is recorded either.",
    from: (url: string) => `Given by ${url}`,
    send: "Send from my wallet",
    file: "Save the proof or bundle",
    wallet: "Confirm in your wallet. Nothing is sent before you do.",
  },
  offChain: {
    title: "Signatures without a chain",
    about:
      "No chain can be asked, so nothing can be sent from here. The stake can still sign what this address has " +
      "earned: keep that as a file, and send it from anywhere that has a chain.",
    ask: "Ask the stake to sign",
    asking: "Asking an agent to have the stake sign…",
    earned: (epoch: string) => `Earned up to the close of epoch ${epoch}, whether it was paid or not:`,
    checked: (signed: string, all: string, nodes: number, active: number) =>
      `Checked here, against a node set that two agents agree on: ${signed} of ${all} stake has signed (${nodes} of ` +
      `${active} nodes), by this page's own BLS check.`,
    toldBy: (urls: readonly string[]) => `The node set is told by ${urls.join(" and ")}.`,
    notChecked: "Not checked.",
    disagree: "Agents disagree about the node set, so this page has no keys to check the signatures with.",
    alone: (urls: readonly string[]) =>
      `Only one agent tells the node set (${urls.join(", ")}), so this page has no keys to check the signatures with.`,
    set: (count: number) => `${count} nodes`,
    differs: (ids: string, more: number) =>
      `; not as above: ${ids.includes(",") ? "nodes" : "node"} ${ids}${more > 0 ? ` and ${more} more` : ""}`,
    useIt:
      "Only the chain knows what of it was paid. The command quorate verify says what the file is worth now. Anyone " +
      "may send the calldata in it: that records the amount for this address, which can then claim it.",
    save: "Save the bundle",
  },
  sent: {
    waiting: "Sent. Waiting for a block…",
    recording:
      "The first of two transactions is sent: it records what you have earned. " +
      "When it is in a block, the wallet opens again, for the second, which pays.",
    together: "With your wallet as one. Waiting for a block…",
    togetherUnknown:
      "Your wallet was asked to send this part, and only that wallet knows what became of it. Connect it to go on.",
    recorded: "What you have earned is recorded on the chain. Only the payment is left.",
    hash: "Transaction",
    explorer: "See it in the explorer",
    paid: (amount: string) => `${amount} paid.`,
    block: (block: string) => `In block ${block}.`,
    notFinal: (finalised: string) => `Not final yet: the chain is final up to block ${finalised}.`,
    notFinalUnknown: "Not final yet.",
    final: "Final: nothing can take it back.",
    reload: "You may close or reload this page; it goes on where it is.",
  },
  trouble,
  why: {
    title: "Why this amount",
    open: "Show every epoch",
    about: "Every line of the amount, from agents' ledgers: what each node earned in each epoch, down to fee and dust.",
    second: (url: string) => `These are the lines of ${url}. Another agent is asked for the same…`,
    linesBy: (urls: readonly string[]) => `The lines are those of ${urls.join(" and ")}.`,
    linesOf: (count: number, sum: string) => `${count === 1 ? "one line" : `${count} lines`}, ${sum}`,
    differsFrom: (epoch: string) => `; not as above from epoch ${epoch} on`,
    loading: (epoch: string) => `Reading lines, epoch ${epoch}…`,
    begin: "Reading lines…",
    agrees: "The lines add up to the amount above, exactly.",
    differs: (sum: string) => `The lines add up to ${sum}, which is not the amount above: agents differ.`,
    none: "There are no lines: this address has earned nothing yet.",
    chart: (epochs: string, nodes: number) =>
      `Earned by epoch, up to epoch ${epochs}, from ${nodes === 1 ? "one node" : `${nodes} nodes`}. ` +
      "The table below has the same in numbers.",
    node: (id: number) => `node ${id}`,
    others: "others and bounties",
    byNode: "By node",
    lines: "Lines",
    count: (count: number) => (count === 1 ? "One line" : `${count} lines, newest first`),
    columns: {
      epoch: "Epoch",
      node: "Node",
      seconds: "Active s",
      reward: "Node's reward",
      fee: "Fee",
      share: "Share",
      dust: "Dust",
      bounty: "Bounty",
      amount: "Amount",
    },
    recompute: "Believe nobody: this finds the same from the chain alone, without any agent.",
    explain:
      "Where the columns come from: fee is the operator's part, share the stakers', dust what does not divide evenly.",
  },
  payments: {
    title: "Payments",
    loading: "Reading payments from the chain…",
    noChain: "Payments are on the chain only: connect a wallet to read them.",
    none: "Nothing was paid yet.",
    sumBefore: (count: number) => (count === 1 ? "One payment," : `${count} payments,`),
    sumAfter: "in all. Read from the chain; they add up to what it has paid.",
    csv: "Download as CSV",
    date: "Date",
    amount: "Amount",
    block: "Block",
    transaction: "Transaction",
  },
} as const;
