/**
 * The registry of kinds. To add one: its struct and vectors (`common`), its file here, a line below, and a collector
 * for its quorum.
 */
import type { KindName } from "@quorate/common";
import { contest } from "./contest.ts";
import { epochReport } from "./epochReport.ts";
import type { MessageKind } from "./kind.ts";
import { rewardClaim } from "./rewardClaim.ts";

const REGISTRY: Readonly<Record<KindName, MessageKind>> = {
  RewardClaim: rewardClaim,
  EpochReport: epochReport,
  Contest: contest,
};

export const allKinds: readonly MessageKind[] = Object.values(REGISTRY);

export function kindNamed(name: KindName): MessageKind {
  return REGISTRY[name];
}
