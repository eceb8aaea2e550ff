/**
 * What a way of lying is, and the names of all of them: for the plan, which draws one, and for the agent, which
 * follows it. Not here: what each does (behaviours.ts).
 */
import type { NodeId } from "@quorate/common";
import type { Effect } from "../../../packages/aggregator/src/core/io.ts";

export interface Behaviour {
  /** Everything the agent hears for the first time, before the core does. */
  onGossip?(from: NodeId, data: Uint8Array): void;
  /** A message sent to this agent alone, before the core hears of it. */
  onDirect?(from: NodeId, data: Uint8Array): void;
  /** True: not carried out, the behaviour has done something else. */
  onEffect?(effect: Effect): boolean;
}

/** In an order that seeds rely on: a new one comes last. */
export const BEHAVIOURS = [
  "forger",
  "impostor",
  "canceller",
  "equivocator",
  "replayer",
  "flooder",
  "garbler",
  "withholder",
  "catch-up-liar",
  "refuser",
  "omitter",
  "subsetter",
  "false-summer",
  "two-sums",
  "partial-dropper",
  "inventor",
  "dripper",
  "conspirer",
] as const;

/** Lies about partials: only in sets with subnets, where there are any. */
export const SUBNET_BEHAVIOURS: ReadonlySet<string> = new Set(BEHAVIOURS.slice(BEHAVIOURS.indexOf("omitter")));
export type BehaviourName = (typeof BEHAVIOURS)[number];

/** Floods that cost a simulation minutes: only where a test asks for them. */
export const FLOODS = ["asker", "amounts-flooder"] as const;
export type ClaimBehaviourName = BehaviourName | (typeof FLOODS)[number];

/** These do not sign, or are banned before they do. */
export const COSTING_OWN_SHARE: ReadonlySet<ClaimBehaviourName> = new Set(["refuser", "garbler", "amounts-flooder"]);

/** Ways that need a chain: only in runs over epochs. In an order that seeds rely on, too. */
export const REPORT_BEHAVIOURS = ["false-root", "two-roots", "hoarder", "late-sender", "overlapper", "hider"] as const;
export type AnyBehaviourName = ClaimBehaviourName | (typeof REPORT_BEHAVIOURS)[number];

/** These give no share of a report in time, so that their stake is missing. */
export const MUTE_IN_REPORTS: ReadonlySet<AnyBehaviourName> = new Set([
  ...COSTING_OWN_SHARE,
  ...(["false-root", "hoarder", "late-sender", "overlapper"] as const),
]);
