/**
 * Partials (P-135): whether one that came is worth a check, and the key it has to verify under; and the own subnet's,
 * from the single shares that were checked here. Not here: the check (verification.ts), what is kept
 * (rounds/contributions.ts), where they go (delivery.ts).
 */
import {
  type ErrorCode,
  isInSubnet,
  isQuorateError,
  type NodeId,
  type PartialAggregate,
  Signers,
  type Subnet,
  setNewest,
} from "@quorate/common";
import type { Context } from "../context.ts";
import type { Digests } from "../kinds/digests.ts";
import { OTHERS_PER_NODE_MAX, PARTIALS_MADE_MAX } from "../limits.ts";
import { type Contribution, isOfUse } from "../rounds/contributions.ts";
import { heardFrom, type OwnMessage, ownGroup, type Round } from "../rounds/round.ts";
import { subnetsOf } from "./subnets.ts";

/** Nobody is blamed for any of these: the sender may have another node set, or know less. */
export function whyNotWanted(
  context: Context,
  round: Round | undefined,
  partial: PartialAggregate,
  digests: Digests,
): ErrorCode | null {
  if (partial.subnet.bits !== subnetsOf(context).bits || partial.subnet.bits === 0) return "PARTIAL_OTHER_SUBNETS";
  // Only shares open rounds: a node answers for them with its key.
  if (round === undefined) return "PARTIAL_UNASKED";
  const digest = digests.of(partial).hex;
  const own = round.own?.digest ?? digests.ofOwn(context, round.id);
  if (own !== null && own.hex !== digest) return "PARTIAL_DISAGREES";
  // What the own ledger does not know yet is passed on for others, a few messages of it.
  if (own === null && !round.groups.has(digest) && round.groups.size >= OTHERS_PER_NODE_MAX) {
    return "SHARE_TOO_MANY_MESSAGES";
  }
  return isOfUse(round.groups.get(digest), contributionOf(partial)) ? null : "PARTIAL_ADDS_NOTHING";
}

export function contributionOf({ subnet, signers, signature }: PartialAggregate): Contribution {
  return { subnet: subnet.index, signers, signature };
}

/** The sum of the signers' keys, 96 bytes; null when one of them is not known here, or they cancel. */
export function keysSum({ ledger, modules }: Context, signers: Signers): Uint8Array | null {
  const keys: Uint8Array[] = [];
  for (const id of signers.ids()) {
    const key = ledger.nodes.get(id)?.node.blsKey;
    if (key === undefined) return null;
    keys.push(key);
  }
  try {
    return modules.scheme.aggregatePublicKeys(keys);
  } catch (error) {
    if (isQuorateError(error)) return null;
    throw error;
  }
}

/** The nodes of a subnet whose single shares over the own message are here. */
export function singlesIn(round: Round, subnet: Subnet): NodeId[] {
  return [...(ownGroup(round)?.shares.keys() ?? [])].filter((id) => isInSubnet(id, subnet));
}

/** Sums made of a round's shares as they are now: many ask for the same one after the other. */
interface Made {
  readonly heard: Signers;
  readonly own: OwnMessage | null;
  /** By subnets and signers. */
  readonly partials: Map<string, PartialAggregate | null>;
}

const made = new WeakMap<Round, Made>();

/**
 * The sum of a subnet's single shares, or of those by some nodes; null where there are none, or they cancel: with one
 * more they do not.
 */
export function subnetPartial(
  context: Context,
  round: Round,
  subnet: Subnet,
  isWanted: (id: NodeId) => boolean = () => true,
): PartialAggregate | null {
  const signers = Signers.of(singlesIn(round, subnet).filter(isWanted));
  // A round says anew who was heard whenever a share has come or gone.
  const [heard, before] = [heardFrom(round), made.get(round)];
  const isSame = before?.heard === heard && before.own === round.own;
  const known: Made = isSame ? before : { heard, own: round.own, partials: new Map() };
  made.set(round, known);
  const key = `${subnet.bits} ${signers.toHex()}`;
  const found = known.partials.get(key);
  if (found !== undefined) return found;
  const partial = sumOf(context, round, subnet, signers);
  setNewest(known.partials, key, partial, PARTIALS_MADE_MAX);
  return partial;
}

function sumOf({ modules }: Context, round: Round, subnet: Subnet, signers: Signers): PartialAggregate | null {
  if (round.own === null || signers.count === 0) return null;
  const shares = ownGroup(round)?.shares ?? new Map<NodeId, Uint8Array>();
  try {
    const signature = modules.scheme.aggregateSignatures(signers.ids().map((id) => shares.get(id) as Uint8Array));
    return { ...round.own.signed, epoch: round.id.epoch, subnet, signers, signature };
  } catch (error) {
    if (isQuorateError(error)) return null;
    throw error;
  }
}
