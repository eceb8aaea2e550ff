/** What passes between the agent's thread and the one that recomputes its ledger (worker.ts). */
import type { Address, EpochsPage, ErrorCode, ErrorValues, RangesPage } from "@quorate/common";
import type { Deployment } from "../adapters/sqlite/deployment.ts";
import type { LinesAnswer } from "../driver/ports.ts";

/** The store it reads, as `workerData`. */
export interface LedgerStore {
  readonly path: string;
  readonly deployment: Deployment;
}

export type LedgerQuestion =
  | { readonly kind: "page"; readonly recipient: Address; readonly from: number; readonly to: number | null }
  | { readonly kind: "epochs"; readonly from: number; readonly count: number }
  | { readonly kind: "ranges"; readonly epoch: number; readonly prefix: string };

export type LedgerRequest = LedgerQuestion & { readonly id: number };

export type LedgerValue = LinesAnswer | EpochsPage | RangesPage;

/** An error's class does not survive the way, its code and values do. */
export type LedgerAnswer =
  | { readonly id: number; readonly value: LedgerValue }
  | { readonly id: number; readonly code: ErrorCode; readonly values: ErrorValues };
