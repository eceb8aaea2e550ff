/**
 * What must hold after every schedule. Enters: what one agent has done, or the end of a schedule. Leaves: broken
 * promises in words. Those that speak of one agent are looked at whenever it has done something.
 */
import {
  type Address,
  type Bundle,
  type ChainCall,
  fromHex,
  type Hex,
  hasMoneyQuorum,
  hasReportQuorum,
  type KindMessage,
  type NodeId,
  type RoundKey,
  roundKey,
  Signers,
  stakeSigned,
} from "@quorate/common";
import { Digests } from "../../packages/aggregator/src/core/kinds/digests.ts";
import { reportRound } from "../../packages/aggregator/src/core/kinds/epochReport.ts";
import { claimRound } from "../../packages/aggregator/src/core/kinds/rewardClaim.ts";
import { DOMAIN } from "../../packages/aggregator/test/support/cluster.ts";
import { type Cast, type RoundIndex, scheme } from "./cast.ts";
import type { Deeds, LocalState } from "./localState.ts";
import type { Schedule } from "./schedules.ts";

type Report = Extract<ChainCall, { type: "report" }>;

/** Promises that one agent keeps, whatever the others do. */
export function brokenBy(deeds: Deeds, cast: Cast): string[] {
  const honest = new Set(cast.honest.map(({ peer }) => peer));
  return [
    ...deeds.conflicts.map((conflict) => `P-71: ${conflict}`),
    ...[...deeds.blamed].filter((peer) => honest.has(peer)).map((peer) => `P-79: honest peer ${peer} is blamed`),
    ...[...deeds.signed].flatMap(([round, digest]) => signedAnother(cast, round, digest)),
    ...[...deeds.bundles.values()].flatMap((bundle) => wrongBundle(cast, bundle)),
    ...deeds.reports.flatMap((report) => wrongReport(cast, report)),
  ];
}

/** An honest node signs what its ledger says, and never what a liar said. */
function signedAnother(cast: Cast, round: string, digest: Hex): string[] {
  const of = ([0, 1, 2] as const).find((index) => keyOf(cast, index) === round);
  const right = of === undefined ? null : digests.of(cast.right[of] as KindMessage).hex;
  return right === digest ? [] : [`P-71: ${digest} was signed for ${round}, and ${right} is right`];
}

const digests = new Digests(DOMAIN);

function keyOf(cast: Cast, round: RoundIndex): RoundKey {
  return roundKey(round === 0 ? reportRound(0) : claimRound(cast.recipientOf(round), 0));
}

function wrongBundle(cast: Cast, { message, signers, signature }: Bundle): string[] {
  const stake = stakeSigned(Signers.fromHex(signers), cast.views);
  const amount = BigInt(message.amount);
  const digest = digests.of({
    kind: "RewardClaim",
    message: { recipient: message.recipient as Address, amount },
  }).bytes;
  const keys = keysOf(cast, Signers.fromHex(signers).ids());
  return [
    ...(hasMoneyQuorum(stake) ? [] : [`P-86: a bundle of ${stake.signedBps} basis points`]),
    ...(scheme.verifyAggregate(keys, digest, fromHex(signature)) ? [] : ["P-109: a bundle that does not verify"]),
  ];
}

function wrongReport(cast: Cast, { report, signature, ...lists }: Report): string[] {
  const ids = signersOf(cast, lists);
  const stake = stakeSigned(Signers.of(ids), cast.views);
  const digest = digests.of({ kind: "EpochReport", message: report }).bytes;
  return [
    ...(hasReportQuorum(stake) ? [] : [`P-37: a record of ${stake.signedBps} basis points`]),
    ...(scheme.verifyAggregate(keysOf(cast, ids), digest, signature) ? [] : ["P-109: a record that does not verify"]),
  ];
}

function signersOf(cast: Cast, { nonSigners, extraSigners }: Pick<Report, "nonSigners" | "extraSigners">): NodeId[] {
  return [...cast.views.map(({ id }) => id).filter((id) => !nonSigners.includes(id)), ...extraSigners];
}

function keysOf(cast: Cast, ids: readonly NodeId[]): Uint8Array[] {
  return cast.views.filter(({ id }) => ids.includes(id)).map(({ blsKey }) => blsKey);
}

/** Promises about the end of a schedule, when everything has been heard that can be. */
export function brokenAtTheEnd(cast: Cast, { rounds }: Schedule, ends: readonly LocalState[]): string[] {
  const deeds = ends.map((end) => end.deeds);
  return rounds.flatMap(({ round, shows }) => {
    const telling = cast.liars.filter((_, liar) => shows[liar]?.includes("right")).map(({ id }) => id);
    const due = [...cast.honest.map(({ id }) => id), ...telling];
    return round === 0 ? brokenReports(cast, deeds, due) : brokenClaims(cast, round, deeds, due);
  });
}

/** @param due whose right shares somebody honest has */
function brokenClaims(cast: Cast, round: RoundIndex, deeds: readonly Deeds[], due: readonly NodeId[]): string[] {
  const key = keyOf(cast, round);
  const isDue = hasMoneyQuorum(stakeSigned(Signers.of(due), cast.views));
  const bundles = deeds.map(({ bundles: all }) => all.get(key) ?? null);
  const amounts = new Set(bundles.flatMap((bundle) => bundle?.message.amount ?? []));
  return [
    ...(amounts.size > 1 ? [`P-86: bundles of ${[...amounts].join(" and ")} for ${key}`] : []),
    ...bundles.flatMap((bundle, i) => {
      if ((bundle !== null) !== isDue) {
        return [`P-86: agent ${i + 1} has ${bundle === null ? "no bundle" : "a bundle"} of ${key}, signed by ${due}`];
      }
      return bundle === null ? [] : lacking(cast, key, i, Signers.fromHex(bundle.signers).ids(), due);
    }),
  ];
}

function brokenReports(cast: Cast, deeds: readonly Deeds[], due: readonly NodeId[]): string[] {
  const isDue = hasReportQuorum(stakeSigned(Signers.of(due), cast.views));
  const payable = new Set(
    deeds.flatMap(({ reports }) =>
      reports
        .filter((call) => hasMoneyQuorum(stakeSigned(Signers.of(signersOf(cast, call)), cast.views)))
        .map(({ report }) => digests.of({ kind: "EpochReport", message: report }).hex),
    ),
  );
  return [
    ...(payable.size > 1 ? [`P-38: ${payable.size} records of one epoch could become payable`] : []),
    ...deeds.flatMap(({ reports }, i) => {
      const last = reports.at(-1);
      if ((last !== undefined) !== isDue) {
        return [`P-37: agent ${i + 1} sends ${last === undefined ? "no record" : "a record"}, signed by ${due}`];
      }
      return last === undefined ? [] : lacking(cast, "the report", i, signersOf(cast, last), due);
    }),
  ];
}

/** No honest share is lost, and nobody signs who has not. */
function lacking(cast: Cast, what: string, i: number, signers: readonly NodeId[], due: readonly NodeId[]): string[] {
  const lost = cast.honest.map(({ id }) => id).filter((id) => !signers.includes(id));
  const invented = signers.filter((id) => !due.includes(id));
  return [
    ...(lost.length > 0 ? [`P-84: agent ${i + 1} leaves out the honest ${lost} in ${what}`] : []),
    ...(invented.length > 0 ? [`P-84: agent ${i + 1} counts ${invented} in ${what}, who showed nothing right`] : []),
  ];
}
