/**
 * Digests of messages, remembered: every share of a round is over the same one, and 2,000 hashes would hold the event
 * loop for 0.1 s.
 */
import { digestOf, type KindMessage, type RoundId, type SigningDomain, setNewest, toHex } from "@quorate/common";
import type { Context } from "../context.ts";
import { DIGESTS_MAX } from "../limits.ts";
import { kindNamed } from "./kinds.ts";

/** A digest as bytes, and as the key under which shares over it are grouped. */
export interface Digest {
  readonly bytes: Uint8Array;
  readonly hex: `0x${string}`;
}

export class Digests {
  readonly #domain: SigningDomain;
  readonly #known = new Map<string, Digest>();

  readonly #digestOf: typeof digestOf;

  /** @param make what makes a digest; a simulation makes each once for all agents */
  constructor(domain: SigningDomain, make: typeof digestOf = digestOf) {
    this.#domain = domain;
    this.#digestOf = make;
  }

  /** @param key its messageKey, where the caller has it */
  of(signed: KindMessage, key: string = messageKey(signed)): Digest {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const bytes = this.#digestOf(this.#domain, signed.kind, signed.message);
    const digest = { bytes, hex: toHex(bytes) };
    setNewest(this.#known, key, digest, DIGESTS_MAX);
    return digest;
  }

  /** What the own ledger says, also while nothing may be signed (P-73); null while it does not know. */
  ofOwn(context: Context, id: RoundId): Digest | null {
    const own = kindNamed(id.kind).own(context, id);
    return own === null ? null : this.of(own);
  }
}

/** What tells messages apart, without a hash. */
export function messageKey(signed: KindMessage): string {
  switch (signed.kind) {
    case "RewardClaim":
      return claimKey(signed.message);
    case "EpochReport":
      return reportKey(signed.message);
    case "Contest":
      return `contest ${signed.message.epoch}`;
  }
}

function claimKey({ recipient, amount }: Extract<KindMessage, { kind: "RewardClaim" }>["message"]): string {
  return `${recipient}:${amount}`;
}

/** Written out, field after field: it is made for each share, and JSON costs ten times as much. */
function reportKey(report: Extract<KindMessage, { kind: "EpochReport" }>["message"]): string {
  const { epoch, rewardsRoot, totalOwed, activate, decommission } = report;
  return `report ${epoch} ${rewardsRoot} ${totalOwed} ${activate.join()} ${decommission.join()}`;
}
