/**
 * What passes between the agent's thread and the one that keeps the tree (worker.ts). Changes go as bytes that are
 * handed over.
 */
import type { Address } from "@quorate/common";
import type { ErrorCode, ErrorValues, RewardsProof, RewardsTotals } from "@quorate/common/rewards-tree";

/** `id` names the request; the pieces of an `apply` come before it, under its id. */
export type TreeRequest =
  | { readonly kind: "changes"; readonly id: number; readonly piece: Uint8Array<ArrayBuffer> }
  | { readonly kind: "forget"; readonly id: number }
  | { readonly kind: "apply"; readonly id: number; readonly epoch: number }
  | { readonly kind: "proof"; readonly id: number; readonly epoch: number; readonly recipient: Address };

/** To `apply` and `proof`. An error's class does not survive the way, its code and values do. */
export type TreeAnswer =
  | { readonly id: number; readonly value: RewardsTotals | RewardsProof | null }
  | { readonly id: number; readonly code: ErrorCode; readonly values: ErrorValues };
