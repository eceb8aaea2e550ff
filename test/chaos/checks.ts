/**
 * What must hold after a chaos run. In: claims, bundles, what the chain paid, what happened to whom, what stores held.
 * Out: violations, in words. Plain functions: they know nothing of processes, and change nothing.
 */
import type { Address, Bundle, Hex, NodeId, RoundKey } from "@quorate/common";
import { roundKey } from "@quorate/common";
import { claimRound } from "../../packages/aggregator/src/core/kinds/rewardClaim.ts";
import type { Happened } from "./injector.ts";
import type { PaidFacts } from "./paid.ts";
import { touched } from "./plan.ts";
import type { NotReadyAt } from "./readiness.ts";
import type { Claim } from "./stakers.ts";

/** An agent that was away, or could not be reached, has this long until others must have its shares again. */
export const RECOVERY_MS = 45_000;

/**
 * Who has not signed a claim that failed, while nothing had happened to it and it said that it was ready. Empty for a
 * claim that is explained.
 */
export function unexplained(
  claim: Claim,
  happened: readonly Happened[],
  notReady: readonly NotReadyAt[],
  nodes: number,
): readonly NodeId[] {
  const endedAtMs = claim.endedAtMs ?? Number.POSITIVE_INFINITY;
  const during = happened.filter(
    ({ fromMs, toMs }) => fromMs <= endedAtMs && (toMs ?? Number.POSITIVE_INFINITY) + RECOVERY_MS >= claim.askedAtMs,
  );
  // A machine under load takes longer: an agent that says itself that it can serve nobody is not to blame.
  const unready = new Set(
    notReady.filter(({ atMs }) => atMs <= endedAtMs && atMs + RECOVERY_MS >= claim.askedAtMs).map(({ id }) => id),
  );
  const isHit = (id: NodeId): boolean =>
    unready.has(id) || during.some(({ fault }) => touched(fault, nodes).includes(id));
  if (isHit(claim.asker)) return [];
  return claim.missing.filter((id) => !isHit(id));
}

/** Every claim has ended, and is ready, refused with a code, or explained. */
export function checkClaims(
  claims: readonly Claim[],
  happened: readonly Happened[],
  notReady: readonly NotReadyAt[],
  nodes: number,
): string[] {
  return claims.flatMap((claim) => {
    const name = `claim of ${claim.recipient}, epoch ${claim.epoch}, asked of agent ${claim.asker}`;
    if (claim.end === "open") return [`${name} has not ended`];
    if (claim.end !== "failed") return [];
    const without = unexplained(claim, happened, notReady, nodes);
    if (claim.missing.length > 0 && without.length === 0) return [];
    return [`${name} failed without ${without.join(" ")}, to whom nothing had happened (${claim.reasons.join(", ")})`];
  });
}

/** Every staker's last claim, asked for after everything had healed, is ready; some had to ask again. */
export function checkHealed(claims: readonly Claim[], recipients: readonly Address[]): string[] {
  return recipients.flatMap((recipient) => {
    const after = claims.filter((claim) => claim.isAfter && claim.recipient === recipient);
    const last = after.at(-1);
    if (last?.end === "ready") return [];
    const why = last?.code ?? last?.reasons.join(", ");
    const missing = `${last?.end}, missing ${last?.missing.join(" ")} (${why})`;
    return [
      `${recipient} asked ${after.length} times after all had healed, the last time of agent ${last?.asker}: ` +
        `${missing}`,
    ];
  });
}

/** To each recipient exactly the highest amount that was signed for it, in amounts that rise. */
export function checkPaid(
  bundles: readonly { readonly recipient: Address; readonly amount: bigint; readonly error: string | null }[],
  { raised, paid, balances }: PaidFacts,
): string[] {
  const violations: string[] = [];
  const signed = Map.groupBy(bundles, ({ recipient }) => recipient);
  for (const [recipient, balance] of balances) {
    const own = signed.get(recipient) ?? [];
    const highest = own.map(({ amount }) => amount).reduce(larger, 0n);
    const steps = raised.get(recipient) ?? [];
    const total = (paid.get(recipient) ?? []).reduce((sum, amount) => sum + amount, 0n);
    const errors = own.flatMap(({ error }) => (error === null ? [] : [error]));
    if (total !== highest || balance !== highest) {
      const why = errors.length === 0 ? "" : ` (${errors.at(-1)})`;
      violations.push(`${recipient} was paid ${total} and has ${balance}, signed were ${highest}${why}`);
    }
    if (steps.some((amount, i) => i > 0 && amount <= (steps[i - 1] as bigint))) {
      violations.push(`${recipient}'s lifetime amount did not rise: ${steps.join(", ")}`);
    }
    const foreign = steps.filter((amount) => !own.some((bundle) => bundle.amount === amount));
    if (foreign.length > 0) violations.push(`${recipient} was raised to ${foreign.join(", ")}, in no bundle seen`);
  }
  return violations;
}

const larger = (a: bigint, b: bigint): bigint => (a < b ? b : a);

/** What stores held at any time: one digest for each node and round, ever (P-71). */
export class SignedOnce {
  readonly violations: string[] = [];
  readonly #byNode = new Map<NodeId, Map<RoundKey, Hex>>();

  get count(): number {
    return [...this.#byNode.values()].reduce((sum, { size }) => sum + size, 0);
  }

  saw(id: NodeId, digests: ReadonlyMap<RoundKey, Hex>): void {
    const known = this.#byNode.get(id) ?? new Map<RoundKey, Hex>();
    this.#byNode.set(id, known);
    for (const [round, digest] of digests) {
      const before = known.get(round);
      if (before !== undefined && before !== digest) {
        this.violations.push(`node ${id} signed ${before} and ${digest} for ${round}`);
      }
      known.set(round, digest);
    }
    for (const [round, digest] of known) {
      if (!digests.has(round)) this.violations.push(`node ${id} has lost its record of ${digest} for ${round}`);
    }
  }

  /** Whoever is in a bundle had recorded its digest. */
  checkBundle(recipient: Address, { epoch, digest }: Bundle, signers: readonly NodeId[]): void {
    const round = roundKey(claimRound(recipient, Number(epoch)));
    for (const id of signers) {
      const recorded = this.#byNode.get(id)?.get(round);
      if (recorded === digest) continue;
      this.violations.push(`node ${id} is in the bundle of ${round} over ${digest}; its store has ${recorded}`);
    }
  }
}
