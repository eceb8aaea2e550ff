/**
 * RewardClaim: one recipient's lifetime amount, signed when a registered node has asked (P-70, P-73). It moves money,
 * so its quorum is P-24's. Not here: whether a node has asked (peers/intake.ts), the bundle (collect/).
 */
import { type Address, hasMoneyQuorum, type RoundId } from "@quorate/common";
import type { Context } from "../context.ts";
import { amountAt, lastClosedEpoch } from "../ledger/ledger.ts";
import { oldestInWindow } from "../ledger/window.ts";
import type { Decision, MessageKind, MessageOfKind } from "./kind.ts";

type ClaimMessage = MessageOfKind<"RewardClaim">;

export const rewardClaim: MessageKind<ClaimMessage> = {
  name: "RewardClaim",
  own: (context, id) => {
    const recipient = recipientOf(id);
    const amount = amountAt(context.ledger, id.epoch, recipient);
    return amount === null || amount === 0n ? null : claim(recipient, amount);
  },
  decide: decideClaim,
  opensAtClose: () => [],
  quorum: hasMoneyQuorum,
};

function decideClaim({ ledger, health }: Context, id: RoundId): Decision<ClaimMessage> {
  const { epoch } = id;
  const recipient = recipientOf(id);
  const lastClosed = lastClosedEpoch(ledger);
  if (lastClosed === null || epoch > lastClosed) {
    const values = { epoch, lastClosed: lastClosed ?? "none" };
    return { type: "wait", refusal: { code: "EPOCH_NOT_CLOSED", values } };
  }
  const amount = amountAt(ledger, epoch, recipient);
  if (amount === null) {
    const values = { epoch, oldest: oldestInWindow(lastClosed) };
    return { type: "refuse", refusal: { code: "EPOCH_TOO_OLD", values } };
  }
  if (amount === 0n) return { type: "refuse", refusal: { code: "NO_REWARDS", values: { recipient, epoch } } };
  if (!health.healthy) {
    const values = { reason: health.code, detail: health.detail };
    return { type: "wait", refusal: { code: "CHAIN_UNHEALTHY", values } };
  }
  return { type: "sign", signed: claim(recipient, amount) };
}

/** The round of a claim. */
export function claimRound(recipient: Address, epoch: number): RoundId {
  return { kind: "RewardClaim", epoch, subject: recipient };
}

/** The recipient whom a claim's round is about. */
export function recipientOf({ subject }: RoundId): Address {
  if (subject === "") throw new Error("a claim's round is about a recipient");
  return subject;
}

function claim(recipient: Address, amount: bigint): ClaimMessage {
  return { kind: "RewardClaim", message: { recipient, amount } };
}
