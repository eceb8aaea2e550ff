/**
 * The vocabulary of the ledger: the events it folds over, and the nodes it derives from them.
 * Not here: where events come from (adapters/chain), what the fold makes of them (ledger.ts).
 */
import type { Address, Hex, NodeId, NodeState } from "@quorate/common";

/** Where an event stands. Timestamps are the block's, in seconds. */
export interface EventPosition {
  readonly blockNumber: number;
  readonly logIndex: number;
  readonly timestamp: number;
}

export interface ContributorView {
  readonly addr: Address;
  readonly beneficiary: Address;
  readonly stake: bigint;
}

/** A record of an epoch's report (P-37, P-39). It stands before what its lists change. */
export interface RecordedReport {
  readonly epoch: number;
  /** Who sent the transaction, and earns the bounty (P-63). */
  readonly submitter: Address;
  /** 32 bytes. */
  readonly digest: Hex;
  /** Whether it is the epoch's first, whose lists are applied next. */
  readonly isFirst: boolean;
  /** Whether this record made the root payable. A later one always does. */
  readonly becamePayable: boolean;
  /** 192 bytes, P-2. */
  readonly signature: Hex;
  /** The active nodes that did not sign, ascending. */
  readonly nonSigners: readonly NodeId[];
  /** The inactive nodes that did, ascending. */
  readonly extraSigners: readonly NodeId[];
}

/** A showing of nodes that have signed an epoch's recorded report (P-39). */
export interface ShownSigners {
  readonly epoch: number;
  /** 192 bytes, P-2: the aggregate of exactly these nodes. */
  readonly signature: Hex;
  /** Ascending. */
  readonly signers: readonly NodeId[];
}

/** One finalised event the ledger folds over. Anything else the contracts emit is not an input (P-50). */
export type ChainEvent = EventPosition &
  (
    | {
        readonly type: "node-registered";
        readonly id: NodeId;
        readonly operator: Address;
        readonly seeded: boolean;
        /** 96 bytes, P-2, as hex. */
        readonly blsKey: Hex;
        /** 32 bytes. */
        readonly identityKey: Hex;
        /** 64 bytes, not checked by the contract (P-8). */
        readonly identitySignature: Hex;
        readonly feeBps: number;
        readonly contributors: readonly ContributorView[];
      }
    | { readonly type: "nodes-activated"; readonly ids: readonly NodeId[] }
    | { readonly type: "nodes-decommissioned"; readonly ids: readonly NodeId[] }
    /** Decommissioned nodes whose stake left the floor, or came back to it (P-110, P-112). */
    | { readonly type: "nodes-dropped"; readonly ids: readonly NodeId[] }
    | { readonly type: "nodes-restored"; readonly ids: readonly NodeId[] }
    /** Decommissioned nodes that a showing or a contest has shown to be alive (P-110). */
    | { readonly type: "nodes-heard"; readonly ids: readonly NodeId[] }
    /** Seconds since 1970 at which the node's exit unlocks; the same for every request of one node. */
    | { readonly type: "leave-requested"; readonly id: NodeId; readonly unlocksAt: number }
    /** Left or liquidated. */
    | { readonly type: "node-exited"; readonly id: NodeId }
    | ({ readonly type: "report-recorded" } & RecordedReport)
    /** Follows on the record that made it payable. Roots are numbered from 0; `totalOwed` is in atomic units (P-40). */
    | {
        readonly type: "root-payable";
        readonly epoch: number;
        readonly rootIndex: number;
        readonly rewardsRoot: Hex;
        readonly totalOwed: bigint;
      }
    | ({ readonly type: "signers-shown" } & ShownSigners)
    | { readonly type: "started"; readonly genesis: number; readonly epochSeconds: number }
    | { readonly type: "pool-settled"; readonly balance: bigint; readonly time: number; readonly totalReleased: bigint }
  );

export interface LedgerNode {
  readonly id: NodeId;
  readonly operator: Address;
  readonly state: NodeState;
  /** Whether a decommissioned node was dropped from the floor (P-110). */
  readonly silent: boolean;
  readonly stake: bigint;
  readonly blsKey: Uint8Array;
  readonly identityKey: Hex;
  /** False: in the set, but not admitted as a peer (P-8). */
  readonly identityValid: boolean;
  readonly feeBps: number;
  readonly contributors: readonly ContributorView[];
}
