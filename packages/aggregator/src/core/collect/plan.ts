/**
 * What the network needs on chain now, and what of it this agent could send: records, payable records, showings,
 * contests, and the rest. Enters: the ledger's view, with what has landed but is not final on top, and the shares
 * held. Leaves: wanted calls, in order of use. Pure. Not here: whose turn it is (turns.ts), sending and trying again
 * (submissions.ts).
 */
import {
  type ChainCall,
  deriveIdLists,
  fromHex,
  hasMoneyQuorum,
  hasReportQuorum,
  type NodeId,
  type NodeView,
  PACKED_GROUP_SIZE,
  Signers,
  type Sum,
  stakeSigned,
  sumsOf,
} from "@quorate/common";
import type { Context, SubmitRules } from "../context.ts";
import { contestRound } from "../kinds/contest.ts";
import { reportRound } from "../kinds/epochReport.ts";
import { type LedgerState, lastClosedEpoch } from "../ledger/ledger.ts";
import { nodeSetOf } from "../ledger/nodeSet.ts";
import { blockSums, type EpochPresence, payableParts, presentNodes } from "../ledger/presence.ts";
import { leftOut, silentReports } from "../ledger/uptime.ts";
import { DROP_FROM_SILENT, DROPPED_MAX, LIQUIDATE_FROM_SILENT, SHOWINGS_PER_EPOCH_MAX, SHOWN_MAX } from "../limits.ts";
import type { Aggregate } from "../rounds/aggregates.ts";
import type { Part } from "../rounds/contributions.ts";
import { agreeing, agreeingParts, heardFrom, type OwnMessage, type Round } from "../rounds/round.ts";
import type { RoundTable } from "../rounds/roundTable.ts";
import { worthAContest } from "./needs.ts";

/** The verified aggregate of some of a round's shares. */
type Aggregating = (round: Round, chosen: Signers) => Aggregate | null;

/** A call that would help. The same wish has the same key at every agent. */
export interface Wanted {
  readonly key: string;
  /** Seconds of chain time from which the contract refuses it. */
  readonly notAfter: number;
  /** The call; null when an aggregate does not verify, which is a fault of this agent (P-109). */
  build(aggregate: Aggregating): ChainCall | null;
}

export interface PlanInput {
  readonly context: Context;
  readonly rounds: RoundTable;
  /** The ledger with what has landed since its head. */
  readonly view: LedgerState;
  readonly rules: SubmitRules;
  /** Whether the collecting of an epoch's report is over. */
  collected(epoch: number): boolean;
  /** How many showings of an epoch this agent has landed. */
  showingsSent(epoch: number): number;
  /** How many groups this agent has packed since it started. */
  readonly packed: number;
}

export function plan(input: PlanInput): Wanted[] {
  const { view } = input;
  const lastClosed = lastClosedEpoch(view);
  if (lastClosed === null || view.genesis === null || view.epochSeconds === null) return [];
  return [
    ...wantedRecord(input, lastClosed),
    ...wantedContest(input, lastClosed + 1),
    ...[lastClosed, lastClosed - 1].flatMap((epoch) => wantedPayable(input, epoch)),
    ...wantedShowing(input, lastClosed),
    ...wantedDrop(input),
    ...wantedEnds(input),
    ...wantedPack(input, lastClosed),
  ];
}

/** The end of an epoch, in seconds. */
function endOf({ genesis, epochSeconds }: LedgerState, epoch: number): number {
  return (genesis ?? 0) + (epoch + 1) * (epochSeconds ?? 0);
}

/** P-37: the first record, within the first half of the next epoch. */
function wantedRecord({ rounds, view, collected }: PlanInput, epoch: number): Wanted[] {
  const round = rounds.get(reportRound(epoch));
  if (round?.own?.signed.kind !== "EpochReport" || presenceOf(view, epoch) !== null || !collected(epoch)) return [];
  const report = round.own.signed.message;
  const nodes = nodeSetOf(view);
  const signers = agreeing(round);
  if (!hasReportQuorum(stakeSigned(signers, nodes))) return [];
  return [
    {
      key: `report:${epoch}`,
      notAfter: endOf(view, epoch) + Math.floor((view.epochSeconds ?? 0) / 2),
      build(aggregate) {
        const summed = aggregate(round, signers);
        if (summed === null) return null;
        const lists = deriveIdLists(Signers.of(summed.signers), nodes);
        return { type: "report", report, signature: summed.signature, ...lists };
      },
    },
  ];
}

/** P-39: a later record that makes the root payable, from the blocks on chain and the shares held. */
function wantedPayable({ context, rounds, view }: PlanInput, epoch: number): Wanted[] {
  const presence = presenceOf(view, epoch);
  const round = rounds.get(reportRound(epoch));
  if (presence === null || presence.isPayable || round?.own?.signed.kind !== "EpochReport") return [];
  // A false digest was recorded: what honest nodes signed is of no use to it.
  if (round.own.digest.hex !== presence.digest || /^0x0*$/.test(round.own.signed.message.rewardsRoot)) return [];
  const report = round.own.signed.message;
  const nodes = nodeSetOf(view);
  const { parts, signers } = payableSigners(round, presence);
  if (!hasMoneyQuorum(stakeSigned(signers, nodes))) return [];
  return [
    {
      key: `payable:${epoch}`,
      notAfter: endOf(view, epoch + 2),
      build() {
        const signature = sumWithBlocks(
          context,
          presence,
          parts.map((part) => part.signature),
        );
        const keys = keysOf(view, signers.ids());
        const digest = fromHex(presence.digest);
        if (signature === null || !context.modules.scheme.verifyAggregate(keys, digest, signature)) return null;
        return { type: "report", report, signature, ...deriveIdLists(signers, nodes) };
      },
    },
  ];
}

/** Who is in the blocks, and what adds to them. */
interface PayableSigners {
  readonly presence: EpochPresence;
  readonly heard: Signers;
  readonly own: OwnMessage | null;
  readonly parts: readonly Part[];
  readonly signers: Signers;
}

/** Until a root is payable it is asked for every second, and mostly nothing has come. */
const knownPayable = new WeakMap<Round, PayableSigners>();

function payableSigners(round: Round, presence: EpochPresence): PayableSigners {
  const [heard, known] = [heardFrom(round), knownPayable.get(round)];
  if (known?.heard === heard && known.own === round.own && known.presence === presence) return known;
  const { ids } = payableParts(presence);
  const parts = agreeingParts(round, heard.without(Signers.of(ids)));
  const signers = Signers.of([...ids, ...parts.flatMap((part) => part.ids)]);
  const found = { presence, heard, own: round.own, parts, signers };
  knownPayable.set(round, found);
  return found;
}

/**
 * P-39, P-56: whoever signed and is not present yet. All of them at once; when that counted for nobody, in smaller
 * sets.
 */
function wantedShowing({ rounds, view, showingsSent }: PlanInput, epoch: number): Wanted[] {
  const presence = presenceOf(view, epoch);
  const round = rounds.get(reportRound(epoch));
  const sent = showingsSent(epoch);
  if (presence === null || round?.own?.digest.hex !== presence.digest || sent >= SHOWINGS_PER_EPOCH_MAX) return [];
  const missing = (leftOut(view, epoch) ?? []).filter((id) => isInSet(view, id));
  if (missing.length === 0) return [];
  const lacking = idsOfParts(round, missing);
  const first = lacking.slice(0, Math.min(SHOWN_MAX, Math.ceil(lacking.length / 2 ** sent)));
  const ids = idsOfParts(round, first);
  if (ids.length === 0) return [];
  return [
    {
      key: `show:${epoch}:${ids[0]}-${ids.at(-1)}:${ids.length}`,
      notAfter: endOf(view, epoch + 1),
      build: (aggregate) =>
        withParts(aggregate(round, Signers.of(ids)), (parts) => ({ type: "show", epoch, ...parts })),
    },
  ];
}

/** P-111: one aggregate for all that have been silent for a while and say that they live. */
function wantedContest({ rounds, view }: PlanInput, epoch: number): Wanted[] {
  const round = rounds.get(contestRound(epoch));
  if (round === undefined) return [];
  const worth = worthAContest(view);
  if (worth.length === 0) return [];
  const ids = idsOfParts(round, idsOfParts(round, worth).slice(0, SHOWN_MAX));
  if (ids.length === 0) return [];
  return [
    {
      key: `contest:${epoch}:${ids.length}`,
      notAfter: endOf(view, epoch + 1),
      build: (aggregate) =>
        withParts(aggregate(round, Signers.of(ids)), (parts) => ({ type: "contest", epoch, ...parts })),
    },
  ];
}

/** P-110: silent stake leaves the floor, so that it stops blocking money. */
function wantedDrop({ view }: PlanInput): Wanted[] {
  const silent = nodeSetOf(view).filter(({ id, silent: dropped }) => {
    return !dropped && (silentReports(view, id) ?? 0) >= DROP_FROM_SILENT;
  });
  const ids = silent
    .map(({ id }) => id)
    .sort((a, b) => a - b)
    .slice(0, DROPPED_MAX);
  return ids.length === 0 ? [] : [always(`drop:${ids[0]}-${ids.at(-1)}:${ids.length}`, { type: "drop-silent", ids })];
}

/** P-34, P-36: exits and liquidations that are due, where the operator allows it. */
function wantedEnds({ view, rules }: PlanInput): Wanted[] {
  const now = view.head?.timestamp ?? 0;
  const wanted: Wanted[] = [];
  for (const [id, { node, earnsUntil }] of view.nodes) {
    if (node.state === "exited") continue;
    const isDue = earnsUntil !== null && earnsUntil <= now;
    if (isDue && rules.finishExits) wanted.push(always(`exit:${id}`, { type: "exit", id }));
    const isSilent = (silentReports(view, id) ?? 0) >= LIQUIDATE_FROM_SILENT;
    if (!isDue && isSilent && rules.liquidate) wanted.push(always(`liquidate:${id}`, { type: "liquidate", id }));
  }
  return wanted;
}

/**
 * P-43, where the operator allows it. Packing a group costs 5.7 million gas and saves 3,300 of each call that names
 * one of its 219 nodes. So it pays for itself within a year once one of them is named in one call of five hours; a
 * network in which everyone is active and present names nobody.
 */
function wantedPack({ view, rules, packed }: PlanInput, epoch: number): Wanted[] {
  const presence = presenceOf(view, epoch);
  if (!rules.pack || presence === null) return [];
  const present = presentNodes(presence);
  const inSet = nodeSetOf(view).filter(({ state }) => state !== "exited");
  const full = Math.floor((Math.max(0, ...view.nodes.keys()) + 1) / PACKED_GROUP_SIZE);
  const isNaming = inSet.some(({ id, state }) => state !== "active" || !present.has(id));
  return isNaming && packed < full ? [always(`pack:${full}:${packed}`, { type: "pack" })] : [];
}

/** Who is in the contributions by allowed nodes alone, ascending. */
function idsOfParts(round: Round, allowed: readonly NodeId[]): NodeId[] {
  if (allowed.length === 0) return [];
  const parts = agreeingParts(round, Signers.of(allowed));
  return parts.flatMap(({ ids }) => ids).sort((a, b) => a - b);
}

function always(key: string, call: ChainCall): Wanted {
  return { key, notAfter: Number.MAX_SAFE_INTEGER, build: () => call };
}

function presenceOf(view: LedgerState, epoch: number): EpochPresence | null {
  return view.uptime.presences.find((presence) => presence.epoch === epoch) ?? null;
}

function isInSet(view: LedgerState, id: NodeId): boolean {
  const state = view.nodes.get(id)?.node.state;
  return state !== undefined && state !== "exited";
}

function withParts(aggregate: Aggregate | null, toCall: (parts: Aggregate) => ChainCall): ChainCall | null {
  return aggregate === null ? null : toCall(aggregate);
}

/** The aggregate of everyone in the blocks and of some shares besides; null where nothing is left of it. */
function sumWithBlocks({ modules }: Context, presence: EpochPresence, shares: readonly Uint8Array[]): Sum {
  const sums = sumsOf(modules.scheme);
  return sums.add([...blockSums(payableParts(presence), sums), ...shares]);
}

function keysOf(view: LedgerState, ids: readonly NodeId[]): Uint8Array[] {
  return ids.flatMap((id) => {
    const node: NodeView | undefined = view.nodes.get(id)?.node;
    return node === undefined ? [] : [node.blsKey];
  });
}
