/**
 * Who is present in an epoch, as disjoint blocks, and the recipe of each block's sum (P-56).
 * Enters: records and showings of one epoch, in the order of the log. Leaves: the nodes present, and what makes the
 * root payable. Pure, and cheap: signatures are kept, and added up only by whoever builds a payable record. Not here:
 * whether such an event can follow (follows.ts), judging (uptime.ts).
 */
import { fromHex, type Hex, type NodeId, type Sum, type Sums } from "@quorate/common";
import type { RecordedReport, ShownSigners } from "./events.ts";

/** Nodes whose signatures are known as one sum, and no smaller part of it. */
export interface PresenceBlock {
  /** Ascending. */
  readonly ids: readonly NodeId[];
  /** 192 bytes, P-2: of the record, or of the showing, that the block came with. */
  readonly signature: Hex;
  /** Places of the earlier blocks that the signature is also of. The block's sum is the signature minus their sums. */
  readonly minus: readonly number[];
}

/** What the records and showings of one epoch have come to. */
export interface EpochPresence {
  readonly epoch: number;
  /** The digest that the first record has fixed. */
  readonly digest: Hex;
  readonly isPayable: boolean;
  /** Disjoint; the first is the first record's. */
  readonly blocks: readonly PresenceBlock[];
  /** Present by a later, payable record, ascending; they form no block. */
  readonly recordedLater: readonly NodeId[];
}

/** The presence that an epoch's first record begins. `active` are the active nodes at its place in the log. */
export function beginPresence(record: RecordedReport, active: Iterable<NodeId>): EpochPresence {
  const { epoch, digest, becamePayable, signature } = record;
  const ids = signersOf(record, active);
  return {
    epoch,
    digest,
    isPayable: becamePayable,
    blocks: [{ ids, signature, minus: [] }],
    recordedLater: [],
  };
}

/** A later record: it makes the root payable, and its signers are present. */
export function recordLater(presence: EpochPresence, record: RecordedReport, active: Iterable<NodeId>): EpochPresence {
  return { ...presence, isPayable: true, recordedLater: signersOf(record, active) };
}

/** A showing. One that counts for nobody leaves the presence as it is. */
export function showSigners(
  presence: EpochPresence,
  { signature, signers }: ShownSigners,
  isJudged: (id: NodeId) => boolean,
): EpochPresence {
  if (!signers.every(isJudged)) return presence;
  const { blocks } = presence;
  const listed = new Set(signers);
  const minus: number[] = [];
  for (const [place, { ids }] of blocks.entries()) {
    const shared = ids.reduce((count, id) => count + (listed.has(id) ? 1 : 0), 0);
    if (shared === 0) continue;
    if (shared < ids.length) return presence;
    minus.push(place);
    for (const id of ids) listed.delete(id);
  }
  if (listed.size === 0) return presence;
  return { ...presence, blocks: [...blocks, { ids: ascending(listed), signature, minus }] };
}

/** A presence never changes, and agents with an account look at it at each tick. */
const knownPresent = new WeakMap<EpochPresence, ReadonlySet<NodeId>>();

export function presentNodes(presence: EpochPresence): ReadonlySet<NodeId> {
  const known = knownPresent.get(presence);
  if (known !== undefined) return known;
  const { blocks, recordedLater } = presence;
  const present = new Set([...blocks.flatMap(({ ids }) => ids), ...recordedLater]);
  knownPresent.set(presence, present);
  return present;
}

/** What a payable record is made of. */
export interface PayableParts {
  /** Whose signatures the sum of all blocks is the aggregate of, ascending. */
  readonly ids: readonly NodeId[];
  /** The sum of block i is its signature minus the sums of the blocks at `minus`, which are before i. */
  readonly blocks: readonly { readonly signature: Uint8Array; readonly minus: readonly number[] }[];
}

/**
 * The recipe of the aggregate of exactly the nodes in blocks. It stays a chain of differences: written out as
 * signatures to add and to take away, showings made for it would double the list every two blocks.
 */
export function payableParts({ blocks }: EpochPresence): PayableParts {
  return {
    ids: ascending(blocks.flatMap(({ ids }) => ids)),
    blocks: blocks.map(({ signature, minus }) => ({ signature: fromHex(signature), minus })),
  };
}

/** The sums of the blocks, one by one; an addition for each block and each entry of `minus`. Null is infinity. */
export function blockSums({ blocks }: PayableParts, { add, negate }: Sums): Sum[] {
  const sums: Sum[] = [];
  for (const { signature, minus } of blocks) {
    const earlier = add(minus.map((place) => sums[place] ?? null));
    sums.push(add([signature, negate(earlier)]));
  }
  return sums;
}

function signersOf({ nonSigners, extraSigners }: RecordedReport, active: Iterable<NodeId>): NodeId[] {
  const absent = new Set(nonSigners);
  return ascending([...[...active].filter((id) => !absent.has(id)), ...extraSigners]);
}

function ascending(ids: Iterable<NodeId>): NodeId[] {
  return [...ids].sort((a, b) => a - b);
}
