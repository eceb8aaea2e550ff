/**
 * Contest: a decommissioned node says, once an epoch and unasked, that it is alive (P-111). It needs no ledger but
 * the node's own state, so that it also works against a coalition that records a false digest. Everyone else
 * collects. Not here: when an aggregate of contests goes to the chain (collect/plan.ts).
 */
import type { KindMessage, RoundId } from "@quorate/common";
import type { Context } from "../context.ts";
import { lastClosedEpoch } from "../ledger/ledger.ts";
import type { Decision, MessageKind, MessageOfKind } from "./kind.ts";

type ContestMessage = MessageOfKind<"Contest">;

export const contest: MessageKind<ContestMessage> = {
  name: "Contest",
  own: (_context, id) => message(id.epoch),
  decide: decideContest,
  opensAtClose: (_context, epoch) => [contestRound(epoch + 1)],
  quorum: () => true,
};

/** The epoch that runs: the contract takes contests of it, and of the one before. */
function decideContest({ ledger, health, ownNode }: Context, { epoch }: RoundId): Decision<ContestMessage> {
  const running = (lastClosedEpoch(ledger) ?? -1) + 1;
  if (epoch > running) return { type: "wait", refusal: { code: "EPOCH_NOT_CLOSED", values: { epoch, running } } };
  if (epoch < running || ownNode?.state !== "decommissioned") return { type: "collect", signed: message(epoch) };
  if (!health.healthy) {
    const values = { reason: health.code, detail: health.detail };
    return { type: "wait", refusal: { code: "CHAIN_UNHEALTHY", values } };
  }
  return { type: "sign", signed: message(epoch) };
}

export function contestRound(epoch: number): RoundId {
  return { kind: "Contest", epoch, subject: "" };
}

function message(epoch: number): Extract<KindMessage, { kind: "Contest" }> {
  return { kind: "Contest", message: { epoch } };
}
