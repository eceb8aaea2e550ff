/**
 * Calls to ServiceNodeRewards as calldata. In: a message, its aggregate signature, the id lists. Out: hex, ready to
 * send.
 */

import { rewardsInterface } from "./interfaces.ts";
import type { EpochReport, RewardClaim } from "./messages.ts";
import { g2Struct } from "./points.ts";
import type { IdLists } from "./quorum.ts";
import type { Hex, NodeId } from "./types.ts";

/**
 * `updateRewardsBalance(recipient, amount, signature, nonSigners, extraSigners)` (P-24, P-25).
 * @throws as checkSignatureEncoding
 */
export function rewardClaimCalldata(message: RewardClaim, signature: Uint8Array, lists: IdLists): Hex {
  return rewardsInterface().encodeFunctionData("updateRewardsBalance", [
    message.recipient,
    message.amount,
    g2Struct(signature),
    [...lists.nonSigners],
    [...lists.extraSigners],
  ]) as Hex;
}

/**
 * What an agent sends to ServiceNodeRewards for the network. Signatures are aggregates, 192 bytes (P-2); ids ascend
 * strictly.
 */
export type ChainCall =
  /** P-37 to P-40. */
  | ({ readonly type: "report"; readonly report: EpochReport; readonly signature: Uint8Array } & IdLists)
  /** P-39: the aggregate of exactly these nodes over the recorded digest. */
  | {
      readonly type: "show";
      readonly epoch: number;
      readonly signature: Uint8Array;
      readonly signers: readonly NodeId[];
    }
  /** P-111: the aggregate of exactly these nodes over `Contest(epoch)`. */
  | {
      readonly type: "contest";
      readonly epoch: number;
      readonly signature: Uint8Array;
      readonly signers: readonly NodeId[];
    }
  /** P-110. */
  | { readonly type: "drop-silent"; readonly ids: readonly NodeId[] }
  /** P-34, P-36. */
  | { readonly type: "exit" | "liquidate"; readonly id: NodeId }
  /** P-43. */
  | { readonly type: "pack" };

/** @throws as checkSignatureEncoding */
export function chainCallData(call: ChainCall): Hex {
  switch (call.type) {
    case "report": {
      const { report, signature, nonSigners, extraSigners } = call;
      const lists = { activate: [...report.activate], decommission: [...report.decommission] };
      return encode("reportEpoch", [{ ...report, ...lists }, g2Struct(signature), [...nonSigners], [...extraSigners]]);
    }
    case "show":
      return encode("showSigners", [call.epoch, g2Struct(call.signature), [...call.signers]]);
    case "contest":
      return encode("contestSigned", [call.epoch, g2Struct(call.signature), [...call.signers]]);
    case "drop-silent":
      return encode("dropSilent", [[...call.ids]]);
    case "exit":
      return encode("exitBLSPublicKey", [call.id]);
    case "liquidate":
      return encode("liquidateBLSPublicKey", [call.id]);
    case "pack":
      return encode("packNodes", []);
  }
}

function encode(name: string, values: readonly unknown[]): Hex {
  return rewardsInterface().encodeFunctionData(name, values) as Hex;
}
