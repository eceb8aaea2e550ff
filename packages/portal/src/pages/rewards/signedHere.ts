/**
 * What the stake signs for a recipient where no chain can be asked (P-149). Enters: agents, a recipient. Leaves: a
 * bundle, and whether it was checked: by BLS, against a node set that two agents gave alike. Not its job: what was paid
 * already and whether the contract would pay; only the chain says that.
 */
import { AgentPool, type ClaimProgress, findWhatPays } from "@quorate/client";
import type { Address, Bundle, BundleContent } from "@quorate/common";
import type { PortalFacts } from "@quorate/common/http";
import type { CheckedHere } from "../../truth/checkBundle.ts";
import type { Compared } from "../../truth/compare.ts";
import { agreementOn, askKeySet, type KeySet } from "../../truth/keySet.ts";
import type { Panel } from "../../truth/panel.ts";

export type SignedCheck =
  | { readonly kind: "checked"; readonly checked: CheckedHere; readonly told: Compared<KeySet> }
  /** Agents disagree about the node set, or only one tells it: there is nothing to check against. */
  | { readonly kind: "disagree" | "alone"; readonly told: Compared<KeySet> };

export interface Signed {
  /** The agent that gave it. */
  readonly url: string;
  readonly file: Bundle;
  readonly content: BundleContent;
  readonly check: SignedCheck;
}

export interface SigningParts {
  readonly agents: readonly string[];
  readonly panel: Panel;
  readonly facts: Pick<PortalFacts, "chainId" | "contract">;
  readonly recipient: Address;
  /** The last closed one where it is undefined. */
  readonly epoch: number | undefined;
  readonly onProgress: (progress: ClaimProgress) => void;
  readonly signal: AbortSignal;
}

/**
 * @throws QUORUM_NOT_REACHED, CLAIM_NOT_ENDED, AGENT_*; BUNDLE_* when the check of this page fails; null: nothing owed
 */
export async function signWithoutChain(parts: SigningParts): Promise<Signed | null> {
  const { agents, recipient, epoch, onProgress, signal } = parts;
  const pool = new AgentPool(agents);
  const found = await findWhatPays(pool, null, recipient, { way: "bundle", epoch, onProgress, signal });
  if (found === null || found.kind !== "bundle") return null;
  const { url, file, content } = found;
  return { url, file, content, check: await checkTold(content, parts) };
}

/** @throws AGENT_* when no agent tells the node set; BUNDLE_* when the bundle does not hold against what two told */
export async function checkTold(
  content: BundleContent,
  { panel, facts, recipient, signal }: Pick<SigningParts, "panel" | "facts" | "recipient" | "signal">,
): Promise<SignedCheck> {
  const [{ checkBundle }, told] = await Promise.all([import("../../truth/checkBundle.ts"), askKeySet(panel, signal)]);
  const agreement = agreementOn(told);
  if (agreement !== "agreed") return { kind: agreement, told };
  const domain = { chainId: BigInt(facts.chainId), verifyingContract: facts.contract };
  return { kind: "checked", checked: await checkBundle(content, told.value.nodes, { domain, recipient }), told };
}
