/**
 * No bundle below quorum, and every bundle's signature is valid (P-24, P-85, P-86, P-102): recomputed from the keys and
 * stakes the run was made with, not with what the agents use. And all bundles of one round carry one amount.
 */
import { type Bundle, type ClaimView, digestOf, fromHex, type NodeId, parseBundle, toHex } from "@quorate/common";
import type { Effect } from "../../../packages/aggregator/src/core/io.ts";
import { STAKE_ATOMIC } from "../nodes.ts";
import { type Checker, honest, roundOf, type Truth } from "./checker.ts";

/** The active nodes of the set that a bundle was made for. */
export type ActiveFor = (bundle: Bundle) => ReadonlySet<NodeId>;

export class Bundles implements Checker {
  readonly name = "bundles";
  readonly #truth: Truth;
  readonly #activeFor: ActiveFor;
  readonly #checked = new Set<string>();
  readonly #amounts = new Map<string, string>();

  constructor(truth: Truth, activeFor: ActiveFor = () => alwaysActive(truth)) {
    this.#truth = truth;
    this.#activeFor = activeFor;
  }

  onEffect(id: NodeId, effect: Effect): void {
    if (!honest(this.#truth, id)) return;
    if (effect.type === "claim-changed") this.#checkView(id, effect.claim);
    if (effect.type === "claim-reply" && effect.reply.ok) this.#checkView(id, effect.reply.claim);
    if (effect.type !== "persist") return;
    for (const record of effect.records) if (record.type === "bundle") this.#checkBundle(id, record.bundle);
  }

  #checkView(id: NodeId, claim: ClaimView): void {
    const round = roundOf(claim.recipient, claim.epoch);
    if ((claim.status === "ready") !== (claim.bundle !== null)) {
      this.#report(id, `claim ${round} is ${claim.status} ${claim.bundle === null ? "without" : "with"} a bundle`);
    }
    if (claim.bundle !== null) this.#checkBundle(id, claim.bundle);
  }

  #checkBundle(id: NodeId, bundle: Bundle): void {
    const content = JSON.stringify(bundle);
    if (this.#checked.has(content)) return;
    this.#checked.add(content);
    const round = roundOf(bundle.message.recipient as `0x${string}`, Number(bundle.epoch));
    const known = this.#amounts.get(round);
    if (known !== undefined && known !== bundle.message.amount) {
      this.#report(id, `bundles of ${round} carry ${known} and ${bundle.message.amount}`);
    }
    this.#amounts.set(round, bundle.message.amount);
    for (const problem of [this.#quorumProblem(bundle), this.#signatureProblem(bundle), readingProblem(bundle)]) {
      if (problem !== null) this.#report(id, `bundle of ${round}: ${problem}`);
    }
  }

  #quorumProblem(bundle: Bundle): string | null {
    const nodes = [...this.#truth.world.nodes.values()];
    const isActive = this.#activeFor(bundle);
    const signers = signersOf(bundle);
    const active = nodes.filter(({ id }) => isActive.has(id));
    const signed = active.filter(({ id }) => signers.has(id));
    const [signedStake, activeStake] = [BigInt(signed.length) * STAKE_ATOMIC, BigInt(active.length) * STAKE_ATOMIC];
    if (signedStake * 10_000n < activeStake * 9_500n) {
      return `${signed.length} of ${active.length} equal stakes have signed, below 9500 bps`;
    }
    const missing = active.filter(({ id }) => !signers.has(id)).map(({ id }) => String(id));
    if (missing.join() !== bundle.nonSigners.join()) return `non-signers are ${missing}, not ${bundle.nonSigners}`;
    const extra = nodes.filter(({ id }) => !isActive.has(id) && signers.has(id)).map(({ id }) => String(id));
    if (extra.join() !== bundle.extraSigners.join()) return `extra signers are ${extra}, not ${bundle.extraSigners}`;
    return null;
  }

  #signatureProblem(bundle: Bundle): string | null {
    const { scheme, domain, nodes } = this.#truth.world;
    const message = { recipient: bundle.message.recipient as `0x${string}`, amount: BigInt(bundle.message.amount) };
    const digest = digestOf(domain, "RewardClaim", message);
    if (toHex(digest) !== bundle.digest) return `the digest is ${bundle.digest}, not ${toHex(digest)}`;
    const keys = [...signersOf(bundle)].map((id) => nodes.get(id)?.blsKey ?? new Uint8Array());
    return scheme.verifyAggregate(keys, digest, fromHex(bundle.signature)) ? null : "its signature is not valid";
  }

  #report(id: NodeId, detail: string): void {
    this.#truth.report(this.name, `agent ${id}: ${detail}`);
  }
}

/** In a run of claims nobody's state changes. */
function alwaysActive({ world }: Truth): Set<NodeId> {
  return new Set([...world.nodes.values()].filter(({ active }) => active).map(({ id }) => id));
}

/** A reader's own checks (P-101). */
function readingProblem(bundle: Bundle): string | null {
  try {
    parseBundle(bundle);
    return null;
  } catch (error) {
    return String(error);
  }
}

/** Bit i of byte i >> 3 is node id i, read here once more so that a fault in the reading of the agents shows. */
function signersOf(bundle: Bundle): Set<NodeId> {
  const ids = new Set<NodeId>();
  const bytes = Buffer.from(bundle.signers.slice(2), "hex");
  for (let id = 1; id < bytes.length * 8; id++) if (((bytes[id >> 3] as number) >> (id & 7)) % 2 === 1) ids.add(id);
  return ids;
}
