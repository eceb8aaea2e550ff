/**
 * Pays what a crowd of stakers was given bundles for. In: how each claim ended. Out: how many were paid, the others by
 * code. Bundles are sent by the client's contract, all from one account, as anyone may; `pay` would need the key of
 * each of hundreds of recipients. The tokens are fetched by each recipient, whose account anvil lends: that only a
 * development chain can, and no client does.
 */
import { type Address, isQuorateError, parseBundle } from "@quorate/common";
import { connectRewards } from "../../packages/aggregator/src/adapters/chain/connectRewards.ts";
import type { LocalNetwork } from "../harness/network.ts";
import { connect } from "../harness/seed.ts";
import { balanceOf } from "../harness/settle.ts";
import type { Ended } from "./loadClaims.ts";

/** Enough for a call or two. */
const ETHER = `0x${(10n ** 18n).toString(16)}`;
/** Of the account that sends the bundles: the owner's, which has nothing else to do. */
const SENDER = 0;

export async function payAll(network: LocalNetwork, ended: readonly Ended[]): Promise<Record<string, number>> {
  const ends: Record<string, number> = {};
  const count = (end: string): void => {
    ends[end] = (ends[end] ?? 0) + 1;
  };
  for (const { code } of ended) if (code !== null) count(code);
  const recorded = await record(network, ended, count);
  for (const [recipient, { amount, claims }] of recorded) {
    const before = await balanceOf(network, recipient);
    await fetchTokens(network, recipient);
    const arrived = (await balanceOf(network, recipient)) - before === amount;
    for (let i = 0; i < claims; i++) count(arrived ? "paid" : "RECORDED_NOT_PAID");
  }
  return ends;
}

interface Recorded {
  /** Lifetime, of the newest epoch: what the first fetching of tokens brings. */
  readonly amount: bigint;
  readonly claims: number;
}

/** Older epochs first: a lifetime amount only grows. */
async function record(network: LocalNetwork, ended: readonly Ended[], count: (end: string) => void) {
  const recorded = new Map<Address, Recorded>();
  const contract = await connectRewards(network.chain.url, network.rewards);
  try {
    const sender = contract.account(network.chain.signer(SENDER).privateKey);
    for (const { bundle, recipient } of [...ended].sort((a, b) => a.epoch - b.epoch)) {
      if (bundle === null) continue;
      const { message, signature, signers } = parseBundle(bundle);
      try {
        await contract.updateRewardsBalance(sender, message, signature, signers);
        const claims = (recorded.get(recipient)?.claims ?? 0) + 1;
        recorded.set(recipient, { amount: BigInt(bundle.message.amount), claims });
      } catch (error) {
        count(isQuorateError(error) ? error.code : String(error));
      }
    }
  } finally {
    contract.close();
  }
  return recorded;
}

async function fetchTokens(network: LocalNetwork, recipient: Address): Promise<void> {
  const { provider } = network.chain;
  const rewards = connect("ServiceNodeRewards", network.rewards, network.chain.signer(SENDER));
  await provider.send("anvil_setBalance", [recipient, ETHER]);
  await provider.send("anvil_impersonateAccount", [recipient]);
  const data = rewards.interface.encodeFunctionData("claimRewards()");
  const hash = await provider.send("eth_sendTransaction", [{ from: recipient, to: network.rewards, data }]);
  await provider.waitForTransaction(hash);
}
