/**
 * What all checkers share. A checker sees the run from outside, knows what is true of it, and reports what must never
 * happen. It knows nothing of scenarios, and changes nothing.
 */
import { type Address, type NodeId, type RoundKey, roundKey } from "@quorate/common";
import { claimRound } from "../../../packages/aggregator/src/core/kinds/rewardClaim.ts";
import type { Observer, SimAgent, World } from "../agent.ts";
import { isHonest } from "../plan.ts";
import type { Staker } from "../staker.ts";

export interface Checker extends Observer {
  readonly name: string;
  /** The run is over. */
  finish?(stakers: readonly Staker[], nowMs: number): void;
}

/** What a checker may look at, beside what it observes. */
export interface Truth {
  readonly world: World;
  readonly agents: ReadonlyMap<NodeId, SimAgent>;
  report(checker: string, detail: string): void;
}

export const honest = (truth: Truth, id: NodeId): boolean => isHonest(truth.world.plan, id);

/** The round of a claim. */
export const roundOf = (recipient: Address, epoch: number): RoundKey => roundKey(claimRound(recipient, epoch));
