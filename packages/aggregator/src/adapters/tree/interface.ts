/**
 * What the rewards tree is to the rest of the agent (P-41). In: for each epoch, in order, the recipients whose lifetime
 * amount changed. Out: the root, and proofs for the last epochs. An epoch can be asked for when its `apply` has
 * resolved.
 */
import type { Address } from "@quorate/common";
import type { RewardsEntry, RewardsProof, RewardsTotals } from "@quorate/common/rewards-tree";

export type { RewardsEntry, RewardsProof, RewardsTotals };

export interface RewardsTrees {
  /**
   * Takes the changes of an epoch. The first call brings every recipient and may name any epoch; then each epoch
   * follows on the one before, those without changes included. What is refused changes nothing. Calls may be made
   * before earlier ones have resolved; `changes` must stay as it is until its own has.
   * @throws TREE_EPOCH_OUT_OF_ORDER, TREE_AMOUNT_FELL, TREE_AMOUNT_INVALID, ADDRESS_MALFORMED, TREE_WORKER_DIED,
   * TREE_CLOSED
   */
  apply(epoch: number, changes: readonly RewardsEntry[]): Promise<RewardsTotals>;

  /**
   * A recipient's lifetime amount at the end of an epoch, in atomic units, and the siblings of its leaf from the bottom
   * up. Null when it had none.
   * @throws TREE_EPOCH_NOT_KEPT, ADDRESS_MALFORMED, TREE_WORKER_DIED, TREE_CLOSED
   */
  proof(epoch: number, recipient: Address): Promise<RewardsProof | null>;

  /** Ends the thread. What is under way rejects with TREE_CLOSED. */
  close(): Promise<void>;
}
