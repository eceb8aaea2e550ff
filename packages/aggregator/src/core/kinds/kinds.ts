/**
 * The registry of kinds. To add one: its struct and vectors (`common`), its file here, a line below, and a collector for its quorum.
 */
import type { KindName } from "@quorate/common";
import type { MessageKind } from "./kind.ts";
import { rewardClaim } from "./rewardClaim.ts";

const REGISTRY: Readonly<Partial<Record<KindName, MessageKind>>> = {
  RewardClaim: rewardClaim,
};

/** Every kind this agent signs. */
export const allKinds: readonly MessageKind[] = Object.values(REGISTRY);

/** The kind of this name; undefined for one that this agent does not take part in. */
export function kindNamed(name: KindName): MessageKind | undefined {
  return REGISTRY[name];
}
